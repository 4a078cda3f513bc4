//! Whatever arrives at the logout endpoint: without the provider's key nothing is believed.
#![no_main]

#[path = "support.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use vestibule::saml::{
    binding::redirect,
    logout::{ExpectedLogout, Inbound, verify_request, verify_response},
};

fuzz_target!(|data: &[u8]| {
    let login = support::expected();
    let expected = ExpectedLogout {
        idp_entity_id: support::IDP,
        keys: &support::KEYS,
        sp_entity_id: support::SP,
        slo_url: "https://sp.example/api/saml/v1/conn/slo",
        signatures: login.signatures,
        decryption: login.decryption,
        clock_skew: login.clock_skew,
        now: login.now,
    };
    assert!(verify_request(Inbound::Post(data), &expected).is_err());
    assert!(verify_response(Inbound::Post(data), "_x", &expected).is_err());
    if let Ok(decoded) = redirect::decode(&String::from_utf8_lossy(data)) {
        assert!(verify_request(Inbound::Redirect(&decoded), &expected).is_err());
    }
});
