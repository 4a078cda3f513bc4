//! `PATCH /Users/{id}`, `PATCH /Groups/{id}`.

use actix_web::{HttpResponse, http::StatusCode};

use super::{Named, members};
use crate::{
    http::{
        HttpError,
        scim::{Exchange, input, reply},
    },
    scim::projection::Projection,
    service::provisioning::{self, Collection, Groups, Users},
};

/// Patches a user.
pub(in crate::http::scim) async fn user(exchange: Exchange) -> Result<HttpResponse, HttpError> {
    let projection = input::projection(&exchange.request)?;
    let Exchange { cx, tenant, request, body } = exchange;
    let named = Named::by(&request);
    let patched = provisioning::patch::<Users>(&cx, &tenant, named.target(), body, &projection);
    let (patched, _) = patched.await.map_err(reply::refuse)?;
    Ok(reply::resource(StatusCode::OK, &patched))
}

/// Patches a group. 204, so that its members need not be read, unless the client asks for attributes.
pub(in crate::http::scim) async fn group(exchange: Exchange) -> Result<HttpResponse, HttpError> {
    let asked = input::projection(&exchange.request)?;
    let Exchange { cx, tenant, request, body } = exchange;
    let projection = if asked.is_given() { asked.clone() } else { Projection::without(Groups::COSTLY) };
    let named = Named::by(&request);
    let patched = provisioning::patch::<Groups>(&cx, &tenant, named.target(), body, &projection);
    let patched = patched.await.map_err(reply::refuse)?;
    if asked.is_given() {
        Ok(members::answer(StatusCode::OK, cx, tenant, asked, patched))
    } else {
        Ok(reply::no_content(Some(patched.0.version)))
    }
}
