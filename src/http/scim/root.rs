//! The address of the server itself, and `/.search`: users and groups at once (RFC 7644 sections 3.4.2.1 and 3.4.3).

use actix_web::HttpResponse;

use super::{Exchange, input, reply, resources::members};
use crate::{
    http::HttpError,
    scim::list::{Query, SEARCH_URN},
    service::provisioning::list_everything,
};

/// `GET /`.
pub(super) async fn list(exchange: Exchange) -> Result<HttpResponse, HttpError> {
    let query = input::query(&exchange.request)?;
    answer(exchange, query).await
}

/// `POST /.search`.
pub(super) async fn search(mut exchange: Exchange) -> Result<HttpResponse, HttpError> {
    exchange.tenant.hear_message(SEARCH_URN, &mut exchange.body);
    let query = Query::from_body(&exchange.body).map_err(reply::protocol)?;
    answer(exchange, query).await
}

async fn answer(exchange: Exchange, query: Query) -> Result<HttpResponse, HttpError> {
    let found = list_everything(&exchange.cx, &exchange.tenant, &query).await.map_err(reply::refuse)?;
    Ok(members::answer_page(exchange.cx, exchange.tenant, query, found))
}
