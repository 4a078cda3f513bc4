//! Who calls: guards that a handler names in its signature, so that one without any looks naked.

mod backend_key;
mod basic;

use actix_web::{HttpRequest, http::header};

pub use backend_key::BackendKey;
pub(super) use basic::basic_credentials;

use crate::model::secret::Secret;

/// The bearer token of a request (RFC 6750 section 2.1).
pub fn bearer(request: &HttpRequest) -> Option<Secret> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let value = values.next()?.to_str().ok()?;
    // Two credentials: which one counts would be our guess.
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Secret::new(token))
}
