//! The token endpoint's use-case: a code, once, for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.6, R14).

use super::{
    HandoffFailure,
    client::{self, ClientCredentials},
    pkce, refresh_token,
    tokens::{Grant, TokenError, TokenRefusal, Tokens, issue},
    userinfo,
};
use crate::{
    model::{Timestamp, ids::ProjectId, secret::Secret},
    service::{
        Actor, ActorKind, Context,
        sessions::{self, LiveSession},
        signing::Keyring,
    },
    store::{
        StoreError, Tx,
        authorization_codes::{self, AuthorizationCode},
        oauth_clients::OauthClient,
        sessions as session_rows,
    },
};

/// The parameters of an exchange.
#[derive(Debug, Clone)]
pub struct CodeExchange {
    /// Who asks.
    pub credentials: ClientCredentials,
    /// The code.
    pub code: Secret,
    /// As in the authorization request.
    pub redirect_uri: String,
    /// What the challenge was made from.
    pub code_verifier: Secret,
}

/// Exchanges a code. `issuer` is the project's configured origin.
pub async fn exchange(
    cx: &Context,
    project: &ProjectId,
    issuer: &str,
    exchange: CodeExchange,
    request_id: &str,
) -> Result<Tokens, TokenError> {
    let (own, of, now, request_id) = (cx.clone(), project.clone(), cx.now(), request_id.to_owned());
    let redeem = move |tx: &mut Tx<'_>| redeem(tx, &own, &of, &exchange, now, &request_id);
    let Redeemed { client, live, code, refresh_token } =
        cx.store.write(redeem).await.map_err(HandoffFailure::Store)??;
    // What the tokens tell is read beside the writer: of a user in very many groups it may be much.
    let (own, session, scope) = (cx.clone(), live.clone(), code.scope.clone());
    let read = move |tx: &mut Tx<'_>| {
        let known = userinfo::known(tx, &session, &scope)?;
        Ok::<_, StoreError>((known, Keyring::load(tx, &own, &session.session.project_id)?))
    };
    let (known, keyring) = cx.store.read(read).await.map_err(HandoffFailure::Store)?;
    let grant = Grant {
        known,
        keyring,
        client,
        live,
        // The code's row: one code gives one access token.
        jti: code.id.to_string(),
        scope: code.scope,
        nonce: code.nonce,
        refresh_token,
    };
    Ok(issue(cx, issuer, grant, now)?)
}

/// A code that was good.
struct Redeemed {
    client: OauthClient,
    live: LiveSession,
    code: AuthorizationCode,
    refresh_token: Option<Secret>,
}

/// The part that writes. A refusal is a value here, not an error: what it wrote (the code used up, the session ended)
/// must stay written.
fn redeem(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    exchange: &CodeExchange,
    now: Timestamp,
    request_id: &str,
) -> Result<Result<Redeemed, TokenRefusal>, StoreError> {
    let Some(client) = client::authenticate(tx, project, &exchange.credentials, now)? else {
        return Ok(Err(TokenRefusal::Client));
    };
    let Some(code) = authorization_codes::find(tx, project, &exchange.code.hash())? else {
        return Ok(Err(TokenRefusal::CodeUnknown));
    };
    // One conditional statement decides who is first; from here on the code is gone, whatever else is wrong, so that
    // a stolen one cannot be tried with several verifiers.
    if !authorization_codes::use_up(tx, &code.id, now)? {
        if let Some(session) = session_rows::find(tx, project, &code.session_id)? {
            let actor = Actor::in_request(ActorKind::OauthClient, &client.id, request_id);
            sessions::end(tx, cx, &actor, &session, "code_used_twice")?;
        }
        return Ok(Err(TokenRefusal::CodeUsed));
    }
    if let Some(refusal) = mismatch(&code, &client, exchange, now) {
        return Ok(Err(refusal));
    }
    let live = match sessions::find_standing(tx, project, &code.session_id, now)? {
        Ok(live) => live,
        Err(reason) => return Ok(Err(reason.into())),
    };
    let refresh_token = refresh_token::first(tx, cx, &client, &live, &code.scope, now)?;
    Ok(Ok(Redeemed { client, live, code, refresh_token }))
}

/// What the code is bound to and the exchange does not match.
fn mismatch(
    code: &AuthorizationCode,
    client: &OauthClient,
    exchange: &CodeExchange,
    now: Timestamp,
) -> Option<TokenRefusal> {
    if code.client_id != client.id {
        Some(TokenRefusal::CodeOfAnotherClient)
    } else if now >= code.expires_at {
        Some(TokenRefusal::CodeExpired)
    } else if code.redirect_uri != exchange.redirect_uri {
        Some(TokenRefusal::RedirectUri)
    } else if !pkce::matches(&code.code_challenge, exchange.code_verifier.expose()) {
        Some(TokenRefusal::CodeVerifier)
    } else {
        None
    }
}
