//! `GET /Schemas` and `GET /Schemas/{id}`.

use actix_web::HttpResponse;

use super::{named, one, refuse_filter, whole_list};
use crate::{
    http::{HttpError, scim::Exchange},
    scim::schema::{schema_json, schemas_json},
};

/// All schemas.
pub(in crate::http::scim) async fn handle_list(exchange: Exchange) -> Result<HttpResponse, HttpError> {
    refuse_filter(&exchange.request)?;
    Ok(whole_list(&schemas_json(exchange.tenant.catalog(), exchange.tenant.base())))
}

/// One of them.
pub(in crate::http::scim) async fn handle(exchange: Exchange) -> Result<HttpResponse, HttpError> {
    refuse_filter(&exchange.request)?;
    let Exchange { tenant, request, .. } = exchange;
    one(schema_json(tenant.catalog(), tenant.base(), &named(&request)))
}
