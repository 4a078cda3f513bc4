//! The project's signing keys: rows, sealed, published before they sign (DESIGN part 7).

use crate::{
    jose::{Algorithm, Jwk, JwkSet, KeyError, SigningKey, VerifyingKey},
    model::{
        SigningAlgorithm, Timestamp,
        ids::{ProjectId, SigningKeyId},
    },
    service::{Context, new_id},
    store::{
        StoreError, Tx,
        seal::{Place, Unopened},
        signing_keys::{self, SigningKey as Row},
    },
};

/// Why the project's keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
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
        let der = cx.master_key.open(place(&row.id, &row.project_id), &row.private_key_sealed)?;
        Ok(SigningKey::from_der(algorithm, &der)?)
    }
}

fn place<'a>(id: &'a SigningKeyId, project: &'a ProjectId) -> Place<'a> {
    Place { table: "signing_keys", column: "private_key_sealed", row: id.as_str(), tenant: project.as_str() }
}
