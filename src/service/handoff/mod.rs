//! Handing a login to the host app: the OpenID Provider's use-cases (RFC 6749, 7636, 9207, OpenID Connect Core).
//!
//! [`authorize`] checks what a host app asks for, [`token`] takes in the code that the finished login
//! ([`super::login`]) handed back, [`refresh`] gives more of them later, [`userinfo`] answers for as long as the session lives.

pub mod authorize;
pub mod browser;
pub mod client;
mod pkce;
pub mod refresh;
mod refresh_token;
pub mod revoke;
mod start;
pub mod token;
pub mod tokens;
pub mod userinfo;

pub use pkce::{CodeChallenge, InvalidChallenge};
pub use start::start;

use crate::{
    jose::{JwkSet, SignError},
    model::{Millis, ids::ProjectId},
    service::{
        Context,
        signing::{Keyring, SigningError},
    },
    store::{StoreError, Tx, seal::Unopened},
};

/// How long an access token lives at most. It is good for our own endpoints alone, which ask for the session each
/// time, so a long life delays no revocation.
pub const ACCESS_TOKEN_LIFETIME: Millis = 60 * 60 * 1000;

/// How long an ID token lives: host apps verify it offline, so this is their time to revoke.
pub const ID_TOKEN_LIFETIME: Millis = 5 * 60 * 1000;

/// The audience of access tokens under an issuer: no other kind of token has it (R15).
pub fn access_token_audience(issuer: &str) -> String {
    format!("{issuer}/oauth/userinfo")
}

/// What is no refusal but a failure of ours.
#[derive(Debug, thiserror::Error)]
pub enum HandoffFailure {
    /// The database.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// The project's keys cannot be used.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// A sealed refresh token does not open.
    #[error("a refresh token does not open: is this the right master key?")]
    Sealed(#[from] Unopened),
    /// A token cannot be made.
    #[error(transparent)]
    Token(#[from] SignError),
}

/// The keys that the project's tokens verify with.
pub async fn jwks(cx: &Context, project: &ProjectId) -> Result<JwkSet, HandoffFailure> {
    let (own, of) = (cx.clone(), project.clone());
    let keyring = cx.store.read(move |tx: &mut Tx<'_>| Keyring::load(tx, &own, &of)).await;
    Ok(keyring.map_err(HandoffFailure::Store)?.jwks()?)
}
