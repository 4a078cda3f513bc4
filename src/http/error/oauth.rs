//! OAuth errors (RFC 6749 section 5.2).

use actix_web::http::StatusCode;
use serde_json::json;

use super::Problem;

/// What the specification has no word for is an `invalid_request` with its own status, or a `server_error`.
pub(super) fn body(problem: &Problem<'_>) -> String {
    let error = match problem.status {
        StatusCode::NOT_FOUND
        | StatusCode::METHOD_NOT_ALLOWED
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::MISDIRECTED_REQUEST => "invalid_request",
        StatusCode::SERVICE_UNAVAILABLE => "temporarily_unavailable",
        _ => problem.code,
    };
    let description = format!("{} (reference {})", problem.message, problem.reference);
    json!({ "error": error, "error_description": description }).to_string()
}
