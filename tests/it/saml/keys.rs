//! Which keys are used at all, and what their certificates say.

use openssl::{
    asn1::Asn1Time,
    bn::BigNum,
    hash::MessageDigest,
    pkey::PKey,
    rsa::{Rsa, RsaPrivateKeyBuilder},
    x509::{X509, X509Builder},
};
use time::macros::datetime;
use vestibule::saml::{
    DecryptionKey, Expected, SigningKey, VerificationKey,
    dsig::{DigestAlgorithm, KeyError, sign},
    response::validate_traced,
};

use super::support::{Profile, base, certificate, fixtures, sign_assertion, signing_key, verification_key};

/// In SAML the key is the trust: a login does not fail because somebody forgot to renew a wrapper, but they are told.
#[test]
fn dates_of_certificates_are_warnings() {
    let profile = Profile::named("sha1");
    let warnings = |xml: &str, now| {
        let traced = validate_traced(xml.as_bytes(), &Expected { now, ..profile.expected() });
        let codes: Vec<_> = traced.warnings.iter().map(|w| w.code()).collect();
        (codes, traced.result.map_or_else(|e| e.code(), |_| "ok"))
    };
    // The test certificates are made in 2026 and end in 2126.
    let good = sign_assertion(&base());
    let now = datetime!(2026-01-15 12:00 UTC);
    assert_eq!(warnings(&good, now), (vec!["certificate_not_yet_valid"], "ok"));
    let later = datetime!(2200-01-15 12:00 UTC);
    let future = sign_assertion(&base().replace("2026-", "2200-"));
    assert_eq!(warnings(&future, later), (vec!["certificate_expired"], "ok"));
    let weak = sign(&base(), "_assertion", &signing_key("idp"), DigestAlgorithm::Sha1).unwrap();
    assert_eq!(warnings(&weak, now), (vec!["signature_sha1", "certificate_not_yet_valid"], "ok"));
}

#[test]
fn only_rsa_decrypts() {
    let read = |name: &str| std::fs::read(fixtures().join("keys").join(name)).unwrap();
    let made = |key: &str, certificate: &str| DecryptionKey::from_pem(&read(key), &read(certificate));
    assert!(made("sp.key", "sp.crt").is_ok());
    assert_eq!(made("p256.key", "p256.crt").unwrap_err(), KeyError::Unsupported);
    assert_eq!(made("sp.key", "sp-next.crt").unwrap_err(), KeyError::Unreadable);
    assert_eq!(made("sp.crt", "sp.crt").unwrap_err(), KeyError::Unreadable);
}

/// The size is read from the modulus alone, so that the test need not make keys.
#[test]
fn only_keys_of_usual_size_decrypt() {
    let certificate = X509::from_pem(certificate("sp").as_bytes()).unwrap();
    let refused = |bits: i32| {
        let number = |n| BigNum::from_u32(n).unwrap();
        let mut modulus = number(1);
        modulus.set_bit(bits - 1).unwrap();
        let key = RsaPrivateKeyBuilder::new(modulus, number(3), number(3)).unwrap().build();
        DecryptionKey::new(PKey::from_rsa(key).unwrap(), &certificate).unwrap_err()
    };
    assert_eq!(refused(2047), KeyError::TooSmall(2047));
    assert_eq!(refused(2048), KeyError::Unreadable);
    assert_eq!(refused(4096), KeyError::Unreadable);
    assert_eq!(refused(4097), KeyError::TooLarge(4097));
}

#[test]
fn a_key_signs_under_its_own_certificate() {
    let read = |name: &str| std::fs::read(fixtures().join("keys").join(name)).unwrap();
    let made = |key: &str, certificate: &str| SigningKey::from_pem(&read(key), &read(certificate));
    assert!(made("idp.key", "idp.crt").is_ok());
    assert_eq!(made("idp.key", "other.crt").unwrap_err(), KeyError::Unreadable);
    assert_eq!(made("p256.key", "idp.crt").unwrap_err(), KeyError::Unreadable);
}

/// A false signature is tried against each key, and a large one costs as much as many.
#[test]
fn only_keys_of_usual_size_verify() {
    let signer = PKey::private_key_from_pem(&std::fs::read(fixtures().join("keys").join("idp.key")).unwrap());
    let read = |bits: i32| {
        let mut modulus = BigNum::from_u32(1).unwrap();
        modulus.set_bit(bits - 1).unwrap();
        let key = Rsa::from_public_components(modulus, BigNum::from_u32(65_537).unwrap()).unwrap();
        let mut builder = X509Builder::new().unwrap();
        builder.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_unix(1 << 31).unwrap()).unwrap();
        builder.set_pubkey(&PKey::from_rsa(key).unwrap()).unwrap();
        builder.sign(signer.as_ref().unwrap(), MessageDigest::sha256()).unwrap();
        VerificationKey::from_der(&builder.build().to_der().unwrap()).map_err(|e| e.code())
    };
    assert_eq!(read(2047).unwrap_err(), "certificate_key_too_small");
    assert!(read(2048).is_ok() && read(8192).is_ok());
    assert_eq!(read(8193).unwrap_err(), "certificate_key_too_large");
}

#[test]
fn small_and_unusual_keys_are_refused() {
    let refused = |name: &str| VerificationKey::from_text(&certificate(name)).unwrap_err();
    assert_eq!(refused("weak"), KeyError::TooSmall(1024));
    assert_eq!(refused("ed25519"), KeyError::Unsupported);
    assert_eq!(VerificationKey::from_text("").unwrap_err(), KeyError::Unreadable);
    let secret = std::fs::read_to_string(fixtures().join("keys/idp.key")).unwrap();
    for text in [secret.clone(), certificate("idp") + &secret, secret + &certificate("idp")] {
        assert_eq!(VerificationKey::from_text(&text).unwrap_err(), KeyError::Private);
    }
    assert_eq!(VerificationKey::from_text("bm90IGEgY2VydGlmaWNhdGU=").unwrap_err(), KeyError::Unreadable);
}

#[test]
fn a_certificate_is_read_from_pem_and_from_base64() {
    let pem = certificate("idp");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key = verification_key("idp");
    assert_eq!(VerificationKey::from_text(&body).unwrap().fingerprint(), key.fingerprint());
    assert_eq!(key.fingerprint().len(), 64);
    let (from, to) = (datetime!(2026-11-23 18:29:35 UTC), datetime!(2126-10-30 18:29:35 UTC));
    assert_eq!(key.validity(), (Some(from), Some(to)));
}
