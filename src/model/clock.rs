//! Time as a parameter.

use std::{fmt, time::Duration};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A length of time in milliseconds.
pub type Millis = i64;

/// Where "now" comes from. Tests give a clock that they turn by hand.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::from(OffsetDateTime::now_utc())
    }
}

/// An instant, in milliseconds since 1970-01-01T00:00:00Z. This is how times are stored on both databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// As [`Self::millis`], for writers that borrow.
    pub const fn millis_ref(&self) -> &i64 {
        &self.0
    }

    /// Whole seconds since the epoch, as in a token's `iat`.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant moved by `millis`, saturating at the ends of time.
    pub const fn plus(self, millis: Millis) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// As [`Self::plus`], with a [`Duration`].
    pub fn after(self, duration: Duration) -> Self {
        self.plus(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
    }

    /// The instant as the protocol modules take it. Years outside of -9999 to 9999 become the epoch's ends.
    pub fn to_datetime(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).unwrap_or(if self.0 < 0 {
            OffsetDateTime::UNIX_EPOCH
        } else {
            time::macros::datetime!(9999-12-31 23:59:59 UTC)
        })
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(value: OffsetDateTime) -> Self {
        Self(i64::try_from(value.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX))
    }
}

/// RFC 3339 with milliseconds where there are any.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_datetime().format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_rfc_3339() {
        assert_eq!(Timestamp::from_millis(1_700_000_000_123).to_string(), "2023-11-14T22:13:20.123Z");
    }

    #[test]
    fn survives_the_ends_of_time() {
        for millis in [i64::MIN, i64::MAX, 0, -1] {
            let at = Timestamp::from_millis(millis);
            let _ = (at.to_string(), at.plus(i64::MAX), at.plus(i64::MIN), at.seconds());
        }
    }

    #[test]
    fn datetime_round_trip() {
        let at = Timestamp::from_millis(1_700_000_000_123);
        assert_eq!(Timestamp::from(at.to_datetime()), at);
    }
}
