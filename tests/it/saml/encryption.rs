//! What holds for everything that is encrypted (R26), beside the cases of the corpus.

use std::collections::BTreeSet;

use vestibule::saml::{
    Decryption, Expected,
    issue::{Encryption, IssuedAssertion, IssuedResponse, KeyPlacement, SignedElements},
    names::name_id,
    response::{ProviderField, Rejection, validate, validate_traced},
    xmlenc::{ContentAlgorithm, DecryptError, KeyTransport},
};

use super::{cases::all, support::*};

/// The key, the padding, the tag, the XML inside: one code, one sentence, and the same checks passed before it.
#[test]
fn r26_decryption_failures_cannot_be_told_apart() {
    let failures = all().iter().filter(|case| case.outcome == "decryption_failed");
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for case in failures.filter(|case| case.name.starts_with("encrypted-")) {
        let profile = Profile::named(case.profile);
        let traced = validate_traced(&case.message, &profile.expected());
        let Err(rejection) = traced.result else { panic!("{}", case.name) };
        assert_eq!(rejection, Rejection::Encryption { element: "Assertion", fault: DecryptError::Failed });
        seen.insert((rejection.to_string(), traced.passed.join(" ")));
        count += 1;
    }
    assert!(count > 30, "{count}");
    assert_eq!(seen.len(), 1, "{seen:?}");
}

/// A key that cannot be unwrapped is replaced by one made from bytes that nobody else has: whatever those are, the
/// answer is the same.
#[test]
fn r26_another_substitute_key_gives_the_same_answer() {
    for name in ["encrypted-key-flipped", "encrypted-to-somebody-else", "encrypted-key-zero"] {
        let case = all().iter().find(|case| case.name == name).unwrap();
        let profile = Profile::named("default");
        for byte in 0..8 {
            let decryption = Decryption { random: &[byte; 32], ..profile.expected().decryption };
            let expected = Expected { decryption, ..profile.expected() };
            assert_eq!(validate(&case.message, &expected).unwrap_err().code(), "decryption_failed", "{name}");
        }
    }
}

#[test]
fn what_the_issuer_encrypts_is_read() {
    let (sp, key) = (decryption_key("sp"), signing_key("idp"));
    let response = IssuedResponse {
        id: "_response",
        issuer: IDP,
        acs_url: ACS,
        in_response_to: Some(REQUEST),
        issued_at: NOW,
        assertion: IssuedAssertion {
            id: "_assertion",
            audience: SP,
            name_id: "ada@acme.example",
            name_id_format: name_id::EMAIL,
            authenticated_at: NOW,
            validity: (NOW, NOW + time::Duration::minutes(5)),
            session_index: None,
            session_not_on_or_after: None,
            attributes: &[("groups", &["staff"])],
        },
    };
    let profile = Profile::named("triple-des");
    for content in ContentAlgorithm::ALL {
        for placement in [KeyPlacement::Inside, KeyPlacement::Beside, KeyPlacement::BesideUnnamed] {
            let how = Encryption {
                content,
                transport: KeyTransport::OAEP_SHA256,
                certificate: sp.certificate_der(),
                recipient: Some(SP),
                placement,
                random: &[9; 32],
            };
            for signed in [SignedElements::Assertion, SignedElements::Response, SignedElements::Both] {
                let xml = response.to_encrypted_xml(&key, signed, &how).unwrap();
                assert!(!xml.contains("ada@acme.example"));
                let got = validate(xml.as_bytes(), &profile.expected()).map_err(|e| e.code());
                if signed == SignedElements::Assertion && !content.authenticates() {
                    assert_eq!(got.unwrap_err(), "encryption_unauthenticated");
                } else {
                    assert_eq!(got.unwrap().values("groups"), ["staff"]);
                }
            }
        }
    }
}

/// Whatever a provider's administrator can correct names the setting.
#[test]
fn faults_name_the_setting_to_correct() {
    let fields: BTreeSet<_> = all()
        .iter()
        .filter_map(|case| {
            let profile = Profile::named(case.profile);
            let rejection = validate(&case.message, &profile.expected()).err()?;
            Some((rejection.code(), rejection.provider_field().map(ProviderField::as_str)))
        })
        .collect();
    for wanted in [
        ("audience_mismatch", Some("entity_id")),
        ("destination_mismatch", Some("acs_url")),
        ("recipient_mismatch", Some("acs_url")),
        ("issuer_mismatch", Some("idp_entity_id")),
        ("no_signing_keys", Some("certificates")),
        ("signature_missing", Some("signing")),
        ("signature_invalid", Some("certificates")),
        ("signature_weak_algorithm", Some("signature_algorithm")),
        ("signature_digest", None),
        ("encryption_rsa_1_5", Some("encryption_algorithm")),
        ("encryption_unauthenticated", Some("signing")),
        ("decryption_failed", Some("encryption_certificate")),
        ("name_id_missing", Some("name_id")),
        ("attribute_repeated", Some("attributes")),
        ("authn_context_mismatch", Some("authn_context")),
        ("expired", Some("clock")),
        ("xml_doctype", None),
    ] {
        assert!(fields.contains(&wanted), "{wanted:?}");
    }
}
