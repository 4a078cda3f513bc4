//! Schemas that an organization registers.

use serde_json::{Value, json};
use vestibule::service::{Actor, provisioning::admin::schemas};

use super::support::{Scim, USER};
use crate::support::on_both_databases;

const URN: &str = "urn:acme:scim:2.0:User";

async fn register(scim: &Scim) {
    let schema = json!({
        "id": URN, "name": "AcmeUser", "description": "What Acme adds.", "attributes": [
            { "name": "badge", "type": "integer", "description": "The number on the badge." },
            { "name": "site", "type": "string", "canonicalValues": ["north", "south"] },
            { "name": "secret", "type": "string", "returned": "never" },
            { "name": "rare", "type": "string", "returned": "request" },
            { "name": "since", "type": "dateTime" },
            { "name": "desks", "type": "complex", "multiValued": true, "subAttributes": [
                { "name": "value", "type": "string", "caseExact": true }, { "name": "primary", "type": "boolean" }
            ] }
        ]
    });
    let (gateway, actor) = (&scim.gateway, Actor::operator());
    schemas::add(&gateway.cx, &actor, &gateway.project.id, &gateway.acme.id, &schema).await.unwrap();
}

fn user(name: &str, extension: Value) -> Value {
    json!({ "schemas": [USER, URN], "userName": name, URN: extension })
}

on_both_databases! {
    async fn scim_012_086_a_registered_schema_is_discovered_by_its_organization_alone(scim: Scim) {
        register(&scim).await;
        let schema = scim.get(&format!("/Schemas/{URN}")).await.body;
        assert_eq!(schema["attributes"][0]["type"], "integer");
        assert_eq!(scim.get("/Schemas").await.body["totalResults"], 4);
        let user_type = scim.get("/ResourceTypes/User").await.body;
        assert_eq!(user_type["schemaExtensions"][1], json!({ "schema": URN, "required": false }));
        let stranger = scim.request_as(&scim.globex, "GET", &format!("/Schemas/{URN}"), None).await;
        assert_eq!(stranger.status, 404);
    }

    async fn scim_086_its_attributes_are_typed_filtered_sorted_and_patched(scim: Scim) {
        register(&scim).await;
        let anna = user("anna", json!({ "badge": 7, "SITE": "north", "since": "2026-01-01T00:00:00", "unknown": 1 }));
        let anna = scim.post("/Users", anna).await;
        assert_eq!((anna.status, &anna.body[URN]), (201, &json!({ "badge": 7, "site": "north", "since": "2026-01-01T00:00:00" })));
        assert_eq!(anna.body["schemas"], json!([USER, URN]));
        scim.post("/Users", user("ben", json!({ "badge": 40, "desks": [{ "value": "A1" }, { "value": "B2", "primary": true }] }))).await;
        let wrong = scim.post("/Users", user("carl", json!({ "badge": "seven" }))).await;
        assert_eq!(wrong.refusal(), (400, "invalidValue"));
        for (query, wanted) in [
            (format!("filter={URN}:badge gt 8"), vec!["ben"]),
            (format!("filter={URN}:site eq \"NORTH\""), vec!["anna"]),
            (format!("filter={URN}:desks[value eq \"B2\"]"), vec!["ben"]),
            (format!("filter={URN}:desks eq \"a1\""), vec![]),
            (format!("filter={URN}:since lt \"2025-12-31T23:00:00-00:30\""), vec![]),
            (format!("filter={URN}:since eq \"2025-12-31T23:00:00-01:00\""), vec!["anna"]),
            (format!("sortBy={URN}:badge&sortOrder=descending"), vec!["ben", "anna"]),
        ] {
            let body = scim.get(&format!("/Users?{query}")).await.body;
            let found: Vec<_> = body["Resources"].as_array().unwrap_or(&Vec::new()).iter().map(|u| u["userName"].clone()).collect();
            assert_eq!(found, wanted, "{query}: {body}");
        }
        let path = format!("/Users/{}", anna.id());
        let patched = scim.patch(&path, json!([
            { "op": "replace", "path": format!("{URN}:badge"), "value": 8 },
            { "op": "add", "path": format!("{URN}:desks"), "value": [{ "value": "C3", "primary": "True" }] },
            { "op": "remove", "path": format!("{URN}:site") }
        ])).await;
        assert_eq!((patched.status, &patched.body[URN]["badge"], &patched.body[URN]["desks"][0]["primary"]), (200, &json!(8), &json!(true)));
        assert!(patched.body[URN].get("site").is_none());
        let wrong = scim.patch(&path, json!([{ "op": "replace", "path": format!("{URN}:badge"), "value": "x" }])).await;
        assert_eq!(wrong.refusal(), (400, "invalidValue"));
    }

    async fn scim_024_what_is_returned_on_request_or_never_is_so_in_extensions(scim: Scim) {
        register(&scim).await;
        let body = user("anna", json!({ "secret": "s3cret", "rare": "r", "badge": 1 }));
        let created = scim.post("/Users", body).await;
        assert_eq!(created.body[URN], json!({ "badge": 1 }));
        let path = format!("/Users/{}", created.id());
        let asked = scim.get(&format!("{path}?attributes={URN}:rare,{URN}:secret")).await.body;
        assert_eq!(asked[URN], json!({ "rare": "r" }));
        let filter = scim.get(&format!("/Users?filter={URN}:secret eq \"s3cret\"")).await;
        assert_eq!(filter.refusal(), (400, "sensitive"));
    }

    async fn scim_086_what_nobody_registered_has_few_parts(scim: Scim) {
        let with = |count: usize| {
            let parts: serde_json::Map<_, _> = (0..count).map(|number| (format!("a{number}"), json!(1))).collect();
            json!({ "schemas": [USER], "userName": "anna", "urn:example:x": parts, "urn:example:y": { "b": 1 } })
        };
        let refused = scim.post("/Users", with(500)).await;
        assert_eq!(refused.refusal(), (400, "invalidValue"), "of all extensions together");
        let path = format!("/Users/{}", scim.post("/Users", with(499)).await.id());
        let more = json!([{ "op": "add", "value": { "urn:example:y": { "c": 1 } } }]);
        assert_eq!(scim.patch(&path, more).await.refusal(), (400, "invalidValue"));
        let other = json!([{ "op": "add", "value": { "urn:example:y": { "b": 2 } } }]);
        assert_eq!(scim.patch(&path, other).await.body["urn:example:y"], json!({ "b": 2 }));
    }

    async fn scim_086_what_nobody_registered_is_kept_as_it_came(scim: Scim) {
        let body = user("anna", json!({ "badge": "any form", "deep": { "er": [1, 2] } }));
        let created = scim.post("/Users", body).await;
        assert_eq!(created.body[URN], json!({ "badge": "any form", "deep": { "er": [1, 2] } }));
        assert_eq!(created.body["schemas"], json!([USER, URN]));
        let patch = json!([{ "op": "replace", "path": format!("{URN}:badge"), "value": 5 }]);
        let patched = scim.patch(&format!("/Users/{}", created.id()), patch).await;
        assert_eq!(patched.body[URN]["badge"], 5);
        register(&scim).await;
        assert_eq!(scim.get(&format!("/Users/{}", created.id())).await.body[URN]["badge"], 5);
        let (gateway, actor) = (&scim.gateway, Actor::operator());
        schemas::remove(&gateway.cx, &actor, &gateway.project.id, &gateway.acme.id, URN).await.unwrap();
        assert_eq!(scim.get("/Schemas").await.body["totalResults"], 3);
    }
}
