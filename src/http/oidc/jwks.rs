//! `GET /oauth/jwks`: the keys that ID tokens verify with (RFC 7517 section 5).

use actix_web::{HttpResponse, http::header, web};

use crate::{
    http::{HttpError, RequestContext},
    service::{Context, handoff},
};

/// Every key that signs, will sign soon, or signed a token that may still be alive.
pub(super) async fn jwks(context: RequestContext, cx: web::Data<Context>) -> Result<HttpResponse, HttpError> {
    let keys = handoff::jwks(&cx, &context.site()?.project).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, super::CACHE_FOR_AN_HOUR))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .json(keys))
}
