//! `GET /Users/{id}`, `GET /Groups/{id}`.

use actix_web::{HttpResponse, http::StatusCode};

use super::{id, members};
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
    let found = provisioning::get::<C>(&cx, &tenant, &id(&request), &projection).await;
    let found = found.map_err(reply::refuse)?;
    if etag::is_not_modified(input::if_none_match(&request).as_deref(), found.0.version) {
        return Ok(reply::not_modified(found.0.version));
    }
    Ok(members::answer(StatusCode::OK, cx, tenant, projection, found))
}
