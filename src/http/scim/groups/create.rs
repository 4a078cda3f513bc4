//! `POST /Groups`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::shown;
use crate::{
    http::{
        HttpError,
        scim::{ScimCaller, input, reply},
    },
    service::{Context, provisioning::groups},
};

/// Creates a group.
pub(in crate::http::scim) async fn handle(
    cx: web::Data<Context>,
    caller: ScimCaller,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, HttpError> {
    let projection = input::projection(&request)?;
    let body = input::json(&request, payload, input::LARGE).await?;
    let view = groups::create(&cx, &caller.tenant, body, &projection).await.map_err(reply::refuse)?;
    shown(StatusCode::CREATED, &view, &caller.base, &projection)
}
