//! Discovery (RFC 7644 section 4).

pub(super) mod resource_types;
pub(super) mod schemas;
pub(super) mod service_provider_config;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use serde_json::Value;

use super::{input::pairs, reply};
use crate::{http::HttpError, scim::list::list_response};

/// A filter is refused here, so that nobody takes an unfiltered answer for a filtered one.
fn refuse_filter(request: &HttpRequest) -> Result<(), HttpError> {
    if pairs(request).iter().any(|(name, _)| name == "filter") {
        return Err(HttpError::new(StatusCode::FORBIDDEN, "forbidden", "Discovery cannot be filtered."));
    }
    Ok(())
}

/// The name in the path.
fn named(request: &HttpRequest) -> String {
    percent_encoding::percent_decode_str(request.match_info().query("id")).decode_utf8_lossy().into_owned()
}

fn whole_list(resources: &[Value]) -> HttpResponse {
    reply::plain(&list_response(resources.len(), 1, resources))
}

fn one(resource: Option<Value>) -> Result<HttpResponse, HttpError> {
    let resource = resource.ok_or_else(|| HttpError::not_found("There is nothing of this name."))?;
    Ok(reply::plain(&resource))
}
