//! The connection of the fixtures, and what its provider has said. Each target uses a part of it.

#![allow(dead_code)]

use std::{collections::HashSet, fs, path::Path, sync::LazyLock};

use time::{Duration, OffsetDateTime, macros::datetime};
use vestibule::saml::{
    Decryption, DecryptionKey, Expected, SigningKey, VerificationKey, VerifiedAssertion,
    dsig::SignaturePolicy,
    logout::{ExpectedLogout, LogoutOutcome, LogoutRequest, LogoutResponse},
    names::name_id,
    response::{NameId, PendingRequest, Solicitation, validate},
};

pub const NOW: OffsetDateTime = datetime!(2026-01-15 12:00 UTC);
pub const SP: &str = "https://sp.example/api/saml/v1/conn";
pub const SLO: &str = "https://sp.example/slo";
pub const IDP: &str = "https://idp.example/metadata";

pub static KEYS: LazyLock<Vec<VerificationKey>> = LazyLock::new(|| {
    vec![
        VerificationKey::from_text(include_str!("../../../fixtures/saml/keys/idp.crt"))
            .expect("the test key"),
    ]
});

pub static SP_KEYS: LazyLock<Vec<DecryptionKey>> = LazyLock::new(|| {
    let key = include_bytes!("../../../fixtures/saml/keys/sp.key");
    let certificate = include_bytes!("../../../fixtures/saml/keys/sp.crt");
    vec![DecryptionKey::from_pem(key, certificate).expect("the test key")]
});

/// Signs what the targets make themselves. A signature of RSA has no randomness in it, so that each run makes the same.
pub static IDP_KEY: LazyLock<SigningKey> = LazyLock::new(|| {
    let key = include_bytes!("../../../fixtures/saml/keys/idp.key");
    let certificate = include_bytes!("../../../fixtures/saml/keys/idp.crt");
    SigningKey::from_pem(key, certificate).expect("the test key")
});

/// What the fixtures say that this connection accepts, those among them that were refused by another one: whatever else is
/// accepted says one of these things. That the refused are refused where they should be, the tests see to.
static GENUINE: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/saml");
    let folders =
        ["accept", "reject"].map(|folder| fs::read_dir(fixtures.join(folder)).expect("the fixtures"));
    let files = folders.into_iter().flatten().map(|entry| entry.expect("a file").path());
    let accepted = files.filter_map(|file| {
        let message = fs::read(file).expect("a message");
        let assertion = validate(&message, &expected()).ok()?;
        assert!(assertion.name_id().is_none_or(|name| name.value == ADA.value));
        Some(said(&assertion))
    });
    let said: HashSet<String> = accepted.collect();
    assert!(said.len() > 10, "the fixtures are accepted");
    said
});

/// Everything that a login takes from an assertion.
fn said(a: &VerifiedAssertion) -> String {
    format!(
        "{:?}",
        (
            (a.id(), a.issuer(), a.name_id(), a.attributes(), a.session_index()),
            (a.authn_instant(), a.authn_context(), a.session_not_on_or_after(), a.replay_until()),
        )
    )
}

/// Fails if the message is accepted and says what no genuine one does.
pub fn assert_genuine(message: &[u8]) {
    if let Ok(assertion) = validate(message, &expected()) {
        let said = said(&assertion);
        assert!(GENUINE.contains(&said), "{said}");
    }
}

pub fn decryption() -> Decryption<'static> {
    Decryption { keys: &SP_KEYS, recipient: SP, allow_triple_des: true, random: &[7; 32] }
}

pub fn expected() -> Expected<'static> {
    Expected {
        idp_entity_id: IDP,
        keys: &KEYS,
        sp_entity_id: SP,
        acs_url: "https://sp.example/api/saml/v1/conn/acs",
        solicitation: Solicitation::Request(PendingRequest {
            id: "_f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed",
            authenticated_after: None,
            authn_contexts: &[],
        }),
        stable_attribute: None,
        signatures: SignaturePolicy { allow_inclusive_c14n: true, allow_sha1: true },
        decryption: decryption(),
        clock_skew: Duration::seconds(180),
        now: NOW,
    }
}

pub fn expected_logout() -> ExpectedLogout<'static> {
    let login = expected();
    ExpectedLogout {
        idp_entity_id: IDP,
        keys: &KEYS,
        sp_entity_id: SP,
        slo_url: SLO,
        signatures: login.signatures,
        decryption: login.decryption,
        clock_skew: login.clock_skew,
        now: NOW,
    }
}

pub static ADA: LazyLock<NameId> = LazyLock::new(|| NameId {
    value: "ada@acme.example".into(),
    format: name_id::EMAIL.into(),
    name_qualifier: None,
    sp_name_qualifier: None,
});

pub const SESSIONS: [&str; 2] = ["_one", "_two"];

/// The one logout that the provider asks for.
pub fn logout() -> LogoutRequest<'static> {
    LogoutRequest {
        id: "_logout",
        issue_instant: NOW,
        issuer: IDP,
        destination: SLO,
        name_id: &ADA,
        session_indexes: &SESSIONS,
        not_on_or_after: None,
    }
}

/// The one answer that the provider gives.
pub fn logout_answer() -> String {
    LogoutResponse {
        id: "_answer",
        issue_instant: NOW,
        issuer: IDP,
        destination: SLO,
        in_response_to: "_f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed",
        outcome: &LogoutOutcome::Complete,
    }
    .to_xml()
}

/// An unsigned Response around what is encrypted.
pub fn envelope(holder: &str) -> String {
    format!(
        "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_response\" Version=\"2.0\" \
         IssueInstant=\"2026-01-15T12:00:00Z\" Destination=\"https://sp.example/api/saml/v1/conn/acs\" \
         InResponseTo=\"_f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed\"><saml:Issuer>{IDP}</saml:Issuer><samlp:Status>\
         <samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>{holder}\
         </samlp:Response>"
    )
}
