//! A client gives a refresh token back (RFC 7009).

use super::{
    HandoffFailure,
    client::{self, ClientCredentials},
    refresh_token::{PREFIX, session_named},
    tokens::{TokenError, TokenRefusal},
};
use crate::{
    model::{
        ids::{OauthClientId, OrganizationId, ProjectId, RefreshTokenId, SessionId},
        secret::Secret,
    },
    service::{Actor, ActorKind, Change, Context, record::record, sessions},
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
    let Some(Grant { organization, session, token }) = grant_of(tx, cx, project, &client.id, token)? else {
        return Ok(Ok(Revoked::Done));
    };
    // A refresh at the same moment must not leave a successor behind.
    session_rows::lock(tx, &session)?;
    if refresh_tokens::revoke(tx, &organization, &session, &client.id, now)? > 0 {
        let change = Change {
            project,
            organization: Some(&organization),
            event: "refresh_token.revoked",
            resource: token.as_ref().map_or(session.as_str(), RefreshTokenId::as_str),
            before: None,
            after: Some(json!({ "id": token, "sessionId": session, "clientId": client.id })),
        };
        record(tx, cx, &Actor::in_request(ActorKind::OauthClient, &client.id, request_id), &change)?;
    }
    Ok(Ok(Revoked::Done))
}

/// What a client gives back with a token: all refresh tokens that it has of a session.
struct Grant {
    organization: OrganizationId,
    session: SessionId,
    /// The token, where it is still known.
    token: Option<RefreshTokenId>,
}

/// A token that was used so long ago that its row is gone names its session still: who gives it back means what came after
/// it.
fn grant_of(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    client: &OauthClientId,
    token: &Secret,
) -> Result<Option<Grant>, StoreError> {
    if let Some(token) = refresh_tokens::find(tx, project, &token.hash())? {
        let own = token.client_id.as_ref() == Some(client);
        let (organization, session) = (token.organization_id, token.session_id);
        return Ok(own.then_some(Grant { organization, session, token: Some(token.id) }));
    }
    let Some(session) = session_named(cx, client, token) else { return Ok(None) };
    let live = sessions::find_standing(tx, project, &session, cx.now())?;
    Ok(live.ok().map(|live| Grant { organization: live.organization.id, session, token: None }))
}
