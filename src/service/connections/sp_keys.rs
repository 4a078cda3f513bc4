//! Our own keys for SAML, of a project: one signs requests, one reads what providers encrypt. They are made at the first
//! need, so that projects made before there were any get them as well, and rolled over in two steps, because providers
//! import our metadata once and by hand: first the new key is published beside the old one, then the old one goes.

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

use crate::{
    model::{
        Millis, SpKeyPurpose, Timestamp,
        ids::{ProjectId, SamlSpKeyId},
    },
    saml::{
        SigningKey,
        dsig::{KeyError, base64},
        xmlenc::DecryptionKey,
    },
    service::{Actor, Change, Context, new_id, record::record},
    store::{
        StoreError, Tx, projects,
        saml_sp_keys::{self, SamlSpKey},
        seal::{Place, Unopened},
    },
};

/// Ten years: the certificate is a wrapper that providers refuse when it has ended, and few people renew it.
const LIFETIME: Millis = 10 * 365 * 24 * 60 * 60 * 1000;

/// Both purposes.
const PURPOSES: [SpKeyPurpose; 2] = [SpKeyPurpose::Signing, SpKeyPurpose::Encryption];

/// Why our keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpKeyError {
    /// There is no such project.
    #[error("there is no project of this id")]
    NotFound,
    /// The database.
    #[error("database")]
    Store(#[from] StoreError),
    /// The master key is not the one that sealed this key.
    #[error("a key for SAML does not open: is this the right master key?")]
    Sealed(#[from] Unopened),
    /// OpenSSL refused.
    #[error("a key for SAML could not be made or read")]
    Crypto(#[from] ErrorStack),
    /// A stored key that cannot be used.
    #[error("a stored key for SAML cannot be used")]
    Key(#[from] KeyError),
}

/// The project's keys that are in use.
#[derive(Debug, Clone)]
pub struct SpKeys(Vec<SamlSpKey>);

/// How keys are rolled over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// A new key is published beside the old one, which goes on signing.
    Begin,
    /// The old ones go; providers have the new one by now.
    Finish,
    /// Both at once, because the old ones are known to somebody else. Providers that have not imported the new
    /// certificate refuse our requests until they have.
    AtOnce,
}

/// The project's keys, made now if it has none.
pub async fn sp_keys(cx: &Context, project: &ProjectId) -> Result<SpKeys, SpKeyError> {
    let of = project.clone();
    let live = cx.store.read(move |tx: &mut Tx<'_>| saml_sp_keys::live(tx, &of)).await?;
    if PURPOSES.iter().all(|purpose| live.iter().any(|key| key.purpose == *purpose)) {
        return Ok(SpKeys(live));
    }
    let fresh = generate_pair(cx, project).await?;
    let (own, of) = (cx.clone(), project.clone());
    let make = move |tx: &mut Tx<'_>| {
        // Two requests may both come here; the second finds what the first has made. On PostgreSQL both may insert,
        // which is as after the first half of a rollover.
        let live = saml_sp_keys::live(tx, &of)?;
        for key in fresh.iter().filter(|key| !live.iter().any(|known| known.purpose == key.purpose)) {
            insert(tx, &own, &Actor::system(), key)?;
        }
        Ok::<_, SpKeyError>(SpKeys(saml_sp_keys::live(tx, &of)?))
    };
    cx.store.write(make).await
}

/// The keys that are there already: what arrives at an ACS makes none.
pub fn existing_sp_keys(tx: &mut Tx<'_>, project: &ProjectId) -> Result<SpKeys, StoreError> {
    Ok(SpKeys(saml_sp_keys::live(tx, project)?))
}

/// Whether the project's keys open with the master key. Returns how many there are: a project that needed none has none.
pub async fn check_sp_keys(cx: &Context, project: &ProjectId) -> Result<usize, SpKeyError> {
    let of = project.clone();
    let live = cx.store.read(move |tx: &mut Tx<'_>| saml_sp_keys::live(tx, &of)).await?;
    live.iter().try_for_each(|row| open(cx, row).map(drop))?;
    Ok(live.len())
}

/// Rolls a project's keys over.
pub async fn rotate_sp_keys(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    rotation: Rotation,
) -> Result<SpKeys, SpKeyError> {
    let fresh = if rotation == Rotation::Finish { Vec::new() } else { generate_pair(cx, project).await? };
    let (own, of, actor) = (cx.clone(), project.clone(), actor.clone());
    let rotate = move |tx: &mut Tx<'_>| {
        projects::find(tx, &of)?.ok_or(SpKeyError::NotFound)?;
        for key in &fresh {
            insert(tx, &own, &actor, key)?;
        }
        if rotation != Rotation::Begin {
            retire_all_but_the_newest(tx, &own, &actor, &of)?;
        }
        Ok(SpKeys(saml_sp_keys::live(tx, &of)?))
    };
    cx.store.write(rotate).await
}

impl SpKeys {
    /// The key that signs our requests: the oldest, which every provider has imported.
    pub fn signing_key(&self, cx: &Context) -> Result<SigningKey, SpKeyError> {
        let row = self.of(SpKeyPurpose::Signing).next().ok_or(SpKeyError::NotFound)?;
        let (key, certificate) = open(cx, row)?;
        Ok(SigningKey::new(key, &certificate)?)
    }

    /// The keys that providers may have encrypted to, newest first.
    pub fn decryption_keys(&self, cx: &Context) -> Result<Vec<DecryptionKey>, SpKeyError> {
        let rows: Vec<_> = self.of(SpKeyPurpose::Encryption).collect();
        rows.into_iter()
            .rev()
            .map(|row| {
                let (key, certificate) = open(cx, row)?;
                Ok(DecryptionKey::new(key, &certificate)?)
            })
            .collect()
    }

    /// The certificates for our metadata, DER: of what signs, the one in use first; of what is encrypted to, the
    /// newest.
    pub fn certificates(&self, purpose: SpKeyPurpose) -> Vec<Vec<u8>> {
        let decoded = self.of(purpose).filter_map(|row| base64::decode(&row.certificate));
        let mut certificates: Vec<_> = decoded.collect();
        if purpose == SpKeyPurpose::Encryption {
            certificates.reverse();
        }
        certificates
    }

    /// Each key: its purpose, its id and when its certificate ends.
    pub fn summary(&self) -> Vec<(SpKeyPurpose, SamlSpKeyId, Timestamp)> {
        self.0.iter().map(|row| (row.purpose, row.id.clone(), row.not_after)).collect()
    }

    fn of(&self, purpose: SpKeyPurpose) -> impl Iterator<Item = &SamlSpKey> {
        self.0.iter().filter(move |row| row.purpose == purpose)
    }
}

fn open(cx: &Context, row: &SamlSpKey) -> Result<(PKey<Private>, X509), SpKeyError> {
    let der = cx.master_key.open(place(&row.id, &row.project_id), &row.private_key_sealed)?;
    let certificate = base64::decode(&row.certificate).ok_or(KeyError::Unreadable)?;
    Ok((PKey::private_key_from_pkcs8(&der)?, X509::from_der(&certificate)?))
}

fn insert(tx: &mut Tx<'_>, cx: &Context, actor: &Actor, key: &SamlSpKey) -> Result<(), StoreError> {
    saml_sp_keys::insert(tx, key)?;
    note(tx, cx, actor, key, "saml_sp_key.created")
}

fn retire_all_but_the_newest(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
) -> Result<(), StoreError> {
    let live = saml_sp_keys::live(tx, project)?;
    for purpose in PURPOSES {
        let old = live.iter().filter(|key| key.purpose == purpose).rev().skip(1);
        for key in old {
            saml_sp_keys::retire(tx, project, &key.id, cx.now())?;
            note(tx, cx, actor, key, "saml_sp_key.retired")?;
        }
    }
    Ok(())
}

fn note(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    key: &SamlSpKey,
    event: &'static str,
) -> Result<(), StoreError> {
    let after = json!({ "id": key.id, "purpose": key.purpose.as_str(), "notAfter": key.not_after });
    let change = Change {
        project: &key.project_id,
        organization: None,
        event,
        resource: key.id.as_str(),
        before: None,
        after: Some(after),
    };
    record(tx, cx, actor, &change)
}

/// A key of each purpose. Finding the primes takes longer than an async worker may be held up.
async fn generate_pair(cx: &Context, project: &ProjectId) -> Result<Vec<SamlSpKey>, SpKeyError> {
    let (own, project) = (cx.clone(), project.clone());
    let work = move || {
        let pair = PURPOSES.into_iter().map(|purpose| generate(&own, &project, purpose));
        pair.collect::<Result<Vec<_>, _>>()
    };
    let failed = |error: tokio::task::JoinError| StoreError::Unavailable(error.to_string());
    tokio::task::spawn_blocking(work).await.map_err(failed)?
}

fn generate(cx: &Context, project: &ProjectId, purpose: SpKeyPurpose) -> Result<SamlSpKey, SpKeyError> {
    let id = new_id!(cx, SamlSpKeyId);
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
        created_at: now,
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
