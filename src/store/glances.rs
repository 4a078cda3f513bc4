//! When a read is done on the thread that asks. Those threads serve everybody, so that what turns out to take long there, a disk
//! that must be waited for or a row with thousands of others beside it, sends the reads after it elsewhere for a while.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A read took long. Most take a hundredth of it; a thread that others keep from its processor a little more.
const LONG: Duration = Duration::from_millis(5);

/// For so long after it, none is done on the thread that asks.
const ELSEWHERE: Duration = Duration::from_millis(50);

/// How the last ones went.
#[derive(Debug, Default)]
pub(in crate::store) struct Glances {
    elsewhere_until: Mutex<Option<Instant>>,
}

impl Glances {
    /// Whether one may be done here.
    pub(in crate::store) fn are_short(&self, now: Instant) -> bool {
        self.elsewhere_until.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|until| until <= now)
    }

    /// One was done here, between these times.
    pub(in crate::store) fn note(&self, begun: Instant, ended: Instant) {
        if ended.duration_since(begun) >= LONG {
            let until = ended + ELSEWHERE;
            *self.elsewhere_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_one_that_took_long_they_are_done_elsewhere_for_a_while() {
        let (glances, begun) = (Glances::default(), Instant::now());
        glances.note(begun, begun + LONG / 2);
        assert!(glances.are_short(begun + LONG / 2));
        let ended = begun + LONG;
        glances.note(begun, ended);
        assert!(!glances.are_short(ended) && !glances.are_short(ended + ELSEWHERE / 2));
        assert!(glances.are_short(ended + ELSEWHERE));
    }
}
