//! `GET /Schemas` and `GET /Schemas/{id}`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{one, refuse_filter, whole_list};
use crate::{
    http::{HttpError, scim::ScimCaller},
    scim::schema::{schema_json, schemas_json},
};

/// All schemas.
pub(in crate::http::scim) async fn handle_list(
    caller: ScimCaller,
    request: HttpRequest,
) -> Result<HttpResponse, HttpError> {
    refuse_filter(&request)?;
    Ok(whole_list(&schemas_json(&caller.base)))
}

/// One of them.
pub(in crate::http::scim) async fn handle(
    caller: ScimCaller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, HttpError> {
    refuse_filter(&request)?;
    one(schema_json(&caller.base, &id))
}
