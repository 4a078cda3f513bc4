//! Whatever arrives at the ACS: no panic, and nothing accepted that is not about ada. Seeds: `fixtures/saml/accept` and
//! `fixtures/saml/reject`.
#![no_main]

#[path = "support.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use vestibule::saml::validate;

fuzz_target!(|data: &[u8]| {
    if let Ok(assertion) = validate(data, &support::expected()) {
        let name = assertion.name_id().map(|name| name.value.as_str());
        assert!(matches!(name, None | Some("ada@acme.example")));
        assert_eq!(assertion.id(), "_assertion");
    }
});
