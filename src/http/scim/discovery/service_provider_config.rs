//! `GET /ServiceProviderConfig`.

use actix_web::HttpResponse;

use super::{refuse_filter, reply};
use crate::{
    http::{HttpError, scim::Exchange},
    scim::{
        bulk::{MAX_OPERATIONS, MAX_PAYLOAD},
        list::{DEFAULT_COUNT, MAX_COUNT},
        schema::{Limits, service_provider_config_json},
    },
    service::provisioning::CURSOR_LIFETIME,
};

/// What this server can do.
pub(in crate::http::scim) async fn handle(exchange: Exchange) -> Result<HttpResponse, HttpError> {
    refuse_filter(&exchange.request)?;
    let limits = Limits {
        max_results: MAX_COUNT,
        default_results: DEFAULT_COUNT,
        cursor_timeout: CURSOR_LIFETIME / 1000,
        max_operations: MAX_OPERATIONS,
        max_payload: MAX_PAYLOAD,
    };
    Ok(reply::plain(&service_provider_config_json(exchange.tenant.base(), limits)))
}
