//! Numbered requirements that no other test holds the server to.

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::support::{GROUP, PATCH, Scim, USER, user};
use crate::support::on_both_databases;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

on_both_databases! {
    async fn scim_001_an_unknown_version_is_not_found(scim: Scim) {
        for path in ["/scim/v3/Users", "/scim/v1/Users", "/scim/Users"] {
            let answer = scim.get(path).await;
            assert_eq!((answer.status, &answer.body["status"]), (404, &json!("404")), "{path}");
        }
    }

    async fn scim_002_every_wish_for_a_media_type_gets_the_one_there_is(scim: Scim) {
        for accept in ["*/*", "application/json", "application/scim+json", "text/html"] {
            let request = scim.request(&scim.acme, "GET", "/Users", None).insert_header(("accept", accept));
            let answer = scim.send(request).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, "application/scim+json; charset=utf-8"));
        }
    }

    async fn scim_005_discovery_is_read_only(scim: Scim) {
        for path in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"] {
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                let answer = scim.request_as(&scim.acme, method, path, Some(&json!({}))).await;
                assert_eq!((answer.status, &answer.body["status"]), (405, &json!("405")), "{method} {path}");
            }
        }
    }

    async fn scim_011_discovery_is_not_filtered_nor_paged(scim: Scim) {
        for path in ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig"] {
            assert_eq!(scim.get(&format!("{path}?filter=id pr")).await.status, 403, "{path}");
            let ignored = scim.get(&format!("{path}?startIndex=2&count=0&sortBy=id&attributes=id")).await;
            assert_eq!(ignored.body, scim.get(path).await.body, "{path}");
        }
    }

    async fn scim_014_the_server_gives_the_id(scim: Scim) {
        let mut body = user("anna@acme.example");
        body["id"] = json!("mine");
        let created = scim.post("/Users", body).await;
        assert!(created.id().starts_with("user_"));
        let group = scim.group("Team", &[]).await;
        assert!(group.starts_with("group_"), "unique across the types");
    }

    async fn scim_015_an_external_id_is_the_clients_own_and_case_counts(scim: Scim) {
        for (name, id) in [("anna", "Ext-1"), ("ben", "ext-1")] {
            let body = json!({ "schemas": [USER], "userName": name, "externalId": id });
            let created = scim.post("/Users", body).await;
            assert_eq!((created.status, &created.body["externalId"]), (201, &json!(id)));
        }
        let found = scim.get("/Users?filter=externalId eq \"Ext-1\"").await;
        assert_eq!((&found.body["totalResults"], &found.body["Resources"][0]["externalId"]), (&json!(1), &json!("Ext-1")));
        let group = json!({ "schemas": [GROUP], "displayName": "Team", "externalId": "G-1" });
        scim.post("/Groups", group).await;
        let found = scim.get("/Groups?filter=externalId eq \"G-1\"").await;
        assert_eq!(found.body["totalResults"], 1);
        let globex = scim.request_as(&scim.globex, "GET", "/Users?filter=externalId eq \"Ext-1\"", None).await;
        assert_eq!(globex.body["totalResults"], 0);
    }

    async fn scim_016_meta_is_the_servers(scim: Scim) {
        let mut body = user("anna@acme.example");
        body["meta"] = json!({ "created": "1999-01-01T00:00:00Z", "resourceType": "Group", "version": "x" });
        let created = scim.post("/Users", body).await;
        let meta = &created.body["meta"];
        assert_eq!(meta["resourceType"], "User");
        assert_eq!((&meta["created"], &meta["lastModified"]), (&json!("2026-01-01T00:00:00Z"), &json!("2026-01-01T00:00:00Z")));
        assert_eq!((&meta["version"], &meta["location"]), (&json!(created.header("etag")), &json!(created.header("location"))));
        assert_eq!(created.header("content-location"), created.header("location"));
        scim.gateway.clock.advance(1_500);
        let path = format!("/Users/{}", created.id());
        let changed = scim.patch(&path, json!([{ "op": "add", "path": "title", "value": "Dr" }])).await;
        assert_eq!(changed.body["meta"]["lastModified"], "2026-01-01T00:00:01.5Z");
        assert_eq!(changed.body["meta"]["created"], "2026-01-01T00:00:00Z");
    }

    async fn scim_028_a_create_answers_with_all_there_is(scim: Scim) {
        let body = json!({ "schemas": [USER], "userName": "anna@acme.example", "title": "Dr", "groups": [{ "value": "x" }] });
        let created = scim.post("/Users", body).await;
        assert_eq!((created.status, created.header("etag")), (201, "W/\"1\""));
        assert_eq!((&created.body["title"], created.body.get("groups")), (&json!("Dr"), None), "read-only is ignored");
        assert_eq!(scim.get(&format!("/Users/{}", created.id())).await.body, created.body);
    }

    async fn scim_029_a_read_answers_unless_the_client_has_it(scim: Scim) {
        for (path, id) in [("/Users", scim.user("anna@acme.example").await), ("/Groups", scim.group("Team", &[]).await)] {
            let path = format!("{path}/{id}");
            let read = scim.get(&path).await;
            assert_eq!((read.status, read.header("etag")), (200, "W/\"1\""));
            let known = scim.request(&scim.acme, "GET", &path, None).insert_header(("if-none-match", "W/\"1\""));
            let known = scim.send(known).await;
            assert_eq!((known.status, known.body), (304, Value::Null));
            let other = scim.request(&scim.acme, "GET", &path, None).insert_header(("if-none-match", "W/\"2\""));
            assert_eq!(scim.send(other).await.status, 200);
        }
        assert_eq!(scim.get("/Users/user_0000000000000000000000000").await.status, 404);
    }

    async fn scim_030_a_replace_never_creates(scim: Scim) {
        let body = user("anna@acme.example");
        assert_eq!(scim.put("/Users/user_0000000000000000000000000", body.clone()).await.status, 404);
        assert_eq!(scim.put("/Users/anna", body).await.status, 404);
        assert_eq!(scim.get("/Users").await.body["totalResults"], 0);
    }

    async fn scim_032_a_deactivated_user_stays_in_sight(scim: Scim) {
        let id = scim.user("anna@acme.example").await;
        scim.patch(&format!("/Users/{id}"), json!([{ "op": "replace", "path": "active", "value": false }])).await;
        assert_eq!(scim.get(&format!("/Users/{id}")).await.body["active"], false);
        for query in ["", "?filter=userName eq \"anna@acme.example\"", "?filter=active eq false"] {
            assert_eq!(scim.get(&format!("/Users{query}")).await.body["totalResults"], 1, "{query}");
        }
    }

    async fn scim_033_groups_of_groups_show_at_the_user_as_indirect(scim: Scim) {
        let anna = scim.user("anna@acme.example").await;
        let ben = scim.user("ben@acme.example").await;
        let inner = scim.group("Inner", &[&anna]).await;
        let middle = scim.group("Middle", &[&inner]).await;
        let outer = scim.group("Outer", &[&middle, &ben]).await;
        let shown = scim.get(&format!("/Users/{anna}")).await.body["groups"].clone();
        let kinds: Vec<_> = shown.as_array().unwrap().iter().map(|g| (g["display"].as_str().unwrap(), g["type"].as_str().unwrap())).collect();
        assert_eq!(kinds, [("Inner", "direct"), ("Middle", "indirect"), ("Outer", "indirect")]);
        for (group, wanted) in [(&inner, 1), (&middle, 1), (&outer, 2)] {
            let found = scim.get(&format!("/Users?filter=groups eq \"{group}\"")).await;
            assert_eq!(found.body["totalResults"], wanted);
        }
        let null_ref = json!([{ "op": "add", "path": "members", "value": [{ "$ref": null, "value": ben, "type": "User" }] }]);
        assert_eq!(scim.patch(&format!("/Groups/{inner}"), null_ref).await.status, 204);
    }

    async fn scim_037_045_046_an_object_merges_and_a_list_replaces(scim: Scim) {
        let body = json!({
            "schemas": [USER], "userName": "anna@acme.example", "name": { "givenName": "Anna", "familyName": "Adler" },
            "phoneNumbers": [{ "value": "1" }, { "value": "2" }], ENTERPRISE: { "department": "R", "division": "D" }
        });
        let path = format!("/Users/{}", scim.post("/Users", body).await.id());
        let changed = scim.patch(&path, json!([{ "op": "replace", "value": {
            "name": { "familyName": "Berg" }, "phoneNumbers": [{ "value": "3" }], ENTERPRISE: { "department": "S" }
        } }])).await.body;
        assert_eq!(changed["name"], json!({ "givenName": "Anna", "familyName": "Berg" }));
        assert_eq!(changed["phoneNumbers"], json!([{ "value": "3" }]));
        assert_eq!(changed[ENTERPRISE], json!({ "department": "S", "division": "D" }));
    }

    async fn scim_063_too_many_to_look_at_is_said(scim: Scim) {
        let (gateway, template) = (&scim.gateway, scim.user("anna@acme.example").await);
        let template = scim.row(&template).await.unwrap();
        let ids: Vec<_> = (0..5_001_u128).map(vestibule::model::ids::UserId::from_u128).collect();
        let fill = move |tx: &mut vestibule::store::Tx<'_>| {
            for (number, id) in ids.iter().enumerate() {
                let mut row = template.clone();
                row.id = id.clone();
                row.user_name_folded = Some(format!("u{number}"));
                row.scim_attributes = Some(json!({ "userName": format!("u{number}"), "active": true }).to_string());
                (row.email, row.email_folded) = (None, None);
                vestibule::store::users::insert(tx, &row)?;
            }
            Ok::<_, vestibule::store::StoreError>(())
        };
        gateway.cx.store.write(fill).await.unwrap();
        assert_eq!(scim.get("/Users?filter=title pr").await.refusal(), (400, "tooMany"));
        assert_eq!(scim.get("/Users?sortBy=title").await.refusal(), (400, "tooMany"));
        let narrowed = scim.get("/Users?filter=title pr or userName eq \"anna@acme.example\"").await;
        assert_eq!(narrowed.refusal(), (400, "tooMany"));
        let narrowed = scim.get("/Users?filter=userName sw \"u500\" and not (title pr)").await;
        assert_eq!((narrowed.status, &narrowed.body["totalResults"]), (200, &json!(2)), "{}", narrowed.body["detail"]);
        assert_eq!(scim.get("/Users?filter=userName co \"u\"&count=0").await.body["totalResults"], 5_001);
    }

    async fn scim_067_groups_too_show_what_is_asked_for(scim: Scim) {
        let anna = scim.user("anna@acme.example").await;
        let names = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let body = json!({ "schemas": [GROUP], "displayName": "Team", "members": [{ "value": anna }] });
        let created = scim.post("/Groups?attributes=displayName", body.clone()).await;
        assert_eq!(names(&created.body), ["displayName", "id", "schemas"]);
        let path = format!("/Groups/{}", created.id());
        let replaced = scim.put(&format!("{path}?excludedAttributes=members,meta"), body).await;
        assert_eq!(names(&replaced.body), ["displayName", "id", "schemas"]);
        let rename = json!([{ "op": "replace", "path": "displayName", "value": "Staff" }]);
        let patched = scim.patch(&format!("{path}?attributes=members.value"), rename).await;
        assert_eq!((patched.status, &patched.body["members"]), (200, &json!([{ "value": anna }])));
        for method in ["GET", "PUT", "PATCH"] {
            let both = format!("{path}?attributes=id&excludedAttributes=meta");
            let answer = scim.request_as(&scim.acme, method, &both, Some(&json!({}))).await;
            assert_eq!(answer.refusal(), (400, "invalidValue"), "{method}");
        }
    }

    async fn scim_074_groups_too_have_versions_that_guard(scim: Scim) {
        let id = scim.group("Team", &[]).await;
        let send = |method: &str, tag: &str, body: Value| {
            let request = scim.request(&scim.acme, method, &format!("/Groups/{id}"), Some(&body));
            scim.send(request.insert_header(("if-match", tag)))
        };
        let whole = json!({ "schemas": [GROUP], "displayName": "Staff" });
        let patch = json!({ "schemas": [PATCH], "Operations": [{ "op": "replace", "path": "displayName", "value": "Crew" }] });
        assert_eq!(send("PUT", "W/\"7\"", whole.clone()).await.status, 412);
        assert_eq!(send("PATCH", "W/\"7\"", patch.clone()).await.status, 412);
        assert_eq!(send("DELETE", "W/\"7\"", json!({})).await.status, 412);
        assert_eq!(send("PUT", "W/\"1\"", whole).await.status, 200);
        assert_eq!(send("PATCH", "*", patch).await.header("etag"), "W/\"3\"");
        assert_eq!(send("DELETE", "\"3\", W/\"9\"", json!({})).await.status, 204);
    }

    async fn scim_080_a_token_of_provisioning_is_nobody(scim: Scim) {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let answer = scim.request_as(&scim.acme, method, "/Me", Some(&json!({}))).await;
            assert_eq!((answer.status, &answer.body["status"]), (501, &json!("501")), "{method}");
        }
    }

    async fn scim_085_the_enterprise_extension_is_kept_filtered_and_removed(scim: Scim) {
        let boss = scim.user("boss@acme.example").await;
        let extension = json!({
            "employeeNumber": "7", "costCenter": "C", "organization": "O", "division": "V", "department": "D",
            "manager": { "value": boss, "$ref": format!("../Users/{boss}"), "displayName": "ignored" }
        });
        let body = json!({ "schemas": [USER, ENTERPRISE], "userName": "anna@acme.example", ENTERPRISE: extension });
        let created = scim.post("/Users", body).await;
        assert_eq!(created.body[ENTERPRISE]["employeeNumber"], "7");
        assert!(created.body[ENTERPRISE]["manager"].get("displayName").is_none(), "read-only");
        let filter = format!("/Users?filter={ENTERPRISE}:manager eq \"{boss}\" and id eq \"{}\"&attributes=id", created.id());
        assert_eq!(scim.get(&filter).await.body["totalResults"], 1, "Entra's reference check");
        let path = format!("/Users/{}", created.id());
        let gone = scim.patch(&path, json!([{ "op": "remove", "path": ENTERPRISE }])).await;
        assert_eq!((gone.body.get(ENTERPRISE), &gone.body["schemas"]), (None, &json!([USER])));
    }

    async fn a_user_is_no_larger_than_a_page_of_them_can_bear(scim: Scim) {
        let photos: Vec<Value> = (0..40).map(|n| json!({ "value": format!("https://x.example/{n}/{}", "y".repeat(4_000)) })).collect();
        let body = json!({ "schemas": [USER], "userName": "anna@acme.example", "photos": photos });
        let answer = scim.post("/Users", body).await;
        assert_eq!((answer.status, &answer.body["status"]), (413, &json!("413")));
        assert!(answer.body["detail"].as_str().unwrap().contains("131072"));
    }

    async fn a_group_is_no_larger_than_a_page_of_them_can_bear(scim: Scim) {
        let large = |size: usize| json!({ "urn:acme:2.0:Group": { "notes": "x".repeat(size) }, "displayName": "Team" });
        let mut body = large(140_000);
        body["schemas"] = json!([GROUP, "urn:acme:2.0:Group"]);
        assert_eq!(scim.post("/Groups", body).await.status, 413);
        let team = scim.group("Team", &[]).await;
        for value in [large(140_000), large(70_000)] {
            let wanted = if value.to_string().len() > 100_000 { 413 } else { 204 };
            let answer = scim.patch(&format!("/Groups/{team}"), json!([{ "op": "replace", "value": value }])).await;
            assert_eq!(answer.status, wanted, "{}", answer.body["detail"]);
        }
    }

    async fn scim_007_a_parameter_twice_is_refused_and_unknown_ones_are_not(scim: Scim) {
        let anna = scim.user("anna@acme.example").await;
        for path in ["/Users", "/Groups", "/", &format!("/Users/{anna}")] {
            let twice = scim.get(&format!("{path}?attributes=id&attributes=id")).await;
            assert_eq!(twice.refusal(), (400, "invalidValue"), "{path}");
            assert_eq!(scim.get(&format!("{path}?aadOptscim062020&x=1")).await.status, 200, "{path}");
        }
        let request = TestRequest::get()
            .uri("/scim/v2/Users?filter=userName+eq+%22anna%40acme.example%22&")
            .insert_header(("authorization", format!("Bearer {}", scim.acme)));
        assert_eq!(scim.send(request).await.body["totalResults"], 1);
    }
}
