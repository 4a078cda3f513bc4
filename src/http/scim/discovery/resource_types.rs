//! `GET /ResourceTypes` and `GET /ResourceTypes/{id}`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{one, refuse_filter, whole_list};
use crate::{
    http::{HttpError, scim::ScimCaller},
    scim::schema::{resource_type_json, resource_types_json},
};

/// All resource types.
pub(in crate::http::scim) async fn handle_list(
    caller: ScimCaller,
    request: HttpRequest,
) -> Result<HttpResponse, HttpError> {
    refuse_filter(&request)?;
    Ok(whole_list(&resource_types_json(&caller.base)))
}

/// One of them.
pub(in crate::http::scim) async fn handle(
    caller: ScimCaller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, HttpError> {
    refuse_filter(&request)?;
    one(resource_type_json(&caller.base, &id))
}
