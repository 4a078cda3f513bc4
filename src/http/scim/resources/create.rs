//! `POST /Users`, `POST /Groups`.

use actix_web::{HttpResponse, http::StatusCode};

use super::members;
use crate::{
    http::{
        HttpError,
        scim::{Exchange, input, reply},
    },
    service::provisioning::{self, Collection},
};

/// Creates, restores or adopts a resource.
pub(in crate::http::scim) async fn handle<C: Collection>(
    exchange: Exchange,
) -> Result<HttpResponse, HttpError> {
    let projection = input::projection(&exchange.request)?;
    let Exchange { cx, tenant, body, .. } = exchange;
    let created = provisioning::create::<C>(&cx, &tenant, body, &projection).await.map_err(reply::refuse)?;
    let status = if created.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(members::answer(status, cx, tenant, projection, (created.shown, created.more)))
}
