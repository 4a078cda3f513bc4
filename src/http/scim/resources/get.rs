//! `GET /Users/{id}`, `GET /Groups/{id}`.

use actix_web::{HttpResponse, http::StatusCode};

use super::id;
use crate::{
    http::{
        HttpError,
        scim::{Exchange, input, reply},
    },
    scim::etag,
    service::provisioning::{self, Collection},
};

/// One resource, or 304 where the client has its version already.
pub(in crate::http::scim) async fn handle<C: Collection>(
    exchange: Exchange,
) -> Result<HttpResponse, HttpError> {
    let Exchange { cx, tenant, request, .. } = exchange;
    let projection = input::projection(&request)?;
    let shown =
        provisioning::get::<C>(&cx, &tenant, &id(&request), &projection).await.map_err(reply::refuse)?;
    if etag::is_not_modified(input::if_none_match(&request), shown.version) {
        return Ok(reply::not_modified(shown.version));
    }
    Ok(reply::resource(StatusCode::OK, &shown))
}
