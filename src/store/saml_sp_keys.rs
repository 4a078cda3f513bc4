//! Our own keys for SAML, of a project.

use diesel::prelude::*;

use super::{StoreError, Tx, schema::saml_sp_keys};
use crate::model::{
    SpKeyPurpose, Timestamp,
    ids::{ProjectId, SamlSpKeyId},
};

/// A key of ours for signing requests or decrypting assertions, with rollover.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = saml_sp_keys)]
pub struct SamlSpKey {
    pub id: SamlSpKeyId,
    pub project_id: ProjectId,
    pub purpose: SpKeyPurpose,
    pub certificate: String,
    pub private_key_sealed: String,
    pub not_after: Timestamp,
    pub created_at: Timestamp,
    pub retired_at: Option<Timestamp>,
}

/// Adds a key.
pub fn insert(tx: &mut Tx<'_>, key: &SamlSpKey) -> Result<(), StoreError> {
    diesel::insert_into(saml_sp_keys::table).values(key).execute(tx.connection)?;
    Ok(())
}

/// The project's keys that are not retired, oldest first.
pub fn live(tx: &mut Tx<'_>, project: &ProjectId) -> Result<Vec<SamlSpKey>, StoreError> {
    Ok(saml_sp_keys::table
        .filter(saml_sp_keys::project_id.eq(project).and(saml_sp_keys::retired_at.is_null()))
        .order(saml_sp_keys::id)
        .select(SamlSpKey::as_select())
        .load(tx.connection)?)
}

/// Takes a key out of use; it stays on record.
pub fn retire(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &SamlSpKeyId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let row = saml_sp_keys::table.filter(saml_sp_keys::project_id.eq(project).and(saml_sp_keys::id.eq(id)));
    diesel::update(row).set(saml_sp_keys::retired_at.eq(Some(at))).execute(tx.connection)?;
    Ok(())
}
