//! `GET /Users`, `GET /Groups`.

use actix_web::HttpResponse;

use super::members;
use crate::{
    http::{
        HttpError,
        scim::{Exchange, input, reply},
    },
    service::provisioning::{self, Collection},
};

/// The resources that match.
pub(in crate::http::scim) async fn handle<C: Collection>(
    exchange: Exchange,
) -> Result<HttpResponse, HttpError> {
    let query = input::query(&exchange.request)?;
    let found =
        provisioning::list::<C>(&exchange.cx, &exchange.tenant, &query).await.map_err(reply::refuse)?;
    Ok(members::answer_page(exchange.cx, exchange.tenant, query, found))
}
