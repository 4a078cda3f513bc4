//! What ends with a user, what a hold leaves, and what is told of each change.

use actix_web::test::TestRequest;
use serde_json::{Value, json};
use vestibule::{
    model::ids::UserId,
    service::{
        Actor,
        provisioning::admin::{
            Verdict,
            connections::{self, ConnectionUpdate},
            oauth, schemas,
        },
        roles::{NewRole, assign_role, create_role},
    },
};

use super::support::{GROUP, PATCH, Scim, USER, user};
use crate::support::on_both_databases;

/// What a user may have beside the row: keys, ways to sign in, and roles given by hand.
const FACTORS: [&str; 4] = ["passkeys", "passwords", "authenticator_apps", "recovery_codes"];

impl Scim {
    /// Gives a user of Acme one of each.
    async fn equip(&self, user: &str) {
        let (acme, database) = (&self.gateway.acme.id, &self.gateway.database);
        let scripts = [
            format!(
                "INSERT INTO api_keys (id, organization_id, display_name, secret_hash, secret_suffix, created_by_user_id, created_at, updated_at) VALUES ('key-{user}', '{acme}', 'test key', 'test-{user}', 'test', '{user}', 1, 1)"
            ),
            format!(
                "INSERT INTO passkeys (id, organization_id, user_id, credential_id, public_key, aaguid, rp_id, sign_count, disabled, created_at, updated_at) VALUES ('passkey-{user}', '{acme}', '{user}', 'test-{user}', 'test', '', 'localhost', 0, FALSE, 1, 1)"
            ),
            format!(
                "INSERT INTO passwords (user_id, organization_id, hash, created_at, updated_at) VALUES ('{user}', '{acme}', 'test', 1, 1)"
            ),
            format!(
                "INSERT INTO authenticator_apps (user_id, organization_id, secret_sealed, last_step, created_at) VALUES ('{user}', '{acme}', 'test', 0, 1)"
            ),
            format!(
                "INSERT INTO recovery_codes (id, organization_id, user_id, code_hash, created_at) VALUES ('code-{user}', '{acme}', '{user}', 'test-{user}', 1)"
            ),
        ];
        let scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
        database.execute(&scripts, &scripts);
        let (cx, actor, project) = (&self.gateway.cx, Actor::operator(), &self.gateway.project.id);
        let role = NewRole {
            name: "editor".into(),
            display_name: None,
            description: String::new(),
            organization: None,
        };
        // It is there already for the second user.
        let _ = create_role(cx, &actor, project, role).await;
        assign_role(cx, &actor, project, acme, &UserId::parse(user).unwrap(), "editor".into()).await.unwrap();
    }

    /// How many live keys, factors of each kind, and direct roles a user has.
    fn equipment(&self, user: &str) -> (i64, [i64; 4], i64) {
        let database = &self.gateway.database;
        let count = |table: &str| database.count(&format!("{table} WHERE user_id = '{user}'"));
        let keys = format!("api_keys WHERE created_by_user_id = '{user}' AND revoked_at IS NULL");
        (database.count(&keys), FACTORS.map(count), count("user_role_assignments"))
    }
}

fn rehired(name: &str) -> Value {
    json!({ "schemas": [USER], "userName": name, "externalId": name, "active": true })
}

fn off() -> Value {
    json!([{ "op": "replace", "value": { "active": false } }])
}

on_both_databases! {
    async fn keys_end_at_deactivation_and_factors_and_roles_before_somebody_is_back(scim: Scim) {
        let (ada, bob) = (scim.post("/Users", rehired("ada")).await.id(), scim.user("bob").await);
        for id in [&ada, &bob] {
            scim.equip(id).await;
            scim.sign_in(id).await;
        }
        assert_eq!(scim.equipment(&ada), (1, [1; 4], 1));
        assert_eq!(scim.patch(&format!("/Users/{ada}"), off()).await.status, 200);
        assert_eq!(scim.equipment(&ada), (0, [1; 4], 1), "the keys end at once");
        let back = scim.post("/Users", rehired("ada")).await;
        assert_eq!((back.status, back.id()), (201, ada.clone()));
        assert_eq!(scim.equipment(&ada), (0, [0; 4], 0), "who is back has nothing of before");
        assert_eq!(scim.live_sessions(&ada).await, 0);
        assert_eq!((scim.equipment(&bob), scim.live_sessions(&bob).await), ((1, [1; 4], 1), 1), "nobody else is touched");
    }

    async fn nothing_is_left_of_who_is_deleted_and_who_is_created_again_has_no_roles(scim: Scim) {
        let (ada, bob) = (scim.post("/Users", rehired("ada")).await.id(), scim.user("bob").await);
        scim.equip(&ada).await;
        scim.equip(&bob).await;
        scim.sign_in(&ada).await;
        assert_eq!(scim.delete(&format!("/Users/{ada}")).await.status, 204);
        assert_eq!((scim.equipment(&ada), scim.live_sessions(&ada).await), ((0, [0; 4], 0), 0));
        let again = scim.post("/Users", rehired("ada")).await;
        assert_eq!((again.status, again.id() == ada), (201, false), "somebody else by all that is known");
        assert_eq!(scim.equipment(&again.id()), (0, [0; 4], 0));
        assert_eq!(scim.equipment(&bob), (1, [1; 4], 1), "nobody else is touched");
    }

    async fn whoever_says_that_a_user_is_active_takes_a_held_deactivation_back(scim: Scim) {
        scim.update(ConnectionUpdate { hold_enabled: Some(true), hold_threshold: Some(1), ..ConnectionUpdate::default() }).await;
        let first = scim.user("first").await;
        assert_eq!(scim.delete(&format!("/Users/{first}")).await.status, 204);
        let replaced = |title: &str| json!({ "schemas": [USER], "userName": "ada", "Active": true, "title": title });
        let patch = |operations: Value| ("PATCH", json!({ "schemas": [PATCH], "Operations": operations }));
        let withdrawn = ["user.created", "user.deactivation_held", "user.deactivation_withdrawn"];
        for (name, (method, body), takes_back, changes) in [
            ("put", ("PUT", replaced("Baker")), true, true),
            ("patch", patch(json!([{ "op": "replace", "value": { "active": true } }])), true, false),
            ("dialect", patch(json!([{ "op": "Replace", "path": "active", "value": "True" }])), true, false),
            ("more", patch(json!([{ "op": "replace", "value": { "active": true, "title": "Cook" } }])), true, true),
            ("other", patch(json!([{ "op": "replace", "value": { "title": "Cook" } }])), false, true),
            ("null", ("PUT", json!({ "schemas": [USER], "userName": "ada", "title": "x", "active": null })), false, true),
            ("silent", ("PUT", json!({ "schemas": [USER], "userName": "ada", "title": "x" })), false, true),
        ] {
            let mut body = body;
            let id = scim.user(name).await;
            if method == "PUT" {
                body["userName"] = json!(name);
            }
            let path = format!("/Users/{id}");
            assert_eq!(scim.patch(&path, off()).await.status, 429, "{name}");
            assert!(scim.row(&id).await.unwrap().held_until.is_some(), "{name}");
            assert_eq!(scim.request_as(&scim.acme, method, &path, Some(&body)).await.status, 200, "{name}");
            assert_eq!(scim.row(&id).await.unwrap().held_until.is_none(), takes_back, "{name}");
            let mut wanted = withdrawn[..if takes_back { 3 } else { 2 }].to_vec();
            wanted.extend(changes.then_some("user.updated"));
            assert_eq!(scim.gateway.events(&id).await, wanted, "{name}");
        }
    }

    async fn a_group_whose_members_change_with_something_else_is_told_so(scim: Scim) {
        let ada = scim.user("ada").await;
        let inner = scim.group("Inner", &[]).await;
        let body = json!({ "schemas": [GROUP], "displayName": "Team",
            "members": [{ "value": ada }, { "value": inner }, { "value": "bob@acme.example" }] });
        let team = scim.post("/Groups", body).await.id();
        let version = async || scim.get(&format!("/Groups/{team}")).await.header("etag").to_owned();
        assert_eq!(version().await, "W/\"1\"");

        let bob = scim.user("bob@acme.example").await;
        assert_eq!(version().await, "W/\"2\"", "who was waited for has come");
        assert_eq!(scim.delete(&format!("/Users/{ada}")).await.status, 204);
        assert_eq!(version().await, "W/\"3\"", "one is gone");
        assert_eq!(scim.delete(&format!("/Groups/{inner}")).await.status, 204);
        assert_eq!(version().await, "W/\"4\"", "and another");
        let members = scim.get(&format!("/Groups/{team}")).await.body["members"].clone();
        assert_eq!((members.as_array().unwrap().len(), &members[0]["value"]), (1, &json!(bob)));

        let told = scim.gateway.audit(&team).await;
        let told: Vec<_> = told.iter().map(|event| {
            let after: Value = serde_json::from_str(event.after_state.as_deref().unwrap()).unwrap();
            (event.event_name.clone(), after["membersAdded"].clone(), after["membersRemoved"].clone(), event.actor_kind.clone())
        }).collect();
        let event = |name: &str, added: i64, removed: i64| (name.to_owned(), json!(added), json!(removed), "scim_api_key".to_owned());
        assert_eq!(told, [
            event("group.created", 2, 0), event("group.updated", 1, 0), event("group.updated", 0, 1), event("group.updated", 0, 1),
        ]);
        assert_eq!(scim.gateway.events(&inner).await, ["group.created", "group.deleted"]);
    }

    async fn every_kind_of_change_has_its_event(scim: Scim) {
        let (gateway, actor) = (&scim.gateway, Actor::operator());
        let (cx, project, acme) = (&gateway.cx, &gateway.project.id, &gateway.acme.id);

        let known = scim.add_row("known@acme.example", |_| {}).await;
        assert_eq!(scim.post("/Users", user("known@acme.example")).await.id(), known);
        assert_eq!(scim.patch(&format!("/Users/{known}"), off()).await.status, 200);
        assert_eq!(scim.post("/Users", user("known@acme.example")).await.id(), known);
        assert_eq!(gateway.events(&known).await, ["user.adopted", "user.deactivated", "user.restored"]);

        let group = scim.group("Team", &[]).await;
        assert_eq!(scim.delete(&format!("/Groups/{group}")).await.status, 204);
        assert_eq!(gateway.events(&group).await, ["group.created", "group.deleted"]);

        let second = connections::create(cx, &actor, project, acme, "HR").await.unwrap().id;
        let hold = ConnectionUpdate { hold_enabled: Some(true), ..ConnectionUpdate::default() };
        connections::update(cx, &actor, project, acme, &second, hold).await.unwrap();
        connections::end_hold(cx, &actor, project, acme, &second, Verdict::Dismiss).await.unwrap();
        let wanted = ["scim_connection.created", "scim_connection.updated", "scim_connection.hold_ended"];
        assert_eq!(gateway.events(second.as_str()).await, wanted);

        let (client, secret) = oauth::create_client(cx, &actor, project, acme, &second, "Entra").await.unwrap();
        let form = [("client_id", client.id.as_str()), ("client_secret", secret.expose())];
        let fetched = scim.send(TestRequest::post().uri("/scim/v2/oauth/token").set_form(form)).await;
        assert_eq!(fetched.status, 200);
        oauth::revoke_client(cx, &actor, project, acme, &client.id).await.unwrap();
        let wanted = ["scim_oauth_client.created", "scim_oauth_client.revoked"];
        assert_eq!(gateway.events(client.id.as_str()).await, wanted);
        let of_client = format!("event_name = 'scim_api_key.fetched' AND after_state LIKE '%{}%'", client.id);
        assert_eq!(gateway.database.count(&format!("audit_log_events WHERE {of_client}")), 1);

        let urn = "urn:acme:scim:2.0:User";
        let schema = json!({ "id": urn, "name": "AcmeUser", "attributes": [{ "name": "badge", "type": "string" }] });
        schemas::add(cx, &actor, project, acme, &schema).await.unwrap();
        schemas::remove(cx, &actor, project, acme, urn).await.unwrap();
        assert_eq!(gateway.events(urn).await, ["scim_schema.registered", "scim_schema.removed"]);
    }
}
