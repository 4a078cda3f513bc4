//! `PATCH /Groups/{id}`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::shown;
use crate::{
    http::{
        HttpError,
        scim::{ScimCaller, input, reply},
    },
    scim::projection::Projection,
    service::{Context, provisioning::groups},
};

/// Patches a group. 204, so that its members need not be read, unless the client asks for attributes.
pub(in crate::http::scim) async fn handle(
    cx: web::Data<Context>,
    caller: ScimCaller,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, HttpError> {
    let projection = input::projection(&request)?;
    let body = input::json(&request, payload, input::LARGE).await?;
    let if_match = input::if_match(&request);
    let read = if projection.is_given() { projection.clone() } else { Projection::without("members") };
    let view = groups::patch(&cx, &caller.tenant, &id, if_match, body, &read).await.map_err(reply::refuse)?;
    if !projection.is_given() {
        return Ok(reply::no_content(Some(view.version())));
    }
    shown(StatusCode::OK, &view, &caller.base, &projection)
}
