//! What filters have beside the grammar: counted where it is taken, refused where nothing but the standard is.

use serde_json::{Value, json};
use vestibule::service::provisioning::admin::{connections::ConnectionUpdate, traces};

use super::{
    support::{Scim, USER, user},
    tolerance::ENTERPRISE,
};
use crate::support::on_both_databases;

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// Each form beside the grammar, and the rewrite that it is counted as.
fn beside_the_grammar() -> Vec<(String, &'static str)> {
    vec![
        ("userName eq ada@acme.example".into(), "unquoted_value"),
        ("active eq True".into(), "boolean_text"),
        ("active eq \"True\"".into(), "boolean_text"),
        ("emails[primary eq \"True\"]".into(), "boolean_text"),
        ("externalId eq 42".into(), "number_text"),
        ("emails eq \"ada@acme.example\"".into(), "compared_complex"),
        (format!("{ENTERPRISE}:manager eq \"x\""), "compared_complex"),
        ("emails[type eq \"work\"].value eq \"ada@acme.example\"".into(), "sub_of_selection"),
    ]
}

async fn counted(scim: &Scim) -> Vec<(String, i64)> {
    let cx = &scim.gateway.cx;
    cx.provisioning.flush(cx).await.unwrap();
    let counts = traces::rewrites(cx, &scim.connection().await).await.unwrap();
    counts.into_iter().map(|count| (count.rewrite, count.count)).collect()
}

fn ada() -> Value {
    let mut body = user("ada@acme.example");
    body["externalId"] = json!("42");
    body["emails"] = json!([{ "value": "ada@acme.example", "type": "work", "primary": true }]);
    body
}

on_both_databases! {
    async fn scim_058_what_a_filter_has_beside_the_grammar_is_counted(scim: Scim) {
        assert_eq!(scim.post("/Users", ada()).await.status, 201);
        let mut wanted = std::collections::BTreeMap::new();
        for (filter, rewrite) in beside_the_grammar() {
            let total = i32::from(!filter.contains("manager"));
            let found = scim.get(&format!("/Users?filter={filter}")).await;
            assert_eq!((found.status, &found.body["totalResults"]), (200, &json!(total)), "{filter}");
            let body = json!({ "schemas": [SEARCH], "filter": filter });
            assert_eq!(scim.post("/Users/.search", body.clone()).await.body["totalResults"], total, "{filter}");
            assert_eq!(scim.post("/.search", body).await.body["totalResults"], total, "{filter}");
            *wanted.entry(rewrite.to_owned()).or_insert(0) += 3;
        }
        assert_eq!(counted(&scim).await, wanted.into_iter().collect::<Vec<_>>());
        let log = traces::last(&scim.gateway.cx, &scim.gateway.acme.id, None, 1).await.unwrap();
        assert_eq!(log[0].rewrites, "sub_of_selection");
    }

    async fn the_selection_of_a_path_is_a_filter_too(scim: Scim) {
        let path = format!("/Users/{}", scim.post("/Users", ada()).await.id());
        let change = |path: &str| json!([{ "op": "replace", "path": path, "value": "home" }]);
        for selection in ["emails[primary eq \"True\"].type", "emails[value eq ada@acme.example].type"] {
            assert_eq!(scim.patch(&path, change(selection)).await.status, 200, "{selection}");
        }
        assert_eq!(counted(&scim).await, [("boolean_text".to_owned(), 1), ("unquoted_value".to_owned(), 1)]);
        scim.update(ConnectionUpdate { strict: Some(true), ..ConnectionUpdate::default() }).await;
        for selection in ["emails[primary eq \"True\"].type", "emails[value eq ada@acme.example].type"] {
            assert_eq!(scim.patch(&path, change(selection)).await.refusal(), (400, "invalidFilter"), "{selection}");
        }
        assert_eq!(scim.patch(&path, change("emails[primary eq true].type")).await.status, 200);
    }

    async fn a_strict_connection_takes_the_grammar_of_filters_alone(scim: Scim) {
        assert_eq!(scim.post("/Users", ada()).await.status, 201);
        scim.update(ConnectionUpdate { strict: Some(true), ..ConnectionUpdate::default() }).await;
        for (filter, _) in beside_the_grammar() {
            let body = json!({ "schemas": [SEARCH], "filter": filter });
            for answer in [
                scim.get(&format!("/Users?filter={filter}")).await,
                scim.get(&format!("/?filter={filter}")).await,
                scim.post("/Users/.search", body.clone()).await,
                scim.post("/.search", body).await,
            ] {
                assert_eq!(answer.refusal(), (400, "invalidFilter"), "{filter}");
            }
        }
        for filter in [
            "userName eq \"ada@acme.example\" and active eq true and not(title pr)",
            "emails[type eq \"work\" and value eq \"ada@acme.example\"]",
            "emails.value eq \"ada@acme.example\"",
            // An example of RFC 7644 section 3.4.2.2.
            "emails co \"acme.example\"",
        ] {
            let found = scim.get(&format!("/Users?filter={filter}")).await;
            assert_eq!((found.status, &found.body["totalResults"]), (200, &json!(1)), "{filter}");
        }
        assert_eq!(counted(&scim).await, []);
    }

    async fn a_create_that_comes_again_is_counted_and_a_strict_connection_takes_none(scim: Scim) {
        let body = json!({ "schemas": [USER], "userName": "ada", "externalId": "1" });
        let post = || {
            let request = scim.request(&scim.acme, "POST", "/Users", Some(&body));
            scim.send(request.insert_header(("user-agent", "Rippling/1.0")))
        };
        assert_eq!((post().await.status, post().await.status, post().await.status), (201, 200, 200));
        assert_eq!(counted(&scim).await, [("repeated_create".to_owned(), 2)]);
        scim.update(ConnectionUpdate { strict: Some(true), ..ConnectionUpdate::default() }).await;
        assert_eq!(post().await.refusal(), (409, "uniqueness"));
    }

    async fn a_rewrite_is_told_in_words_that_are_true_of_whoever_sends_it(scim: Scim) {
        let request = scim.request(&scim.acme, "POST", "/Users", Some(&json!({ "schemas": [USER], "userName": "ada", "active": "True" })));
        assert_eq!(scim.send(request.insert_header(("user-agent", "Keycloak"))).await.status, 201);
        let told: Vec<_> = counted(&scim).await.iter().map(|(code, _)| traces::explained(code)).collect();
        assert_eq!(told, ["sends booleans as the texts True and False, as Microsoft Entra ID does"]);
    }
}
