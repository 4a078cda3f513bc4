//! `POST /v1/setup-links`.

use actix_web::{
    http::{StatusCode, header},
    test::TestRequest,
};
use serde_json::{Value, json};
use vestibule::{
    model::OrganizationStatus,
    service::{Actor, directory::set_organization_status},
};

use super::events::{call, key};
use crate::support::{Gateway, on_both_databases};

fn create(key: &str, body: &Value) -> TestRequest {
    let authorization = (header::AUTHORIZATION, format!("Bearer {key}"));
    TestRequest::post().uri("/v1/setup-links").insert_header(authorization).set_json(body)
}

fn get(key: &str, organization: &str) -> TestRequest {
    let authorization = (header::AUTHORIZATION, format!("Bearer {key}"));
    TestRequest::get()
        .uri(&format!("/v1/setup-links?organizationId={organization}"))
        .insert_header(authorization)
}

fn revoke(key: &str, id: &str) -> TestRequest {
    let authorization = (header::AUTHORIZATION, format!("Bearer {key}"));
    TestRequest::delete().uri(&format!("/v1/setup-links/{id}")).insert_header(authorization)
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

    async fn a_link_is_for_sign_in_provisioning_or_both(gateway: Gateway) {
        let (key, organization) = (key(&gateway).await, gateway.acme.id.to_string());
        let made = async |more: Value| {
            let mut body = json!({ "organizationId": organization });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let (status, answer, _) = call(&gateway, create(&key, &body)).await;
            assert_eq!(status, StatusCode::CREATED, "{answer}");
            answer["setupLink"].clone()
        };
        let both = made(json!({ "kinds": ["saml", "scim"] })).await;
        assert!(both["samlConnectionId"].is_string() && both["scimConnectionId"].is_string(), "{both}");
        let scim = made(json!({ "kinds": ["scim"] })).await;
        assert!(scim["samlConnectionId"].is_null() && scim["scimConnectionId"].is_string(), "{scim}");
        let again = made(json!({ "scimConnectionId": scim["scimConnectionId"] })).await;
        assert_eq!((&again["scimConnectionId"], &again["samlConnectionId"]), (&scim["scimConnectionId"], &Value::Null));
        let (status, list, _) = call(&gateway, get(&key, &organization)).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        let listed: Vec<_> = list["setupLinks"].as_array().unwrap().iter().map(|link| link["id"].clone()).collect();
        assert_eq!(listed, [again["id"].clone(), scim["id"].clone(), both["id"].clone()]);
        assert!(!list.to_string().contains("vestibule_setup_"), "no list opens anything: {list}");
    }

    async fn a_link_ends_those_to_the_same_unused_draft_and_names_them(gateway: Gateway) {
        let key = key(&gateway).await;
        let body = json!({ "organizationId": gateway.acme.id });
        let (_, first, _) = call(&gateway, create(&key, &body)).await;
        assert_eq!(first["inPlaceOf"], json!([]));
        let (_, second, _) = call(&gateway, create(&key, &body)).await;
        assert_eq!(second["inPlaceOf"], json!([first["setupLink"]["id"]]));
        assert_eq!(second["setupLink"]["samlConnectionId"], first["setupLink"]["samlConnectionId"]);
        let (_, list, _) = call(&gateway, get(&key, gateway.acme.id.as_str())).await;
        assert_eq!(list["setupLinks"][1]["state"], "revoked", "{list}");
    }

    async fn a_link_is_revoked_once(gateway: Gateway) {
        let (key, organization) = (key(&gateway).await, gateway.acme.id.to_string());
        let (_, made, _) = call(&gateway, create(&key, &json!({ "organizationId": organization }))).await;
        let id = made["setupLink"]["id"].as_str().unwrap().to_owned();
        assert_eq!(made["setupLink"]["state"], "waiting");
        for _ in 0..2 {
            let (status, answer, _) = call(&gateway, revoke(&key, &id)).await;
            assert_eq!((status, &answer["setupLink"]["state"]), (StatusCode::OK, &json!("revoked")), "{answer}");
        }
        assert_eq!(gateway.events(&id).await, ["setup_link.created", "setup_link.revoked"]);
        for id in ["x", "setup_link_0000000000000000000000001"] {
            assert_eq!(call(&gateway, revoke(&key, id)).await.0, StatusCode::NOT_FOUND);
        }
        assert_eq!(call(&gateway, get(&key, "org_0000000000000000000000001")).await.0, StatusCode::NOT_FOUND);
        assert_eq!(call(&gateway, get(&key, "x")).await.0, StatusCode::NOT_FOUND);
    }

    async fn what_cannot_be_used_is_refused(gateway: Gateway) {
        let (key, organization) = (key(&gateway).await, gateway.acme.id.to_string());
        let connection = "saml_connection_0000000000000000000000001";
        for (body, status, code) in [
            (json!([]), 400, "invalid_argument"),
            (json!({ "organizationId": organization, "organization": "x" }), 400, "invalid_argument"),
            (json!({ "organizationId": organization, "expiresInSeconds": 604_801 }), 400, "invalid_argument"),
            (json!({ "organizationId": organization, "expiresInSeconds": i64::MIN }), 400, "invalid_argument"),
            (json!({ "organizationId": organization, "kinds": [] }), 400, "invalid_argument"),
            (json!({ "organizationId": organization, "kinds": ["oidc"] }), 400, "invalid_argument"),
            (json!({ "organizationId": organization, "scimConnectionId": "x" }), 404, "not_found"),
            (json!({ "organizationId": "org_x" }), 404, "not_found"),
            (json!({ "organizationId": "org_0000000000000000000000001" }), 404, "not_found"),
            (json!({ "organizationId": organization, "samlConnectionId": connection }), 404, "not_found"),
        ] {
            let (got, answer, _) = call(&gateway, create(&key, &body)).await;
            assert_eq!((got.as_u16(), answer["code"].as_str()), (status, Some(code)), "{body}: {answer}");
        }
        let (cx, off, operator) = (&gateway.cx, OrganizationStatus::Disabled, Actor::operator());
        set_organization_status(cx, &operator, &gateway.project.id, &gateway.acme.id, off).await.unwrap();
        let (got, answer, _) = call(&gateway, create(&key, &json!({ "organizationId": organization }))).await;
        assert_eq!((got.as_u16(), answer["code"].as_str()), (400, Some("failed_precondition")), "{answer}");
    }
}
