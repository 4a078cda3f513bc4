//! Errors of the JSON APIs: `{"code", "message"}` with the codes that the SDKs know.

use actix_web::http::StatusCode;
use serde_json::json;

use super::Problem;

/// A handler's own code is the message where it is one that SDKs look for (`unauthenticated_api_key`).
pub(super) fn body(problem: &Problem<'_>) -> String {
    json!({ "code": code(problem), "message": problem.message, "reference": problem.reference }).to_string()
}

fn code(problem: &Problem<'_>) -> &'static str {
    match problem.status {
        StatusCode::BAD_REQUEST if problem.code == "failed_precondition" => "failed_precondition",
        StatusCode::UNAUTHORIZED => "unauthenticated",
        StatusCode::FORBIDDEN => "permission_denied",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "unimplemented",
        StatusCode::CONFLICT => "already_exists",
        StatusCode::TOO_MANY_REQUESTS => "resource_exhausted",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        status if status.is_client_error() => "invalid_argument",
        _ => "internal",
    }
}
