//! `POST /oauth/token`: a code for tokens (RFC 6749 section 4.1.3).

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use serde_json::json;

use crate::{
    http::{HttpError, RequestContext, auth::basic_credentials, body, params::Params},
    model::{TokenEndpointAuthMethod, secret::Secret},
    service::{
        Context,
        handoff::{
            client::ClientCredentials,
            token::{CodeExchange, TokenError, TokenRefusal, exchange},
        },
    },
};

/// Gives tokens for a code.
pub(super) async fn token(
    request: HttpRequest,
    payload: web::Payload,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    body::require_type(&request, &["application/x-www-form-urlencoded"])?;
    let form = body::read(&request, payload, body::DEFAULT_LIMIT).await?;
    let site = context.site()?;
    let asked = read(&request, Params::parse(&form)?)?;
    let tokens = exchange(&cx, &site.project, &site.origin, asked, context.id()).await;
    let tokens = tokens.map_err(|error| refuse(&context, error))?;
    context.set_organization(&tokens.organization_id);
    Ok(HttpResponse::Ok().json(json!({
        "access_token": tokens.access_token.expose(),
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "id_token": tokens.id_token.expose(),
        "scope": tokens.scope,
    })))
}

fn read(request: &HttpRequest, mut params: Params) -> Result<CodeExchange, HttpError> {
    if params.any_repeated() {
        return Err(HttpError::bad_request("invalid_request", "A parameter was sent more than once."));
    }
    let credentials = credentials(request, &mut params)?;
    let mut require = |name: &'static str| {
        let missing =
            || HttpError::bad_request("invalid_request", format!("The parameter {name} is missing."));
        params.take(name).ok_or_else(missing)
    };
    if require("grant_type")? != "authorization_code" {
        let message = "The grant_type must be authorization_code.";
        return Err(HttpError::bad_request("unsupported_grant_type", message));
    }
    Ok(CodeExchange {
        credentials,
        code: Secret::new(require("code")?),
        redirect_uri: require("redirect_uri")?,
        code_verifier: Secret::new(require("code_verifier")?),
    })
}

/// Who asks: one way of saying so, not two (RFC 6749 section 2.3).
fn credentials(request: &HttpRequest, params: &mut Params) -> Result<ClientCredentials, HttpError> {
    let (client_id, secret) = (params.take("client_id"), params.take("client_secret"));
    let Some(value) = request.headers().get(header::AUTHORIZATION) else {
        let client_id = client_id.ok_or_else(invalid_client)?;
        let method = match secret {
            Some(_) => TokenEndpointAuthMethod::ClientSecretPost,
            None => TokenEndpointAuthMethod::None,
        };
        return Ok(ClientCredentials { client_id, secret: secret.map(Secret::new), method });
    };
    if secret.is_some() {
        let message = "The client authenticated in two ways.";
        return Err(HttpError::bad_request("invalid_request", message));
    }
    let (basic_id, basic_secret) =
        value.to_str().ok().and_then(basic_credentials).ok_or_else(invalid_client)?;
    if client_id.is_some_and(|client_id| client_id != basic_id) {
        return Err(HttpError::bad_request("invalid_request", "Two clients were named."));
    }
    Ok(ClientCredentials {
        client_id: basic_id,
        secret: Some(Secret::new(basic_secret)),
        method: TokenEndpointAuthMethod::ClientSecretBasic,
    })
}

fn refuse(context: &RequestContext, error: TokenError) -> HttpError {
    let refusal = match error {
        TokenError::Failure(failure) => return failure.into(),
        TokenError::Refused(refusal) => refusal,
    };
    tracing::info!(request_id = context.id(), reason = refusal.code(), "token refused");
    match refusal {
        TokenRefusal::Client => invalid_client(),
        // The host app's developer reads this; whoever holds no code learns nothing from it.
        refusal => HttpError::bad_request("invalid_grant", format!("{refusal}.")),
    }
}

fn invalid_client() -> HttpError {
    let message = "The client could not be authenticated.";
    HttpError::new(StatusCode::UNAUTHORIZED, "invalid_client", message)
        .header(header::WWW_AUTHENTICATE, r#"Basic realm="token", charset="UTF-8""#)
}
