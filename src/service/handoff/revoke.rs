//! A client gives a refresh token back (RFC 7009).

use super::{
    HandoffFailure,
    client::{self, ClientCredentials},
    refresh_token::PREFIX,
    tokens::{TokenError, TokenRefusal},
};
use crate::{
    model::{ids::ProjectId, secret::Secret},
    service::{Actor, ActorKind, Change, Context, record::record},
    store::{StoreError, Tx, refresh_tokens, sessions as session_rows},
};

use serde_json::json;

/// What became of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It is of no use now, whatever it was (RFC 7009 section 2.2).
    Done,
    /// An access token: those end with their session.
    Unsupported,
}

/// Revokes a refresh token with all that follow it. One that is unknown, or another client's, is left as it is.
pub async fn revoke(
    cx: &Context,
    project: &ProjectId,
    credentials: ClientCredentials,
    token: Secret,
    request_id: &str,
) -> Result<Revoked, TokenError> {
    let (own, of, request_id) = (cx.clone(), project.clone(), request_id.to_owned());
    let work = move |tx: &mut Tx<'_>| give_back(tx, &own, &of, &credentials, &token, &request_id);
    Ok(cx.store.write(work).await.map_err(HandoffFailure::Store)??)
}

fn give_back(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    credentials: &ClientCredentials,
    token: &Secret,
    request_id: &str,
) -> Result<Result<Revoked, TokenRefusal>, StoreError> {
    let now = cx.now();
    let Some(client) = client::authenticate(tx, project, credentials, now)? else {
        return Ok(Err(TokenRefusal::Client));
    };
    if !token.expose().starts_with(PREFIX) && token.expose().matches('.').count() == 2 {
        return Ok(Ok(Revoked::Unsupported));
    }
    let found = refresh_tokens::find(tx, project, &token.hash())?;
    let Some(token) = found.filter(|token| token.client_id.as_ref() == Some(&client.id)) else {
        return Ok(Ok(Revoked::Done));
    };
    // A refresh at the same moment must not leave a successor behind.
    session_rows::lock(tx, &token.session_id)?;
    if refresh_tokens::revoke(tx, &token.organization_id, &token.session_id, &client.id, now)? > 0 {
        let change = Change {
            project,
            organization: Some(&token.organization_id),
            event: "refresh_token.revoked",
            resource: token.id.as_str(),
            before: None,
            after: Some(json!({ "id": token.id, "sessionId": token.session_id, "clientId": client.id })),
        };
        record(tx, cx, &Actor::in_request(ActorKind::OauthClient, &client.id, request_id), &change)?;
    }
    Ok(Ok(Revoked::Done))
}
