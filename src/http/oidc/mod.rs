//! The OpenID Provider's endpoints, one file each.

mod authorize;
mod credentials;
mod discovery;
mod jwks;
mod revoke;
mod token;
mod userinfo;

use actix_web::web;

use super::{Endpoint, HttpError};
use crate::service::handoff::HandoffFailure;

pub use authorize::{code_redirect, way_back};

/// The endpoints.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/.well-known/openid-configuration", || web::to(discovery::discovery)),
    Endpoint::get("/oauth/jwks", || web::to(jwks::jwks)),
    Endpoint::get("/oauth/authorize", || web::to(authorize::by_query)),
    Endpoint::post("/oauth/authorize", || web::to(authorize::by_form)),
    Endpoint::post("/oauth/token", || web::to(token::token)),
    Endpoint::post("/oauth/revoke", || web::to(revoke::revoke)),
    Endpoint::get("/oauth/userinfo", || web::to(userinfo::userinfo)),
    Endpoint::post("/oauth/userinfo", || web::to(userinfo::userinfo)),
];

/// How long discovery and keys may be cached: half of the time that a new key is published before it signs.
const CACHE_FOR_AN_HOUR: &str = "public, max-age=3600";

impl From<HandoffFailure> for HttpError {
    fn from(failure: HandoffFailure) -> Self {
        Self::internal(chain(&failure))
    }
}

/// An error with its causes, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
