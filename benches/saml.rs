//! What validation costs, beside the one thing in it that cannot be made cheaper: an RSA-2048 verification.
//! The bar is at most three times that, in the same run; 3,000 groups in 5 ms.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use openssl::{pkey_ctx::PkeyCtx, sha::sha256, x509::X509};
use time::{Duration, OffsetDateTime, macros::datetime};
use vestibule::saml::{
    Decryption, SigningKey, VerificationKey,
    dsig::{SignatureAlgorithm, SignaturePolicy, sign::sign_bytes},
    issue::{IssuedAssertion, IssuedResponse, SignedElements},
    names::name_id,
    response::{Expected, PendingRequest, Solicitation, validate},
    xml::{Limits, prescan},
};

const NOW: OffsetDateTime = datetime!(2026-01-15 12:00:00 UTC);
const SP: &str = "https://sp.example/api/saml/v1/conn";
const ACS: &str = "https://sp.example/api/saml/v1/conn/acs";
const IDP: &str = "https://idp.example/metadata";
const CERTIFICATE: &[u8] = include_bytes!("../fixtures/saml/keys/idp.crt");
const KEY: &[u8] = include_bytes!("../fixtures/saml/keys/idp.key");

fn signed(attributes: &[(&str, &[&str])]) -> String {
    let response = IssuedResponse {
        id: "_response",
        issuer: IDP,
        acs_url: ACS,
        in_response_to: Some("_request"),
        issued_at: NOW,
        assertion: IssuedAssertion {
            id: "_assertion",
            audience: SP,
            name_id: "ada@acme.example",
            name_id_format: name_id::EMAIL,
            authenticated_at: NOW,
            validity: (NOW, NOW + Duration::minutes(5)),
            session_index: Some("_session"),
            session_not_on_or_after: None,
            attributes,
        },
    };
    let key = SigningKey::from_pem(KEY, CERTIFICATE).expect("the test key");
    response.to_signed_xml(&key, SignedElements::Assertion).expect("signing")
}

/// About 7 kB, ten attributes: what Entra ID and Okta send.
fn usual() -> String {
    let long = "x".repeat(90);
    let names: Vec<String> = (0..10)
        .map(|n| format!("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/attribute{n}"))
        .collect();
    let values = [long.as_str()];
    let attributes: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), &values[..])).collect();
    signed(&attributes)
}

fn many_groups() -> String {
    let groups: Vec<String> = (0..3000).map(|n| format!("b6a5f0f1-0000-4000-8000-{n:012}")).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    signed(&[("groups", &groups)])
}

fn benches(c: &mut Criterion) {
    let keys =
        [VerificationKey::from_text(std::str::from_utf8(CERTIFICATE).expect("PEM")).expect("a certificate")];
    let expected = Expected {
        idp_entity_id: IDP,
        keys: &keys,
        sp_entity_id: SP,
        acs_url: ACS,
        solicitation: Solicitation::Request(PendingRequest {
            id: "_request",
            authenticated_after: None,
            authn_contexts: &[],
        }),
        stable_attribute: None,
        signatures: SignaturePolicy::default(),
        decryption: Decryption::none(),
        clock_skew: Expected::CLOCK_SKEW,
        now: NOW,
    };
    let usual = usual();
    let groups = many_groups();
    assert!(validate(usual.as_bytes(), &expected).is_ok() && validate(groups.as_bytes(), &expected).is_ok());

    let key = SigningKey::from_pem(KEY, CERTIFICATE).expect("the test key");
    let value = sign_bytes(&key, SignatureAlgorithm::RSA_SHA256, b"message").expect("signing");
    let hash = sha256(b"message");
    let public = X509::from_pem(CERTIFICATE).and_then(|c| c.public_key()).expect("a certificate");
    c.bench_function("rsa-2048 verification alone", |b| {
        b.iter(|| {
            let mut context = PkeyCtx::new(&public).expect("a context");
            context.verify_init().expect("init");
            context.set_signature_md(openssl::md::Md::sha256()).expect("md");
            assert!(context.verify(black_box(&hash), black_box(&value)).expect("verify"));
        });
    });
    c.bench_function(&format!("validate a response of {} bytes", usual.len()), |b| {
        b.iter(|| validate(black_box(usual.as_bytes()), &expected));
    });
    c.bench_function("of which: pre-scan", |b| {
        b.iter(|| prescan(black_box(usual.as_bytes()), &Limits::MESSAGE).is_ok())
    });
    c.bench_function("of which: parse", |b| {
        b.iter(|| roxmltree::Document::parse(black_box(&usual)).is_ok());
    });
    c.bench_function("validate 3,000 groups", |b| {
        b.iter(|| validate(black_box(groups.as_bytes()), &expected))
    });
}

criterion_group!(saml, benches);
criterion_main!(saml);
