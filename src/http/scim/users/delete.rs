//! `DELETE /Users/{id}`.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    http::{
        HttpError,
        scim::{ScimCaller, input, reply},
    },
    service::{Context, provisioning::users},
};

/// Deletes a user.
pub(in crate::http::scim) async fn handle(
    cx: web::Data<Context>,
    caller: ScimCaller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, HttpError> {
    let if_match = input::if_match(&request);
    users::delete(&cx, &caller.tenant, &id, if_match).await.map_err(reply::refuse)?;
    Ok(reply::no_content(None))
}
