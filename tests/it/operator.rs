//! What the operator does by commands to users, sessions, organizations and credentials: the same that SCIM and logins do.

use serde_json::{Value, json};
use vestibule::{
    model::{
        DeactivatedBy, OrganizationStatus, SigningAlgorithm, TokenEndpointAuthMethod, UserStatus,
        ids::{ProjectId, SessionId, UserId},
    },
    service::{
        Actor,
        directory::{
            self, DirectoryError, NewClient, OrganizationUpdate, Whose, activate_user, deactivate_user,
            delete_user, end_all_sessions, end_session, list_sessions, live_sessions,
            set_organization_status, unlink_user, update_organization,
        },
    },
    store::{
        Tx, audit_log_events, oauth_clients,
        sessions::{self, Session},
        users,
    },
};

use crate::{
    provisioning::support::{PATCH, Scim, USER},
    sso::{ADA, Claims, World, signed_in},
    support::on_both_databases,
};

fn ada() -> Value {
    json!({"schemas": [USER], "userName": "ada@acme.example", "active": true,
        "emails": [{"value": "ada@acme.example", "primary": true}]})
}

fn with_external_id(mut user: Value) -> Value {
    user["externalId"] = "00u1".into();
    user
}

fn active(value: bool) -> Value {
    json!({"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": value}]})
}

fn user_id(text: &str) -> UserId {
    UserId::parse(text).unwrap()
}

/// A login of Ada's at Acme; her session.
async fn session(world: &World, assertion_id: &str) -> SessionId {
    assert!(signed_in(&world.log_in(&world.acme, &Claims { assertion_id, ..ADA }).await));
    let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
    let user = world.find(&world.gateway.acme, "ada@acme.example").await.unwrap();
    list_sessions(cx, project, &user.id, 1).await.unwrap().remove(0).id
}

/// Sessions like the user's newest one, which stand, under these ids.
async fn copy_session(world: &World, user: &UserId, ids: std::ops::RangeInclusive<u128>) {
    let found = list_sessions(&world.gateway.cx, &world.gateway.project.id, user, 1).await.unwrap().remove(0);
    let copy = Session { token_hash: None, revoked_at: None, revoked_reason: None, ..found };
    let insert = move |tx: &mut Tx<'_>| {
        let mut ids = ids.clone();
        ids.try_for_each(|id| sessions::insert(tx, &Session { id: SessionId::from_u128(id), ..copy.clone() }))
    };
    world.write(insert).await;
}

async fn reason(world: &World, user: &UserId, session: &SessionId) -> Option<String> {
    let found = list_sessions(&world.gateway.cx, &world.gateway.project.id, user, 10_000).await.unwrap();
    found.into_iter().find(|one| one.id == *session).unwrap().revoked_reason
}

on_both_databases! {
    async fn r03_whom_the_operator_deactivates_scim_does_not_activate(scim: Scim) {
        let (cx, project, operator) = (&scim.gateway.cx, &scim.gateway.project.id, Actor::operator());
        let id = scim.post("/Users", ada()).await.id();
        let user = deactivate_user(cx, &operator, project, &user_id(&id)).await.unwrap();
        assert_eq!((user.status, user.version), (UserStatus::Inactive, 2));
        assert!(matches!(deactivate_user(cx, &operator, project, &user.id).await, Err(DirectoryError::Exists(_))));
        let path = format!("/Users/{id}");
        assert_eq!(scim.get(&path).await.body["active"], false);
        assert_eq!(scim.request_as(&scim.acme, "PATCH", &path, Some(&active(true))).await.status, 409);
        // The operator's activation is SCIM's to undo.
        activate_user(cx, &operator, project, &user.id).await.unwrap();
        assert_eq!(scim.get(&path).await.body["active"], true);
        assert!(matches!(activate_user(cx, &operator, project, &user.id).await, Err(DirectoryError::Exists(_))));
        assert_eq!(scim.request_as(&scim.acme, "PATCH", &path, Some(&active(false))).await.status, 200);
        // What SCIM could undo, the operator makes last.
        deactivate_user(cx, &operator, project, &user.id).await.unwrap();
        let refused = scim.request_as(&scim.acme, "PATCH", &path, Some(&active(true))).await;
        assert_eq!((refused.status, &refused.body["scimType"]), (409, &Value::Null), "no value is taken");
        activate_user(cx, &operator, project, &user.id).await.unwrap();
        let (acme, resource) = (scim.gateway.acme.id.clone(), id.clone());
        let audit = cx.store.read(move |tx: &mut Tx<'_>| audit_log_events::of_resource(tx, &acme, &resource));
        let audit: Vec<_> = audit.await.unwrap().into_iter().map(|row| (row.event_name, row.actor_kind)).collect();
        let wanted = [
            ("user.created", "scim_api_key"),
            ("user.deactivated", "operator"),
            ("user.activated", "operator"),
            ("user.deactivated", "scim_api_key"),
            ("user.deactivated", "operator"),
            ("user.activated", "operator"),
        ];
        assert_eq!(audit, wanted.map(|(event, actor)| (event.to_owned(), actor.to_owned())));
    }

    async fn r03_a_whole_profile_changes_whom_the_operator_deactivated_and_activates_nobody(scim: Scim) {
        let (cx, project, operator) = (&scim.gateway.cx, &scim.gateway.project.id, Actor::operator());
        let id = scim.post("/Users", ada()).await.id();
        scim.sign_in(&id).await;
        deactivate_user(cx, &operator, project, &user_id(&id)).await.unwrap();
        assert_eq!(scim.live_sessions(&id).await, 0);
        let path = format!("/Users/{id}");
        let profile = |title: &str, active: bool| {
            let mut body = ada();
            (body["title"], body["active"]) = (title.into(), active.into());
            body
        };
        let patch = async |operations: Value| {
            let body = json!({"schemas": [PATCH], "Operations": operations});
            scim.request_as(&scim.acme, "PATCH", &path, Some(&body)).await
        };
        let both = |title: &str, active: bool| json!([{"op": "replace", "value": {"title": title, "active": active}}]);
        let title = |title: &str| json!([{"op": "replace", "path": "title", "value": title}]);
        for (number, answer) in [
            scim.put(&path, profile("1", true)).await,
            scim.put(&path, profile("1", true)).await,
            patch(both("2", true)).await,
            patch(title("3")).await,
            scim.put(&path, profile("4", true)).await,
        ].iter().enumerate() {
            assert_eq!((answer.status, &answer.body["active"]), (200, &json!(false)), "{number} {}", answer.body);
            let version = if number == 0 { 3 } else { 2 + number };
            assert_eq!(answer.header("etag"), format!("W/\"{version}\""), "what is said again is no change");
        }
        let row = scim.row(&id).await.unwrap();
        assert_eq!((row.status, row.deactivated_by), (UserStatus::Inactive, Some(DeactivatedBy::Operator)));
        assert_eq!(scim.get(&path).await.body["active"], false);
        assert_eq!(scim.get("/Users?filter=active eq true").await.body["totalResults"], 0);
        // To say so and nothing else is to activate.
        assert_eq!(scim.request_as(&scim.acme, "PATCH", &path, Some(&active(true))).await.status, 409);
        // And so it is after the provider has deactivated the user too, which changes nothing of it.
        let said = scim.put(&path, profile("4", false)).await;
        assert_eq!((said.status, said.header("etag")), (200, "W/\"6\""));
        for refused in [scim.put(&path, profile("5", true)).await, patch(both("5", true)).await] {
            assert_eq!((refused.status, &refused.body["scimType"]), (409, &Value::Null));
        }
        assert_eq!(patch(title("6")).await.status, 200);
        assert_eq!(scim.put(&path, profile("6", true)).await.status, 409, "whatever else is said meanwhile");
        activate_user(cx, &operator, project, &user_id(&id)).await.unwrap();
        assert_eq!(scim.put(&path, profile("7", true)).await.body["active"], true);
        assert_eq!(scim.live_sessions(&id).await, 0);
    }

    async fn r03_whom_the_operator_deactivates_scim_does_not_bring_back_by_deleting(scim: Scim) {
        let (cx, project, operator) = (&scim.gateway.cx, &scim.gateway.project.id, Actor::operator());
        let again = async |body: Value| {
            let made = scim.post("/Users", body).await;
            assert_eq!(made.status, 201);
            (made.id(), made.body["active"] == true)
        };
        let delete = async |id: &str| {
            let path = format!("/Users/{id}");
            assert_eq!(scim.request_as(&scim.acme, "DELETE", &path, None).await.status, 204);
        };
        let (first, is_active) = again(with_external_id(ada())).await;
        assert!(is_active);
        deactivate_user(cx, &operator, project, &user_id(&first)).await.unwrap();
        delete(&first).await;
        // Each name is enough, and each further round as well.
        for kept in ["externalId", "userName", "emails"] {
            let other = format!("not-her-{}", kept.to_lowercase());
            let mut body = with_external_id(ada());
            body["userName"] = other.clone().into();
            body["externalId"] = other.clone().into();
            body["emails"][0]["value"] = format!("{other}@acme.example").into();
            body[kept] = with_external_id(ada())[kept].clone();
            let (id, is_active) = again(body).await;
            assert!(!is_active && id != first, "{kept}");
            let path = format!("/Users/{id}");
            assert_eq!(scim.request_as(&scim.acme, "PATCH", &path, Some(&active(true))).await.status, 409);
            delete(&id).await;
        }
        // Another organization has another Ada.
        let globex = scim.request_as(&scim.globex, "POST", "/Users", Some(&with_external_id(ada()))).await;
        assert_eq!((globex.status, &globex.body["active"]), (201, &json!(true)));
        // The operator's word brings her back, and then she is SCIM's again.
        let (last, is_active) = again(with_external_id(ada())).await;
        assert!(!is_active);
        activate_user(cx, &operator, project, &user_id(&last)).await.unwrap();
        delete(&last).await;
        let (free, is_active) = again(with_external_id(ada())).await;
        assert!(is_active);
        // So does the operator's own deletion, which frees the names.
        deactivate_user(cx, &operator, project, &user_id(&free)).await.unwrap();
        delete_user(cx, &operator, project, &user_id(&free)).await.unwrap();
        assert!(again(with_external_id(ada())).await.1);
    }

    async fn r03_whom_the_operator_deactivates_scim_does_not_bring_back_by_renaming(scim: Scim) {
        let (cx, project, operator) = (&scim.gateway.cx, &scim.gateway.project.id, Actor::operator());
        let patch = async |id: &str, value: Value| {
            let body = json!({"schemas": [PATCH], "Operations": [{"op": "replace", "value": value}]});
            scim.request_as(&scim.acme, "PATCH", &format!("/Users/{id}"), Some(&body)).await
        };
        let other = |name: &str| {
            let address = json!([{"value": format!("{name}@acme.example"), "primary": true}]);
            [("userName", json!(name)), ("externalId", json!(name)), ("emails", address)]
        };
        let id = scim.post("/Users", with_external_id(ada())).await.id();
        deactivate_user(cx, &operator, project, &user_id(&id)).await.unwrap();
        // Such a user keeps each of its names, and is changed otherwise.
        for (attribute, value) in other("not-her") {
            let refused = patch(&id, json!({attribute: value})).await;
            assert_eq!((refused.status, &refused.body["scimType"]), (409, &Value::Null), "{attribute}");
            assert!(refused.body["detail"].as_str().unwrap().contains("administrator"), "{}", refused.body);
        }
        assert_eq!(patch(&id, json!({"title": "Countess", "userName": "ADA@acme.example"})).await.status, 200);
        assert_eq!(scim.post("/Users", with_external_id(ada())).await.status, 409);
        // Nobody takes them after it was deleted.
        let path = format!("/Users/{id}");
        assert_eq!(scim.request_as(&scim.acme, "DELETE", &path, None).await.status, 204);
        let mut body = ada();
        for (attribute, value) in other("not-her") {
            body[attribute] = value;
        }
        let made = scim.post("/Users", body).await;
        assert_eq!((made.status, &made.body["active"]), (201, &json!(true)));
        let hers = with_external_id(ada());
        for attribute in ["userName", "externalId", "emails"] {
            let refused = patch(&made.id(), json!({attribute: hers[attribute]})).await;
            assert_eq!((refused.status, &refused.body["scimType"]), (409, &json!("uniqueness")), "{attribute}");
            assert!(refused.body["detail"].as_str().unwrap().contains("must activate or delete"));
        }
        for (attribute, value) in other("somebody-else") {
            assert_eq!(patch(&made.id(), json!({attribute: value})).await.status, 200, "{attribute}");
        }
        // The operator's word frees them.
        let again = scim.post("/Users", with_external_id(ada())).await;
        assert_eq!((again.status, &again.body["active"]), (201, &json!(false)));
        delete_user(cx, &operator, project, &user_id(&again.id())).await.unwrap();
        assert_eq!(patch(&made.id(), json!({"userName": hers["userName"], "externalId": "00u1"})).await.status, 200);
    }

    async fn an_address_that_a_barred_user_shared_keeps_nobody_from_being_changed(scim: Scim) {
        let (cx, project, operator) = (&scim.gateway.cx, &scim.gateway.project.id, Actor::operator());
        let id = scim.post("/Users", with_external_id(ada())).await.id();
        let mut second = ada();
        second["userName"] = "bob".into();
        let second = scim.post("/Users", second).await.id();
        deactivate_user(cx, &operator, project, &user_id(&id)).await.unwrap();
        assert_eq!(scim.request_as(&scim.acme, "DELETE", &format!("/Users/{id}"), None).await.status, 204);
        let path = format!("/Users/{second}");
        let off = scim.request_as(&scim.acme, "PATCH", &path, Some(&active(false))).await;
        assert_eq!((off.status, &off.body["active"]), (200, &json!(false)));
        let (acme, second) = (scim.gateway.acme.id.clone(), user_id(&second));
        let row = cx.store.read(move |tx: &mut Tx<'_>| users::find(tx, &acme, &second)).await.unwrap().unwrap();
        assert_eq!(row.email_folded, None);
    }

    async fn the_names_of_those_who_were_deleted_before_names_were_barred_are_free(scim: Scim) {
        let (cx, project, operator) = (&scim.gateway.cx, &scim.gateway.project.id, Actor::operator());
        let id = scim.post("/Users", with_external_id(ada())).await.id();
        deactivate_user(cx, &operator, project, &user_id(&id)).await.unwrap();
        // The operator's deletion of before left the same row: it says who had deactivated the user.
        assert_eq!(scim.request_as(&scim.acme, "DELETE", &format!("/Users/{id}"), None).await.status, 204);
        scim.gateway.database.execute(
            &[
                include_str!("../../migrations/sqlite/0011_barred_names/down.sql"),
                include_str!("../../migrations/sqlite/0011_barred_names/up.sql"),
            ],
            &[
                include_str!("../../migrations/postgres/0011_barred_names/down.sql"),
                include_str!("../../migrations/postgres/0011_barred_names/up.sql"),
            ],
        );
        let again = scim.post("/Users", with_external_id(ada())).await;
        assert_eq!((again.status, &again.body["active"]), (201, &json!(true)));
    }

    async fn r03_a_deleted_user_frees_its_names_and_is_not_made_by_a_login(world: World) {
        let (cx, project, operator) = (&world.gateway.cx, &world.gateway.project.id, Actor::operator());
        let open = session(&world, "_s1").await;
        let user = world.find(&world.gateway.acme, "ada@acme.example").await.unwrap();
        delete_user(cx, &operator, project, &user.id).await.unwrap();
        assert!(world.find(&world.gateway.acme, "ada@acme.example").await.is_none());
        assert!(matches!(delete_user(cx, &operator, project, &user.id).await, Err(DirectoryError::NotFound(_))));
        let events = world.gateway.events(open.as_str()).await;
        assert_eq!(events, ["session.created", "session.revoked"]);
        let again = world.log_in(&world.acme, &Claims { assertion_id: "_s2", ..ADA }).await;
        world.assert_refused(&again, "user_deleted").await;
        // Somebody new may have the address.
        world.user(&world.gateway.acme, "ada@acme.example", |_| {}).await;
    }

    async fn an_end_by_the_operator_is_felt_and_leaves_the_user(world: World) {
        let (cx, project, operator) = (&world.gateway.cx, &world.gateway.project.id, Actor::operator());
        let (first, second) = (session(&world, "_s1").await, session(&world, "_s2").await);
        let user = world.find(&world.gateway.acme, "ada@acme.example").await.unwrap();
        end_session(cx, &operator, project, &first).await.unwrap();
        assert_eq!(reason(&world, &user.id, &first).await.as_deref(), Some("ended_by_operator"));
        assert_eq!(reason(&world, &user.id, &second).await, None);
        assert!(matches!(end_session(cx, &operator, project, &first).await, Err(DirectoryError::Exists(_))));
        assert_eq!(end_all_sessions(cx, &operator, project, Whose::User(user.id.clone())).await.unwrap(), 1);
        session(&world, "_s3").await;
        let acme = Whose::Organization(world.gateway.acme.id.clone());
        assert_eq!(end_all_sessions(cx, &operator, project, acme.clone()).await.unwrap(), 1);
        assert_eq!(end_all_sessions(cx, &operator, project, acme).await.unwrap(), 0);
        // Deactivating ends them as well.
        let last = session(&world, "_s4").await;
        deactivate_user(cx, &operator, project, &user.id).await.unwrap();
        assert_eq!(reason(&world, &user.id, &last).await.as_deref(), Some("user_deactivated"));
        let refused = world.log_in(&world.acme, &Claims { assertion_id: "_s5", ..ADA }).await;
        world.assert_refused(&refused, "user_inactive").await;
    }

    async fn a_user_with_many_sessions_keeps_none(world: World) {
        let (cx, project, operator) = (&world.gateway.cx, &world.gateway.project.id, Actor::operator());
        session(&world, "_s1").await;
        let user = world.find(&world.gateway.acme, "ada@acme.example").await.unwrap();
        let standing = async || {
            let found = list_sessions(cx, project, &user.id, 10_000).await.unwrap();
            found.iter().filter(|session| session.revoked_at.is_none()).count()
        };
        copy_session(&world, &user.id, 1..=1100).await;
        assert_eq!(standing().await, 1101);
        unlink_user(cx, &operator, project, &user.id, &world.acme.connection.id).await.unwrap();
        assert_eq!(standing().await, 0);
        copy_session(&world, &user.id, 2001..=3100).await;
        deactivate_user(cx, &operator, project, &user.id).await.unwrap();
        assert_eq!(standing().await, 0);
    }

    async fn a_user_who_is_unlinked_is_found_by_the_address_again(world: World) {
        let (cx, project, operator) = (&world.gateway.cx, &world.gateway.project.id, Actor::operator());
        let open = session(&world, "_s1").await;
        let user = world.find(&world.gateway.acme, "ada@acme.example").await.unwrap();
        // The provider knows her by something else now.
        let format = vestibule::saml::names::name_id::PERSISTENT;
        let changed = |assertion_id| Claims {
            assertion_id,
            name_id: "p-7",
            format,
            attributes: &[("email", &["ada@acme.example"])],
            ..ADA
        };
        let refused = world.log_in(&world.acme, &changed("_s2")).await;
        world.assert_refused(&refused, "identity_conflict").await;
        let elsewhere = unlink_user(cx, &operator, project, &user.id, &world.globex.connection.id).await;
        assert!(matches!(elsewhere, Err(DirectoryError::NotFound("connection"))));
        let connection = &world.acme.connection.id;
        assert_eq!(unlink_user(cx, &operator, project, &user.id, connection).await.unwrap(), 1);
        assert_eq!(reason(&world, &user.id, &open).await.as_deref(), Some("ended_by_operator"));
        assert!(signed_in(&world.log_in(&world.acme, &changed("_s3")).await));
        assert_eq!(list_sessions(cx, project, &user.id, 10).await.unwrap().len(), 2, "the same user");
        assert_eq!(unlink_user(cx, &operator, project, &user.id, connection).await.unwrap(), 1);
        assert_eq!(unlink_user(cx, &operator, project, &user.id, connection).await.unwrap(), 0);
    }

    async fn an_organization_that_is_switched_off_signs_nobody_in(world: World) {
        let (cx, project, operator) = (&world.gateway.cx, &world.gateway.project.id, Actor::operator());
        let open = session(&world, "_s1").await;
        let user = world.find(&world.gateway.acme, "ada@acme.example").await.unwrap();
        let acme = &world.gateway.acme.id;
        let off = OrganizationStatus::Disabled;
        assert_eq!(set_organization_status(cx, &operator, project, acme, off).await.unwrap(), 1);
        assert_eq!(set_organization_status(cx, &operator, project, acme, off).await.unwrap(), 0);
        assert_eq!(reason(&world, &user.id, &open).await.as_deref(), Some("organization_disabled"));
        let refused = world.log_in(&world.acme, &Claims { assertion_id: "_s2", ..ADA }).await;
        world.assert_refused(&refused, "organization_disabled").await;
        let on = OrganizationStatus::Active;
        set_organization_status(cx, &operator, project, acme, on).await.unwrap();
        session(&world, "_s3").await;
        let events = world.gateway.events(acme.as_str()).await;
        assert_eq!(events, ["organization.created", "organization.disabled", "organization.enabled"]);
        let unknown = set_organization_status(cx, &operator, &other_project(), acme, off).await;
        assert!(matches!(unknown, Err(DirectoryError::NotFound("project"))));
    }

    async fn no_session_comes_back_with_its_organization(world: World) {
        let (cx, project, operator) = (&world.gateway.cx, &world.gateway.project.id, Actor::operator());
        session(&world, "_s1").await;
        let user = world.find(&world.gateway.acme, "ada@acme.example").await.unwrap();
        let acme = &world.gateway.acme.id;
        let set = |status| set_organization_status(cx, &operator, project, acme, status);
        // More than one transaction ends.
        copy_session(&world, &user.id, 1..=450).await;
        assert_eq!(set(OrganizationStatus::Disabled).await.unwrap(), 451);
        // As if the end had been cut short.
        copy_session(&world, &user.id, 1001..=1450).await;
        assert_eq!(set(OrganizationStatus::Active).await.unwrap(), 450);
        let left = SessionId::from_u128(1450);
        assert_eq!(reason(&world, &user.id, &left).await.as_deref(), Some("organization_disabled"));
        // One that is on stays as it is.
        let open = session(&world, "_s2").await;
        assert_eq!(set(OrganizationStatus::Active).await.unwrap(), 0);
        assert_eq!(reason(&world, &user.id, &open).await, None);
        let events = world.gateway.events(acme.as_str()).await;
        assert_eq!(events, ["organization.created", "organization.disabled", "organization.enabled"]);
    }

    async fn an_organization_that_is_switched_off_takes_no_scim(scim: Scim) {
        let (cx, project, operator) = (&scim.gateway.cx, &scim.gateway.project.id, Actor::operator());
        let off = OrganizationStatus::Disabled;
        set_organization_status(cx, &operator, project, &scim.gateway.acme.id, off).await.unwrap();
        assert_eq!(scim.get("/Users").await.status, 403);
        assert_eq!(scim.request_as(&scim.globex, "GET", "/Users", None).await.status, 200);
    }

    async fn an_organization_shortens_its_sessions_and_asks_for_a_second_factor(world: World) {
        let (cx, project, operator) = (&world.gateway.cx, &world.gateway.project.id, Actor::operator());
        let acme = &world.gateway.acme.id;
        let hour = 60 * 60 * 1000;
        let shorter = OrganizationUpdate {
            session_idle_ms: Some(hour),
            session_absolute_ms: Some(8 * hour),
            ..OrganizationUpdate::default()
        };
        update_organization(cx, &operator, project, acme, shorter).await.unwrap();
        session(&world, "_s1").await;
        let user = world.find(&world.gateway.acme, "ada@acme.example").await.unwrap();
        let made = list_sessions(cx, project, &user.id, 1).await.unwrap().remove(0);
        let lasts = |end: vestibule::model::Timestamp| end.millis() - made.created_at.millis();
        assert_eq!((lasts(made.idle_expires_at), lasts(made.expires_at)), (hour, 8 * hour));
        let longer = OrganizationUpdate { session_idle_ms: Some(25 * hour), ..OrganizationUpdate::default() };
        let refused = update_organization(cx, &operator, project, acme, longer).await.unwrap_err();
        assert_eq!(refused.to_string(), "the project allows 24 hours at the most");
        let mfa = OrganizationUpdate { require_mfa: Some(true), ..OrganizationUpdate::default() };
        update_organization(cx, &operator, project, acme, mfa).await.unwrap();
        let refused = world.log_in(&world.acme, &Claims { assertion_id: "_s2", ..ADA }).await;
        world.assert_refused(&refused, "second_factor_required").await;
    }

    async fn r19_a_domain_that_is_removed_leads_and_links_nobody(world: World) {
        let (cx, project, operator) = (&world.gateway.cx, &world.gateway.project.id, Actor::operator());
        let acme = &world.gateway.acme.id;
        session(&world, "_s1").await;
        directory::remove_domain(cx, &operator, project, acme, "ACME.example.").await.unwrap();
        assert!(directory::list_domains(cx, project, acme).await.unwrap().is_empty());
        let again = directory::remove_domain(cx, &operator, project, acme, "acme.example").await;
        assert!(matches!(again, Err(DirectoryError::NoneNamed { .. })));
        session(&world, "_s2").await;
        let eve = Claims { assertion_id: "_s3", name_id: "eve@acme.example", ..ADA };
        world.assert_refused(&world.log_in(&world.acme, &eve).await, "identity_conflict").await;
        directory::add_domain(cx, &operator, project, &world.gateway.globex.id, "acme.example").await.unwrap();
    }

    async fn a_redirect_uri_is_added_once(world: World) {
        let (cx, project, operator) = (&world.gateway.cx, &world.gateway.project.id, Actor::operator());
        let new = NewClient {
            display_name: "App".into(),
            redirect_uris: vec!["http://localhost:3000/callback".into()],
            initiate_login_uri: None,
            token_endpoint_auth_method: TokenEndpointAuthMethod::None,
            id_token_alg: SigningAlgorithm::Rs256,
        };
        let (client, _) = directory::create_client(cx, &operator, project, new).await.unwrap();
        let add = |uri| directory::add_redirect_uri(cx, &operator, project, &client.id, uri);
        assert!(!add("http://localhost:3000/callback").await.unwrap(), "it is there");
        assert!(add("http://localhost:3300/callback").await.unwrap());
        assert!(!add("http://localhost:3300/callback").await.unwrap());
        assert!(matches!(add("javascript:alert(1)").await, Err(DirectoryError::Invalid(_))));
        let listed = directory::list_clients(cx, project).await.unwrap();
        let (_, uris) = listed.iter().find(|(one, _)| one.id == client.id).unwrap();
        assert_eq!(uris, &["http://localhost:3000/callback", "http://localhost:3300/callback"]);
        let of = project.clone();
        let events = world.write(move |tx| {
            vestibule::store::outbox_events::give_positions(tx, &of, 1000)?;
            vestibule::store::outbox_events::after(tx, &of, 0, 1000)
        }).await;
        let updated = events.iter().filter(|event| event.event_type == "oauth_client.updated");
        assert_eq!(updated.count(), 1, "what is there is not added again");
    }

    async fn a_rotated_secret_leaves_the_old_one_a_day(world: World) {
        let (cx, project, operator) = (&world.gateway.cx, &world.gateway.project.id, Actor::operator());
        let new = |token_endpoint_auth_method| NewClient {
            display_name: "App".into(),
            redirect_uris: vec!["https://app.example/callback".into()],
            initiate_login_uri: None,
            token_endpoint_auth_method,
            id_token_alg: SigningAlgorithm::Rs256,
        };
        let basic = TokenEndpointAuthMethod::ClientSecretBasic;
        let (client, first) = directory::create_client(cx, &operator, project, new(basic)).await.unwrap();
        let day = 24 * 60 * 60 * 1000;
        let rotate = |overlap| directory::rotate_client_secret(cx, &operator, project, &client.id, overlap);
        let second = rotate(day).await.unwrap();
        let counts = async |secret: &vestibule::model::secret::Secret| {
            let (id, hash, now) = (client.id.clone(), secret.hash(), world.gateway.now());
            world.read(move |tx| oauth_clients::has_secret(tx, &id, &hash, now)).await
        };
        let first = first.unwrap();
        assert!(counts(&first).await && counts(&second).await);
        world.gateway.clock.advance(day);
        assert!(!counts(&first).await && counts(&second).await);
        let third = rotate(0).await.unwrap();
        assert!(!counts(&second).await && counts(&third).await);
        let listed = directory::list_clients(cx, project).await.unwrap();
        assert!(listed.iter().any(|(one, uris)| one.id == client.id && uris == &["https://app.example/callback"]));
        let none = TokenEndpointAuthMethod::None;
        let (public, _) = directory::create_client(cx, &operator, project, new(none)).await.unwrap();
        let refused = directory::rotate_client_secret(cx, &operator, project, &public.id, 0).await;
        assert!(matches!(refused, Err(DirectoryError::Invalid(_))));
    }

    async fn the_live_sessions_of_an_organization_are_listed(world: World) {
        let (cx, project, operator) = (&world.gateway.cx, &world.gateway.project.id, Actor::operator());
        world.user(&world.gateway.acme, "ada@acme.example", |_| {}).await;
        let (ended, live) = (session(&world, "_1").await, session(&world, "_2").await);
        end_session(cx, &operator, project, &ended).await.unwrap();
        let of = async |organization| live_sessions(cx, project, organization, 10).await;
        let found: Vec<SessionId> =
            of(&world.gateway.acme.id).await.unwrap().into_iter().map(|one| one.id).collect();
        assert_eq!(found, [live]);
        assert!(of(&world.gateway.globex.id).await.unwrap().is_empty());
        let nobody = "org_0000000000000000000000009".parse().unwrap();
        assert!(matches!(of(&nobody).await, Err(DirectoryError::NotFound(_))));
    }

    async fn a_back_end_key_is_ended_at_once(world: World) {
        let (cx, project, operator) = (&world.gateway.cx, &world.gateway.project.id, Actor::operator());
        let (key, secret) = directory::create_backend_api_key(cx, &operator, project, "Key").await.unwrap();
        let events = || {
            let request = actix_web::test::TestRequest::get().uri("/v1/events");
            world.call(request.insert_header(("authorization", format!("Bearer {}", secret.expose()))))
        };
        assert_eq!(events().await.status, 200);
        directory::revoke_backend_api_key(cx, &operator, project, &key.id).await.unwrap();
        assert_eq!(events().await.status, 401);
        let again = directory::revoke_backend_api_key(cx, &operator, project, &key.id).await;
        assert!(matches!(again, Err(DirectoryError::Exists(_))));
        let listed = directory::list_backend_api_keys(cx, project).await.unwrap();
        assert!(listed.iter().any(|one| one.id == key.id && one.revoked_at.is_some()));
    }
}

fn other_project() -> ProjectId {
    ProjectId::from_u128(7)
}
