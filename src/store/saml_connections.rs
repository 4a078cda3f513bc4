//! SAML connections and the keys of their identity providers.

use diesel::prelude::*;

use super::connection::{AnyConnection, on_both};
use super::{
    StoreError, Tx,
    schema::{organizations, saml_connections, saml_idp_keys},
};
use crate::model::{
    ConnectionStatus, Timestamp, fingerprint,
    ids::{OrganizationId, ProjectId, SamlConnectionId, SamlIdpKeyId, ScimConnectionId},
};

/// An organization's SAML identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = saml_connections, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
pub struct SamlConnection {
    pub id: SamlConnectionId,
    pub organization_id: OrganizationId,
    pub display_name: String,
    pub provider: String,
    pub status: ConnectionStatus,
    pub is_primary: bool,
    pub idp_entity_id: String,
    pub idp_sso_redirect_url: Option<String>,
    pub idp_sso_post_url: Option<String>,
    pub idp_slo_url: Option<String>,
    pub idp_wants_signed_requests: bool,
    pub metadata_url: Option<String>,
    pub metadata_fetched_at: Option<Timestamp>,
    pub metadata_valid_until: Option<Timestamp>,
    pub subject_attribute: Option<String>,
    pub attribute_map: String,
    pub clock_skew_ms: i64,
    pub allow_idp_initiated: bool,
    pub jit_provisioning: Option<bool>,
    pub force_authn: bool,
    pub inclusive_c14n: bool,
    pub allow_sha1: bool,
    pub paired_scim_connection_id: Option<ScimConnectionId>,
    pub paired_attribute: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub allow_triple_des: bool,
    pub options: String,
    pub refresh_at: Option<Timestamp>,
    pub refreshed_on_failure_at: Option<Timestamp>,
    pub held_metadata: Option<String>,
    pub metadata_problem: Option<String>,
}

/// A key that an identity provider signs with. Chosen by connection only, never by what a message says.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = saml_idp_keys, treat_none_as_default_value = false)]
pub struct SamlIdpKey {
    pub id: SamlIdpKeyId,
    pub organization_id: OrganizationId,
    pub saml_connection_id: SamlConnectionId,
    pub certificate: String,
    pub fingerprint: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub source: String,
    pub created_at: Timestamp,
    pub retired_at: Option<Timestamp>,
    pub warned_days: Option<i64>,
}

impl SamlIdpKey {
    /// The SHA-256 fingerprint as consoles show it, `AB:CD:..`.
    pub fn fingerprint_in_pairs(&self) -> String {
        fingerprint::in_pairs(&self.fingerprint)
    }
}

/// Adds a connection.
pub fn insert(tx: &mut Tx<'_>, connection: &SamlConnection) -> Result<(), StoreError> {
    diesel::insert_into(saml_connections::table).values(connection).execute(tx.connection)?;
    Ok(())
}

/// Writes all columns of a connection.
pub fn update(tx: &mut Tx<'_>, connection: &SamlConnection) -> Result<(), StoreError> {
    let row = saml_connections::table
        .filter(saml_connections::organization_id.eq(&connection.organization_id))
        .filter(saml_connections::id.eq(&connection.id));
    diesel::update(row).set(connection).execute(tx.connection)?;
    Ok(())
}

/// The connection of this id, if its organization is of the project whose host was asked.
pub fn find_in_project(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &SamlConnectionId,
) -> Result<Option<SamlConnection>, StoreError> {
    Ok(on_both!(tx, c => saml_connections::table
        .inner_join(organizations::table.on(organizations::id.eq(saml_connections::organization_id)))
        .filter(organizations::project_id.eq(project).and(saml_connections::id.eq(id)))
        .select(SamlConnection::as_select())
        .get_result(c)
        .optional())?)
}

/// As [`find_in_project`], and nobody else changes it before the transaction ends: the whole row is written back. Logins, each
/// of which writes a row that belongs to the connection, go on.
pub fn lock_in_project(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &SamlConnectionId,
) -> Result<Option<SamlConnection>, StoreError> {
    if let AnyConnection::Postgres(connection) = &mut *tx.connection {
        let row = saml_connections::table.find(id).select(saml_connections::id).for_no_key_update();
        row.get_result::<String>(connection).optional()?;
    }
    find_in_project(tx, project, id)
}

/// The enabled connections of an organization, the primary one first, then the oldest.
pub fn enabled(tx: &mut Tx<'_>, organization: &OrganizationId) -> Result<Vec<SamlConnection>, StoreError> {
    Ok(saml_connections::table
        .filter(saml_connections::organization_id.eq(organization))
        .filter(saml_connections::status.eq(ConnectionStatus::Enabled))
        .order((saml_connections::is_primary.desc(), saml_connections::id))
        .select(SamlConnection::as_select())
        .load(tx.connection)?)
}

/// The connections of an organization, oldest first.
pub fn of_organization(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
) -> Result<Vec<SamlConnection>, StoreError> {
    Ok(saml_connections::table
        .filter(saml_connections::organization_id.eq(organization))
        .order(saml_connections::id)
        .select(SamlConnection::as_select())
        .load(tx.connection)?)
}

/// Adds a key. One that the connection already has is a conflict.
pub fn insert_key(tx: &mut Tx<'_>, key: &SamlIdpKey) -> Result<(), StoreError> {
    diesel::insert_into(saml_idp_keys::table).values(key).execute(tx.connection)?;
    Ok(())
}

/// The keys of a connection that are not retired, oldest first.
pub fn keys(tx: &mut Tx<'_>, connection: &SamlConnectionId) -> Result<Vec<SamlIdpKey>, StoreError> {
    Ok(on_both!(tx, c => saml_idp_keys::table
        .filter(saml_idp_keys::saml_connection_id.eq(connection))
        .filter(saml_idp_keys::retired_at.is_null())
        .order(saml_idp_keys::id)
        .select(SamlIdpKey::as_select())
        .load(c))?)
}

/// Takes a key out of use; it stays on record.
pub fn retire_key(tx: &mut Tx<'_>, id: &SamlIdpKeyId, at: Timestamp) -> Result<(), StoreError> {
    diesel::update(saml_idp_keys::table.find(id))
        .set(saml_idp_keys::retired_at.eq(Some(at)))
        .execute(tx.connection)?;
    Ok(())
}

/// Whether one of these keys of the connection was retired.
pub fn any_retired(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    fingerprints: &[String],
) -> Result<bool, StoreError> {
    let found: Option<SamlIdpKeyId> = saml_idp_keys::table
        .filter(saml_idp_keys::saml_connection_id.eq(connection))
        .filter(saml_idp_keys::retired_at.is_not_null())
        .filter(saml_idp_keys::fingerprint.eq_any(fingerprints))
        .select(saml_idp_keys::id)
        .first(tx.connection)
        .optional()?;
    Ok(found.is_some())
}

/// Puts a retired key of the connection back into use. Returns whether there was one.
pub fn revive_key(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    fingerprint: &str,
) -> Result<bool, StoreError> {
    let row = saml_idp_keys::table
        .filter(saml_idp_keys::saml_connection_id.eq(connection))
        .filter(saml_idp_keys::fingerprint.eq(fingerprint));
    let revived =
        diesel::update(row).set(saml_idp_keys::retired_at.eq(None::<Timestamp>)).execute(tx.connection)?;
    Ok(revived > 0)
}
