//! What a refresh token is: random, and besides it names its session under a key of ours. By the random part its row is found.
//! A used one is forgotten some day, and then the name tells that the token was ours, and whose: so a second use is noticed for
//! as long as the session lives, and costs no row.
//!
//! The parts have fixed lengths: the prefix, the digits of the session's id, 256 random bits, and a truncated HMAC over both
//! and over the client, so that a token is nothing in the hands of another.

use openssl::memcmp;

use super::authorize::OFFLINE_ACCESS;
use crate::{
    jose::base64url_encode,
    model::{
        Timestamp,
        ids::{OauthClientId, RefreshTokenId, SessionId},
        secret::{Secret, TokenHash},
    },
    service::{Context, new_id, sessions::LiveSession},
    store::{
        StoreError, Tx,
        oauth_clients::OauthClient,
        refresh_tokens::{self, RefreshToken},
        sessions,
    },
};

/// What a refresh token starts with.
pub(super) const PREFIX: &str = "vestibule_refresh_";

/// Of the session's id, what comes after its own prefix.
const SESSION: usize = 25;

/// 256 bits in base64url.
const RANDOM: usize = 43;

/// Bytes of the HMAC: what is guessed online, one request a guess, needs no more.
const MAC: usize = 16;

/// A token to be, and what is kept of it.
#[derive(Debug, Clone)]
pub(super) struct NewToken {
    pub(super) id: RefreshTokenId,
    pub(super) token: Secret,
    pub(super) hash: TokenHash,
}

impl NewToken {
    /// For a client, of a session.
    pub(super) fn random(cx: &Context, client: &OauthClientId, session: &SessionId) -> Self {
        let (session, random) = (digits(session), base64url_encode(&cx.rng.bytes::<32>()));
        let mac = mac(cx, client, session, &random);
        let token = Secret::new(format!("{PREFIX}{session}{random}{mac}"));
        Self { id: new_id!(cx, RefreshTokenId), hash: token.hash(), token }
    }

    /// It lives as long as its session may.
    pub(super) fn row(
        &self,
        client: &OauthClient,
        live: &LiveSession,
        scope: &str,
        now: Timestamp,
    ) -> RefreshToken {
        RefreshToken {
            id: self.id.clone(),
            organization_id: live.organization.id.clone(),
            session_id: live.session.id.clone(),
            client_id: Some(client.id.clone()),
            token_hash: self.hash.clone(),
            successor_id: None,
            successor_sealed: None,
            origin: None,
            created_at: now,
            expires_at: live.session.expires_at,
            used_at: None,
            revoked_at: None,
            scope: scope.to_owned(),
        }
    }
}

/// The first token of a session for a client, where the scope asks for one.
pub(super) fn first(
    tx: &mut Tx<'_>,
    cx: &Context,
    client: &OauthClient,
    live: &LiveSession,
    scope: &str,
    now: Timestamp,
) -> Result<Option<Secret>, StoreError> {
    if !scope.split(' ').any(|scope| scope == OFFLINE_ACCESS) {
        return Ok(None);
    }
    // Nobody ends the session without this token. Where somebody just has, there is none to give.
    if !sessions::hold(tx, &live.session.id)? {
        return Ok(None);
    }
    let fresh = NewToken::random(cx, &client.id, &live.session.id);
    refresh_tokens::insert(tx, &fresh.row(client, live, scope, now))?;
    Ok(Some(fresh.token))
}

/// The session that a token of ours names, if it was made for this client. Made up ones name none, at the cost of one HMAC; nor
/// do those of before there were names, which are known by their rows alone.
pub(super) fn session_named(cx: &Context, client: &OauthClientId, token: &Secret) -> Option<SessionId> {
    let parts = token.expose().strip_prefix(PREFIX)?;
    let (session, rest) = parts.split_at_checked(SESSION)?;
    let (random, claimed) = rest.split_at_checked(RANDOM)?;
    let made = mac(cx, client, session, random);
    let is_ours = made.len() == claimed.len() && memcmp::eq(made.as_bytes(), claimed.as_bytes());
    SessionId::parse(&format!("{}_{session}", SessionId::PREFIX)).ok().filter(|_| is_ours)
}

fn digits(session: &SessionId) -> &str {
    session.as_str().rsplit('_').next().unwrap_or_default()
}

fn mac(cx: &Context, client: &OauthClientId, session: &str, random: &str) -> String {
    let mac = cx.master_key.mac("refresh_token", &[client.as_str(), session, random]);
    base64url_encode(&mac[..MAC])
}
