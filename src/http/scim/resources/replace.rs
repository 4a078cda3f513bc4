//! `PUT /Users/{id}`, `PUT /Groups/{id}`.

use actix_web::{HttpResponse, http::StatusCode};

use super::{Named, members};
use crate::{
    http::{
        HttpError,
        scim::{Exchange, input, reply},
    },
    service::provisioning::{self, Collection},
};

/// Replaces a resource.
pub(in crate::http::scim) async fn handle<C: Collection>(
    exchange: Exchange,
) -> Result<HttpResponse, HttpError> {
    let Exchange { cx, tenant, request, body } = exchange;
    let (projection, named) = (input::projection(&request)?, Named::by(&request));
    let replaced = provisioning::replace::<C>(&cx, &tenant, named.target(), body, &projection);
    let replaced = replaced.await.map_err(reply::refuse)?;
    Ok(members::answer(StatusCode::OK, cx, tenant, projection, replaced))
}
