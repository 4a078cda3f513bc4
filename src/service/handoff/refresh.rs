//! A refresh token for more tokens (RFC 6749 section 6, OpenID Connect Core section 12).
//!
//! Each is used once and followed by another; one that comes a second time is known to more than one, and its session ends
//! (RFC 9700 section 4.14.2). For a little while the same successor is given again, as long as nobody has used that: two tabs of
//! a browser, or an answer that was lost, are no attack, and nobody follows a line of tokens from one that is two uses old.
//!
//! What costs time is done outside of the write transaction: reading on a reader, hashing and sealing before, signing after.

use std::sync::Arc;

use super::{
    HandoffFailure,
    client::{self, ClientCredentials},
    refresh_token::{NewToken, session_named},
    tokens::{Grant, TokenError, TokenRefusal, Tokens, issue},
    userinfo,
};
use crate::{
    jose::base64url_encode,
    model::{
        Millis, Timestamp,
        ids::{ProjectId, RefreshTokenId},
        secret::Secret,
    },
    service::{
        Actor, ActorKind, Context,
        sessions::{self, LiveSession},
        signing::Keyring,
    },
    store::{
        StoreError, Tx,
        oauth_clients::OauthClient,
        refresh_tokens::{self, RefreshToken},
        seal::Place,
        sessions as session_rows,
    },
};

/// For how long the successor is given again, at most.
const GIVEN_AGAIN: Millis = 20 * 1000;

/// The parameters of a refresh.
#[derive(Debug, Clone)]
pub struct Refresh {
    /// Who asks.
    pub credentials: ClientCredentials,
    /// The token.
    pub refresh_token: Secret,
    /// Less than was granted, if not all of it.
    pub scope: Option<String>,
}

/// Gives more tokens. `issuer` is the project's configured origin.
pub async fn refresh(
    cx: &Context,
    project: &ProjectId,
    issuer: &str,
    asked: Refresh,
    request_id: &str,
) -> Result<Tokens, TokenError> {
    let now = cx.now();
    let (own, of) = (cx.clone(), project.clone());
    let look = move |tx: &mut Tx<'_>| look(tx, &own, &of, &asked, now);
    let presented = match cx.store.read(look).await.map_err(HandoffFailure::Store)?? {
        Found::Presented(presented) => Arc::new(*presented),
        Found::Forgotten { client, live } => {
            end_session(cx, &client, &live, request_id).await.map_err(HandoffFailure::Store)?;
            return Err(TokenRefusal::RefreshTokenReused.into());
        }
    };
    let outcome = match &presented.seen {
        Seen::Live => rotate(cx, &presented, now).await?,
        Seen::Used(used) => Outcome::Used(used.clone()),
    };
    let successor = match outcome {
        Outcome::Rotated(token) => token,
        Outcome::Used(Used::JustNow { id, sealed }) => {
            let plain =
                cx.master_key.open(place(&id, &presented.token), &sealed).map_err(HandoffFailure::Sealed)?;
            Secret::new(String::from_utf8_lossy(&plain))
        }
        Outcome::Used(Used::Before) => {
            let Presented { client, live, .. } = &*presented;
            end_session(cx, client, live, request_id).await.map_err(HandoffFailure::Store)?;
            return Err(TokenRefusal::RefreshTokenReused.into());
        }
        Outcome::Refused(refusal) => return Err(refusal.into()),
    };
    let presented = Arc::unwrap_or_clone(presented);
    let grant = Grant {
        client: presented.client,
        live: presented.live,
        known: presented.known,
        keyring: presented.keyring,
        scope: presented.scope,
        nonce: None,
        jti: base64url_encode(&cx.rng.bytes::<16>()),
        refresh_token: Some(successor),
    };
    Ok(issue(cx, issuer, grant, now)?)
}

/// What was found of a token.
enum Found {
    /// Its row.
    Presented(Box<Presented>),
    /// No row, and it was this client's, of a session that stands and has a later token: it was used, so long ago that it is
    /// forgotten.
    Forgotten { client: Box<OauthClient>, live: Box<LiveSession> },
}

/// A token that its client may use, with all that new tokens are made from.
#[derive(Clone)]
struct Presented {
    token: RefreshToken,
    seen: Seen,
    client: OauthClient,
    live: LiveSession,
    known: userinfo::Known,
    keyring: Keyring,
    /// What the new access token is for; the successor keeps what was granted.
    scope: String,
}

#[derive(Debug, Clone)]
enum Seen {
    Live,
    Used(Used),
}

/// What a token that was used stands for.
#[derive(Debug, Clone)]
enum Used {
    /// Its successor, sealed.
    JustNow { id: RefreshTokenId, sealed: String },
    /// Nothing: somebody else has it too.
    Before,
}

fn look(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    asked: &Refresh,
    now: Timestamp,
) -> Result<Result<Found, TokenRefusal>, StoreError> {
    let Some(client) = client::authenticate(tx, project, &asked.credentials, now)? else {
        return Ok(Err(TokenRefusal::Client));
    };
    let Some(token) = refresh_tokens::find(tx, project, &asked.refresh_token.hash())? else {
        return forgotten(tx, cx, project, client, &asked.refresh_token, now);
    };
    if token.client_id.as_ref() != Some(&client.id) {
        return Ok(Err(TokenRefusal::RefreshTokenOfAnotherClient));
    }
    if token.used_at.is_none() && token.expires_at <= now {
        return Ok(Err(TokenRefusal::RefreshTokenExpired));
    }
    let live = match sessions::find_standing(tx, project, &token.session_id, now)? {
        Ok(live) => live,
        Err(reason) => return Ok(Err(reason.into())),
    };
    if token.revoked_at.is_some() {
        return Ok(Err(TokenRefusal::RefreshTokenRevoked));
    }
    let seen = if token.used_at.is_some() { Seen::Used(used(tx, &token, now)?) } else { Seen::Live };
    let scope = match narrowed(&token.scope, asked.scope.as_deref()) {
        Some(scope) => scope,
        // A thief is found out also where the scope is wrong.
        None if matches!(seen, Seen::Used(Used::Before)) => token.scope.clone(),
        None => return Ok(Err(TokenRefusal::Scope)),
    };
    let known = userinfo::known(tx, &live, &scope)?;
    let keyring = Keyring::load(tx, cx, project)?;
    Ok(Ok(Found::Presented(Box::new(Presented { token, seen, client, live, known, keyring, scope }))))
}

/// A token without a row. Those that nobody has used are kept for as long as their session, so one that names a session that
/// stands was used; unless the client has given back all of them, of whose rows only the used ones are forgotten.
fn forgotten(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    client: OauthClient,
    token: &Secret,
    now: Timestamp,
) -> Result<Result<Found, TokenRefusal>, StoreError> {
    let Some(session) = session_named(cx, &client.id, token) else {
        return Ok(Err(TokenRefusal::RefreshTokenUnknown));
    };
    let live = match sessions::find_standing(tx, project, &session, now)? {
        Ok(live) => live,
        Err(reason) => return Ok(Err(reason.into())),
    };
    if !refresh_tokens::has_unused(tx, &session, &client.id)? {
        return Ok(Err(TokenRefusal::RefreshTokenRevoked));
    }
    Ok(Ok(Found::Forgotten { client: Box::new(client), live: Box::new(live) }))
}

/// The scopes that are asked for, in the order in which they were granted. `None`: one was not granted, or `openid` is
/// missing, without which a token would be for nothing here.
fn narrowed(granted: &str, asked: Option<&str>) -> Option<String> {
    let Some(asked) = asked else { return Some(granted.to_owned()) };
    let granted: Vec<&str> = granted.split(' ').collect();
    let asked: Vec<&str> = asked.split(' ').filter(|scope| !scope.is_empty()).collect();
    if !asked.contains(&"openid") || asked.iter().any(|scope| !granted.contains(scope)) {
        return None;
    }
    Some(granted.into_iter().filter(|scope| asked.contains(scope)).collect::<Vec<_>>().join(" "))
}

/// What comes of a token.
#[derive(Debug)]
enum Outcome {
    Rotated(Secret),
    Used(Used),
    Refused(TokenRefusal),
}

/// The one write transaction: session, token, successor.
async fn rotate(cx: &Context, presented: &Arc<Presented>, now: Timestamp) -> Result<Outcome, HandoffFailure> {
    let own = cx.clone();
    let fresh = NewToken::random(cx, &presented.client.id, &presented.live.session.id);
    let plain = fresh.token.expose().as_bytes();
    let sealed = cx.master_key.seal(place(&fresh.id, &presented.token), plain, &*cx.rng)?;
    let idle_end = sessions::next_idle_end(&presented.live.session, now);
    let p = Arc::clone(presented);
    let work = move |tx: &mut Tx<'_>| {
        // Not before the wait for the writer: the successor is given again from when it was made.
        let now = own.now();
        let (token, session) = (&p.token, &p.live.session);
        // The session first, as whoever ends it does: nobody ends it without the successor.
        let stands = match idle_end {
            Some(until) => session_rows::touch(tx, &session.id, now, until)?,
            // Alone: one after the other, refreshes without end would keep whoever ends the session waiting.
            None => session_rows::lock(tx, &session.id)?,
        };
        if !stands {
            return Ok::<_, StoreError>(Outcome::Refused(TokenRefusal::SessionEnded));
        }
        if refresh_tokens::use_up(tx, &token.id, &fresh.id, &sealed, now)? {
            refresh_tokens::insert(tx, &fresh.row(&p.client, &p.live, &token.scope, now))?;
            return Ok(Outcome::Rotated(fresh.token.clone()));
        }
        // Somebody was first, since it was looked at.
        Ok(match refresh_tokens::find(tx, &session.project_id, &token.token_hash)? {
            None => Outcome::Refused(TokenRefusal::RefreshTokenUnknown),
            Some(row) if row.revoked_at.is_some() => Outcome::Refused(TokenRefusal::RefreshTokenRevoked),
            Some(row) => Outcome::Used(used(tx, &row, now)?),
        })
    };
    Ok(cx.store.write(work).await?)
}

/// What a token that was used stands for: its successor, if it was used just now and nobody has used that.
fn used(tx: &mut Tx<'_>, token: &RefreshToken, now: Timestamp) -> Result<Used, StoreError> {
    if let (Some(at), Some(id), Some(sealed)) = (token.used_at, &token.successor_id, &token.successor_sealed)
        && now < at.plus(GIVEN_AGAIN)
        && refresh_tokens::is_unused(tx, id)?
    {
        return Ok(Used::JustNow { id: id.clone(), sealed: sealed.clone() });
    }
    Ok(Used::Before)
}

async fn end_session(
    cx: &Context,
    client: &OauthClient,
    live: &LiveSession,
    request_id: &str,
) -> Result<(), StoreError> {
    let actor = Actor::in_request(ActorKind::OauthClient, &client.id, request_id);
    let (own, session) = (cx.clone(), live.session.clone());
    let end = move |tx: &mut Tx<'_>| sessions::end(tx, &own, &actor, &session, "refresh_token_reused");
    cx.store.write(end).await
}

/// A successor is sealed in the row before it, under its own id, which is known before the row is looked at.
fn place<'a>(successor: &'a RefreshTokenId, token: &'a RefreshToken) -> Place<'a> {
    Place {
        table: "refresh_tokens",
        column: "successor_sealed",
        row: successor.as_str(),
        tenant: token.organization_id.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_may_narrow_and_never_widen() {
        let granted = "openid email offline_access";
        assert_eq!(narrowed(granted, None).as_deref(), Some(granted));
        assert_eq!(narrowed(granted, Some("email  openid")).as_deref(), Some("openid email"));
        for wrong in ["email", "openid groups", "openid emai", ""] {
            assert_eq!(narrowed(granted, Some(wrong)), None, "{wrong}");
        }
    }
}
