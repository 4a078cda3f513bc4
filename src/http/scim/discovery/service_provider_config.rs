//! `GET /ServiceProviderConfig`.

use actix_web::{HttpRequest, HttpResponse};

use super::{refuse_filter, reply};
use crate::{
    http::{HttpError, scim::ScimCaller},
    scim::{
        list::MAX_COUNT,
        schema::{Limits, service_provider_config_json},
    },
};

/// What this server can do.
pub(in crate::http::scim) async fn handle(
    caller: ScimCaller,
    request: HttpRequest,
) -> Result<HttpResponse, HttpError> {
    refuse_filter(&request)?;
    Ok(reply::plain(&service_provider_config_json(&caller.base, Limits { max_results: MAX_COUNT })))
}
