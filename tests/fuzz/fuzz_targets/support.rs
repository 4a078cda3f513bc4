//! The connection of the fixtures. Each target uses a part of it.

#![allow(dead_code)]

use std::sync::LazyLock;

use time::{Duration, macros::datetime};
use vestibule::saml::{
    Decryption, DecryptionKey, Expected, VerificationKey,
    dsig::SignaturePolicy,
    response::{PendingRequest, Solicitation},
};

pub const SP: &str = "https://sp.example/api/saml/v1/conn";
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
        now: datetime!(2026-01-15 12:00 UTC),
    }
}
