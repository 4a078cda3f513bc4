//! Tokens, and why there are none.

use super::{
    ACCESS_TOKEN_LIFETIME, HandoffFailure, ID_TOKEN_LIFETIME, access_token_audience,
    userinfo::{self, Known},
};
use crate::{
    jose::{self, ACCESS_TOKEN_TYPE, AccessTokenClaims, Algorithm, ID_TOKEN_TYPE, IdTokenClaims},
    model::{SigningAlgorithm, Timestamp, secret::Secret},
    service::{
        Context,
        sessions::{LiveSession, NotLive},
        signing::Keyring,
    },
    store::oauth_clients::OauthClient,
};

/// What the host app gets.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// For our own endpoints.
    pub access_token: Secret,
    /// The access token's life, in seconds.
    pub expires_in: i64,
    /// For the host app itself.
    pub id_token: Secret,
    /// For more tokens, where the client asked for `offline_access`.
    pub refresh_token: Option<Secret>,
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

/// What is wrong with a request for tokens.
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
    /// The session that the code or token stands for does not count any more.
    #[error("the session has ended")]
    SessionEnded,
    /// Its user may not sign in.
    #[error("the user is not active")]
    UserInactive,
    /// Its organization is switched off.
    #[error("the organization is switched off")]
    OrganizationDisabled,
    /// No such refresh token in this project.
    #[error("the refresh token is not known")]
    RefreshTokenUnknown,
    /// Given to another client.
    #[error("the refresh token was given to another client")]
    RefreshTokenOfAnotherClient,
    /// At its end.
    #[error("the refresh token has expired")]
    RefreshTokenExpired,
    /// Revoked by the client.
    #[error("the refresh token has been revoked")]
    RefreshTokenRevoked,
    /// Used before, and not just now: somebody else has it too.
    #[error("the refresh token has been used before; its session has been ended")]
    RefreshTokenReused,
    /// More than was granted, or nothing that a token is for.
    #[error("scope must contain openid, and nothing that was not granted")]
    Scope,
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
            Self::UserInactive => "user_inactive",
            Self::OrganizationDisabled => "organization_disabled",
            Self::RefreshTokenUnknown => "refresh_token_unknown",
            Self::RefreshTokenOfAnotherClient => "refresh_token_of_another_client",
            Self::RefreshTokenExpired => "refresh_token_expired",
            Self::RefreshTokenRevoked => "refresh_token_revoked",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::Scope => "scope_not_granted",
        }
    }
}

impl From<NotLive> for TokenRefusal {
    fn from(reason: NotLive) -> Self {
        match reason {
            NotLive::Organization => Self::OrganizationDisabled,
            NotLive::User => Self::UserInactive,
            NotLive::Session => Self::SessionEnded,
        }
    }
}

/// What tokens are made from.
pub(super) struct Grant {
    pub(super) client: OauthClient,
    pub(super) live: LiveSession,
    pub(super) known: Known,
    pub(super) keyring: Keyring,
    pub(super) scope: String,
    /// Of the authorization request, in the first ID token alone (OpenID Connect Core section 12.2).
    pub(super) nonce: Option<String>,
    /// The access token's identifier.
    pub(super) jti: String,
    pub(super) refresh_token: Option<Secret>,
}

/// Signs, outside of any transaction: the writer never waits for RSA.
pub(super) fn issue(
    cx: &Context,
    issuer: &str,
    grant: Grant,
    now: Timestamp,
) -> Result<Tokens, HandoffFailure> {
    let Grant { client, live, known, keyring, scope, nonce, jti, refresh_token } = grant;
    let signer = keyring.signer(cx, algorithm(client.id_token_alg))?;
    // Nobody but us verifies an access token: the cheaper algorithm will do, whatever the client wants of ID tokens.
    let own = keyring.signer(cx, Algorithm::Es256)?;
    let claims = userinfo::claims(&live, known);
    let LiveSession { session, user, organization } = live;
    let expires_at = now.plus(ACCESS_TOKEN_LIFETIME).min(session.expires_at);
    let access = AccessTokenClaims {
        iss: issuer.to_owned(),
        sub: user.id.to_string(),
        aud: access_token_audience(issuer),
        exp: expires_at.seconds(),
        iat: now.seconds(),
        jti,
        client_id: client.id.to_string(),
        scope: scope.clone(),
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
        nonce,
        acr: session.acr.clone(),
        amr: serde_json::from_str(&session.amr).unwrap_or_default(),
        sid: session.id.to_string(),
        email: claims.email,
        email_verified: claims.email_verified,
        name: claims.name,
        organization_id: claims.organization_id,
        organization: claims.organization,
        roles: claims.roles,
        groups: claims.groups,
        groups_omitted: claims.groups_omitted,
    };
    Ok(Tokens {
        access_token: Secret::new(jose::sign(&own, ACCESS_TOKEN_TYPE, &access)?),
        expires_in: (expires_at.seconds() - now.seconds()).max(0),
        id_token: Secret::new(jose::sign(&signer, ID_TOKEN_TYPE, &id)?),
        refresh_token,
        scope,
        organization_id: organization.id.to_string(),
    })
}

const fn algorithm(stored: SigningAlgorithm) -> Algorithm {
    match stored {
        SigningAlgorithm::Rs256 => Algorithm::Rs256,
        SigningAlgorithm::Es256 => Algorithm::Es256,
    }
}
