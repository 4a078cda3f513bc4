//! Who gets in, and what the transport refuses.

use actix_web::test::TestRequest;
use serde_json::{Value, json};
use vestibule::service::{
    Actor,
    directory::{OrganizationUpdate, update_organization},
};

use super::support::{GROUP, PATCH, Scim, USER, user};
use crate::support::on_both_databases;

pub(super) const OPERATIONS: &[(&str, &str)] = &[
    ("GET", "/Users"),
    ("POST", "/Users"),
    ("GET", "/Users/x"),
    ("PUT", "/Users/x"),
    ("PATCH", "/Users/x"),
    ("DELETE", "/Users/x"),
    ("POST", "/Users/.search"),
    ("GET", "/Groups"),
    ("POST", "/Groups"),
    ("GET", "/Groups/x"),
    ("PUT", "/Groups/x"),
    ("PATCH", "/Groups/x"),
    ("DELETE", "/Groups/x"),
    ("POST", "/Groups/.search"),
    ("GET", "/ServiceProviderConfig"),
    ("GET", "/ResourceTypes"),
    ("GET", "/ResourceTypes/User"),
    ("GET", "/Schemas"),
    ("POST", "/.search"),
    ("GET", ""),
    ("POST", "/Bulk"),
    ("GET", "/Me"),
];

on_both_databases! {
    async fn scim_004_without_a_live_token_there_is_401_with_a_challenge(scim: Scim) {
        for (method, path) in OPERATIONS {
            for token in ["", "non-token", "vestibule_scim_AAAA"] {
                let answer = scim.request_as(token, method, path, Some(&json!({}))).await;
                assert_eq!(answer.status, 401, "{method} {path}");
                assert_eq!(answer.body["status"], "401");
                assert!(answer.body["detail"].as_str().unwrap().contains("req_"), "{}", answer.body);
                assert!(answer.header("www-authenticate").starts_with("Bearer"));
                assert_eq!(answer.header("content-type"), "application/scim+json; charset=utf-8");
            }
        }
        let none = scim.send(TestRequest::get().uri("/scim/v2/Users")).await;
        assert_eq!((none.status, none.header("www-authenticate")), (401, "Bearer realm=\"SCIM\""));
    }

    async fn r20_a_token_that_was_ended_ends_at_once(scim: Scim) {
        assert_eq!(scim.get("/Users").await.status, 200);
        let (cx, project) = (&scim.gateway.cx, &scim.gateway.project.id);
        let switch = async |on: bool| {
            let update = OrganizationUpdate { scim_enabled: Some(on), ..OrganizationUpdate::default() };
            update_organization(cx, &Actor::operator(), project, &scim.gateway.acme.id, update).await.unwrap();
        };
        switch(false).await;
        let refused = scim.get("/Users").await;
        assert_eq!((refused.status, &refused.body["status"]), (403, &json!("403")));
        let other = scim.request_as(&scim.globex, "GET", "/Users", None).await;
        assert_eq!(other.status, 200, "the neighbour is not touched");
        switch(true).await;
        assert_eq!(scim.get("/Users").await.status, 200);
        let told = scim.gateway.events(scim.gateway.acme.id.as_str()).await;
        assert_eq!(told[told.len() - 2..], ["organization.updated", "organization.updated"]);
    }

    async fn r20_r22_one_organization_sees_nothing_of_another(scim: Scim) {
        let (anna, team) = (scim.user("anna@acme.example").await, scim.group("Team", &[]).await);
        let as_globex = |method, path: String, body| {
            let token = scim.globex.clone();
            let scim = &scim;
            async move { scim.request_as(&token, method, &path, Some(&body)).await }
        };
        let patch = json!({ "schemas": [PATCH], "Operations": [
            { "op": "replace", "value": { "displayName": "stolen" } }
        ] });
        let group = json!({ "schemas": [GROUP], "displayName": "stolen" });
        for (method, path, body) in [
            ("GET", format!("/Users/{anna}"), json!({})),
            ("PUT", format!("/Users/{anna}"), user("stolen")),
            ("PATCH", format!("/Users/{anna}"), patch.clone()),
            ("DELETE", format!("/Users/{anna}"), json!({})),
            ("GET", format!("/Groups/{team}"), json!({})),
            ("PUT", format!("/Groups/{team}"), group),
            ("PATCH", format!("/Groups/{team}"), patch),
            ("DELETE", format!("/Groups/{team}"), json!({})),
        ] {
            let answer = as_globex(method, path.clone(), body).await;
            assert_eq!((answer.status, &answer.body["status"]), (404, &json!("404")), "{method} {path}");
        }
        for path in [
            "/Users".to_owned(),
            "/Groups".to_owned(),
            format!("/Users?filter=id eq \"{anna}\""),
            "/Users?filter=userName eq \"anna@acme.example\"".to_owned(),
            "/Users?filter=emails eq \"anna@acme.example\"".to_owned(),
            "/Users?filter=userName sw \"a\"".to_owned(),
            format!("/Groups?filter=members eq \"{anna}\""),
            "/Groups?filter=displayName eq \"Team\"".to_owned(),
        ] {
            let answer = as_globex("GET", path.clone(), json!({})).await;
            assert_eq!((answer.status, &answer.body["totalResults"]), (200, &json!(0)), "{path}");
        }
        for id in [anna.as_str(), team.as_str(), "user_0000000000000000000000000", "nobody"] {
            let body = json!({ "schemas": [GROUP], "displayName": "G", "members": [{ "value": id }] });
            let answer = as_globex("POST", "/Groups".to_owned(), body).await;
            assert_eq!(answer.refusal(), (400, "invalidValue"), "{id}");
        }
        assert_eq!(as_globex("POST", "/Users".to_owned(), user("anna@acme.example")).await.status, 201);
        assert_eq!(scim.get(&format!("/Users/{anna}")).await.body["userName"], "anna@acme.example");
    }

    async fn scim_002_003_bodies_of_another_kind_or_size_are_refused(scim: Scim) {
        let post = |content_type: &str, body: Vec<u8>| {
            let request = TestRequest::post()
                .uri("/api/scim/v1/Users")
                .insert_header(("authorization", format!("Bearer {}", scim.acme)))
                .insert_header(("content-type", content_type))
                .set_payload(body);
            scim.send(request)
        };
        assert_eq!(post("text/xml", b"<a/>".to_vec()).await.status, 415);
        assert_eq!(post("application/scim+json", vec![b' '; 9 * 1024 * 1024]).await.status, 413);
        for bad in ["", "{", "{\"a\":", "\u{0}", "nonsense", &"[".repeat(5_000)] {
            let answer = post("application/scim+json", bad.as_bytes().to_vec()).await;
            assert_eq!(answer.refusal(), (400, "invalidSyntax"), "{}", &bad[..bad.len().min(20)]);
        }
        assert_eq!(post("application/json", vec![0xff, 0xfe]).await.refusal(), (400, "invalidSyntax"));
        let google = post("application/json; charset=UTF-8", user("g@acme.example").to_string().into_bytes()).await;
        assert_eq!(google.status, 201);
        let untyped = TestRequest::post()
            .uri("/scim/v2/Users/")
            .insert_header(("authorization", format!("bearer {}", scim.acme)))
            .set_payload(user("h@acme.example").to_string());
        assert_eq!(scim.send(untyped).await.status, 201, "no content type, and a slash at the end");
    }

    async fn m06_a_user_is_smaller_than_a_group_may_be(scim: Scim) {
        let send = |method: &str, path: &str, body: Value| {
            let request = TestRequest::with_uri(&format!("/api/scim/v1{path}"))
                .method(method.parse().unwrap())
                .insert_header(("authorization", format!("Bearer {}", scim.acme)))
                .insert_header(("content-type", "application/scim+json"))
                .set_payload(format!("{body}{}", " ".repeat(256 * 1024)));
            scim.send(request)
        };
        let anna = scim.user("anna@acme.example").await;
        let one = format!("/Users/{anna}");
        for (method, path) in [("POST", "/Users"), ("PUT", &one), ("PATCH", &one), ("POST", "/Users/.search")] {
            assert_eq!(send(method, path, user("big@acme.example")).await.status, 413, "{method} {path}");
        }
        let group = json!({ "schemas": [GROUP], "displayName": "Team" });
        assert_eq!(send("POST", "/Groups", group).await.status, 201);
    }

    async fn scim_005_what_is_not_there_says_so(scim: Scim) {
        for (method, path, status) in [
            ("POST", "/Bulk", 400),
            ("GET", "/Me", 501),
            ("DELETE", "/Me", 501),
            ("POST", "/Schemas", 405),
            ("PUT", "/ServiceProviderConfig", 405),
            ("PATCH", "/ResourceTypes", 405),
            ("DELETE", "/Users", 405),
            ("POST", "/Users/x", 405),
            ("GET", "/Devices", 404),
            ("GET", "/Users/x/y", 404),
            ("GET", "/Schemas/urn:unknown", 404),
            ("GET", "/ResourceTypes/Device", 404),
            ("GET", "/Schemas?filter=id pr", 403),
        ] {
            let answer = scim.request_as(&scim.acme, method, path, Some(&json!({}))).await;
            assert_eq!((answer.status, &answer.body["status"]), (status, &json!(status.to_string())), "{method} {path}");
        }
        assert_eq!(scim.request_as(&scim.acme, "DELETE", "/Users", None).await.header("allow"), "POST, GET, HEAD");
    }

    async fn scim_006_both_addresses_and_every_spelling(scim: Scim) {
        let id = scim.user("anna@acme.example").await;
        for path in ["/Users", "/Users/", "/users", "/scim/v2/Users", "/scim/v2/users?count=1&aadOptscim062020"] {
            let answer = scim.get(path).await;
            assert_eq!((answer.status, &answer.body["totalResults"]), (200, &json!(1)), "{path}");
        }
        let other = scim.get(&format!("/scim/v2/Users/{id}")).await;
        assert_eq!(other.body["meta"]["location"], format!("http://localhost/scim/v2/Users/{id}"));
        assert_eq!(scim.get("/Users?count=1&count=1").await.refusal(), (400, "invalidValue"));
    }

    async fn scim_008_012_discovery_tells_the_truth(scim: Scim) {
        let config = scim.get("/ServiceProviderConfig").await;
        assert_eq!((config.status, &config.body["patch"]["supported"]), (200, &json!(true)));
        assert_eq!(config.header("content-type"), "application/scim+json; charset=utf-8");
        assert_eq!(scim.get("/Schemas").await.body["totalResults"], 3);
        let schema = scim.get(&format!("/Schemas/{}", USER.to_lowercase())).await;
        assert_eq!(schema.body["id"], USER);
        let types = scim.get("/ResourceTypes").await;
        assert_eq!(types.body["Resources"][1]["endpoint"], "/Groups");
    }
}
