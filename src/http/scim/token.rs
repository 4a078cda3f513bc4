//! `POST /oauth/token` below the address of the SCIM server: client credentials (RFC 6749 section 4.4), for providers
//! that fetch their tokens.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use serde_json::json;

use crate::{
    http::{HttpError, RequestContext, auth::basic_credentials, params::Params},
    model::secret::Secret,
    service::{
        Context,
        provisioning::admin::oauth::{TokenRefusal, fetch_token},
    },
};

/// Gives a token for the credentials of a client.
pub(super) async fn handle(
    request: HttpRequest,
    payload: web::Payload,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let mut params = Params::of_oauth_form(&request, payload).await?;
    let (id, secret) = credentials(&request, &mut params)?;
    match params.take("grant_type").as_deref() {
        // There is no other: who names none means this one, as Apache Syncope's connector does.
        Some("client_credentials") | None => {}
        Some(_) => {
            let detail = "The grant_type must be client_credentials.";
            return Err(HttpError::bad_request("unsupported_grant_type", detail));
        }
    }
    let fetched = fetch_token(&cx, &context.site()?.project, &id, &secret).await.map_err(refuse)?;
    context.set_organization(fetched.organization.as_str());
    let answer = json!({
        "access_token": fetched.token.expose(), "token_type": "Bearer", "expires_in": fetched.expires_in,
    });
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(answer))
}

/// One way of saying who asks, not two (RFC 6749 section 2.3).
fn credentials(request: &HttpRequest, params: &mut Params) -> Result<(String, Secret), HttpError> {
    let (id, secret) = (params.take("client_id"), params.take("client_secret"));
    let Some(value) = request.headers().get(header::AUTHORIZATION) else {
        return Ok((id.ok_or_else(unknown)?, Secret::new(secret.ok_or_else(unknown)?)));
    };
    let (basic_id, basic_secret) = value.to_str().ok().and_then(basic_credentials).ok_or_else(unknown)?;
    if secret.is_some() || id.is_some_and(|id| id != basic_id) {
        return Err(HttpError::bad_request("invalid_request", "The client authenticated in two ways."));
    }
    Ok((basic_id, Secret::new(basic_secret)))
}

fn refuse(refusal: TokenRefusal) -> HttpError {
    match refusal {
        TokenRefusal::UnknownClient => unknown(),
        TokenRefusal::SwitchedOff => HttpError::bad_request(
            "unauthorized_client",
            "Provisioning is switched off for this organization.",
        ),
        TokenRefusal::Store(error) => HttpError::internal(error),
    }
}

fn unknown() -> HttpError {
    let detail = "The client could not be authenticated.";
    HttpError::new(StatusCode::UNAUTHORIZED, "invalid_client", detail)
        .header(header::WWW_AUTHENTICATE, r#"Basic realm="token", charset="UTF-8""#)
}
