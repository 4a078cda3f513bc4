//! `GET /Groups/{id}`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::shown;
use crate::{
    http::{
        HttpError,
        scim::{ScimCaller, input, reply},
    },
    scim::etag,
    service::{Context, provisioning::groups},
};

/// One group, or 304 where the client has its version already.
pub(in crate::http::scim) async fn handle(
    cx: web::Data<Context>,
    caller: ScimCaller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, HttpError> {
    let projection = input::projection(&request)?;
    let view = groups::get(&cx, &caller.tenant, &id, &projection).await.map_err(reply::refuse)?;
    if etag::is_not_modified(input::if_none_match(&request), view.version()) {
        return Ok(reply::not_modified(view.version()));
    }
    shown(StatusCode::OK, &view, &caller.base, &projection)
}
