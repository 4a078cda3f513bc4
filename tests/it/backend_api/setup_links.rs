//! `POST /v1/setup-links`.

use actix_web::{
    http::{StatusCode, header},
    test::TestRequest,
};
use serde_json::{Value, json};

use super::events::{call, key};
use crate::support::{Gateway, on_both_databases};

fn create(key: &str, body: &Value) -> TestRequest {
    let authorization = (header::AUTHORIZATION, format!("Bearer {key}"));
    TestRequest::post().uri("/v1/setup-links").insert_header(authorization).set_json(body)
}

on_both_databases! {
    async fn a_link_is_made_for_a_draft(gateway: Gateway) {
        let (key, organization) = (key(&gateway).await, gateway.acme.id.to_string());
        let (status, answer, _) = call(&gateway, create(&key, &json!({ "organizationId": organization }))).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        let link = &answer["setupLink"];
        assert!(link["url"].as_str().unwrap().starts_with("http://localhost/setup/vestibule_setup_"), "{link}");
        assert_eq!(link["expiresAt"], "2026-01-08T00:00:00Z");
        let again = json!({
            "organizationId": organization, "samlConnectionId": link["samlConnectionId"], "expiresInSeconds": 3600,
        });
        let (status, second, _) = call(&gateway, create(&key, &again)).await;
        assert_eq!(status, StatusCode::CREATED, "{second}");
        assert_eq!(second["setupLink"]["samlConnectionId"], link["samlConnectionId"]);
        assert_ne!(second["setupLink"]["url"], link["url"]);
    }

    async fn what_cannot_be_used_is_refused(gateway: Gateway) {
        let (key, organization) = (key(&gateway).await, gateway.acme.id.to_string());
        let connection = "saml_connection_0000000000000000000000001";
        for (body, status, code) in [
            (json!([]), 400, "invalid_argument"),
            (json!({ "organizationId": organization, "organization": "x" }), 400, "invalid_argument"),
            (json!({ "organizationId": organization, "expiresInSeconds": 604_801 }), 400, "invalid_argument"),
            (json!({ "organizationId": organization, "expiresInSeconds": i64::MIN }), 400, "invalid_argument"),
            (json!({ "organizationId": "org_x" }), 404, "not_found"),
            (json!({ "organizationId": "org_0000000000000000000000001" }), 404, "not_found"),
            (json!({ "organizationId": organization, "samlConnectionId": connection }), 404, "not_found"),
        ] {
            let (got, answer, _) = call(&gateway, create(&key, &body)).await;
            assert_eq!((got.as_u16(), answer["code"].as_str()), (status, Some(code)), "{body}: {answer}");
        }
    }
}
