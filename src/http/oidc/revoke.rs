//! `POST /oauth/revoke`: a client gives a refresh token back (RFC 7009).

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    credentials::{credentials, refuse},
    token::require,
};
use crate::{
    http::{HttpError, RequestContext, params::Params},
    model::secret::Secret,
    service::{
        Context,
        handoff::revoke::{Revoked, revoke as give_back},
    },
};

/// Revokes a refresh token. What is not known any more needs no revoking, and is no error.
pub(super) async fn revoke(
    request: HttpRequest,
    payload: web::Payload,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let mut params = Params::of_oauth_form(&request, payload).await?;
    let credentials = credentials(&request, &mut params)?;
    let token = Secret::new(require(&mut params, "token")?);
    let project = &context.site()?.project;
    match give_back(&cx, project, credentials, token, context.id()).await {
        Ok(Revoked::Done) => Ok(HttpResponse::Ok().finish()),
        Ok(Revoked::Unsupported) => {
            let message = "Only refresh tokens can be revoked: an access token ends with its session.";
            Err(HttpError::bad_request("unsupported_token_type", message))
        }
        Err(error) => Err(refuse(&context, error)),
    }
}
