//! OAuth clients of SCIM connections.

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    organizations::Organization,
    schema::{organizations, scim_connections, scim_oauth_clients},
    scim_connections::ScimConnection,
};
use crate::model::{
    Timestamp,
    ids::{OrganizationId, ScimConnectionId, ScimOauthClientId},
    secret::TokenHash,
};

/// An OAuth client of a SCIM connection, for providers that fetch their tokens.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = scim_oauth_clients)]
pub struct ScimOauthClient {
    pub id: ScimOauthClientId,
    pub organization_id: OrganizationId,
    pub scim_connection_id: ScimConnectionId,
    pub display_name: String,
    pub secret_hash: TokenHash,
    pub secret_suffix: String,
    pub revoked_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// Adds a client.
pub fn insert(tx: &mut Tx<'_>, client: &ScimOauthClient) -> Result<(), StoreError> {
    diesel::insert_into(scim_oauth_clients::table).values(client).execute(tx.connection)?;
    Ok(())
}

/// The live client of this id and secret, with its connection and organization: the credential alone decides (R20).
pub fn find_live(
    tx: &mut Tx<'_>,
    id: &ScimOauthClientId,
    secret: &TokenHash,
) -> Result<Option<(ScimOauthClient, ScimConnection, Organization)>, StoreError> {
    Ok(scim_oauth_clients::table
        .inner_join(
            scim_connections::table.on(scim_connections::id.eq(scim_oauth_clients::scim_connection_id)),
        )
        .inner_join(organizations::table.on(organizations::id.eq(scim_connections::organization_id)))
        .filter(scim_oauth_clients::id.eq(id).and(scim_oauth_clients::secret_hash.eq(secret)))
        .filter(scim_oauth_clients::organization_id.eq(scim_connections::organization_id))
        .filter(scim_oauth_clients::revoked_at.is_null())
        .select((ScimOauthClient::as_select(), ScimConnection::as_select(), Organization::as_select()))
        .get_result(tx.connection)
        .optional()?)
}

/// Whether the client is live, and nobody ends it until the transaction does: for giving it something.
pub fn lock_live(tx: &mut Tx<'_>, id: &ScimOauthClientId) -> Result<bool, StoreError> {
    let live = scim_oauth_clients::table
        .filter(scim_oauth_clients::id.eq(id).and(scim_oauth_clients::revoked_at.is_null()))
        .select(scim_oauth_clients::id);
    let found: Option<ScimOauthClientId> = match &mut *tx.connection {
        AnyConnection::Postgres(c) => live.for_share().get_result(c).optional()?,
        // The one writer is the lock.
        AnyConnection::Sqlite(c) => live.get_result(c).optional()?,
    };
    Ok(found.is_some())
}

/// The organization's clients.
pub fn list(tx: &mut Tx<'_>, organization: &OrganizationId) -> Result<Vec<ScimOauthClient>, StoreError> {
    Ok(scim_oauth_clients::table
        .filter(scim_oauth_clients::organization_id.eq(organization))
        .order(scim_oauth_clients::id)
        .select(ScimOauthClient::as_select())
        .load(tx.connection)?)
}

/// Ends a client. Returns whether it was live.
pub fn revoke(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    id: &ScimOauthClientId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let row = scim_oauth_clients::table
        .filter(scim_oauth_clients::organization_id.eq(organization).and(scim_oauth_clients::id.eq(id)))
        .filter(scim_oauth_clients::revoked_at.is_null());
    Ok(diesel::update(row).set(scim_oauth_clients::revoked_at.eq(Some(at))).execute(tx.connection)? > 0)
}

/// Ends every token that the client has fetched.
pub fn revoke_tokens(tx: &mut Tx<'_>, id: &ScimOauthClientId, at: Timestamp) -> Result<(), StoreError> {
    use super::schema::scim_api_keys;
    let rows = scim_api_keys::table
        .filter(scim_api_keys::scim_oauth_client_id.eq(id).and(scim_api_keys::revoked_at.is_null()));
    diesel::update(rows).set(scim_api_keys::revoked_at.eq(Some(at))).execute(tx.connection)?;
    Ok(())
}
