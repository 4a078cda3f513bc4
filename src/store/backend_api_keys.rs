//! Keys of the host app's back end.

use diesel::prelude::*;

use super::{StoreError, Tx, schema::backend_api_keys};
use crate::model::{
    Timestamp,
    ids::{BackendApiKeyId, ProjectId},
    secret::TokenHash,
};

/// A key of the host app's back end.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = backend_api_keys)]
pub struct BackendApiKey {
    pub id: BackendApiKeyId,
    pub project_id: ProjectId,
    pub display_name: String,
    pub secret_hash: TokenHash,
    pub secret_suffix: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// Adds a key.
pub fn insert(tx: &mut Tx<'_>, key: &BackendApiKey) -> Result<(), StoreError> {
    diesel::insert_into(backend_api_keys::table).values(key).execute(tx.connection)?;
    Ok(())
}

/// The project's live key with this hash.
pub fn find_live(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    hash: &TokenHash,
) -> Result<Option<BackendApiKey>, StoreError> {
    Ok(backend_api_keys::table
        .filter(backend_api_keys::project_id.eq(project).and(backend_api_keys::secret_hash.eq(hash)))
        .filter(backend_api_keys::revoked_at.is_null())
        .select(BackendApiKey::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// The project's keys, ended ones as well, oldest first.
pub fn list(tx: &mut Tx<'_>, project: &ProjectId) -> Result<Vec<BackendApiKey>, StoreError> {
    Ok(backend_api_keys::table
        .filter(backend_api_keys::project_id.eq(project))
        .order(backend_api_keys::id)
        .select(BackendApiKey::as_select())
        .load(tx.connection)?)
}

/// The project's key of this id.
pub fn find(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &BackendApiKeyId,
) -> Result<Option<BackendApiKey>, StoreError> {
    Ok(backend_api_keys::table
        .filter(backend_api_keys::project_id.eq(project).and(backend_api_keys::id.eq(id)))
        .select(BackendApiKey::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// Ends a key, once. Whether it had not ended before.
pub fn revoke(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &BackendApiKeyId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let live = backend_api_keys::table
        .filter(backend_api_keys::project_id.eq(project).and(backend_api_keys::id.eq(id)))
        .filter(backend_api_keys::revoked_at.is_null());
    Ok(diesel::update(live).set(backend_api_keys::revoked_at.eq(Some(at))).execute(tx.connection)? == 1)
}
