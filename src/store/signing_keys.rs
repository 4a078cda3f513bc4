//! Keys that sign tokens.

use diesel::prelude::*;

use super::{StoreError, Tx, schema::signing_keys};
use crate::model::{
    SigningAlgorithm, Timestamp,
    ids::{ProjectId, SigningKeyId},
};

/// A key that signs tokens: published before it signs, kept until its last token has expired.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys)]
pub struct SigningKey {
    pub id: SigningKeyId,
    pub project_id: ProjectId,
    pub kid: String,
    pub alg: SigningAlgorithm,
    pub public_jwk: String,
    pub private_key_sealed: String,
    pub created_at: Timestamp,
    pub sign_from: Timestamp,
    pub sign_until: Option<Timestamp>,
    pub publish_until: Option<Timestamp>,
}

/// Adds a key.
pub fn insert(tx: &mut Tx<'_>, key: &SigningKey) -> Result<(), StoreError> {
    diesel::insert_into(signing_keys::table).values(key).execute(tx.connection)?;
    Ok(())
}

/// The project's keys that are published at `now`, oldest first.
pub fn published(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    now: Timestamp,
) -> Result<Vec<SigningKey>, StoreError> {
    Ok(signing_keys::table
        .filter(signing_keys::project_id.eq(project))
        .filter(signing_keys::publish_until.is_null().or(signing_keys::publish_until.gt(now)))
        .order(signing_keys::id)
        .select(SigningKey::as_select())
        .load(tx.connection)?)
}

/// The keys of every project that are published at `now`, newest first.
pub fn all_published(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<SigningKey>, StoreError> {
    Ok(signing_keys::table
        .filter(signing_keys::publish_until.is_null().or(signing_keys::publish_until.gt(now)))
        .order(signing_keys::id.desc())
        .select(SigningKey::as_select())
        .load(tx.connection)?)
}

/// Says until when a key signs and is published.
pub fn limit(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &SigningKeyId,
    sign_until: Timestamp,
    publish_until: Timestamp,
) -> Result<(), StoreError> {
    let row = signing_keys::table.filter(signing_keys::project_id.eq(project).and(signing_keys::id.eq(id)));
    diesel::update(row)
        .set((
            signing_keys::sign_until.eq(Some(sign_until)),
            signing_keys::publish_until.eq(Some(publish_until)),
        ))
        .execute(tx.connection)?;
    Ok(())
}
