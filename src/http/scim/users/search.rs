//! `POST /Users/.search` (RFC 7644 section 3.4.3).

use actix_web::{HttpRequest, HttpResponse, web};

use super::list::answer;
use crate::{
    http::{
        HttpError,
        scim::{ScimCaller, input, reply},
    },
    scim::list::Query,
    service::Context,
};

/// The same as a list, its parameters in the body.
pub(in crate::http::scim) async fn handle(
    cx: web::Data<Context>,
    caller: ScimCaller,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, HttpError> {
    let body = input::json(&request, payload, input::SMALL).await?;
    answer(&cx, &caller, &Query::from_body(&body).map_err(reply::protocol)?).await
}
