//! `GET /ResourceTypes` and `GET /ResourceTypes/{id}`.

use actix_web::HttpResponse;

use super::{named, one, refuse_filter, whole_list};
use crate::{
    http::{HttpError, scim::Exchange},
    scim::schema::{resource_type_json, resource_types_json},
};

/// All resource types.
pub(in crate::http::scim) async fn handle_list(exchange: Exchange) -> Result<HttpResponse, HttpError> {
    refuse_filter(&exchange.request)?;
    Ok(whole_list(&resource_types_json(exchange.tenant.catalog(), exchange.tenant.base())))
}

/// One of them.
pub(in crate::http::scim) async fn handle(exchange: Exchange) -> Result<HttpResponse, HttpError> {
    refuse_filter(&exchange.request)?;
    let Exchange { tenant, request, .. } = exchange;
    one(resource_type_json(tenant.catalog(), tenant.base(), &named(&request)))
}
