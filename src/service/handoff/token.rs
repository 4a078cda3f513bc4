//! The token endpoint's use-case: a code, once, for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.6, R14).

use super::{
    ACCESS_TOKEN_LIFETIME, HandoffFailure, ID_TOKEN_LIFETIME, access_token_audience,
    client::{self, ClientCredentials},
    pkce, userinfo,
};
use crate::{
    jose::{self, ACCESS_TOKEN_TYPE, AccessTokenClaims, Algorithm, ID_TOKEN_TYPE, IdTokenClaims},
    model::{SigningAlgorithm, Timestamp, ids::ProjectId, secret::Secret},
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

/// What the host app gets.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// For our own endpoints.
    pub access_token: Secret,
    /// The access token's life, in seconds.
    pub expires_in: i64,
    /// For the host app itself.
    pub id_token: Secret,
    /// What was granted.
    pub scope: String,
    /// Whose session it is.
    pub organization_id: String,
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The caller's doing.
    #[error(transparent)]
    Refused(#[from] TokenRefusal),
    /// Ours.
    #[error(transparent)]
    Failure(#[from] HandoffFailure),
}

/// What is wrong with an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// No such client, or not its credentials, or not its way of sending them.
    #[error("the client could not be authenticated")]
    Client,
    /// No such code in this project.
    #[error("the code is not known")]
    CodeUnknown,
    /// Used before: what it gave has been ended.
    #[error("the code has been used before; the session it gave has been ended")]
    CodeUsed,
    /// Its minute is over.
    #[error("the code has expired")]
    CodeExpired,
    /// Made for another client.
    #[error("the code was made for another client")]
    CodeOfAnotherClient,
    /// Not the URI that the code was sent to.
    #[error("redirect_uri is not the one of the authorization request")]
    RedirectUri,
    /// Not what the challenge was made from.
    #[error("code_verifier does not match the code_challenge")]
    CodeVerifier,
    /// The session that the code stands for does not count any more.
    #[error("the session has ended")]
    SessionEnded,
}

impl TokenRefusal {
    /// A stable name for logs and tests.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Client => "client_not_authenticated",
            Self::CodeUnknown => "code_unknown",
            Self::CodeUsed => "code_used",
            Self::CodeExpired => "code_expired",
            Self::CodeOfAnotherClient => "code_of_another_client",
            Self::RedirectUri => "redirect_uri_mismatch",
            Self::CodeVerifier => "code_verifier_mismatch",
            Self::SessionEnded => "session_ended",
        }
    }
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
    let redeemed = cx.store.write(redeem).await.map_err(HandoffFailure::Store)??;
    Ok(issue(cx, issuer, &redeemed, now)?)
}

struct Redeemed {
    client: OauthClient,
    code: AuthorizationCode,
    live: LiveSession,
    email_verified: Option<bool>,
    keyring: Keyring,
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
    Ok(match sessions::find_live(tx, project, &code.session_id, now)? {
        Some(live) => {
            let email_verified = userinfo::email_verified(tx, &live)?;
            Ok(Redeemed { client, code, live, email_verified, keyring: Keyring::load(tx, cx, project)? })
        }
        None => Err(TokenRefusal::SessionEnded),
    })
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

/// Signs, outside of the transaction: the writer never waits for RSA.
fn issue(cx: &Context, issuer: &str, redeemed: &Redeemed, now: Timestamp) -> Result<Tokens, HandoffFailure> {
    let Redeemed { client, code, live, email_verified, keyring } = redeemed;
    let LiveSession { session, user, organization } = live;
    let signer = keyring.signer(cx, algorithm(client.id_token_alg))?;
    let claims = userinfo::claims(live, *email_verified);
    let expires_at = now.plus(ACCESS_TOKEN_LIFETIME).min(session.expires_at);
    let access = AccessTokenClaims {
        iss: issuer.to_owned(),
        sub: user.id.to_string(),
        aud: access_token_audience(issuer),
        exp: expires_at.seconds(),
        iat: now.seconds(),
        // The code's row: one code gives one access token.
        jti: code.id.to_string(),
        client_id: client.id.to_string(),
        scope: code.scope.clone(),
        sid: session.id.to_string(),
        organization_id: organization.id.to_string(),
    };
    let id = IdTokenClaims {
        iss: issuer.to_owned(),
        sub: claims.sub,
        aud: client.id.to_string(),
        exp: now.plus(ID_TOKEN_LIFETIME).min(session.expires_at).seconds(),
        iat: now.seconds(),
        auth_time: session.auth_time.seconds(),
        nonce: code.nonce.clone(),
        acr: session.acr.clone(),
        amr: serde_json::from_str(&session.amr).unwrap_or_default(),
        sid: session.id.to_string(),
        email: claims.email,
        email_verified: claims.email_verified,
        name: claims.name,
        organization_id: claims.organization_id,
        organization: claims.organization,
    };
    Ok(Tokens {
        access_token: Secret::new(jose::sign(&signer, ACCESS_TOKEN_TYPE, &access)?),
        expires_in: (expires_at.seconds() - now.seconds()).max(0),
        id_token: Secret::new(jose::sign(&signer, ID_TOKEN_TYPE, &id)?),
        scope: code.scope.clone(),
        organization_id: organization.id.to_string(),
    })
}

const fn algorithm(stored: SigningAlgorithm) -> Algorithm {
    match stored {
        SigningAlgorithm::Rs256 => Algorithm::Rs256,
        SigningAlgorithm::Es256 => Algorithm::Es256,
    }
}
