//! Answers and refusals. The frame writes the error body (RFC 7644 section 3.12) from status, `scimType` and text.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde_json::Value;

use crate::{
    http::HttpError,
    scim::{ScimError, etag},
    service::provisioning::ProvisioningError,
};

/// The media type of every answer (RFC 7644 section 8.1).
const CONTENT_TYPE: &str = "application/scim+json; charset=utf-8";

/// A body without a version: lists and discovery.
pub(super) fn plain(body: &Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, CONTENT_TYPE)).body(body.to_string())
}

/// A resource with its entity tag and location.
pub(super) fn resource(status: StatusCode, location: &str, version: i64, body: &Value) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, CONTENT_TYPE))
        .insert_header((header::ETAG, etag::weak(version)))
        .insert_header((header::LOCATION, location))
        .body(body.to_string())
}

/// Done, with nothing to show.
pub(super) fn no_content(version: Option<i64>) -> HttpResponse {
    let mut answer = HttpResponse::NoContent();
    if let Some(version) = version {
        answer.insert_header((header::ETAG, etag::weak(version)));
    }
    answer.finish()
}

/// The client has this version already.
pub(super) fn not_modified(version: i64) -> HttpResponse {
    HttpResponse::NotModified().insert_header((header::ETAG, etag::weak(version))).finish()
}

/// A refusal of the protocol.
pub(super) fn protocol(error: ScimError) -> HttpError {
    refuse(error.into())
}

/// A refusal of a use-case.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn refuse(error: ProvisioningError) -> HttpError {
    let status = match &error {
        ProvisioningError::Protocol(_)
        | ProvisioningError::UnknownReference(_)
        | ProvisioningError::Cycle
        | ProvisioningError::TooManyMembers(_)
        | ProvisioningError::TooManyResults => StatusCode::BAD_REQUEST,
        ProvisioningError::NotFound => StatusCode::NOT_FOUND,
        ProvisioningError::Conflict(_) => StatusCode::CONFLICT,
        ProvisioningError::Stale => StatusCode::PRECONDITION_FAILED,
        ProvisioningError::Store(cause) => return HttpError::internal(cause),
    };
    let code = error.scim_type().unwrap_or(match status {
        StatusCode::NOT_FOUND => "not_found",
        _ => "precondition_failed",
    });
    HttpError::new(status, code, sentence(&error.to_string()))
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).chain(std::iter::once('.')).collect()
}
