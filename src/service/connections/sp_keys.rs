//! Our own keys for SAML. One of the project signs requests and logout messages; what providers encrypt to is of each
//! connection (`encryption_keys`). They are made at the first need, so that projects made before there were any get them
//! as well, and rolled over in two steps, because providers import our metadata once and by hand: first the new key is
//! published beside the old one, then the old one goes.

use std::collections::{HashMap, HashSet};

use openssl::error::ErrorStack;

use super::key_pair::{self, generate, note, open};
use crate::{
    model::{
        SpKeyPurpose,
        ids::{ProjectId, SamlConnectionId, SamlSpKeyId},
    },
    saml::{SigningKey, dsig::KeyError},
    service::{Actor, Context},
    store::{
        StoreError, Tx, projects,
        saml_sp_keys::{self, SamlSpKey},
        seal::Unopened,
    },
};

/// Why our keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpKeyError {
    /// There is no such thing, or it is another project's.
    #[error("there is no {0} of this id")]
    NotFound(&'static str),
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

/// The project's keys that sign, oldest first.
#[derive(Debug, Clone)]
pub struct SpKeys(Vec<SamlSpKey>);

/// How keys are rolled over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// A new key is published beside the old one, which goes on being used.
    Begin,
    /// The old ones go; providers have the new one by now.
    Finish,
    /// Both at once, because the old ones are known to somebody else. Until a provider has imported the new certificate,
    /// it refuses our requests, or we cannot read what it encrypts.
    AtOnce,
}

/// A key in use.
#[derive(Debug, Clone)]
pub struct SpKeyInUse {
    /// The key.
    pub key: SamlSpKey,
    /// Whose provider encrypts to it; none for what signs.
    pub connection: Option<SamlConnectionId>,
}

/// The project's keys that sign, made now if it has none.
pub async fn sp_keys(cx: &Context, project: &ProjectId) -> Result<SpKeys, SpKeyError> {
    let of = project.clone();
    let live = cx.store.read(move |tx: &mut Tx<'_>| saml_sp_keys::signing(tx, &of)).await?;
    if !live.is_empty() {
        return Ok(SpKeys(live));
    }
    let fresh = generate(cx, project, SpKeyPurpose::Signing, None).await?;
    let (own, of) = (cx.clone(), project.clone());
    let make = move |tx: &mut Tx<'_>| {
        // Two requests may both come here; the second finds what the first has made. On PostgreSQL both may insert,
        // which is as after the first half of a rollover.
        if saml_sp_keys::signing(tx, &of)?.is_empty() {
            insert(tx, &own, &Actor::system(), &fresh)?;
        }
        Ok::<_, SpKeyError>(SpKeys(saml_sp_keys::signing(tx, &of)?))
    };
    cx.store.write(make).await
}

/// Every key of a project that is in use: what signs first, then what the providers of its connections encrypt to. A
/// project and a connection that needed none have none.
pub async fn sp_keys_in_use(cx: &Context, project: &ProjectId) -> Result<Vec<SpKeyInUse>, SpKeyError> {
    let of = project.clone();
    let read = move |tx: &mut Tx<'_>| {
        let signing = saml_sp_keys::signing(tx, &of)?.into_iter();
        let encryption = saml_sp_keys::of_connections(tx, &of)?.into_iter();
        let signing = signing.map(|key| SpKeyInUse { key, connection: None });
        let encryption = encryption.map(|(id, key)| SpKeyInUse { key, connection: Some(id) });
        Ok::<_, StoreError>(signing.chain(encryption).collect())
    };
    Ok(cx.store.read(read).await?)
}

/// Whether the keys open with the master key.
pub fn check_sp_keys(cx: &Context, keys: &[SpKeyInUse]) -> Result<(), SpKeyError> {
    keys.iter().try_for_each(|one| open(cx, &one.key).map(drop))
}

/// How many connections have a key that another one has as well: what is encrypted to one of them opens on the other.
pub fn sharing_connections(keys: &[SpKeyInUse]) -> usize {
    let mut holders: HashMap<&SamlSpKeyId, HashSet<&SamlConnectionId>> = HashMap::new();
    for SpKeyInUse { key, connection } in keys {
        holders.entry(&key.id).or_default().extend(connection);
    }
    let shared = holders.into_values().filter(|connections| connections.len() > 1);
    shared.flatten().collect::<HashSet<_>>().len()
}

/// Rolls a project's keys that sign over.
pub async fn rotate_sp_keys(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    rotation: Rotation,
) -> Result<SpKeys, SpKeyError> {
    let fresh = match rotation {
        Rotation::Finish => None,
        Rotation::Begin | Rotation::AtOnce => {
            let of = project.clone();
            let live = cx.store.read(move |tx: &mut Tx<'_>| saml_sp_keys::signing(tx, &of)).await?;
            Some(generate(cx, project, SpKeyPurpose::Signing, live.last()).await?)
        }
    };
    let (own, of, actor) = (cx.clone(), project.clone(), actor.clone());
    let rotate = move |tx: &mut Tx<'_>| {
        projects::find(tx, &of)?.ok_or(SpKeyError::NotFound("project"))?;
        if let Some(key) = &fresh {
            insert(tx, &own, &actor, key)?;
        }
        if rotation != Rotation::Begin {
            let live = saml_sp_keys::signing(tx, &of)?;
            // The fresh one stays, also beside one that was made meanwhile.
            let kept = fresh.as_ref().or(live.last()).map(|key| key.id.clone());
            for key in live.iter().filter(|key| Some(&key.id) != kept.as_ref()) {
                saml_sp_keys::retire(tx, &of, &key.id, own.now())?;
                note(tx, &own, &actor, key, None, "saml_sp_key.retired")?;
            }
        }
        Ok(SpKeys(saml_sp_keys::signing(tx, &of)?))
    };
    cx.store.write(rotate).await
}

impl SpKeys {
    /// The key that signs our requests: the oldest, which every provider has imported.
    pub fn signing_key(&self, cx: &Context) -> Result<SigningKey, SpKeyError> {
        let row = self.0.first().ok_or(SpKeyError::NotFound("key"))?;
        let (key, certificate) = open(cx, row)?;
        Ok(SigningKey::new(key, &certificate)?)
    }

    /// The certificates for our metadata, DER, that of the key in use first.
    pub fn certificates(&self) -> Vec<Vec<u8>> {
        key_pair::certificates(&self.0)
    }
}

fn insert(tx: &mut Tx<'_>, cx: &Context, actor: &Actor, key: &SamlSpKey) -> Result<(), StoreError> {
    saml_sp_keys::insert(tx, key)?;
    note(tx, cx, actor, key, None, "saml_sp_key.created")
}
