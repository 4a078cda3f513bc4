//! The project's signing keys: rows, sealed, published before they sign (DESIGN part 7).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use serde_json::json;

use crate::{
    jose::{Algorithm, Jwk, JwkSet, KeyError, SigningKey, VerifyingKey},
    model::{
        Millis, SigningAlgorithm, Timestamp,
        ids::{ProjectId, SigningKeyId},
    },
    service::{Actor, Change, Context, new_id, record::record},
    store::{
        StoreError, Tx, projects,
        seal::{Place, Unopened},
        signing_keys::{self, SigningKey as Row},
    },
};

/// Why the project's keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// There is no such project.
    #[error("there is no project of this id")]
    NotFound,
    /// The database.
    #[error("database")]
    Store(#[from] StoreError),
    /// The master key is not the one that sealed this key.
    #[error("a signing key does not open: is this the right master key?")]
    Sealed(#[from] Unopened),
    /// A key that cannot be made or read.
    #[error("a signing key cannot be used")]
    Key(#[from] KeyError),
    /// The stored public half is not JSON.
    #[error("a stored public key cannot be read")]
    Jwk(#[from] serde_json::Error),
    /// No key of this algorithm signs at this moment.
    #[error("the project has no {0} key")]
    Missing(Algorithm),
}

/// Whether the master key is one that this database was sealed under: it opens the key of some project that is in use. Every
/// project has such keys from the first moment on, so a database in which there is none has nothing to compare, and any
/// master key is good. One is enough: where the master key is replaced, the projects change over one after the other.
pub async fn fits_master_key(cx: &Context) -> Result<bool, StoreError> {
    let now = cx.now();
    let keys = cx.store.read(move |tx: &mut Tx<'_>| signing_keys::all_published(tx, now)).await?;
    let opens =
        |key: &Row| cx.master_key.open(place(&key.id, &key.project_id), &key.private_key_sealed).is_ok();
    Ok(keys.is_empty() || keys.iter().any(opens))
}

/// A first key of each algorithm for a new project, made before the transaction: generating one takes longer
/// than a write may. They sign at once, since nobody can have cached an older set.
pub fn prepare_first_keys(cx: &Context, project: &ProjectId) -> Result<Vec<Row>, SigningError> {
    [Algorithm::Rs256, Algorithm::Es256]
        .into_iter()
        .map(|algorithm| prepare(cx, project, algorithm))
        .collect()
}

fn prepare(cx: &Context, project: &ProjectId, algorithm: Algorithm) -> Result<Row, SigningError> {
    let id = new_id!(cx, SigningKeyId);
    let key = SigningKey::generate(algorithm)?;
    let now = cx.now();
    Ok(Row {
        kid: key.kid().to_owned(),
        alg: match algorithm {
            Algorithm::Rs256 => SigningAlgorithm::Rs256,
            Algorithm::Es256 => SigningAlgorithm::Es256,
        },
        public_jwk: serde_json::to_string(&key.public()?.jwk()?)?,
        private_key_sealed: cx.master_key.seal(place(&id, project), &key.to_der()?, &*cx.rng)?,
        project_id: project.clone(),
        created_at: now,
        sign_from: now,
        sign_until: None,
        publish_until: None,
        id,
    })
}

/// How the keys that sign tokens are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKeyRotation {
    /// New keys are published now and sign once everybody has fetched them; no token is refused.
    Planned,
    /// The old keys are known to somebody else: they end at once, and every token that they signed with them.
    Emergency,
}

/// A key set may be cached for an hour; two lifetimes pass before a new key signs (DESIGN part 7).
const PUBLISHED_BEFORE: Millis = 2 * 60 * 60 * 1000;
/// The longest life of a token that a key has signed.
const LONGEST_TOKEN: Millis = 60 * 60 * 1000;

/// Gives a project new keys for tokens. Returns the key ids of the new ones.
pub async fn rotate(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    rotation: TokenKeyRotation,
) -> Result<Vec<String>, SigningError> {
    let now = cx.now();
    let (sign_from, publish_until) = match rotation {
        TokenKeyRotation::Planned => (now.plus(PUBLISHED_BEFORE), now.plus(PUBLISHED_BEFORE + LONGEST_TOKEN)),
        TokenKeyRotation::Emergency => (now, now),
    };
    let mut fresh = prepare_first_keys(cx, project)?;
    for key in &mut fresh {
        key.sign_from = sign_from;
    }
    let (own, actor, of) = (cx.clone(), actor.clone(), project.clone());
    let rotate = move |tx: &mut Tx<'_>| {
        projects::find(tx, &of)?.ok_or(SigningError::NotFound)?;
        for key in signing_keys::published(tx, &of, now)?.iter().filter(|key| key.sign_until.is_none()) {
            signing_keys::limit(tx, &of, &key.id, sign_from, publish_until)?;
            note(tx, &own, &actor, key, "signing_key.retired")?;
        }
        for key in &fresh {
            signing_keys::insert(tx, key)?;
            note(tx, &own, &actor, key, "signing_key.created")?;
        }
        Ok(fresh.iter().map(|key| key.kid.clone()).collect())
    };
    cx.store.write(rotate).await
}

fn note(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    key: &Row,
    event: &'static str,
) -> Result<(), StoreError> {
    let change = Change {
        project: &key.project_id,
        organization: None,
        event,
        resource: key.id.as_str(),
        before: None,
        after: Some(json!({ "id": key.id, "kid": key.kid, "algorithm": key.alg.as_str() })),
    };
    record(tx, cx, actor, &change)
}

/// The keys of a project that are published at this moment.
#[derive(Debug, Clone)]
pub struct Keyring {
    rows: Vec<Row>,
    now: Timestamp,
}

impl Keyring {
    /// Reads the project's keys.
    pub fn load(tx: &mut Tx<'_>, cx: &Context, project: &ProjectId) -> Result<Self, StoreError> {
        let now = cx.now();
        Ok(Self { rows: signing_keys::published(tx, project, now)?, now })
    }

    /// The public halves (RFC 7517 section 5).
    pub fn jwks(&self) -> Result<JwkSet, SigningError> {
        let keys = self.rows.iter().map(|row| serde_json::from_str::<Jwk>(&row.public_jwk));
        Ok(JwkSet { keys: keys.collect::<Result<_, _>>()? })
    }

    /// Every key that a token of ours may be signed with.
    pub fn verifying(&self) -> Result<Vec<VerifyingKey>, SigningError> {
        self.jwks()?.keys.iter().map(|jwk| Ok(VerifyingKey::from_jwk(jwk)?)).collect()
    }

    /// The newest key of the algorithm that signs at this moment, opened.
    pub fn signer(&self, cx: &Context, algorithm: Algorithm) -> Result<SigningKey, SigningError> {
        let row = self
            .rows
            .iter()
            .rev()
            .find(|row| {
                row.alg.as_str() == algorithm.as_str()
                    && row.sign_from <= self.now
                    && row.sign_until.is_none_or(|until| until > self.now)
            })
            .ok_or(SigningError::Missing(algorithm))?;
        cx.signers.open(cx, algorithm, row)
    }
}

/// Keys that sign, opened once: unsealing and reading one costs as much as signing with it.
#[derive(Debug, Default)]
pub struct SignerCache(Mutex<HashMap<String, SigningKey>>);

/// More keys than one gateway signs with.
const CAPACITY: usize = 1_000;

impl SignerCache {
    /// The key of a row. Which rows sign is asked of the database each time; what the text of one means never changes.
    fn open(&self, cx: &Context, algorithm: Algorithm, row: &Row) -> Result<SigningKey, SigningError> {
        let name = format!("{} {} {}", row.project_id, row.id, row.private_key_sealed);
        // A panic elsewhere leaves the map whole: every change of it is one call.
        let keys = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys().get(&name) {
            return Ok(key.clone());
        }
        let der = cx.master_key.open(place(&row.id, &row.project_id), &row.private_key_sealed)?;
        let key = SigningKey::from_der(algorithm, &der)?;
        let mut keys = keys();
        if keys.len() >= CAPACITY {
            keys.clear();
        }
        keys.insert(name, key.clone());
        Ok(key)
    }
}

fn place<'a>(id: &'a SigningKeyId, project: &'a ProjectId) -> Place<'a> {
    Place { table: "signing_keys", column: "private_key_sealed", row: id.as_str(), tenant: project.as_str() }
}
