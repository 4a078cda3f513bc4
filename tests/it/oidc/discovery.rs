//! What is published.

use serde_json::json;
use vestibule::jose::{JwkSet, VerifyingKey};

use super::*;
use crate::support::on_both_databases;

on_both_databases! {
    async fn discovery_names_what_there_is(world: World) {
        let answer = world.call(get("/.well-known/openid-configuration")).await;
        assert_eq!(answer.header("cache-control"), "public, max-age=3600");
        let wanted = json!({
            "issuer": "http://localhost",
            "authorization_endpoint": "http://localhost/oauth/authorize",
            "token_endpoint": "http://localhost/oauth/token",
            "userinfo_endpoint": "http://localhost/oauth/userinfo",
            "revocation_endpoint": "http://localhost/oauth/revoke",
            "jwks_uri": "http://localhost/oauth/jwks",
            "scopes_supported": ["openid", "email", "profile", "groups", "offline_access"],
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
                "email_verified", "name", "organization_id", "organization", "roles", "groups", "groups_omitted"
            ],
            "authorization_response_iss_parameter_supported": true,
            "claims_parameter_supported": false,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
        });
        assert_eq!(answer.json(), wanted);
        for endpoint in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "revocation_endpoint"] {
            let url = answer.json()[endpoint].as_str().unwrap().to_owned();
            let path = url.strip_prefix("http://localhost").unwrap();
            assert_ne!(world.call(get(path)).await.status, StatusCode::NOT_FOUND, "{url}");
        }
    }

    async fn a_key_of_each_algorithm_is_published(world: World) {
        let answer = world.call(get("/oauth/jwks")).await;
        let set: JwkSet = serde_json::from_str(&answer.body).unwrap();
        let algorithms: Vec<&str> = set.keys.iter().map(|key| key.alg.as_str()).collect();
        assert_eq!(algorithms, ["RS256", "ES256"]);
        for key in &set.keys {
            assert_eq!(VerifyingKey::from_jwk(key).unwrap().kid(), key.kid);
        }
        for private in ["\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"qi\""] {
            assert!(!answer.body.contains(private));
        }
    }
}
