//! What a connection's provider encrypts to: a key of that connection alone (decision 009). What one customer's provider
//! encrypted, another customer's cannot have opened for it.

use super::{
    Rotation, SpKeyError,
    key_pair::{self, generate, note, open},
};
use crate::{
    model::{
        SpKeyPurpose,
        ids::{ProjectId, SamlConnectionId},
    },
    saml::xmlenc::DecryptionKey,
    service::{Actor, Context},
    store::{
        StoreError, Tx,
        saml_connections::{self, SamlConnection},
        saml_sp_keys::{self, SamlConnectionKey, SamlSpKey},
    },
};

/// The keys that a connection's provider may encrypt to, newest first: several during a rollover.
#[derive(Debug, Clone)]
pub struct EncryptionKeys(Vec<SamlSpKey>);

/// A connection's keys, made now if it has none.
pub async fn encryption_keys(
    cx: &Context,
    project: &ProjectId,
    connection: &SamlConnectionId,
) -> Result<EncryptionKeys, SpKeyError> {
    let of = connection.clone();
    let live = cx.store.read(move |tx: &mut Tx<'_>| existing_encryption_keys(tx, &of)).await?;
    if !live.0.is_empty() {
        return Ok(live);
    }
    let fresh = generate(cx, project, SpKeyPurpose::Encryption, None).await?;
    let (own, project, id) = (cx.clone(), project.clone(), connection.clone());
    let make = move |tx: &mut Tx<'_>| {
        // Two requests may both come here; the connection is locked, so that the second finds what the first has made.
        let connection = locked(tx, &project, &id)?;
        if existing_encryption_keys(tx, &id)?.0.is_empty() {
            give(tx, &own, &Actor::system(), &connection, &fresh)?;
        }
        Ok::<_, SpKeyError>(existing_encryption_keys(tx, &id)?)
    };
    cx.store.write(make).await
}

/// The keys that are there already: what arrives at an ACS makes none.
pub fn existing_encryption_keys(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
) -> Result<EncryptionKeys, StoreError> {
    let mut keys = saml_sp_keys::of_connection(tx, connection)?;
    keys.reverse();
    Ok(EncryptionKeys(keys))
}

/// Rolls a connection's keys over. One from before has its project's key, which it shares with others, until then.
pub async fn rotate_encryption_keys(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    connection: &SamlConnectionId,
    rotation: Rotation,
) -> Result<EncryptionKeys, SpKeyError> {
    let fresh = match rotation {
        Rotation::Finish => None,
        Rotation::Begin | Rotation::AtOnce => {
            let of = connection.clone();
            let live = cx.store.read(move |tx: &mut Tx<'_>| existing_encryption_keys(tx, &of)).await?;
            Some(generate(cx, project, SpKeyPurpose::Encryption, live.0.first()).await?)
        }
    };
    let (own, actor, project, id) = (cx.clone(), actor.clone(), project.clone(), connection.clone());
    let rotate = move |tx: &mut Tx<'_>| {
        let connection = locked(tx, &project, &id)?;
        if let Some(key) = &fresh {
            give(tx, &own, &actor, &connection, key)?;
        }
        if rotation != Rotation::Begin {
            // The fresh one stays, also beside one that was made meanwhile.
            let live = existing_encryption_keys(tx, &id)?.0;
            let kept = fresh.as_ref().or(live.first()).map(|key| key.id.clone());
            for old in live.iter().filter(|key| Some(&key.id) != kept.as_ref()) {
                if saml_sp_keys::take(tx, &id, &old.id)? {
                    saml_sp_keys::retire(tx, &project, &old.id, own.now())?;
                }
                note(tx, &own, &actor, old, Some(&connection), "saml_sp_key.retired")?;
            }
        }
        Ok(existing_encryption_keys(tx, &id)?)
    };
    cx.store.write(rotate).await
}

impl EncryptionKeys {
    /// What opens messages, the newest first.
    pub fn decryption_keys(&self, cx: &Context) -> Result<Vec<DecryptionKey>, SpKeyError> {
        let opened = self.0.iter().map(|row| {
            let (key, certificate) = open(cx, row)?;
            Ok(DecryptionKey::new(key, &certificate)?)
        });
        opened.collect()
    }

    /// The certificates for our metadata, DER: the newest first, because some providers read one.
    pub fn certificates(&self) -> Vec<Vec<u8>> {
        key_pair::certificates(&self.0)
    }
}

fn locked(tx: &mut Tx<'_>, project: &ProjectId, id: &SamlConnectionId) -> Result<SamlConnection, SpKeyError> {
    saml_connections::lock_in_project(tx, project, id)?.ok_or(SpKeyError::NotFound("SAML connection"))
}

fn give(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    connection: &SamlConnection,
    key: &SamlSpKey,
) -> Result<(), StoreError> {
    saml_sp_keys::insert(tx, key)?;
    let of = SamlConnectionKey {
        saml_connection_id: connection.id.clone(),
        saml_sp_key_id: key.id.clone(),
        organization_id: connection.organization_id.clone(),
    };
    saml_sp_keys::give(tx, &of)?;
    note(tx, cx, actor, key, Some(connection), "saml_sp_key.created")
}
