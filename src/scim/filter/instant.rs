//! Instants (RFC 7643 section 2.3.5).

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The instant that a text names. An `xsd:dateTime` need not say its zone: then it is in UTC, as all that this server says is.
pub fn instant(text: &str) -> Option<OffsetDateTime> {
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    parse(text).or_else(|| parse(&format!("{text}Z")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scim_020_a_time_without_zone_is_in_utc() {
        let same = ["2011-05-13T04:42:34Z", "2011-05-13T04:42:34", "2011-05-13T06:42:34.000+02:00"];
        assert!(same.iter().all(|text| instant(text) == instant(same[0]) && instant(text).is_some()));
        for text in ["2011-05-13", "2011-05-13Z", "04:42:34", "2011-05-13T04:42", "soon", ""] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
