//! Lists, filters, pages, projections.

use serde_json::{Value, json};

use super::support::{GROUP, PATCH, Scim, USER};
use crate::support::on_both_databases;

/// Three users with names, addresses, external ids.
async fn people(scim: &Scim) {
    for (name, kind, active) in [("anna", "work", true), ("ben", "home", true), ("carl", "work", false)] {
        let body = json!({
            "schemas": [USER], "userName": format!("{name}@acme.example"), "externalId": format!("Ext-{name}"),
            "displayName": name.to_uppercase(), "active": active,
            "emails": [{ "value": format!("{name}@acme.example"), "type": kind }]
        });
        assert_eq!(scim.post("/Users", body).await.status, 201);
    }
}

/// The userNames that a filter finds, without their domain.
async fn found(scim: &Scim, filter: &str) -> Result<Vec<String>, (u16, String)> {
    let answer = scim.get(&format!("/Users?filter={filter}")).await;
    if answer.status != 200 {
        return Err((answer.status, answer.refusal().1.to_owned()));
    }
    let names = answer.body["Resources"].as_array().unwrap().iter();
    let names: Vec<String> =
        names.map(|user| user["userName"].as_str().unwrap().split('@').next().unwrap().to_owned()).collect();
    assert_eq!(answer.body["totalResults"], json!(names.len()));
    Ok(names)
}

on_both_databases! {
    async fn scim_057_061_filters(scim: Scim) {
        people(&scim).await;
        for (filter, wanted) in [
            ("userName eq \"ANNA@acme.example\"", &["anna"][..]),
            ("externalId eq \"Ext-ben\"", &["ben"]),
            ("externalId eq \"ext-ben\"", &[]),
            ("externalId eq Ext-ben", &["ben"]),
            ("emails eq \"carl@acme.example\"", &["carl"]),
            ("emails.value eq \"CARL@acme.example\"", &["carl"]),
            ("emails[type eq \"work\"].value eq \"anna@acme.example\"", &["anna"]),
            ("emails[type eq \"home\" and value eq \"anna@acme.example\"]", &[]),
            ("userName eq \"anna@acme.example\" and externalId eq \"Ext-anna\"", &["anna"]),
            ("userName eq \"anna@acme.example\" and externalId eq \"Ext-ben\"", &[]),
            ("userName eq \"carl@acme.example\" and active eq false", &["carl"]),
            ("displayName eq \"anna\"", &["anna"]),
            ("active eq True", &["anna", "ben"]),
            ("not (active eq true) or userName sw \"b\"", &["ben", "carl"]),
            ("emails[type eq \"work\"] and active eq true", &["anna"]),
            ("title pr", &[]),
            ("meta.created gt \"2011-05-13T04:42:34\" and userName sw \"a\"", &["anna"]),
            ("meta.lastModified lt \"2011-05-13T04:42:34\"", &[]),
            ("meta.created gt \"2011-05-13\" and userName sw \"a\"", &["anna"]),
            ("id eq \"nobody\"", &[]),
        ] {
            assert_eq!(found(&scim, filter).await.as_deref(), Ok(wanted.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>().as_slice()), "{filter}");
        }
    }

    async fn scim_057_bad_filters_are_400(scim: Scim) {
        people(&scim).await;
        for (filter, wanted) in [
            ("userName", "invalidFilter"),
            ("userName like \"x\"", "invalidFilter"),
            ("nothing eq \"x\"", "invalidFilter"),
            ("active gt true", "invalidFilter"),
            ("meta.created gt \"garbage\"", "invalidFilter"),
            ("password eq \"x\"", "sensitive"),
            ("((((((((((((((((((((userName pr))))))))))))))))))))", "invalidFilter"),
        ] {
            assert_eq!(found(&scim, filter).await, Err((400, wanted.to_owned())), "{filter}");
        }
    }

    async fn l01_a_nul_in_a_filter_or_an_id_is_no_failure_of_ours(scim: Scim) {
        people(&scim).await;
        for value in ["\"a\\u0000b\"", "a%00b", "\"a%00b\""] {
            for name in ["userName", "externalId", "id", "emails.value"] {
                let filter = format!("{name} eq {value}");
                assert_eq!(found(&scim, &filter).await, Err((400, "invalidFilter".to_owned())), "{filter}");
            }
            let members = scim.get(&format!("/Groups?filter=members eq {value}")).await;
            assert_eq!(members.refusal(), (400, "invalidFilter"), "{value}");
        }
        let team = scim.group("Team", &[]).await;
        let remove = json!([{ "op": "remove", "path": "members[value eq \"a\\u0000b\"]" }]);
        assert_eq!(scim.patch(&format!("/Groups/{team}"), remove).await.status, 400);
        assert_eq!(scim.get("/Users/a%00b").await.status, 404);
        assert_eq!(scim.get("/Groups/a%00b").await.status, 404);
    }

    async fn scim_066_pages(scim: Scim) {
        people(&scim).await;
        for (query, items, start) in [
            ("startIndex=1&count=2", 2, 1),
            ("startIndex=3&count=2", 1, 3),
            ("startIndex=3&count=1", 1, 3),
            ("startIndex=3&count=0", 0, 3),
            ("sortBy=userName&startIndex=3&count=2", 1, 3),
            ("filter=active pr and userName pr&startIndex=3&count=2", 1, 3),
            ("startIndex=4&count=2", 0, 4),
            ("startIndex=9&count=2", 0, 9),
            ("startIndex=0&count=1", 1, 1),
            ("count=0", 0, 1),
            ("count=-3", 0, 1),
            ("filter=active pr&startIndex=2&count=1", 1, 2),
        ] {
            let body = scim.get(&format!("/Users?{query}")).await.body;
            let shown = (&body["totalResults"], &body["itemsPerPage"], &body["startIndex"]);
            assert_eq!(shown, (&json!(3), &json!(items), &json!(start)), "{query}");
            assert_eq!(body["Resources"].as_array().unwrap().len(), items);
        }
        assert_eq!(scim.get("/Users?count=many").await.refusal(), (400, "invalidValue"));
    }

    async fn a_search_in_a_body_is_the_same(scim: Scim) {
        people(&scim).await;
        let search = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
        let body = json!({ "schemas": [search], "filter": "userName sw \"a\"", "attributes": ["userName"], "count": 1 });
        let answer = scim.post("/Users/.search", body).await;
        assert_eq!((answer.status, &answer.body["totalResults"]), (200, &json!(1)));
        assert_eq!(answer.body["Resources"][0]["userName"], "anna@acme.example");
        assert!(answer.body["Resources"][0].get("emails").is_none());
        let other = json!({ "schemas": [GROUP] });
        assert_eq!(scim.post("/Groups/.search", other).await.refusal(), (400, "invalidSyntax"));
    }

    async fn scim_055_a_search_over_all_types(scim: Scim) {
        people(&scim).await;
        scim.group("Team", &[]).await;
        let search = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
        for (filter, start, count, total, items) in [
            (json!(null), 1, 10, 4, 4),
            (json!(null), 3, 2, 4, 2),
            (json!(null), 4, 10, 4, 1),
            (json!(null), 9, 10, 4, 0),
            (json!("displayName pr"), 1, 0, 4, 0),
            (json!("displayName eq \"team\""), 1, 10, 1, 1),
            (json!("userName pr"), 1, 10, 3, 3),
            (json!("members pr"), 1, 10, 0, 0),
        ] {
            let body = json!({ "schemas": [search], "filter": filter, "startIndex": start, "count": count });
            let answer = scim.post("/.search", body).await.body;
            let shown = (&answer["totalResults"], &answer["itemsPerPage"]);
            assert_eq!(shown, (&json!(total), &json!(items)), "{filter} from {start}");
        }
        let bad = json!({ "schemas": [search], "filter": "nothing pr" });
        assert_eq!(scim.post("/.search", bad).await.refusal(), (400, "invalidFilter"));
    }

    async fn scim_067_projection_on_every_answer(scim: Scim) {
        people(&scim).await;
        let names = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let list = scim.get("/Users?attributes=userName&count=1").await.body;
        assert_eq!(names(&list["Resources"][0]), ["id", "schemas", "userName"]);
        let body = json!({ "schemas": [USER], "userName": "dora@acme.example", "title": "Dr" });
        let created = scim.post("/Users?excludedAttributes=meta,active", body).await.body;
        assert_eq!(names(&created), ["id", "schemas", "title", "userName"]);
        let both = scim.get("/Users?attributes=userName&excludedAttributes=title").await;
        assert_eq!(both.refusal(), (400, "invalidValue"));
    }

    async fn scim_067_the_names_of_a_projection_are_few(scim: Scim) {
        let anna = scim.user("anna@acme.example").await;
        let names: Vec<String> = (0..201).map(|number| format!("a{number}")).collect();
        let (path, list) = (format!("/Users/{anna}"), names.join(","));
        for name in ["attributes", "excludedAttributes"] {
            for refused in [scim.get(&format!("{path}?{name}={list}")).await, scim.get(&format!("/Users?{name}={list}")).await] {
                assert_eq!(refused.refusal(), (400, "invalidValue"), "{name}");
            }
            let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], name: names });
            assert_eq!(scim.post("/Users/.search", search).await.refusal(), (400, "invalidValue"), "{name}");
            let patch = json!({ "schemas": [PATCH], "Operations": [{ "op": "add", "path": "title", "value": "x" }] });
            let refused = scim.request_as(&scim.acme, "PATCH", &format!("{path}?{name}={list}"), Some(&patch)).await;
            assert_eq!(refused.refusal(), (400, "invalidValue"), "{name}");
        }
        assert!(scim.get(&path).await.body.get("title").is_none(), "refused before anything is written");
        let again = scim.get(&format!("{path}?attributes={}", "userName,".repeat(1_000))).await;
        assert_eq!((again.status, &again.body["userName"]), (200, &json!("anna@acme.example")));
    }

    async fn scim_063_a_filter_that_no_index_answers_is_bounded(scim: Scim) {
        people(&scim).await;
        let scan = scim.get("/Users?filter=title eq \"x\"").await;
        assert_eq!((scan.status, &scan.body["totalResults"]), (200, &json!(0)));
    }
}
