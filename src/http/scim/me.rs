//! `/Me` (RFC 7644 section 3.11): the person behind a token. Behind a token of provisioning there is none.

use actix_web::{HttpResponse, http::StatusCode};

use super::Exchange;
use crate::http::HttpError;

/// 501, for callers with a token.
pub(super) async fn handle(_: Exchange) -> Result<HttpResponse, HttpError> {
    let detail = "A token of provisioning stands for no person; ask for /Users/{id}.";
    Err(HttpError::new(StatusCode::NOT_IMPLEMENTED, "unsupported", detail))
}
