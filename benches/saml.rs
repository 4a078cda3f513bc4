//! What validation costs, beside the one thing in it that cannot be made cheaper: an RSA-2048 verification.
//! The bar is at most three times that, in the same run; linear in size; 3,000 groups in 5 ms.

use std::{fs, hint::black_box};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use openssl::{pkey_ctx::PkeyCtx, sha::sha256, x509::X509};
use time::{Duration, OffsetDateTime, macros::datetime};
use vestibule::saml::{
    Decryption, DecryptionKey, SigningKey, VerificationKey,
    dsig::{
        DigestAlgorithm, SignatureAlgorithm, SignaturePolicy,
        c14n::{Canonicalization, canonicalize},
        sign,
        sign::sign_bytes,
    },
    issue::{Encryption, IssuedAssertion, IssuedResponse, KeyPlacement},
    names::name_id,
    response::{Expected, PendingRequest, Solicitation, validate},
    xml::{Limits, prescan},
    xmlenc::{ContentAlgorithm, KeyTransport},
};

const NOW: OffsetDateTime = datetime!(2026-01-15 12:00:00 UTC);
const SP: &str = "https://sp.example/api/saml/v1/conn";
const ACS: &str = "https://sp.example/api/saml/v1/conn/acs";
const IDP: &str = "https://idp.example/metadata";

fn read(name: &str, extension: &str) -> Vec<u8> {
    let path = format!("{}/fixtures/saml/keys/{name}.{extension}", env!("CARGO_MANIFEST_DIR"));
    fs::read(path).expect("the test keys")
}

fn signing_key(name: &str) -> SigningKey {
    SigningKey::from_pem(&read(name, "key"), &read(name, "crt")).expect("a test key")
}

fn verification_keys(name: &str) -> Vec<VerificationKey> {
    let certificate = String::from_utf8(read(name, "crt")).expect("PEM");
    vec![VerificationKey::from_text(&certificate).expect("a certificate")]
}

fn response(attributes: &[(&str, &[&str])]) -> String {
    IssuedResponse {
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
    }
    .to_xml()
}

fn signed(xml: &str, key: &str) -> String {
    sign(xml, "_assertion", &signing_key(key), DigestAlgorithm::Sha256).expect("signing")
}

/// So many attributes with one value of so many bytes each.
fn attributes(count: usize, bytes: usize) -> String {
    let long = "x".repeat(bytes);
    let names: Vec<String> = (0..count)
        .map(|n| format!("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/attribute{n}"))
        .collect();
    let values = [long.as_str()];
    let attributes: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), &values[..])).collect();
    response(&attributes)
}

/// About 7 kB, ten attributes: what Entra ID and Okta send.
fn usual() -> String {
    attributes(10, 90)
}

fn many_groups(count: usize) -> String {
    let groups: Vec<String> = (0..count).map(|n| format!("b6a5f0f1-0000-4000-8000-{n:012}")).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    response(&[("groups", &groups)])
}

fn expected<'a>(keys: &'a [VerificationKey], sp_keys: &'a [DecryptionKey]) -> Expected<'a> {
    Expected {
        idp_entity_id: IDP,
        keys,
        sp_entity_id: SP,
        acs_url: ACS,
        solicitation: Solicitation::Request(PendingRequest {
            id: "_request",
            authenticated_after: None,
            authn_contexts: &[],
        }),
        stable_attribute: None,
        signatures: SignaturePolicy::default(),
        decryption: Decryption { keys: sp_keys, recipient: SP, allow_triple_des: true, random: &[7; 32] },
        clock_skew: Expected::CLOCK_SKEW,
        now: NOW,
    }
}

fn verification_alone(c: &mut Criterion) {
    let value = sign_bytes(&signing_key("idp"), SignatureAlgorithm::RSA_SHA256, b"message").expect("signing");
    let hash = sha256(b"message");
    let public = X509::from_pem(&read("idp", "crt")).and_then(|c| c.public_key()).expect("a certificate");
    c.bench_function("rsa-2048 verification alone", |b| {
        b.iter(|| {
            let mut context = PkeyCtx::new(&public).expect("a context");
            context.verify_init().expect("init");
            context.set_signature_md(openssl::md::Md::sha256()).expect("md");
            assert!(context.verify(black_box(&hash), black_box(&value)).expect("verify"));
        });
    });
}

fn usual_response(c: &mut Criterion) {
    let keys = verification_keys("idp");
    let xml = signed(&usual(), "idp");
    assert!(validate(xml.as_bytes(), &expected(&keys, &[])).is_ok());
    c.bench_function(&format!("validate a response of {} bytes", xml.len()), |b| {
        b.iter(|| validate(black_box(xml.as_bytes()), &expected(&keys, &[])));
    });
    c.bench_function("of which: pre-scan", |b| {
        b.iter(|| prescan(black_box(xml.as_bytes()), &Limits::MESSAGE).is_ok());
    });
    c.bench_function("of which: parse", |b| {
        b.iter(|| roxmltree::Document::parse(black_box(&xml)).is_ok());
    });
    let doc = roxmltree::Document::parse(&xml).expect("XML");
    let assertion = doc.descendants().find(|n| n.attribute("ID") == Some("_assertion")).expect("it");
    let form = Canonicalization::Exclusive { inclusive_prefixes: Vec::new() };
    c.bench_function("of which: C14N", |b| b.iter(|| canonicalize(black_box(assertion), None, &form)));
}

/// From 2 kB to 1 MB: the time must grow with the size and no faster.
fn by_size(c: &mut Criterion) {
    let keys = verification_keys("idp");
    let mut group = c.benchmark_group("validate by size");
    for kilobytes in [2, 8, 32, 128, 512, 1000] {
        // Some 2 kB are there without any attribute.
        let xml = signed(&attributes(kilobytes.max(3) - 2, 780), "idp");
        assert!(validate(xml.as_bytes(), &expected(&keys, &[])).is_ok());
        group.throughput(Throughput::Bytes(xml.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(xml.len()), &xml, |b, xml| {
            b.iter(|| validate(black_box(xml.as_bytes()), &expected(&keys, &[])));
        });
    }
    group.finish();
}

fn by_attributes(c: &mut Criterion) {
    let keys = verification_keys("idp");
    let mut group = c.benchmark_group("validate by attributes");
    for count in [10, 100, 1000, 3000] {
        let xml = signed(&attributes(count, 20), "idp");
        assert!(validate(xml.as_bytes(), &expected(&keys, &[])).is_ok());
        group.bench_with_input(BenchmarkId::from_parameter(count), &xml, |b, xml| {
            b.iter(|| validate(black_box(xml.as_bytes()), &expected(&keys, &[])));
        });
    }
    group.finish();
    let groups = signed(&many_groups(3000), "idp");
    assert!(validate(groups.as_bytes(), &expected(&keys, &[])).is_ok());
    c.bench_function("validate 3,000 groups", |b| {
        b.iter(|| validate(black_box(groups.as_bytes()), &expected(&keys, &[])));
    });
}

fn by_key(c: &mut Criterion) {
    let mut group = c.benchmark_group("validate by key");
    for key in ["idp", "p256", "p384", "p521"] {
        let (keys, xml) = (verification_keys(key), signed(&usual(), key));
        assert!(validate(xml.as_bytes(), &expected(&keys, &[])).is_ok());
        let name = if key == "idp" { "rsa-2048" } else { key };
        group.bench_function(name, |b| {
            b.iter(|| validate(black_box(xml.as_bytes()), &expected(&keys, &[])));
        });
    }
    group.finish();
}

/// A private key operation is some twenty times a verification; the rest is next to nothing.
fn encrypted(c: &mut Criterion) {
    let (keys, sp_keys) = (
        verification_keys("idp"),
        vec![DecryptionKey::from_pem(&read("sp", "key"), &read("sp", "crt")).expect("a test key")],
    );
    let mut group = c.benchmark_group("decrypt and validate");
    for content in [ContentAlgorithm::Aes256Gcm, ContentAlgorithm::Aes128Cbc, ContentAlgorithm::TripleDesCbc]
    {
        let xml = usual();
        let start = xml.find("<saml:Assertion").expect("an assertion");
        let end = xml.find("</samlp:Response>").expect("an end");
        let how = Encryption {
            content,
            transport: KeyTransport::OAEP_SHA1,
            certificate: sp_keys[0].certificate_der(),
            recipient: None,
            placement: KeyPlacement::Inside,
            random: &[3; 32],
        };
        let holder = how.encrypt("saml:EncryptedAssertion", &xml[start..end]).expect("encryption");
        let xml = format!("{}{holder}{}", &xml[..start], &xml[end..]);
        let xml = sign(&xml, "_response", &signing_key("idp"), DigestAlgorithm::Sha256).expect("signing");
        assert!(validate(xml.as_bytes(), &expected(&keys, &sp_keys)).is_ok());
        let name = content.uri().rsplit('#').next().unwrap_or_default();
        group.bench_function(name, |b| {
            b.iter(|| validate(black_box(xml.as_bytes()), &expected(&keys, &sp_keys)));
        });
    }
    group.finish();
}

criterion_group!(saml, verification_alone, usual_response, by_size, by_attributes, by_key, encrypted);
criterion_main!(saml);
