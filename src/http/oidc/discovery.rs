//! `GET /.well-known/openid-configuration` (OpenID Connect Discovery section 4, RFC 8414, RFC 9207).

use actix_web::{HttpResponse, http::header};
use serde_json::json;

use crate::{
    http::{HttpError, RequestContext},
    service::handoff::authorize::SCOPES,
};

/// What the provider can do. It says nothing that it does not do.
pub(super) async fn discovery(context: RequestContext) -> Result<HttpResponse, HttpError> {
    let site = context.site()?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, super::CACHE_FOR_AN_HOUR))
        // Read by single-page apps; there is nothing in it but what anybody may know.
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .json(json!({
            "issuer": site.origin,
            "authorization_endpoint": site.url("/oauth/authorize"),
            "token_endpoint": site.url("/oauth/token"),
            "userinfo_endpoint": site.url("/oauth/userinfo"),
            "revocation_endpoint": site.url("/oauth/revoke"),
            "jwks_uri": site.url("/oauth/jwks"),
            "scopes_supported": SCOPES,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
            "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "prompt_values_supported": ["none", "login"],
            "claims_supported": [
                "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "email",
                "email_verified", "name", "organization_id", "organization", "roles", "groups",
                "groups_omitted",
            ],
            "authorization_response_iss_parameter_supported": true,
            "claims_parameter_supported": false,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
        })))
}
