//! Our own keys for SAML: those of a project that sign, and those that a connection's provider encrypts to.

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    connection::on_both,
    schema::{organizations, saml_connection_keys, saml_sp_keys},
};
use crate::model::{
    SpKeyPurpose, Timestamp,
    ids::{OrganizationId, ProjectId, SamlConnectionId, SamlSpKeyId},
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

/// That a connection's provider may encrypt to a key. A key that no connection has decrypts nothing.
#[derive(Debug, Clone, PartialEq, Eq, Insertable)]
#[diesel(table_name = saml_connection_keys)]
pub struct SamlConnectionKey {
    pub saml_connection_id: SamlConnectionId,
    pub saml_sp_key_id: SamlSpKeyId,
    pub organization_id: OrganizationId,
}

/// Adds a key.
pub fn insert(tx: &mut Tx<'_>, key: &SamlSpKey) -> Result<(), StoreError> {
    diesel::insert_into(saml_sp_keys::table).values(key).execute(tx.connection)?;
    Ok(())
}

/// The project's keys that sign and are not retired, oldest first.
pub fn signing(tx: &mut Tx<'_>, project: &ProjectId) -> Result<Vec<SamlSpKey>, StoreError> {
    Ok(saml_sp_keys::table
        .filter(saml_sp_keys::project_id.eq(project).and(saml_sp_keys::retired_at.is_null()))
        .filter(saml_sp_keys::purpose.eq(SpKeyPurpose::Signing))
        .order(saml_sp_keys::id)
        .select(SamlSpKey::as_select())
        .load(tx.connection)?)
}

/// Gives a connection a key.
pub fn give(tx: &mut Tx<'_>, key: &SamlConnectionKey) -> Result<(), StoreError> {
    diesel::insert_into(saml_connection_keys::table).values(key).execute(tx.connection)?;
    Ok(())
}

/// The keys that a connection's provider may encrypt to, oldest first.
pub fn of_connection(tx: &mut Tx<'_>, connection: &SamlConnectionId) -> Result<Vec<SamlSpKey>, StoreError> {
    Ok(on_both!(tx, c => saml_connection_keys::table
        .inner_join(saml_sp_keys::table.on(saml_sp_keys::id.eq(saml_connection_keys::saml_sp_key_id)))
        .filter(saml_connection_keys::saml_connection_id.eq(connection))
        .filter(saml_sp_keys::retired_at.is_null())
        .order(saml_sp_keys::id)
        .select(SamlSpKey::as_select())
        .load(c))?)
}

/// The same of all connections of a project, the oldest key first.
pub fn of_connections(
    tx: &mut Tx<'_>,
    project: &ProjectId,
) -> Result<Vec<(SamlConnectionId, SamlSpKey)>, StoreError> {
    Ok(on_both!(tx, c => saml_connection_keys::table
        .inner_join(saml_sp_keys::table.on(saml_sp_keys::id.eq(saml_connection_keys::saml_sp_key_id)))
        .inner_join(organizations::table.on(organizations::id.eq(saml_connection_keys::organization_id)))
        .filter(organizations::project_id.eq(project).and(saml_sp_keys::retired_at.is_null()))
        .order((saml_sp_keys::id, saml_connection_keys::saml_connection_id))
        .select((saml_connection_keys::saml_connection_id, SamlSpKey::as_select()))
        .load(c))?)
}

/// Takes a key from a connection. Returns whether no other connection has it.
pub fn take(tx: &mut Tx<'_>, connection: &SamlConnectionId, key: &SamlSpKeyId) -> Result<bool, StoreError> {
    let of_key = saml_connection_keys::table.filter(saml_connection_keys::saml_sp_key_id.eq(key));
    let row = of_key.filter(saml_connection_keys::saml_connection_id.eq(connection));
    diesel::delete(row).execute(tx.connection)?;
    let others: i64 = of_key.count().get_result(tx.connection)?;
    Ok(others == 0)
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
