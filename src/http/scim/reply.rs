//! Answers and refusals. The frame writes the error body (RFC 7644 section 3.12) from status, `scimType` and text.

use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError as _,
    http::{StatusCode, header},
};
use serde_json::Value;

use crate::{
    http::HttpError,
    scim::{
        ScimError, etag,
        list::{Page, Query, cursor_response, list_response},
    },
    service::provisioning::{Found, ProvisioningError, Shown},
};

/// The media type of every answer (RFC 7644 section 8.1).
const CONTENT_TYPE: &str = "application/scim+json; charset=utf-8";

/// A body without a version: lists and discovery.
pub(super) fn plain(body: &Value) -> HttpResponse {
    plain_head().body(body.to_string())
}

/// The same, all but its body.
pub(super) fn plain_head() -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_TYPE, CONTENT_TYPE));
    answer
}

/// A resource with its entity tag and location.
pub(super) fn resource(status: StatusCode, shown: &Shown) -> HttpResponse {
    head_of(status, shown).body(shown.body.to_string())
}

/// The answer with a resource, all but its body.
pub(super) fn head_of(status: StatusCode, shown: &Shown) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer
        .insert_header((header::CONTENT_TYPE, CONTENT_TYPE))
        .insert_header((header::ETAG, etag::weak(shown.version)))
        .insert_header((header::LOCATION, shown.location.as_str()))
        // Which `meta.location` is the same as (RFC 7643 section 3.1).
        .insert_header((header::CONTENT_LOCATION, shown.location.as_str()));
    answer
}

/// The body of a page of resources, in the form of its method.
pub(super) fn page(query: &Query, found: &Found) -> Value {
    let resources: Vec<Value> = found.items.iter().map(|shown| shown.body.clone()).collect();
    match query.page {
        Page::Index(start) => list_response(found.total.unwrap_or_default(), start, &resources),
        Page::Cursor(_) => cursor_response(found.total, found.next.as_deref(), &resources),
    }
}

/// The status that an error will have.
pub(super) fn status_of(error: &HttpError) -> StatusCode {
    error.status_code()
}

/// Done, with nothing to show.
pub(super) fn no_content(version: Option<i64>) -> HttpResponse {
    let mut answer = HttpResponse::NoContent();
    if let Some(version) = version {
        // SCIM-SDK's client takes an answer without the media type for none of SCIM, and for a failure.
        answer.insert_header((header::CONTENT_TYPE, CONTENT_TYPE));
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
        ProvisioningError::Protocol(ScimError::TooManyBulkOperations(_)) => {
            let detail = sentence(&error.to_string());
            return HttpError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail);
        }
        ProvisioningError::Protocol(_)
        | ProvisioningError::UnknownReference(_)
        | ProvisioningError::UnknownManager
        | ProvisioningError::Cycle
        | ProvisioningError::TooDeep(_)
        | ProvisioningError::TooManyMembers(_)
        | ProvisioningError::TooManyResults => StatusCode::BAD_REQUEST,
        ProvisioningError::NotFound => StatusCode::NOT_FOUND,
        ProvisioningError::Conflict(_)
        | ProvisioningError::DeactivatedByAdministrator
        | ProvisioningError::CircularReference => StatusCode::CONFLICT,
        ProvisioningError::Stale => StatusCode::PRECONDITION_FAILED,
        ProvisioningError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        ProvisioningError::Held(held) => {
            let refused = HttpError::new(StatusCode::TOO_MANY_REQUESTS, "held", sentence(&held.to_string()));
            return refused.header(header::RETRY_AFTER, &held.retry_after().to_string());
        }
        ProvisioningError::Store(cause) => return HttpError::internal(cause),
    };
    let code = error.scim_type().unwrap_or(match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::CONFLICT => "conflict",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        _ => "precondition_failed",
    });
    HttpError::new(status, code, sentence(&error.to_string()))
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).chain(std::iter::once('.')).collect()
}
