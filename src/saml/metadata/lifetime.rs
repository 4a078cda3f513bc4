//! For how long metadata may be used: validUntil and cacheDuration (Metadata 2.3.1), of the role and all around it.

use time::{Duration, OffsetDateTime};

use super::{
    error::MetadataError,
    left_out::{LeftOut, quoted},
};
use crate::saml::xml::{Element, instant, tree};

/// The earliest end of the role and everything around it.
pub(super) fn valid_until(role: Element<'_, '_>) -> Result<Option<OffsetDateTime>, MetadataError> {
    let mut earliest: Option<OffsetDateTime> = None;
    for got in role.ancestors().filter_map(|n| tree::attribute(n, "validUntil")) {
        let end = instant::parse(got).ok_or_else(|| MetadataError::ValidUntil { got: got.to_owned() })?;
        earliest = Some(earliest.map_or(end, |e| e.min(end)));
    }
    Ok(earliest)
}

/// The shortest time to keep it, of the role and everything around it. It ends nothing, as validUntil does: one that cannot
/// be read is passed over.
pub(super) fn cache_duration(role: Element<'_, '_>) -> (Option<Duration>, Option<LeftOut>) {
    let (mut shortest, mut left_out): (Option<Duration>, _) = (None, None);
    for got in role.ancestors().filter_map(|n| tree::attribute(n, "cacheDuration")) {
        match duration(got) {
            Some(time) => shortest = Some(shortest.map_or(time, |s| s.min(time))),
            None => left_out = Some(LeftOut::CacheDuration(quoted(got))),
        }
    }
    (shortest, left_out)
}

/// An xs:duration, such as `PT6H` or `P1DT12H30M`, with years of 365 days and months of 30: nobody refreshes by the
/// calendar. Negative ones are none.
fn duration(text: &str) -> Option<Duration> {
    let (date, time) = match text.trim().strip_prefix('P')?.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (text.trim().strip_prefix('P')?, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let days = sum(date, &[('Y', 365 * 86_400), ('M', 30 * 86_400), ('D', 86_400)])?;
    let rest = sum(time, &[('H', 3_600), ('M', 60), ('S', 1)])?;
    Some(Duration::seconds(days.checked_add(rest)?))
}

/// The numbers of `text`, each before its unit, in the order of the units. A fraction of a second is dropped.
fn sum(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut total: i64 = 0;
    for (unit, seconds) in units {
        let Some((number, rest)) = text.split_once(*unit) else { continue };
        let whole = if *unit == 'S' { number.split('.').next().unwrap_or_default() } else { number };
        if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        total = total.checked_add(whole.parse::<i64>().ok()?.checked_mul(*seconds)?)?;
        text = rest;
    }
    text.is_empty().then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, seconds) in [
            ("PT6H", 21_600),
            ("P1D", 86_400),
            ("P1DT1H1M1S", 90_061),
            ("PT3600.5S", 3_600),
            ("P1M", 2_592_000),
            ("PT1M", 60),
            ("P0Y0M7DT0H0M0.000S", 604_800),
        ] {
            assert_eq!(duration(text), Some(Duration::seconds(seconds)), "{text}");
        }
        for bad in [
            "",
            "P",
            "PT",
            "P1",
            "1D",
            "-P1D",
            "P-1D",
            "P1H",
            "PTH",
            "P1DT",
            "PT1S1H",
            "PT1.5H",
            "P99999999999999999999D",
        ] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
