//! What a SCIM request brings: its body, its parameters, its conditions.

use std::borrow::Cow;

use actix_web::{HttpRequest, http::header, web};
use serde_json::Value;

use super::reply::protocol;
use crate::{
    http::{HttpError, body},
    scim::{
        list::{Query, projection_from_pairs},
        projection::Projection,
    },
};

/// The largest body of a user or a search in bytes. A user's is kept as it came, and a page of users is read at once.
pub(super) const SMALL: usize = 256 * 1024;

/// The largest body of a group in bytes: some eighty thousand members.
pub(super) const LARGE: usize = 8 * 1024 * 1024;

/// The types that providers send; Google says `application/json`, some say nothing.
const MEDIA_TYPES: &[&str] = &["application/scim+json", "application/json"];

/// Whether the body is longer than a small one, or does not say how long it is. Parsed, it takes many times as much.
pub(super) fn may_be_large(request: &HttpRequest) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|text| text.parse::<usize>().ok()).is_none_or(|length| length > SMALL)
}

/// The JSON body, of at most `limit` bytes.
pub(super) async fn json(
    request: &HttpRequest,
    payload: web::Payload,
    limit: usize,
) -> Result<Value, HttpError> {
    if request.headers().contains_key(header::CONTENT_TYPE) {
        body::require_type(request, MEDIA_TYPES)?;
    }
    let bytes = body::read(request, payload, limit).await?;
    serde_json::from_slice(&bytes)
        .map_err(|_| HttpError::bad_request("invalidSyntax", "The body is not JSON, or nested too deep."))
}

/// The query of a list.
pub(super) fn query(request: &HttpRequest) -> Result<Query, HttpError> {
    Query::from_pairs(&pairs(request)).map_err(protocol)
}

/// What is to be shown of one resource.
pub(super) fn projection(request: &HttpRequest) -> Result<Projection, HttpError> {
    projection_from_pairs(&pairs(request)).map_err(protocol)
}

/// Decoded parameters; a plus sign is a blank.
pub(super) fn pairs(request: &HttpRequest) -> Vec<(String, String)> {
    form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect()
}

/// `If-Match`.
pub(super) fn if_match(request: &HttpRequest) -> Option<String> {
    list(request, header::IF_MATCH)
}

/// `If-None-Match`.
pub(super) fn if_none_match(request: &HttpRequest) -> Option<String> {
    list(request, header::IF_NONE_MATCH)
}

/// The lines of a header as one list (RFC 9110 section 5.3). A tag may hold bytes that are no text (section 8.8.3): it is
/// none of ours, but it is a condition.
fn list(request: &HttpRequest, name: header::HeaderName) -> Option<String> {
    let lines = request.headers().get_all(name).map(|line| String::from_utf8_lossy(line.as_bytes()));
    lines.map(Cow::into_owned).reduce(|list, line| format!("{list},{line}"))
}
