//! `/Groups` (RFC 7644 section 3).

pub(super) mod create;
pub(super) mod delete;
pub(super) mod get;
pub(super) mod list;
pub(super) mod patch;
pub(super) mod replace;
pub(super) mod search;

use actix_web::{HttpResponse, http::StatusCode};

use super::reply;
use crate::{http::HttpError, scim::projection::Projection, service::provisioning::groups::GroupView};

/// The answer that shows a group.
fn shown(
    status: StatusCode,
    view: &GroupView,
    base: &str,
    projection: &Projection,
) -> Result<HttpResponse, HttpError> {
    let body = view.render(base, projection).map_err(HttpError::internal)?;
    Ok(reply::resource(status, &format!("{base}/Groups/{}", view.id()), view.version(), &body))
}
