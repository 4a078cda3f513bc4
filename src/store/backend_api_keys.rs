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
