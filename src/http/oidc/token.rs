//! `POST /oauth/token`: a code for tokens (RFC 6749 section 4.1.3), or a refresh token for more of them (section 6).

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::credentials::{credentials, refuse};
use crate::{
    http::{HttpError, RequestContext, params::Params},
    model::secret::Secret,
    service::{
        Context,
        handoff::{
            client::ClientCredentials,
            refresh::{Refresh, refresh},
            token::{CodeExchange, exchange},
        },
    },
};

/// What is asked of the endpoint.
enum Asked {
    Code(CodeExchange),
    Refresh(Refresh),
}

/// Gives tokens.
pub(super) async fn token(
    request: HttpRequest,
    payload: web::Payload,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let params = Params::of_oauth_form(&request, payload).await?;
    let site = context.site()?;
    let tokens = match read(&request, params)? {
        Asked::Code(asked) => exchange(&cx, &site.project, &site.origin, asked, context.id()).await,
        Asked::Refresh(asked) => refresh(&cx, &site.project, &site.origin, asked, context.id()).await,
    };
    let tokens = tokens.map_err(|error| refuse(&context, error))?;
    context.set_organization(&tokens.organization_id);
    let mut answer = json!({
        "access_token": tokens.access_token.expose(),
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "id_token": tokens.id_token.expose(),
        "scope": tokens.scope,
    });
    if let Some(token) = &tokens.refresh_token {
        answer["refresh_token"] = json!(token.expose());
    }
    Ok(HttpResponse::Ok().json(answer))
}

fn read(request: &HttpRequest, mut params: Params) -> Result<Asked, HttpError> {
    let credentials = credentials(request, &mut params)?;
    match require(&mut params, "grant_type")?.as_str() {
        "authorization_code" => code(credentials, &mut params).map(Asked::Code),
        "refresh_token" => Ok(Asked::Refresh(Refresh {
            credentials,
            refresh_token: Secret::new(require(&mut params, "refresh_token")?),
            scope: params.take("scope"),
        })),
        _ => {
            let message = "The grant_type must be authorization_code or refresh_token.";
            Err(HttpError::bad_request("unsupported_grant_type", message))
        }
    }
}

fn code(credentials: ClientCredentials, params: &mut Params) -> Result<CodeExchange, HttpError> {
    Ok(CodeExchange {
        credentials,
        code: Secret::new(require(params, "code")?),
        redirect_uri: require(params, "redirect_uri")?,
        code_verifier: Secret::new(require(params, "code_verifier")?),
    })
}

/// A parameter that must be there.
pub(super) fn require(params: &mut Params, name: &'static str) -> Result<String, HttpError> {
    let missing = || HttpError::bad_request("invalid_request", format!("The parameter {name} is missing."));
    params.take(name).ok_or_else(missing)
}
