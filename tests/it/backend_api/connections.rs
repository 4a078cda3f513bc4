//! `GET /v1/connections`, and what is put into use there.

use actix_web::{
    http::{StatusCode, header},
    test::TestRequest,
};
use serde_json::{Value, json};
use vestibule::{
    model::ConnectionStatus,
    saml::VerificationKey,
    service::{
        Actor,
        provisioning::admin::{
            connections,
            keys::{self, NewKey},
        },
        setup::{MadeLink, NewSetupLink, Part, create_setup_link},
    },
};

use super::events::{call, key};
use crate::{
    saml::support::{Issued, issued},
    setup::Admin,
    sso::ADA,
    support::{Gateway, on_both_databases},
};

async fn list(gateway: &Gateway, key: &str) -> Value {
    let request = TestRequest::get()
        .uri(&format!("/v1/connections?organizationId={}", gateway.acme.id))
        .insert_header((header::AUTHORIZATION, format!("Bearer {key}")));
    let (status, answer, _) = call(gateway, request).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

fn saml(list: &Value, id: &str) -> Value {
    let all = list["samlConnections"].as_array().unwrap();
    all.iter().find(|one| one["id"] == *id).unwrap().clone()
}

async fn activate(gateway: &Gateway, key: &str, path: &str, body: Value) -> (u16, Value) {
    let request = TestRequest::post()
        .uri(&format!("/v1/{path}/activate"))
        .insert_header((header::AUTHORIZATION, format!("Bearer {key}")))
        .set_json(body);
    let (status, answer, _) = call(gateway, request).await;
    (status.as_u16(), answer)
}

on_both_databases! {
    async fn what_was_left_out_is_shown(admin: Admin) {
        let mut admin = admin.opened().await;
        let Issued { certificate, authority, .. } = issued();
        let chain = certificate.clone() + &authority;
        let fields: [(&str, &[u8]); 3] = [
            ("sso_url", b"https://idp.acme.example/sso"),
            ("entity_id", b"https://idp.acme.example"),
            ("certificate", chain.as_bytes()),
        ];
        assert_eq!(admin.upload(&fields).await.header("location"), "/setup/review");
        let key = key(&admin.world.gateway).await;
        let shown = saml(&list(&admin.world.gateway, &key).await, admin.connection.as_str());
        let own = VerificationKey::from_text(&certificate).unwrap();
        assert_eq!(shown["certificates"].as_array().map(Vec::len), Some(1), "{shown}");
        assert_eq!(shown["certificates"][0]["sha256Fingerprint"], json!(own.fingerprint()));
        let left_out = shown["settings"]["options"]["leftOut"][0].as_str().unwrap();
        assert!(left_out.contains("issued another one that was given with it"), "{left_out}");
    }

    async fn an_owner_puts_into_use_what_was_shown(admin: Admin) {
        let mut admin = admin.described().await;
        let key = key(&admin.world.gateway).await;
        let (id, acme) = (admin.connection.to_string(), admin.world.gateway.acme.id.clone());
        let path = format!("saml-connections/{id}");
        let shown = saml(&list(&admin.world.gateway, &key).await, &id);
        assert_eq!((&shown["status"], &shown["idpEntityId"]), (&json!("draft"), &json!("https://idp.acme.example")));
        assert_eq!(shown["certificates"].as_array().map(Vec::len), Some(1), "{shown}");
        // All that decides who signs in, as what comes from an address does.
        for name in ["metadataUrl", "idpSsoRedirectUrl", "idpSsoPostUrl", "idpSloUrl"] {
            assert!(shown.get(name).is_some(), "{name}: {shown}");
        }
        assert_eq!(shown["settings"]["idpInitiated"], json!(false), "{shown}");
        assert!(shown["tried"]["problem"].as_str().unwrap().contains("no test"), "{shown}");
        let body = |mark: &Value| json!({ "organizationId": acme, "mark": mark });
        let (status, answer) = activate(&admin.world.gateway, &key, &path, body(&shown["mark"])).await;
        assert_eq!((status, &answer["code"]), (400, &json!("failed_precondition")), "{answer}");
        assert!(answer["message"].as_str().unwrap().contains("no test sign-in"), "{answer}");
        admin.test(&ADA, |xml| xml).await;
        // The test is news to whoever looked before it.
        let (status, answer) = activate(&admin.world.gateway, &key, &path, body(&shown["mark"])).await;
        assert_eq!((status, &answer["code"]), (400, &json!("failed_precondition")), "{answer}");
        assert!(answer["message"].as_str().unwrap().contains("changed"), "{answer}");
        let shown = saml(&list(&admin.world.gateway, &key).await, &id);
        assert!(shown["tried"]["passedAt"].is_string(), "{shown}");
        admin.world.gateway.clock.advance(1000);
        let (status, answer) = activate(&admin.world.gateway, &key, &path, body(&shown["mark"])).await;
        assert_eq!((status, &answer["samlConnection"]["status"]), (200, &json!("enabled")), "{answer}");
        let after = saml(&list(&admin.world.gateway, &key).await, &id);
        assert_eq!(after, answer["samlConnection"]);
        assert_eq!(after["tried"], shown["tried"], "to put it into use was a change, and no news to the test");
        let last = admin.world.gateway.audit(&id).await.pop().unwrap();
        assert_eq!((last.event_name.as_str(), last.actor_kind.as_str()), ("saml_connection.updated", "backend_api_key"));
        assert!(last.actor_id.unwrap().starts_with("backend_api_key_"), "which of the app's keys");
        // What is live is not put into use again.
        let (status, answer) = activate(&admin.world.gateway, &key, &path, body(&after["mark"])).await;
        assert_eq!((status, &answer["code"]), (400, &json!("failed_precondition")), "{answer}");
    }

    async fn one_without_metadata_is_refused_even_untried(admin: Admin) {
        let admin = admin.opened().await;
        let (gateway, id) = (&admin.world.gateway, admin.connection.to_string());
        let key = key(gateway).await;
        let mark = saml(&list(gateway, &key).await, &id)["mark"].clone();
        let body = json!({ "organizationId": gateway.acme.id, "mark": mark, "untried": true });
        let (status, answer) = activate(gateway, &key, &format!("saml-connections/{id}"), body).await;
        assert_eq!((status, &answer["code"]), (400, &json!("failed_precondition")), "{answer}");
        assert!(answer["message"].as_str().unwrap().contains("metadata"), "{answer}");
    }

    async fn provisioning_goes_live_with_the_tokens_that_were_shown(gateway: Gateway) {
        let (cx, operator) = (&gateway.cx, Actor::operator());
        let (project, acme) = (&gateway.project.id, &gateway.acme.id);
        let new = NewSetupLink { scim: Part::New, ..NewSetupLink::default() };
        let MadeLink { link, .. } = create_setup_link(cx, &operator, project, acme, new).await.unwrap();
        let id = link.scim_connection_id.unwrap();
        let (key, path) = (key(&gateway).await, format!("scim-connections/{id}"));
        let before = list(&gateway, &key).await["scimConnections"][0].clone();
        assert_eq!((&before["id"], &before["tokens"]), (&json!(id), &json!([])));
        let new = NewKey { name: "push".into(), connection: Some(id.clone()), expires_at: None };
        let (token, _) = keys::create(cx, &operator, project, acme, new).await.unwrap();
        let body = |mark: &Value, untried: bool| json!({ "organizationId": acme, "mark": mark, "untried": untried });
        let (status, answer) = activate(&gateway, &key, &path, body(&before["mark"], true)).await;
        assert_eq!((status, &answer["code"]), (400, &json!("failed_precondition")), "{answer}");
        let shown = list(&gateway, &key).await["scimConnections"][0].clone();
        assert_eq!(shown["tokens"][0]["id"], json!(token.id));
        let (status, answer) = activate(&gateway, &key, &path, body(&shown["mark"], false)).await;
        assert_eq!((status, &answer["code"]), (400, &json!("failed_precondition")), "{answer}");
        let (status, answer) = activate(&gateway, &key, &path, body(&shown["mark"], true)).await;
        assert_eq!((status, &answer["scimConnection"]["status"]), (200, &json!("enabled")), "{answer}");
        let live = connections::list(cx, project, acme).await.unwrap();
        assert_eq!(live[0].status, ConnectionStatus::Enabled);
    }

    async fn what_is_no_activation_is_refused(admin: Admin) {
        let admin = admin.opened().await;
        let (gateway, acme) = (&admin.world.gateway, admin.world.gateway.acme.id.clone());
        let (key, path) = (key(gateway).await, format!("saml-connections/{}", admin.connection));
        let nobody = "saml-connections/saml_connection_0000000000000000000000001";
        for (path, body, status, code) in [
            (path.as_str(), json!([]), 400, "invalid_argument"),
            (&path, json!({ "organizationId": acme }), 400, "invalid_argument"),
            (&path, json!({ "organizationId": acme, "mark": "x", "unchecked": true }), 400, "invalid_argument"),
            (&path, json!({ "organizationId": "org_x", "mark": "x" }), 404, "not_found"),
            (&path, json!({ "organizationId": acme, "mark": "x" }), 400, "failed_precondition"),
            (nobody, json!({ "organizationId": acme, "mark": "x" }), 404, "not_found"),
            ("scim-connections/x", json!({ "organizationId": acme, "mark": "x" }), 404, "not_found"),
        ] {
            let (got, answer) = activate(gateway, &key, path, body.clone()).await;
            assert_eq!((got, answer["code"].as_str()), (status, Some(code)), "{path} {body}: {answer}");
        }
        for path in ["/v1/connections", "/v1/setup-links"] {
            let request =
                TestRequest::get().uri(path).insert_header((header::AUTHORIZATION, format!("Bearer {key}")));
            let (status, answer, _) = call(gateway, request).await;
            assert_eq!((status.as_u16(), answer["code"].as_str()), (400, Some("invalid_argument")), "{path}: {answer}");
        }
    }
}
