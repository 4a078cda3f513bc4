//! The life of a user: the table of creation, ownership, sessions, versions.

use serde_json::{Value, json};
use vestibule::{
    model::{DeactivatedBy, UserStatus},
    store::{
        StoreError, scim_connections,
        users::{self, Names, User},
    },
};

use super::support::{Scim, USER, user};
use crate::support::on_both_databases;

fn with(name: &str, extra: Value) -> Value {
    let mut body = user(name);
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

on_both_databases! {
    async fn nothing_found_creates(scim: Scim) {
        let answer = scim.post("/Users", with("anna@acme.example", json!({ "externalId": "1" }))).await;
        let location = format!("http://localhost/api/scim/v1/Users/{}", answer.id());
        assert_eq!(answer.status, 201);
        assert_eq!((answer.header("location"), answer.header("etag")), (location.as_str(), "W/\"1\""));
        assert_eq!((&answer.body["meta"]["location"], &answer.body["active"]), (&json!(location), &json!(true)));
        assert_eq!(scim.row(&answer.id()).await.unwrap().email.as_deref(), Some("anna@acme.example"));
    }

    async fn an_active_user_of_this_connection_is_409(scim: Scim) {
        let body = with("anna", json!({ "externalId": "1", "emails": [{ "value": "anna@acme.example" }] }));
        assert_eq!(scim.post("/Users", body.clone()).await.status, 201);
        for again in [
            body,
            user("ANNA"),
            with("other", json!({ "externalId": "1" })),
        ] {
            assert_eq!(scim.post("/Users", again).await.refusal(), (409, "uniqueness"));
        }
    }

    async fn the_first_of_those_that_share_an_external_id_stands_for_all(scim: Scim) {
        let mut ids = Vec::new();
        for name in ["anna", "ben", "carl"] {
            ids.push(scim.user(&format!("{name}@acme.example")).await);
            let shared = json!([{ "op": "add", "path": "externalId", "value": "00u1" }]);
            assert_eq!(scim.patch(&format!("/Users/{}", ids.last().unwrap()), shared).await.status, 200);
        }
        let organization = scim.gateway.acme.id.clone();
        let found = scim.gateway.cx.store.read(move |tx| {
            let connection = scim_connections::find_default(tx, &organization)?.unwrap().id;
            let by = |user_name_folded| Names { user_name_folded, external_id: Some("00u1"), email_folded: None };
            let unknown = users::find_by_names(tx, &organization, &connection, &by("dora"))?;
            let known = users::find_by_names(tx, &organization, &connection, &by("carl@acme.example"))?;
            let id = |user: Option<User>| user.unwrap().id.to_string();
            let all = users::find_by_external_id(tx, &connection, "00u1")?.len();
            Ok::<_, StoreError>((id(unknown), id(known), all))
        });
        let (unknown, known, all) = found.await.unwrap();
        assert_eq!((&unknown, &known, all), (ids.iter().min().unwrap(), &ids[2], 2));
        // The first is gone: the next stands for the rest.
        assert_eq!(scim.delete(&format!("/Users/{}", ids[0])).await.status, 204);
        let again = scim.post("/Users", with("dora@acme.example", json!({ "externalId": "00u1" }))).await;
        assert_eq!(again.refusal(), (409, "uniqueness"));
    }

    async fn a_user_inactive_through_this_connection_is_restored_with_the_same_id(scim: Scim) {
        let body = with("anna@acme.example", json!({ "externalId": "1", "title": "Dr" }));
        let id = scim.post("/Users", body.clone()).await.id();
        scim.change_row(&id, |row| row.owner = true).await;
        scim.patch(&format!("/Users/{id}"), json!([{ "op": "replace", "value": { "active": false } }])).await;
        let stranger = with("anna@acme.example", json!({ "externalId": "2" }));
        assert_eq!(scim.post("/Users", stranger).await.refusal(), (409, "uniqueness"), "another person");
        let back = scim.post("/Users", with("anna@acme.example", json!({ "externalId": "1" }))).await;
        assert_eq!((back.status, back.id()), (201, id.clone()));
        assert!(back.body.get("title").is_none(), "a create says all there is");
        let row = scim.row(&id).await.unwrap();
        assert_eq!((row.status, row.owner, row.deactivated_by), (UserStatus::Active, false, None));
    }

    async fn whoever_is_restored_as_inactive_is_no_owner_either(scim: Scim) {
        let id = scim.user("anna@acme.example").await;
        scim.change_row(&id, |row| row.owner = true).await;
        let inactive = with("anna@acme.example", json!({ "active": false }));
        assert_eq!(scim.put(&format!("/Users/{id}"), inactive.clone()).await.status, 200);
        assert!(scim.row(&id).await.unwrap().owner);
        assert_eq!(scim.post("/Users", inactive).await.id(), id);
        assert!(!scim.row(&id).await.unwrap().owner);
    }

    async fn a_status_of_null_says_nothing(scim: Scim) {
        let id = scim.user("anna@acme.example").await;
        let path = format!("/Users/{id}");
        let put = async |more: Value| scim.put(&path, with("anna@acme.example", more)).await;
        assert_eq!(put(json!({ "active": true })).await.status, 200);
        scim.change_row(&id, |row| {
            row.status = UserStatus::Inactive;
            row.deactivated_by = Some(DeactivatedBy::Operator);
        }).await;
        assert_eq!(put(json!({ "active": null, "title": "Dr" })).await.status, 200);
        let whole = put(json!({ "active": true, "title": "Prof" })).await;
        assert_eq!((whole.status, &whole.body["title"], &whole.body["active"]), (200, &json!("Prof"), &json!(false)));
    }

    async fn without_external_ids_the_user_name_says_who_is_back(scim: Scim) {
        let id = scim.user("anna@acme.example").await;
        scim.put(&format!("/Users/{id}"), with("anna@acme.example", json!({ "active": false }))).await;
        let back = scim.post("/Users", user("Anna@acme.example")).await;
        assert_eq!((back.status, back.id()), (201, id));
    }

    async fn a_user_that_others_deactivated_stays_so(scim: Scim) {
        let id = scim.user("anna@acme.example").await;
        scim.change_row(&id, |row| {
            row.status = UserStatus::Inactive;
            row.deactivated_by = Some(DeactivatedBy::Owner);
        }).await;
        assert_eq!(scim.get(&format!("/Users/{id}")).await.body["active"], false);
        assert_eq!(scim.post("/Users", user("anna@acme.example")).await.refusal(), (409, "uniqueness"));
        let activate = json!([{ "op": "replace", "value": { "active": true } }]);
        assert_eq!(scim.patch(&format!("/Users/{id}"), activate).await.status, 409);
        let rename = json!([{ "op": "replace", "value": { "displayName": "A" } }]);
        assert_eq!(scim.patch(&format!("/Users/{id}"), rename).await.status, 200);
        assert_eq!(scim.row(&id).await.unwrap().status, UserStatus::Inactive);
    }

    async fn r20_a_user_from_before_is_adopted_only_in_a_proved_domain(scim: Scim) {
        let known = scim.add_row("kim@acme.example", |_| ()).await;
        let foreign = scim.add_row("kim@elsewhere.example", |_| ()).await;
        let glass = scim.add_row("glass@acme.example", |row| row.break_glass = true).await;
        let inactive = scim.add_row("idle@acme.example", |row| row.status = UserStatus::Inactive).await;
        for id in [&known, &foreign, &glass, &inactive] {
            assert_eq!(scim.get(&format!("/Users/{id}")).await.status, 404, "not held by the connection");
            assert_eq!(scim.delete(&format!("/Users/{id}")).await.status, 404);
        }
        let adopted = scim.post("/Users", user("Kim@acme.example")).await;
        assert_eq!((adopted.status, adopted.id()), (201, known.clone()));
        for name in ["kim@elsewhere.example", "glass@acme.example", "idle@acme.example"] {
            assert_eq!(scim.post("/Users", user(name)).await.refusal(), (409, "uniqueness"), "{name}");
        }
        assert_eq!(scim.get(&format!("/Users/{known}")).await.status, 200);
    }

    async fn r21_an_owner_is_adopted_as_an_owner_and_keeps_the_login_address(scim: Scim) {
        let owner = scim.add_row("boss@acme.example", |row| row.owner = true).await;
        let adopted = scim.post("/Users", user("boss@acme.example")).await;
        assert_eq!((adopted.status, adopted.id()), (201, owner.clone()));
        let emails = json!({ "emails": [{ "value": "other@acme.example", "primary": true }] });
        let answer = scim.put(&format!("/Users/{owner}"), with("boss@acme.example", emails)).await;
        assert_eq!(answer.body["emails"][0]["value"], "other@acme.example", "what was pushed is kept");
        let row = scim.row(&owner).await.unwrap();
        assert_eq!((row.owner, row.email.as_deref()), (true, Some("boss@acme.example")));
    }

    async fn r21_the_login_address_changes_only_within_proved_domains(scim: Scim) {
        let id = scim.user("anna@acme.example").await;
        let emails = |value: &str| with("anna@acme.example", json!({ "emails": [{ "value": value }] }));
        for (wanted, held) in [
            ("anna@evil.example", "anna@acme.example"),
            ("a.adler@acme.example", "a.adler@acme.example"),
            ("a.adler@globex.example", "a.adler@acme.example"),
            ("not an address", "a.adler@acme.example"),
        ] {
            assert_eq!(scim.put(&format!("/Users/{id}"), emails(wanted)).await.status, 200);
            assert_eq!(scim.row(&id).await.unwrap().email.as_deref(), Some(held), "{wanted}");
        }
    }

    async fn r21_password_roles_and_entitlements_grant_nothing(scim: Scim) {
        let extra = json!({ "password": "hunter2", "roles": [{ "value": "owner" }], "entitlements": ["admin"] });
        let answer = scim.post("/Users", with("anna@acme.example", extra)).await;
        assert_eq!((answer.status, &answer.body["roles"][0]["value"]), (201, &json!("owner")));
        assert!(!answer.body.to_string().contains("hunter2"));
        let row = scim.row(&answer.id()).await.unwrap();
        assert!(!row.owner && !format!("{row:?}").contains("hunter2"));
    }

    async fn r06_a_deprovisioned_owner_is_deprovisioned_with_all_sessions(scim: Scim) {
        let id = scim.user("boss@acme.example").await;
        scim.change_row(&id, |row| row.owner = true).await;
        scim.sign_in(&id).await;
        scim.sign_in(&id).await;
        let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
        assert_eq!(scim.patch(&format!("/Users/{id}"), off).await.body["active"], false);
        assert_eq!(scim.live_sessions(&id).await, 0);
        assert_eq!(scim.row(&id).await.unwrap().deactivated_by, Some(DeactivatedBy::Scim));
    }

    async fn a_change_that_keeps_the_user_active_keeps_the_sessions(scim: Scim) {
        let id = scim.user("anna@acme.example").await;
        scim.sign_in(&id).await;
        scim.put(&format!("/Users/{id}"), with("anna@acme.example", json!({ "title": "Dr" }))).await;
        assert_eq!(scim.live_sessions(&id).await, 1);
    }

    async fn scim_031_a_deleted_user_is_gone_and_its_names_are_free(scim: Scim) {
        let id = scim.user("anna@acme.example").await;
        let group = scim.group("Team", &[&id]).await;
        scim.sign_in(&id).await;
        assert_eq!(scim.delete(&format!("/Users/{id}")).await.status, 204);
        assert_eq!(scim.live_sessions(&id).await, 0);
        assert_eq!(scim.get(&format!("/Users/{id}")).await.status, 404);
        assert_eq!(scim.delete(&format!("/Users/{id}")).await.status, 404);
        assert_eq!(scim.get("/Users").await.body["totalResults"], 0);
        assert_eq!(scim.get(&format!("/Groups/{group}")).await.body["members"], json!([]));
        let next = scim.post("/Users", user("anna@acme.example")).await;
        assert_eq!(next.status, 201);
        assert_ne!(next.id(), id, "an id is never used again");
    }

    async fn scim_054_what_changes_nothing_leaves_no_trace(scim: Scim) {
        let id = scim.user("anna@acme.example").await;
        let path = format!("/Users/{id}");
        let before = scim.get(&path).await.body;
        assert_eq!(scim.put(&path, user("anna@acme.example")).await.header("etag"), "W/\"1\"");
        scim.patch(&path, json!([{ "op": "replace", "value": { "active": true } }])).await;
        assert_eq!(scim.get(&path).await.body, before);
        assert_eq!(scim.gateway.events(&id).await, ["user.created"]);
    }

    async fn an_active_that_is_removed_changes_no_status(scim: Scim) {
        let id = scim.user("anna@acme.example").await;
        let path = format!("/Users/{id}");
        scim.patch(&path, json!([{ "op": "replace", "value": { "active": false } }])).await;
        let removed = scim.patch(&path, json!([{ "op": "remove", "path": "active" }])).await;
        assert!(removed.body.get("active").is_none());
        scim.patch(&path, json!([{ "op": "replace", "value": { "title": "Dr" } }])).await;
        scim.put(&path, user("anna@acme.example")).await;
        assert_eq!(scim.row(&id).await.unwrap().status, UserStatus::Inactive);
    }

    async fn every_change_leaves_its_audit_row(scim: Scim) {
        let id = scim.user("anna@acme.example").await;
        let path = format!("/Users/{id}");
        for body in [json!({ "title": "Dr" }), json!({ "active": false }), json!({ "active": true })] {
            assert_eq!(scim.patch(&path, json!([{ "op": "replace", "value": body }])).await.status, 200);
        }
        scim.delete(&path).await;
        let wanted = ["user.created", "user.updated", "user.deactivated", "user.activated", "user.deleted"];
        assert_eq!(scim.gateway.events(&id).await, wanted);
    }

    async fn scim_074_versions_guard_and_spare(scim: Scim) {
        let id = scim.user("anna@acme.example").await;
        let path = format!("/Users/{id}");
        let conditional = |method: actix_web::http::Method, name: &'static str, value: &'static str, body: String| {
            let request = actix_web::test::TestRequest::default()
                .method(method)
                .uri(&format!("/api/scim/v1{path}"))
                .insert_header(("authorization", format!("Bearer {}", scim.acme)))
                .insert_header((name, value))
                .set_payload(body);
            scim.send(request)
        };
        use actix_web::http::Method;
        let body = || with("anna@acme.example", json!({ "title": "Dr" })).to_string();
        assert_eq!(conditional(Method::GET, "if-none-match", "W/\"1\"", String::new()).await.status, 304);
        assert_eq!(conditional(Method::PUT, "if-match", "W/\"9\"", body()).await.status, 412);
        assert_eq!(conditional(Method::DELETE, "if-match", "W/\"9\"", String::new()).await.status, 412);
        assert_eq!(conditional(Method::PUT, "if-match", "W/\"1\"", body()).await.header("etag"), "W/\"2\"");
        assert_eq!(conditional(Method::GET, "if-none-match", "W/\"1\"", String::new()).await.status, 200);
    }

    async fn scim_074_a_condition_is_all_of_its_lines_in_any_bytes(scim: Scim) {
        let path = format!("/Users/{}", scim.user("anna@acme.example").await);
        let conditional = |method: &str, name: &'static str, lines: &[&[u8]]| {
            let body = with("anna@acme.example", json!({ "title": "Dr" }));
            let mut request = scim.request(&scim.acme, method, &path, (method == "PUT").then_some(&body));
            for line in lines {
                request = request.append_header((name, *line));
            }
            scim.send(request)
        };
        let (odd, other, this): (&[u8], &[u8], &[u8]) = (b"\"\xe9\"", b"W/\"9\"", b"\"1\"");
        for lines in [&[odd][..], &[other, odd]] {
            assert_eq!(conditional("PUT", "if-match", lines).await.status, 412, "{lines:?}");
            assert_eq!(conditional("DELETE", "if-match", lines).await.status, 412, "{lines:?}");
            assert_eq!(conditional("GET", "if-none-match", lines).await.status, 200, "{lines:?}");
        }
        assert_eq!(conditional("GET", "if-none-match", &[odd, this]).await.status, 304);
        assert_eq!(conditional("PUT", "if-match", &[other, this]).await.header("etag"), "W/\"2\"");
    }

    async fn every_refusal_has_its_scim_type(scim: Scim) {
        let id = scim.user("anna@acme.example").await;
        scim.user("ben@acme.example").await;
        let path = format!("/Users/{id}");
        for (body, wanted) in [
            (json!([]), (400, "invalidSyntax")),
            (json!({ "schemas": ["urn:x"], "userName": "x" }), (400, "invalidSyntax")),
            (json!({ "schemas": [USER] }), (400, "invalidValue")),
            (with("x", json!({ "active": "perhaps" })), (400, "invalidValue")),
            (with("x", json!({ "userNAME": "y" })), (400, "invalidSyntax")),
            (with("ben@acme.example", json!({})), (409, "uniqueness")),
        ] {
            assert_eq!(scim.put(&path, body.clone()).await.refusal(), wanted, "{body}");
        }
        for (operations, wanted) in [
            (json!([]), (400, "invalidSyntax")),
            (json!([{ "op": "copy", "path": "title" }]), (400, "invalidSyntax")),
            (json!([{ "op": "remove" }]), (400, "noTarget")),
            (json!([{ "op": "add", "path": "nothing", "value": 1 }]), (400, "invalidPath")),
            (json!([{ "op": "add", "path": "emails[type xx 1]", "value": 1 }]), (400, "invalidFilter")),
            (json!([{ "op": "replace", "path": "id", "value": "x" }]), (400, "mutability")),
            (json!([{ "op": "remove", "path": "userName" }]), (400, "mutability")),
            (json!([{ "op": "replace", "path": "title", "value": { "x": 7 } }]), (400, "invalidValue")),
            (json!([{ "op": "replace", "path": "userName", "value": "BEN@acme.example" }]), (409, "uniqueness")),
        ] {
            assert_eq!(scim.patch(&path, operations.clone()).await.refusal(), wanted, "{operations}");
        }
        assert_eq!(scim.get(&path).await.body["meta"]["version"], "W/\"1\"", "nothing was changed");
    }

    async fn creates_of_one_name_at_the_same_time_make_one_user(scim: Scim) {
        let scim = std::rc::Rc::new(scim);
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let scim = scim.clone();
                actix_web::rt::spawn(async move { scim.post("/Users", user("anna@acme.example")).await.status })
            })
            .collect();
        let mut statuses = Vec::new();
        for task in tasks {
            statuses.push(task.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!((statuses[0], statuses[1], statuses[19]), (201, 409, 409));
        assert_eq!(scim.get("/Users").await.body["totalResults"], 1);
    }
}
