//! `GET /v1/events`.

use actix_web::{
    body::to_bytes,
    http::{StatusCode, header},
    test::{self, TestRequest},
};
use serde_json::{Value, json};
use vestibule::{
    http::public_app,
    service::{Actor, directory},
};

use crate::support::{Gateway, on_both_databases};

pub(super) async fn call(gateway: &Gateway, request: TestRequest) -> (StatusCode, Value, String) {
    let app = test::init_service(public_app(&gateway.frame())).await;
    let request = request.insert_header((header::HOST, "localhost")).to_request();
    let response = test::call_service(&app, request).await;
    let challenge = response.headers().get("www-authenticate").map(|v| v.to_str().unwrap().to_owned());
    let status = response.status();
    let body = to_bytes(response.into_body()).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap(), challenge.unwrap_or_default())
}

pub(super) async fn key(gateway: &Gateway) -> String {
    let (actor, project) = (Actor::operator(), &gateway.project.id);
    let (_, key) = directory::create_backend_api_key(&gateway.cx, &actor, project, "test").await.unwrap();
    key.expose().to_owned()
}

fn events(key: &str, query: &str) -> TestRequest {
    TestRequest::get()
        .uri(&format!("/v1/events{query}"))
        .insert_header((header::AUTHORIZATION, format!("Bearer {key}")))
}

async fn types(gateway: &Gateway, key: &str, query: &str) -> (Vec<String>, String, bool) {
    let (status, page, _) = call(gateway, events(key, query)).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let types =
        page["events"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap().to_owned()).collect();
    (types, page["cursor"].as_str().unwrap().to_owned(), page["hasMore"].as_bool().unwrap())
}

on_both_databases! {
    async fn a_cursor_walks_through_all_events_once(gateway: Gateway) {
        let key = key(&gateway).await;
        let (all, end, more) = types(&gateway, &key, "").await;
        let wanted = ["project.created", "organization.created", "domain.created", "organization.created",
            "domain.created", "backend_api_key.created"];
        assert_eq!((all.as_slice(), more), (wanted.map(str::to_owned).as_slice(), false));
        let (mut walked, mut cursor, mut rounds) = (Vec::new(), String::new(), 0);
        loop {
            let (page, next, more) = types(&gateway, &key, &format!("?limit=2&cursor={cursor}")).await;
            walked.extend(page);
            (cursor, rounds) = (next, rounds + 1);
            if !more {
                break;
            }
            assert!(rounds < 10);
        }
        assert_eq!((walked, cursor.clone()), (all, end));
        // At the end the cursor stays, and finds what comes later.
        assert_eq!(types(&gateway, &key, &format!("?cursor={cursor}")).await, (vec![], cursor.clone(), false));
        self::key(&gateway).await;
        let (later, ..) = types(&gateway, &key, &format!("?cursor={cursor}")).await;
        assert_eq!(later, ["backend_api_key.created"]);
    }

    async fn a_page_is_answered_when_a_power_cut_cannot_take_it_back(gateway: Gateway) {
        let key = key(&gateway).await;
        let (_, end, _) = types(&gateway, &key, "").await;
        let commits = || gateway.cx.store.counters().writes_and_commits().1;
        let before = commits();
        types(&gateway, &key, "").await;
        // The positions are there already. On SQLite they may not be flushed yet, and a commit behind them is waited for.
        assert_eq!(commits() - before, u64::from(gateway.cx.store.kind() == "sqlite"));
        types(&gateway, &key, &format!("?cursor={end}")).await;
        assert_eq!(commits() - before, u64::from(gateway.cx.store.kind() == "sqlite"), "nothing was seen");
    }

    async fn an_event_says_what_happened_to_what(gateway: Gateway) {
        let key = key(&gateway).await;
        let (_, page, _) = call(&gateway, events(&key, "?limit=2")).await;
        let event = &page["events"][1];
        let acme = gateway.acme.id.as_str();
        assert_eq!(event["organizationId"], acme);
        assert_eq!(event["resourceId"], acme);
        assert_eq!(event["data"]["displayName"], "Acme");
        assert_eq!(event["occurTime"], "2026-01-01T00:00:00Z");
        assert!(event["id"].as_str().unwrap().starts_with("event_"));
    }

    async fn only_a_live_key_of_this_project_reads(gateway: Gateway) {
        let new = directory::NewProject { display_name: "Other".into(), public_url: "https://other.example".into() };
        let other = directory::create_project(&gateway.cx, &Actor::operator(), new).await.unwrap();
        let (_, foreign) =
            directory::create_backend_api_key(&gateway.cx, &Actor::operator(), &other.id, "x").await.unwrap();
        let scim = directory::create_scim_api_key(
            &gateway.cx, &Actor::operator(), &gateway.project.id, &gateway.acme.id, "x",
        ).await.unwrap().1;
        let none = TestRequest::get().uri("/v1/events");
        let twice = events(&key(&gateway).await, "").append_header((header::AUTHORIZATION, "Bearer x"));
        for request in
            [none, twice, events("", ""), events("x", ""), events(foreign.expose(), ""), events(scim.expose(), "")]
        {
            let (status, body, challenge) = call(&gateway, request).await;
            assert_eq!((status, &body["code"]), (StatusCode::UNAUTHORIZED, &json!("unauthenticated")));
            assert_eq!(challenge, r#"Bearer realm="v1""#);
        }
    }

    async fn bad_parameters_are_refused(gateway: Gateway) {
        let key = key(&gateway).await;
        for query in ["?limit=0", "?limit=1001", "?limit=x", "?cursor=x", "?cursor=v1.-1", "?cursor=v1.99999999999999999999",
            "?cursor=v2.1", "?limit=1&limit=2"]
        {
            let (status, body, _) = call(&gateway, events(&key, query)).await;
            assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_argument")), "{query}");
        }
    }
}
