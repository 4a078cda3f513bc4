//! SCIM connections and their bearer tokens.

use diesel::prelude::*;

use super::organizations::Organization;
use super::{
    StoreError, Tx,
    schema::{organizations, scim_api_keys, scim_connections},
};
use crate::model::{
    ConnectionStatus, Timestamp,
    ids::{OrganizationId, ScimApiKeyId, ScimConnectionId},
    secret::TokenHash,
};

/// A source of provisioning. It writes only what it created or adopted (R20).
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = scim_connections)]
#[diesel(treat_none_as_null = true)]
pub struct ScimConnection {
    pub id: ScimConnectionId,
    pub organization_id: OrganizationId,
    pub display_name: String,
    pub status: ConnectionStatus,
    pub is_default: bool,
    pub strict: bool,
    pub provider: String,
    pub hold_enabled: bool,
    pub hold_threshold: i64,
    pub held_until: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A bearer token of a SCIM connection; several may live, for rotation.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = scim_api_keys)]
pub struct ScimApiKey {
    pub id: ScimApiKeyId,
    pub organization_id: OrganizationId,
    pub scim_connection_id: ScimConnectionId,
    pub display_name: String,
    pub token_hash: TokenHash,
    pub token_suffix: String,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Adds a connection.
pub fn insert(tx: &mut Tx<'_>, connection: &ScimConnection) -> Result<(), StoreError> {
    diesel::insert_into(scim_connections::table).values(connection).execute(tx.connection)?;
    Ok(())
}

/// Adds a bearer token.
pub fn insert_key(tx: &mut Tx<'_>, key: &ScimApiKey) -> Result<(), StoreError> {
    diesel::insert_into(scim_api_keys::table).values(key).execute(tx.connection)?;
    Ok(())
}

/// What a bearer token stands for: the key, its connection and the organization, from the token alone (R20).
pub fn find_by_token(
    tx: &mut Tx<'_>,
    token_hash: &TokenHash,
) -> Result<Option<(ScimApiKey, ScimConnection, Organization)>, StoreError> {
    Ok(scim_api_keys::table
        .inner_join(scim_connections::table.on(scim_connections::id.eq(scim_api_keys::scim_connection_id)))
        .inner_join(organizations::table.on(organizations::id.eq(scim_connections::organization_id)))
        .filter(scim_api_keys::token_hash.eq(token_hash))
        .filter(scim_api_keys::organization_id.eq(scim_connections::organization_id))
        .select((ScimApiKey::as_select(), ScimConnection::as_select(), Organization::as_select()))
        .get_result(tx.connection)
        .optional()?)
}

/// The organization's default connection.
pub fn find_default(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
) -> Result<Option<ScimConnection>, StoreError> {
    Ok(scim_connections::table
        .filter(scim_connections::organization_id.eq(organization))
        .filter(scim_connections::is_default.eq(true))
        .select(ScimConnection::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// Whether the organization has an enabled SCIM connection with a live token: then users come from there, and
/// just-in-time creation is off by default (R3).
pub fn has_live(tx: &mut Tx<'_>, organization: &OrganizationId, now: Timestamp) -> Result<bool, StoreError> {
    let live = scim_api_keys::table
        .inner_join(scim_connections::table.on(scim_connections::id.eq(scim_api_keys::scim_connection_id)))
        .filter(scim_connections::organization_id.eq(organization))
        .filter(scim_connections::status.eq(ConnectionStatus::Enabled))
        .filter(scim_api_keys::revoked_at.is_null())
        .filter(scim_api_keys::expires_at.is_null().or(scim_api_keys::expires_at.gt(now)));
    Ok(diesel::select(diesel::dsl::exists(live)).get_result(tx.connection)?)
}

/// Notes that a token was used.
pub fn touch_key(tx: &mut Tx<'_>, id: &ScimApiKeyId, at: Timestamp) -> Result<(), StoreError> {
    diesel::update(scim_api_keys::table.find(id))
        .set(scim_api_keys::last_used_at.eq(Some(at)))
        .execute(tx.connection)?;
    Ok(())
}
