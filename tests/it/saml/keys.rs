//! Which keys are used at all, and what their certificates say.

use time::macros::datetime;
use vestibule::saml::{VerificationKey, dsig::KeyError};

use super::support::{certificate, verification_key};

#[test]
fn small_and_unusual_keys_are_refused() {
    let refused = |name: &str| VerificationKey::from_text(&certificate(name)).unwrap_err();
    assert_eq!(refused("weak"), KeyError::TooSmall(1024));
    assert_eq!(refused("ed25519"), KeyError::Unsupported);
    assert_eq!(VerificationKey::from_text("").unwrap_err(), KeyError::Unreadable);
    assert_eq!(VerificationKey::from_text("bm90IGEgY2VydGlmaWNhdGU=").unwrap_err(), KeyError::Unreadable);
}

#[test]
fn a_certificate_is_read_from_pem_and_from_base64() {
    let pem = certificate("idp");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key = verification_key("idp");
    assert_eq!(VerificationKey::from_text(&body).unwrap().fingerprint(), key.fingerprint());
    assert_eq!(key.fingerprint().len(), 64);
    let (from, to) = key.validity();
    assert!(from.unwrap() > datetime!(2020-01-01 00:00 UTC) && to.unwrap() > from.unwrap());
}
