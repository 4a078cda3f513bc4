//! Whatever an administrator uploads or a URL delivers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use time::macros::datetime;
use vestibule::saml::metadata::{candidates, parse};

fuzz_target!(|data: &[u8]| {
    let _ = parse(data, datetime!(2026-01-15 12:00 UTC));
    let _ = candidates(data);
});
