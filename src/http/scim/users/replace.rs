//! `PUT /Users/{id}`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::shown;
use crate::{
    http::{
        HttpError,
        scim::{ScimCaller, input, reply},
    },
    service::{Context, provisioning::users},
};

/// Replaces a user.
pub(in crate::http::scim) async fn handle(
    cx: web::Data<Context>,
    caller: ScimCaller,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, HttpError> {
    let projection = input::projection(&request)?;
    let body = input::json(&request, payload, input::SMALL).await?;
    let if_match = input::if_match(&request);
    let view =
        users::replace(&cx, &caller.tenant, &id, if_match, body, &projection).await.map_err(reply::refuse)?;
    shown(StatusCode::OK, &view, &caller.base, &projection)
}
