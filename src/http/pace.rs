//! How fast one address may begin logins. Each leaves a row behind for ten minutes, and anybody may begin one: without a
//! bound, one machine could fill the disk (R32).

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use actix_web::http::{StatusCode, header};

use super::HttpError;
use crate::model::Timestamp;

/// Logins a second, for good. A company of ten thousand behind one address begins fewer in the morning.
const PER_SECOND: i64 = 50;

/// What one login takes: thousandths, so that a millisecond gives a whole number.
const LOGIN: i64 = 1_000;

/// A thousand logins at once.
const BURST: i64 = 1_000 * LOGIN;

/// So many addresses are remembered.
const REMEMBERED: usize = 20_000;

/// What is left to each address.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<HashMap<u128, Bucket>>);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: i64,
    at: Timestamp,
}

impl Bucket {
    fn at(self, now: Timestamp) -> Self {
        let passed = (now.millis() - self.at.millis()).clamp(0, 60_000);
        Self { left: (self.left + passed * PER_SECOND).min(BURST), at: now }
    }
}

impl Pace {
    /// Takes one login from what the address has left; 429 when that is nothing. Loopback is not bounded: it is a proxy
    /// that nobody has named as trusted, and bounding it would bound everybody.
    pub(super) fn admit(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), HttpError> {
        let Some(address) = address.filter(|address| !address.to_canonical().is_loopback()) else {
            return Ok(());
        };
        // A panic elsewhere leaves the numbers whole: every change of them is one assignment.
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED {
            buckets.retain(|_, bucket| bucket.at(now).left < BURST);
        }
        // So many at once come from a network of machines, which no bound by address can hold.
        if buckets.len() >= REMEMBERED {
            buckets.clear();
        }
        let bucket = buckets.entry(network(address)).or_insert(Bucket { left: BURST, at: now });
        *bucket = bucket.at(now);
        if bucket.left < LOGIN {
            let message = "Too many sign-ins were begun from your network. Please try again in a moment.";
            let refused = HttpError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_logins", message);
            return Err(refused.header(header::RETRY_AFTER, "1"));
        }
        bucket.left -= LOGIN;
        Ok(())
    }
}

/// An IPv4 address, or the /64 that one customer of an IPv6 provider has at the least.
fn network(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits() >> 64 << 64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(pace: &Pace, address: &str, millis: i64) -> bool {
        pace.admit(Some(address.parse().expect("an address")), Timestamp::from_millis(millis)).is_ok()
    }

    #[test]
    fn r32_an_address_begins_so_many_logins_and_no_more() {
        let pace = Pace::default();
        assert!((0..1_000).all(|_| admitted(&pace, "192.0.2.1", 0)));
        assert!(!admitted(&pace, "192.0.2.1", 0));
        assert!(!admitted(&pace, "::ffff:192.0.2.1", 0), "the same address, written otherwise");
        assert!(admitted(&pace, "192.0.2.2", 0), "another address");
        assert!(admitted(&pace, "192.0.2.1", 20) && !admitted(&pace, "192.0.2.1", 20), "one in 20 ms");
        assert!(!admitted(&pace, "192.0.2.1", -5_000), "a clock that goes back gives nothing");
    }

    #[test]
    fn r32_a_network_of_ipv6_counts_as_one() {
        let pace = Pace::default();
        assert!((0..1_000).all(|host| admitted(&pace, &format!("2001:db8::{host:x}"), 0)));
        assert!(!admitted(&pace, "2001:db8::ffff:1", 0));
        assert!(admitted(&pace, "2001:db8:0:1::1", 0));
    }

    #[test]
    fn an_unnamed_proxy_on_this_machine_is_not_everybody() {
        let pace = Pace::default();
        assert!((0..3_000).all(|_| admitted(&pace, "127.0.0.1", 0) && admitted(&pace, "::1", 0)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let pace = Pace::default();
        for number in 0..50_000_u32 {
            let address = IpAddr::from(std::net::Ipv4Addr::from_bits(0x0a00_0000 + number));
            assert!(pace.admit(Some(address), Timestamp::from_millis(0)).is_ok());
        }
        assert!(pace.0.lock().expect("whole").len() <= REMEMBERED);
    }
}
