//! Who calls the token endpoint (RFC 6749 section 2.3).

use crate::{
    model::{
        Timestamp, TokenEndpointAuthMethod,
        ids::{OauthClientId, ProjectId},
        secret::Secret,
    },
    store::{
        StoreError, Tx,
        oauth_clients::{self, OauthClient},
    },
};

/// What a caller presented.
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// The client that it claims to be.
    pub client_id: String,
    /// The secret, where one was sent.
    pub secret: Option<Secret>,
    /// The way in which it was sent.
    pub method: TokenEndpointAuthMethod,
}

/// The client, if the credentials are its own. A client with a secret cannot be impersonated by leaving the secret
/// out. Header or body is all the same: libraries differ in which they use unasked, and the proof is equal.
pub(super) fn authenticate(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    credentials: &ClientCredentials,
    now: Timestamp,
) -> Result<Option<OauthClient>, StoreError> {
    let Ok(id) = OauthClientId::parse(&credentials.client_id) else { return Ok(None) };
    let Some(client) = oauth_clients::find(tx, project, &id)? else { return Ok(None) };
    let public = |method| method == TokenEndpointAuthMethod::None;
    if public(client.token_endpoint_auth_method) != public(credentials.method) {
        return Ok(None);
    }
    let proved = match (credentials.method, &credentials.secret) {
        (TokenEndpointAuthMethod::None, None) => true,
        (TokenEndpointAuthMethod::None, Some(_)) | (_, None) => false,
        (_, Some(secret)) => oauth_clients::has_secret(tx, &client.id, &secret.hash(), now)?,
    };
    Ok(proved.then_some(client))
}
