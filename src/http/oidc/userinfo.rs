//! `GET` and `POST /oauth/userinfo`: who a token stands for, while the session lives (OpenID Connect Core section 5.3,
//! RFC 6750).

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    http::{HttpError, RequestContext, auth::bearer},
    service::{
        Context,
        handoff::userinfo::{UserInfoError, userinfo as ask},
    },
};

/// The claims of the user behind a bearer token.
pub(super) async fn userinfo(
    request: HttpRequest,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let site = context.site()?;
    let token = bearer(&request).ok_or_else(|| {
        // Without an error code: nothing was presented that could be wrong (RFC 6750 section 3.1).
        HttpError::unauthorized("invalid_request", "A bearer token is needed.", r#"Bearer realm="userinfo""#)
    })?;
    match ask(&cx, &site.project, &site.origin, &token).await {
        Ok(info) => {
            context.set_organization(&info.organization_id);
            Ok(HttpResponse::Ok().json(info))
        }
        Err(UserInfoError::Failure(failure)) => Err(failure.into()),
        Err(refused) => {
            tracing::info!(request_id = context.id(), reason = refused.code(), "access token refused");
            Err(invalid_token(&refused))
        }
    }
}

/// One answer for all refusals but the end of the session, which the host app acts on by signing the person out.
fn invalid_token(refused: &UserInfoError) -> HttpError {
    let message = match refused {
        UserInfoError::SessionEnded => "The session has ended.",
        _ => "The access token cannot be used.",
    };
    let challenge =
        format!(r#"Bearer realm="userinfo", error="invalid_token", error_description="{message}""#);
    HttpError::unauthorized("invalid_token", message, &challenge)
}
