//! OAuth clients, their secrets and redirect URIs.

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    schema::{oauth_client_secrets, oauth_clients, oauth_redirect_uris},
};
use crate::model::{
    SigningAlgorithm, Timestamp, TokenEndpointAuthMethod,
    ids::{OauthClientId, OauthClientSecretId, ProjectId},
    secret::TokenHash,
};

/// A host app as an OAuth client.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = oauth_clients)]
pub struct OauthClient {
    pub id: OauthClientId,
    pub project_id: ProjectId,
    pub display_name: String,
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    pub id_token_alg: SigningAlgorithm,
    pub initiate_login_uri: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// A client secret; several may live, for rotation.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = oauth_client_secrets)]
pub struct OauthClientSecret {
    pub id: OauthClientSecretId,
    pub project_id: ProjectId,
    pub client_id: OauthClientId,
    pub secret_hash: TokenHash,
    pub secret_suffix: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// The exact URIs that a client may be sent back to.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = oauth_redirect_uris)]
pub struct OauthRedirectUri {
    pub client_id: OauthClientId,
    pub kind: String,
    pub uri: String,
    pub project_id: ProjectId,
}

/// Adds a client.
pub fn insert(tx: &mut Tx<'_>, client: &OauthClient) -> Result<(), StoreError> {
    diesel::insert_into(oauth_clients::table).values(client).execute(tx.connection)?;
    Ok(())
}

/// Adds a secret to a client.
pub fn insert_secret(tx: &mut Tx<'_>, secret: &OauthClientSecret) -> Result<(), StoreError> {
    diesel::insert_into(oauth_client_secrets::table).values(secret).execute(tx.connection)?;
    Ok(())
}

/// Registers a URI that the client may be sent back to.
pub fn insert_redirect_uri(tx: &mut Tx<'_>, uri: &OauthRedirectUri) -> Result<(), StoreError> {
    diesel::insert_into(oauth_redirect_uris::table).values(uri).execute(tx.connection)?;
    Ok(())
}

/// The project's client of this id that is not revoked.
pub fn find(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &OauthClientId,
) -> Result<Option<OauthClient>, StoreError> {
    Ok(oauth_clients::table
        .filter(oauth_clients::project_id.eq(project).and(oauth_clients::id.eq(id)))
        .filter(oauth_clients::revoked_at.is_null())
        .select(OauthClient::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// The project's clients that a login can be begun at (OpenID Connect Core section 4), oldest first.
pub fn initiable(tx: &mut Tx<'_>, project: &ProjectId) -> Result<Vec<OauthClient>, StoreError> {
    Ok(oauth_clients::table
        .filter(oauth_clients::project_id.eq(project).and(oauth_clients::revoked_at.is_null()))
        .filter(oauth_clients::initiate_login_uri.is_not_null())
        .order(oauth_clients::id)
        .select(OauthClient::as_select())
        .load(tx.connection)?)
}

/// The redirect URIs of a client.
pub fn redirect_uris(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    client: &OauthClientId,
) -> Result<Vec<String>, StoreError> {
    Ok(oauth_redirect_uris::table
        .filter(oauth_redirect_uris::project_id.eq(project).and(oauth_redirect_uris::client_id.eq(client)))
        .filter(oauth_redirect_uris::kind.eq("redirect"))
        .order(oauth_redirect_uris::uri)
        .select(oauth_redirect_uris::uri)
        .load(tx.connection)?)
}

/// Whether this exact URI is registered for the client under `kind` (`redirect` or `post_logout`).
pub fn has_redirect_uri(
    tx: &mut Tx<'_>,
    client: &OauthClientId,
    kind: &str,
    uri: &str,
) -> Result<bool, StoreError> {
    let row = oauth_redirect_uris::table.find((client, kind, uri));
    Ok(diesel::select(diesel::dsl::exists(row)).get_result(tx.connection)?)
}

/// Whether this is the hash of a live secret of the client.
pub fn has_secret(
    tx: &mut Tx<'_>,
    client: &OauthClientId,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let live = oauth_client_secrets::table
        .filter(oauth_client_secrets::client_id.eq(client).and(oauth_client_secrets::secret_hash.eq(hash)))
        .filter(oauth_client_secrets::revoked_at.is_null())
        .filter(oauth_client_secrets::expires_at.is_null().or(oauth_client_secrets::expires_at.gt(now)));
    Ok(diesel::select(diesel::dsl::exists(live)).get_result(tx.connection)?)
}

/// The project's clients that are not revoked, oldest first.
pub fn list(tx: &mut Tx<'_>, project: &ProjectId) -> Result<Vec<OauthClient>, StoreError> {
    Ok(oauth_clients::table
        .filter(oauth_clients::project_id.eq(project).and(oauth_clients::revoked_at.is_null()))
        .order(oauth_clients::id)
        .select(OauthClient::as_select())
        .load(tx.connection)?)
}

/// Lets the client's secrets end at this time at the latest. Returns how many had longer.
pub fn limit_secrets(tx: &mut Tx<'_>, client: &OauthClientId, until: Timestamp) -> Result<usize, StoreError> {
    let longer = oauth_client_secrets::table
        .filter(oauth_client_secrets::client_id.eq(client).and(oauth_client_secrets::revoked_at.is_null()))
        .filter(oauth_client_secrets::expires_at.is_null().or(oauth_client_secrets::expires_at.gt(until)));
    let end = oauth_client_secrets::expires_at.eq(Some(until));
    Ok(diesel::update(longer).set(end).execute(tx.connection)?)
}
