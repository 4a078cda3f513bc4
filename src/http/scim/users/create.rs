//! `POST /Users`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::shown;
use crate::{
    http::{
        HttpError,
        scim::{ScimCaller, input, reply},
    },
    service::{
        Context,
        provisioning::users::{self, Created},
    },
};

/// Creates, restores or adopts a user.
pub(in crate::http::scim) async fn handle(
    cx: web::Data<Context>,
    caller: ScimCaller,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, HttpError> {
    let projection = input::projection(&request)?;
    let body = input::json(&request, payload, input::SMALL).await?;
    match users::create(&cx, &caller.tenant, body, &projection).await.map_err(reply::refuse)? {
        Created::New(view) => shown(StatusCode::CREATED, &view, &caller.base, &projection),
        Created::Again(view) => shown(StatusCode::OK, &view, &caller.base, &projection),
    }
}
