//! SCIM connections and their bearer tokens.

use diesel::prelude::*;

use super::connection::{AnyConnection, on_both};
use super::fixed::fixed;
use super::organizations::Organization;
use super::{
    StoreError, Tx,
    schema::{organizations, scim_api_keys, scim_connections},
};
use crate::model::{
    ConnectionStatus, Timestamp,
    ids::{OrganizationId, ScimApiKeyId, ScimConnectionId, ScimOauthClientId, SetupLinkId},
    secret::TokenHash,
};

/// A source of provisioning. It writes only what it created or adopted (R20).
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = scim_connections, treat_none_as_default_value = false)]
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
    pub requests_per_second: i64,
    pub custom_schemas: i64,
    pub alarmed_at: Option<Timestamp>,
    pub released_until: Option<Timestamp>,
}

/// A bearer token of a SCIM connection; several may live, for rotation.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = scim_api_keys, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
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
    pub scim_oauth_client_id: Option<ScimOauthClientId>,
    pub warned_at: Option<Timestamp>,
    /// The setup link that it was made with.
    pub setup_link_id: Option<SetupLinkId>,
}

impl ScimApiKey {
    /// Whether it still opens anything.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }
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
    Ok(on_both!(tx, c => scim_api_keys::table
        .inner_join(scim_connections::table.on(scim_connections::id.eq(scim_api_keys::scim_connection_id)))
        .inner_join(organizations::table.on(organizations::id.eq(scim_connections::organization_id)))
        .filter(scim_api_keys::token_hash.eq(token_hash))
        .filter(scim_api_keys::organization_id.eq(scim_connections::organization_id))
        .select((ScimApiKey::as_select(), ScimConnection::as_select(), Organization::as_select()))
        .get_result(c)
        .optional())?)
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
    Ok(on_both!(tx, c => diesel::select(diesel::dsl::exists(live)).get_result(c))?)
}

/// The organization's connections, the default one first.
pub fn list(tx: &mut Tx<'_>, organization: &OrganizationId) -> Result<Vec<ScimConnection>, StoreError> {
    Ok(scim_connections::table
        .filter(scim_connections::organization_id.eq(organization))
        .order((scim_connections::is_default.desc(), scim_connections::id))
        .select(ScimConnection::as_select())
        .load(tx.connection)?)
}

/// One of them.
pub fn find(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    id: &ScimConnectionId,
) -> Result<Option<ScimConnection>, StoreError> {
    Ok(scim_connections::table
        .filter(scim_connections::organization_id.eq(organization).and(scim_connections::id.eq(id)))
        .select(ScimConnection::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// As [`find`], and nobody else writes the row until the transaction ends.
pub fn lock(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    id: &ScimConnectionId,
) -> Result<Option<ScimConnection>, StoreError> {
    // On SQLite the one writer is the lock.
    let AnyConnection::Postgres(c) = &mut *tx.connection else { return find(tx, organization, id) };
    Ok(scim_connections::table
        .filter(scim_connections::organization_id.eq(organization).and(scim_connections::id.eq(id)))
        .select(ScimConnection::as_select())
        .for_no_key_update()
        .get_result(c)
        .optional()?)
}

/// Writes all columns of a connection.
pub fn update(tx: &mut Tx<'_>, connection: &ScimConnection) -> Result<(), StoreError> {
    let row = scim_connections::table
        .filter(scim_connections::organization_id.eq(&connection.organization_id))
        .filter(scim_connections::id.eq(&connection.id));
    diesel::update(row).set(connection).execute(tx.connection)?;
    Ok(())
}

/// Notes the provider of a connection that was not known before.
pub fn set_provider(
    tx: &mut Tx<'_>,
    id: &ScimConnectionId,
    before: &str,
    provider: &str,
) -> Result<(), StoreError> {
    let row = scim_connections::table.find(id).filter(scim_connections::provider.eq(before));
    diesel::update(row).set(scim_connections::provider.eq(provider)).execute(tx.connection)?;
    Ok(())
}

/// Notes how many schemas the organization has registered, on all of its connections.
pub fn set_custom_schemas(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    count: i64,
) -> Result<(), StoreError> {
    let rows = scim_connections::table.filter(scim_connections::organization_id.eq(organization));
    diesel::update(rows).set(scim_connections::custom_schemas.eq(count)).execute(tx.connection)?;
    Ok(())
}

/// The tokens of an organization that people made, newest first; those that OAuth clients fetched are left out.
pub fn keys(tx: &mut Tx<'_>, organization: &OrganizationId) -> Result<Vec<ScimApiKey>, StoreError> {
    Ok(scim_api_keys::table
        .filter(scim_api_keys::organization_id.eq(organization))
        .filter(scim_api_keys::scim_oauth_client_id.is_null())
        .order(scim_api_keys::id.desc())
        .select(ScimApiKey::as_select())
        .load(tx.connection)?)
}

/// Ends a token. Returns it, if it was live.
pub fn revoke_key(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    id: &ScimApiKeyId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let row = scim_api_keys::table
        .filter(scim_api_keys::organization_id.eq(organization).and(scim_api_keys::id.eq(id)))
        .filter(scim_api_keys::revoked_at.is_null());
    let change = (scim_api_keys::revoked_at.eq(Some(at)), scim_api_keys::updated_at.eq(at));
    Ok(diesel::update(row).set(change).execute(tx.connection)? > 0)
}

/// The tokens that were made with a setup link, newest first, ended ones as well.
pub fn keys_of_link(tx: &mut Tx<'_>, link: &SetupLinkId) -> Result<Vec<ScimApiKey>, StoreError> {
    Ok(scim_api_keys::table
        .filter(scim_api_keys::setup_link_id.eq(link))
        .order(scim_api_keys::id.desc())
        .select(ScimApiKey::as_select())
        .load(tx.connection)?)
}

/// Live tokens that end before then and have not been warned of, with their organization.
pub fn keys_to_warn_of(
    tx: &mut Tx<'_>,
    now: Timestamp,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<(ScimApiKey, Organization)>, StoreError> {
    Ok(scim_api_keys::table
        .inner_join(organizations::table.on(organizations::id.eq(scim_api_keys::organization_id)))
        .filter(scim_api_keys::expires_at.gt(now).and(scim_api_keys::expires_at.lt(before)))
        .filter(scim_api_keys::revoked_at.is_null().and(scim_api_keys::warned_at.is_null()))
        .filter(scim_api_keys::scim_oauth_client_id.is_null())
        .limit(limit)
        .select((ScimApiKey::as_select(), Organization::as_select()))
        .load(tx.connection)?)
}

/// Notes that a token's end was announced. Returns whether it had not been.
pub fn mark_warned(tx: &mut Tx<'_>, id: &ScimApiKeyId, at: Timestamp) -> Result<bool, StoreError> {
    let row = scim_api_keys::table.find(id).filter(scim_api_keys::warned_at.is_null());
    Ok(diesel::update(row).set(scim_api_keys::warned_at.eq(Some(at))).execute(tx.connection)? > 0)
}

/// Forgets tokens that OAuth clients fetched and that have expired, at most `limit` of them (R32).
pub fn delete_expired_fetched(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let old: Vec<ScimApiKeyId> = scim_api_keys::table
        .filter(scim_api_keys::scim_oauth_client_id.is_not_null())
        .filter(scim_api_keys::expires_at.lt(now))
        .limit(limit)
        .select(scim_api_keys::id)
        .load(tx.connection)?;
    if old.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(scim_api_keys::table.filter(scim_api_keys::id.eq_any(&old))).execute(tx.connection)?)
}

/// Notes that a token was used.
pub fn touch_key(tx: &mut Tx<'_>, id: &ScimApiKeyId, at: Timestamp) -> Result<(), StoreError> {
    let row = scim_api_keys::table.find(id);
    let change = scim_api_keys::last_used_at.eq(Some(at));
    on_both!(tx, c => fixed!(diesel::update(row).set(change)).execute(c))?;
    Ok(())
}
