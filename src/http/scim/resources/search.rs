//! `POST /Users/.search`, `POST /Groups/.search` (RFC 7644 section 3.4.3).

use actix_web::HttpResponse;

use super::members;
use crate::{
    http::{
        HttpError,
        scim::{Exchange, reply},
    },
    scim::list::{Query, SEARCH_URN},
    service::provisioning::{self, Collection},
};

/// The same as a list, its parameters in the body.
pub(in crate::http::scim) async fn handle<C: Collection>(
    mut exchange: Exchange,
) -> Result<HttpResponse, HttpError> {
    exchange.tenant.hear_message(SEARCH_URN, &mut exchange.body);
    let query = Query::from_body(&exchange.body).map_err(reply::protocol)?;
    let found =
        provisioning::list::<C>(&exchange.cx, &exchange.tenant, &query).await.map_err(reply::refuse)?;
    Ok(members::answer_page(exchange.cx, exchange.tenant, query, found))
}
