//! Instants: xs:dateTime in UTC, as Core 1.3.3 asks ("MUST be expressed in UTC form, with no time zone component").

use time::{Date, Month, OffsetDateTime, Time};

/// Reads `YYYY-MM-DDThh:mm:ss[.fraction]Z`. Offsets, leap seconds, a missing Z and years beyond four digits are not
/// instants: other parsers read them as another time.
#[must_use]
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    let body = text.strip_suffix('Z')?;
    let (whole, fraction) = body.split_once('.').map_or((body, None), |(w, f)| (w, Some(f)));
    let bytes = whole.as_bytes();
    if bytes.len() != 19 || !whole.is_ascii() {
        return None;
    }
    let shaped =
        [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')].iter().all(|(at, c)| bytes[*at] == *c);
    if !shaped {
        return None;
    }
    let number = |from: usize, to: usize| digits(&whole[from..to]);
    let month = Month::try_from(u8::try_from(number(5, 7)?).ok()?).ok()?;
    let date = Date::from_calendar_date(
        i32::try_from(number(0, 4)?).ok()?,
        month,
        u8::try_from(number(8, 10)?).ok()?,
    );
    let small = |from, to| number(from, to).and_then(|n| u8::try_from(n).ok());
    let time = Time::from_hms_nano(small(11, 13)?, small(14, 16)?, small(17, 19)?, nanoseconds(fraction)?);
    Some(OffsetDateTime::new_utc(date.ok()?, time.ok()?))
}

/// Writes an instant to the second.
#[must_use]
pub fn format(instant: OffsetDateTime) -> String {
    let t = instant.to_offset(time::UtcOffset::UTC);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        t.year(),
        u8::from(t.month()),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    )
}

fn digits(text: &str) -> Option<u32> {
    text.bytes().try_fold(0_u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
}

/// Up to nine digits count; some providers send more.
fn nanoseconds(fraction: Option<&str>) -> Option<u32> {
    let Some(fraction) = fraction else { return Some(0) };
    if fraction.is_empty() || fraction.len() > 20 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let kept = &fraction[..fraction.len().min(9)];
    Some(digits(kept)? * 10_u32.pow(u32::try_from(9 - kept.len()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn reads_what_providers_send() {
        assert_eq!(parse("2024-02-29T23:59:59Z"), Some(datetime!(2024-02-29 23:59:59 UTC)));
        assert_eq!(parse("2024-02-29T23:59:59.1234567Z"), Some(datetime!(2024-02-29 23:59:59.1234567 UTC)));
        assert_eq!(
            parse("2024-02-29T23:59:59.123456789012Z"),
            Some(datetime!(2024-02-29 23:59:59.123456789 UTC))
        );
    }

    #[test]
    fn fractions_have_up_to_twenty_digits() {
        let read = parse("2024-01-01T00:00:00.00000000012345678901Z");
        assert_eq!(read, Some(datetime!(2024-01-01 00:00:00 UTC)));
    }

    #[test]
    fn refuses_what_is_not_utc() {
        for bad in [
            "2024-02-29T23:59:59",
            "2024-02-29T23:59:59+00:00",
            "2024-02-29T23:59:59-01:00Z",
            "2024-02-30T00:00:00Z",
            "2024-12-31T23:59:60Z",
            "2024-12-31T24:00:00Z",
            "10000-01-01T00:00:00Z",
            "-2024-01-01T00:00:00Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00.123456789xZ",
            "2024-01-01T00:00:00.123456789012345678901Z",
            "2024-01-01t00:00:00z",
            "2024-01-01 00:00:00Z",
            " 2024-01-01T00:00:00Z",
            "2024-01-0١T00:00:00Z",
            "",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        let instant = datetime!(2026-01-02 03:04:05 UTC);
        assert_eq!(format(instant), "2026-01-02T03:04:05Z");
        assert_eq!(parse(&format(instant)), Some(instant));
    }
}
