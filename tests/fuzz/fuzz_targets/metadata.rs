//! Whatever an administrator uploads or a URL delivers. A pin holds: the seeds are signed by another key, or by none.
#![no_main]

#[path = "support.rs"]
mod support;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use vestibule::saml::{
    VerificationKey,
    metadata::{Reading, candidates, check_endpoint, parse, read},
};

static PINNED: LazyLock<[VerificationKey; 1]> = LazyLock::new(|| {
    [VerificationKey::from_text(include_str!("../../../fixtures/saml/keys/other.crt")).expect("the test key")]
});

fuzz_target!(|data: &[u8]| {
    if let Ok(provider) = parse(data, support::NOW) {
        assert!(!provider.signing_keys.is_empty() && provider.signing_keys.len() <= 32);
        assert!(!provider.sso.is_empty() && !provider.entity_id.is_empty());
        for endpoint in provider.sso.iter().chain(&provider.slo) {
            assert!(check_endpoint(&endpoint.location).is_ok());
            assert!(endpoint.response_location.as_deref().is_none_or(|l| check_endpoint(l).is_ok()));
        }
    }
    let _ = candidates(data);
    let reading = Reading { pinned: &*PINNED, entity_id: Some(support::IDP), ..Reading::at(support::NOW) };
    assert!(read(data, &reading).is_err());
});
