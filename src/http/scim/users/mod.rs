//! `/Users` (RFC 7644 section 3).

pub(super) mod create;
pub(super) mod delete;
pub(super) mod get;
pub(super) mod list;
pub(super) mod patch;
pub(super) mod replace;
pub(super) mod search;

use actix_web::{HttpResponse, http::StatusCode};

use super::reply;
use crate::{http::HttpError, scim::projection::Projection, service::provisioning::users::UserView};

/// The answer that shows a user.
fn shown(
    status: StatusCode,
    view: &UserView,
    base: &str,
    projection: &Projection,
) -> Result<HttpResponse, HttpError> {
    let body = view.render(base, projection).map_err(HttpError::internal)?;
    Ok(reply::resource(status, &format!("{base}/Users/{}", view.id()), view.version(), &body))
}
