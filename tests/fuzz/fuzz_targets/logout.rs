//! Whatever arrives at the logout endpoint: nothing is believed but the one logout that the provider asked for.
#![no_main]

#[path = "support.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use vestibule::saml::{
    binding::redirect,
    logout::{Inbound, verify_request, verify_response},
};

fuzz_target!(|data: &[u8]| {
    let expected = support::expected_logout();
    assert!(verify_response(Inbound::Post(data), "_x", &expected).is_err());
    let decoded = redirect::decode(&String::from_utf8_lossy(data)).ok();
    let by_url = decoded.iter().map(Inbound::Redirect);
    for inbound in by_url.chain([Inbound::Post(data)]) {
        if let Ok(believed) = verify_request(inbound, &expected) {
            assert_eq!((believed.id(), believed.name_id()), ("_logout", &*support::ADA));
            assert_eq!(believed.session_indexes(), support::SESSIONS);
        }
    }
});
