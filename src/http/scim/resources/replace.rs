//! `PUT /Users/{id}`, `PUT /Groups/{id}`.

use actix_web::{HttpResponse, http::StatusCode};

use super::{id, target};
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
    let (projection, id) = (input::projection(&request)?, id(&request));
    let replaced = provisioning::replace::<C>(&cx, &tenant, target(&request, &id), body, &projection);
    Ok(reply::resource(StatusCode::OK, &replaced.await.map_err(reply::refuse)?))
}
