//! A key pair of ours for SAML: made, sealed, opened, noted.

use openssl::{
    asn1::Asn1Time,
    bn::BigNum,
    error::ErrorStack,
    hash::MessageDigest,
    pkey::{PKey, Private},
    rsa::Rsa,
    x509::{X509, X509Builder, X509NameBuilder},
};
use serde_json::json;

use super::SpKeyError;
use crate::{
    model::{
        Clock, Millis, SpKeyPurpose, Timestamp,
        ids::{ProjectId, SamlSpKeyId},
    },
    saml::dsig::{KeyError, base64},
    service::{Actor, Change, Context, record::record},
    store::{StoreError, Tx, saml_connections::SamlConnection, saml_sp_keys::SamlSpKey, seal::Place},
};

/// Ten years: the certificate is a wrapper that providers refuse when it has ended, and few people renew it.
const LIFETIME: Millis = 10 * 365 * 24 * 60 * 60 * 1000;

/// A new key, newer than the `newest` of its place also where the clock was set back: what is old goes by its number. Finding
/// the primes takes longer than an async worker or the database's writer may be held up.
pub(super) async fn generate(
    cx: &Context,
    project: &ProjectId,
    purpose: SpKeyPurpose,
    newest: Option<&SamlSpKey>,
) -> Result<SamlSpKey, SpKeyError> {
    let now = cx.now();
    let made_at = newest.map_or(now, |newest| now.max(newest.created_at.plus(1)));
    let (own, project) = (cx.clone(), project.clone());
    let failed = |error: tokio::task::JoinError| StoreError::Unavailable(error.to_string());
    tokio::task::spawn_blocking(move || make(&own, &project, purpose, made_at)).await.map_err(failed)?
}

/// The private key and its certificate.
pub(super) fn open(cx: &Context, row: &SamlSpKey) -> Result<(PKey<Private>, X509), SpKeyError> {
    let der = cx.master_key.open(place(&row.id, &row.project_id), &row.private_key_sealed)?;
    let certificate = base64::decode(&row.certificate).ok_or(KeyError::Unreadable)?;
    Ok((PKey::private_key_from_pkcs8(&der)?, X509::from_der(&certificate)?))
}

/// The certificates, DER, in the order of the keys.
pub(super) fn certificates(keys: &[SamlSpKey]) -> Vec<Vec<u8>> {
    keys.iter().filter_map(|row| base64::decode(&row.certificate)).collect()
}

/// Records what became of a key, of its project or of a connection.
pub(super) fn note(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    key: &SamlSpKey,
    connection: Option<&SamlConnection>,
    event: &'static str,
) -> Result<(), StoreError> {
    let mut after = json!({ "id": key.id, "purpose": key.purpose.as_str(), "notAfter": key.not_after });
    if let Some(connection) = connection {
        after["samlConnectionId"] = json!(connection.id);
    }
    let change = Change {
        project: &key.project_id,
        organization: connection.map(|connection| &connection.organization_id),
        event,
        resource: key.id.as_str(),
        before: None,
        after: Some(after),
    };
    record(tx, cx, actor, &change)
}

/// An instant, for the number of what is made then.
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn make(
    cx: &Context,
    project: &ProjectId,
    purpose: SpKeyPurpose,
    made_at: Timestamp,
) -> Result<SamlSpKey, SpKeyError> {
    let id = SamlSpKeyId::new(&At(made_at), &*cx.rng);
    let now = cx.now();
    let not_after = now.plus(LIFETIME);
    // 2048 bits: what every provider can import and encrypt to.
    let key = PKey::from_rsa(Rsa::generate(2048)?)?;
    let certificate = self_signed(&key, purpose, &cx.rng.bytes::<16>(), (now, not_after))?;
    Ok(SamlSpKey {
        project_id: project.clone(),
        purpose,
        certificate: base64::encode(&certificate),
        private_key_sealed: cx.master_key.seal(
            place(&id, project),
            &key.private_key_to_pkcs8()?,
            &*cx.rng,
        )?,
        not_after,
        created_at: made_at,
        retired_at: None,
        id,
    })
}

fn self_signed(
    key: &PKey<Private>,
    purpose: SpKeyPurpose,
    serial: &[u8; 16],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<u8>, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", &format!("Vestibule SAML {purpose}"))?;
    let name = name.build();
    let serial = BigNum::from_slice(serial)?;
    let mut certificate = X509Builder::new()?;
    certificate.set_version(2)?;
    certificate.set_serial_number(&*serial.to_asn1_integer()?)?;
    certificate.set_subject_name(&name)?;
    certificate.set_issuer_name(&name)?;
    certificate.set_pubkey(key)?;
    certificate.set_not_before(&*Asn1Time::from_unix(from.seconds())?)?;
    certificate.set_not_after(&*Asn1Time::from_unix(to.seconds())?)?;
    certificate.sign(key, MessageDigest::sha256())?;
    certificate.build().to_der()
}

fn place<'a>(id: &'a SamlSpKeyId, project: &'a ProjectId) -> Place<'a> {
    Place { table: "saml_sp_keys", column: "private_key_sealed", row: id.as_str(), tenant: project.as_str() }
}
