//! Whatever arrives at the ACS: no panic, and nothing accepted that says anything else than a message of
//! `fixtures/saml/accept` does. Seeds: those, and `fixtures/saml/reject`.
#![no_main]

#[path = "support.rs"]
mod support;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| support::assert_genuine(data));
