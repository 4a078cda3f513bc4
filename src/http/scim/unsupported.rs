//! Endpoints of RFC 7644 that this server does not have: `/Bulk` and `/Me`.

use actix_web::{HttpResponse, http::StatusCode};

use super::ScimCaller;
use crate::http::HttpError;

/// 501, for callers with a token.
pub(super) async fn handle(_: ScimCaller) -> Result<HttpResponse, HttpError> {
    let detail = "This server does not support this endpoint; see /ServiceProviderConfig.";
    Err(HttpError::new(StatusCode::NOT_IMPLEMENTED, "unsupported", detail))
}
