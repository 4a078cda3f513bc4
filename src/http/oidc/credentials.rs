//! How a client says who it is at the token and revocation endpoints.

use actix_web::{
    HttpRequest,
    http::{StatusCode, header},
};

use crate::{
    http::{HttpError, RequestContext, auth::basic_credentials, params::Params},
    model::{TokenEndpointAuthMethod, secret::Secret},
    service::handoff::{
        client::ClientCredentials,
        tokens::{TokenError, TokenRefusal},
    },
};

/// Who asks: one way of saying so, not two (RFC 6749 section 2.3).
pub(super) fn credentials(
    request: &HttpRequest,
    params: &mut Params,
) -> Result<ClientCredentials, HttpError> {
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

/// The error of a refusal, which is logged with its reason.
pub(super) fn refuse(context: &RequestContext, error: TokenError) -> HttpError {
    let refusal = match error {
        TokenError::Failure(failure) => return failure.into(),
        TokenError::Refused(refusal) => refusal,
    };
    tracing::info!(request_id = context.id(), reason = refusal.code(), "token refused");
    match refusal {
        TokenRefusal::Client => invalid_client(),
        TokenRefusal::Scope => HttpError::bad_request("invalid_scope", format!("{refusal}.")),
        // The host app's developer reads this; whoever holds no code learns nothing from it.
        refusal => HttpError::bad_request("invalid_grant", format!("{refusal}.")),
    }
}

fn invalid_client() -> HttpError {
    let message = "The client could not be authenticated.";
    HttpError::new(StatusCode::UNAUTHORIZED, "invalid_client", message)
        .header(header::WWW_AUTHENTICATE, r#"Basic realm="token", charset="UTF-8""#)
}
