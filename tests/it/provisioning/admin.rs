//! What administrators do: connections, tokens, clients, holds, the log.

use std::sync::{Arc, Mutex};

use actix_web::test::TestRequest;
use serde_json::json;
use vestibule::{
    model::{Rng, UserStatus, ids::ScimConnectionId, secret::Secret},
    service::{
        Actor, Context,
        provisioning::admin::{
            Verdict,
            connections::{self, ConnectionUpdate},
            keys::{self, NewKey},
            oauth, traces,
        },
    },
};

use super::support::{Scim, USER, user};
use crate::support::on_both_databases;

const DAY: i64 = 24 * 60 * 60 * 1000;

impl Scim {
    pub(super) async fn connection(&self) -> ScimConnectionId {
        let (gateway, all) = (&self.gateway, connections::list);
        all(&gateway.cx, &gateway.project.id, &gateway.acme.id).await.unwrap()[0].id.clone()
    }

    pub(super) async fn update(&self, update: ConnectionUpdate) {
        let (gateway, id) = (&self.gateway, self.connection().await);
        let (project, acme) = (&gateway.project.id, &gateway.acme.id);
        connections::update(&gateway.cx, &Actor::operator(), project, acme, &id, update).await.unwrap();
    }

    async fn key(&self, new: NewKey) -> (vestibule::model::ids::ScimApiKeyId, String) {
        let (gateway, actor) = (&self.gateway, Actor::operator());
        let made = keys::create(&gateway.cx, &actor, &gateway.project.id, &gateway.acme.id, new).await;
        let (key, token) = made.unwrap();
        (key.id, token.expose().to_owned())
    }

    fn fetch(&self, form: &[(&str, &str)]) -> impl Future<Output = super::support::Answer> + use<> {
        self.send(TestRequest::post().uri("/scim/v2/oauth/token").set_form(form))
    }
}

fn named(name: &str) -> NewKey {
    NewKey { name: name.into(), ..NewKey::default() }
}

/// Randomness that is asked for the first time just after something else has happened.
struct Meanwhile {
    rng: Arc<dyn Rng>,
    first: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Rng for Meanwhile {
    fn fill(&self, bytes: &mut [u8]) {
        if let Some(first) = self.first.lock().unwrap().take() {
            first();
        }
        self.rng.fill(bytes);
    }
}

on_both_databases! {
    async fn scim_004_several_tokens_live_side_by_side_and_each_ends_at_once(scim: Scim) {
        let (id, second) = scim.key(named("next")).await;
        for token in [&scim.acme, &second] {
            assert_eq!(scim.request_as(token, "GET", "/Users", None).await.status, 200);
        }
        let gateway = &scim.gateway;
        let (project, acme) = (&gateway.project.id, &gateway.acme.id);
        keys::revoke(&gateway.cx, &Actor::operator(), project, acme, &id).await.unwrap();
        assert_eq!(scim.request_as(&second, "GET", "/Users", None).await.status, 401);
        assert_eq!(scim.get("/Users").await.status, 200);
        let again = keys::revoke(&gateway.cx, &Actor::operator(), project, acme, &id).await;
        assert!(again.is_err(), "it has ended");
        let foreign = keys::revoke(&gateway.cx, &Actor::operator(), project, &gateway.globex.id, &id).await;
        assert!(foreign.is_err());
        let listed = keys::list(&gateway.cx, project, acme).await.unwrap();
        assert!(listed.len() == 2 && listed.iter().any(|key| key.last_used_at.is_some()));
        assert_eq!(gateway.events(id.as_str()).await, ["scim_api_key.created", "scim_api_key.revoked"]);
    }

    async fn a_token_ends_when_it_was_said_and_is_announced_before(scim: Scim) {
        let gateway = &scim.gateway;
        let expires_at = Some(gateway.now().plus(30 * DAY));
        let (id, token) = scim.key(NewKey { name: "short".into(), expires_at, ..NewKey::default() }).await;
        assert_eq!(keys::warn_of_expiry(&gateway.cx).await.unwrap(), 0);
        gateway.clock.advance(17 * DAY);
        assert_eq!(keys::warn_of_expiry(&gateway.cx).await.unwrap(), 1);
        assert_eq!(keys::warn_of_expiry(&gateway.cx).await.unwrap(), 0, "once");
        assert_eq!(gateway.events(id.as_str()).await, ["scim_api_key.created", "scim_api_key.expiring"]);
        assert_eq!(scim.request_as(&token, "GET", "/Users", None).await.status, 200);
        gateway.clock.advance(13 * DAY);
        assert_eq!(scim.request_as(&token, "GET", "/Users", None).await.status, 401);
    }

    async fn r20_connections_of_one_organization_hold_their_own(scim: Scim) {
        let gateway = &scim.gateway;
        let (project, acme, actor) = (&gateway.project.id, &gateway.acme.id, Actor::operator());
        let second = connections::create(&gateway.cx, &actor, project, acme, "HR").await.unwrap();
        assert!(!second.is_default);
        let (_, token) = scim.key(NewKey { name: "hr".into(), connection: Some(second.id), expires_at: None }).await;
        let anna = scim.user("anna@acme.example").await;
        assert_eq!(scim.request_as(&token, "GET", &format!("/Users/{anna}"), None).await.status, 404);
        assert_eq!(scim.request_as(&token, "GET", "/Users", None).await.body["totalResults"], 0);
        let taken = scim.request_as(&token, "POST", "/Users", Some(&user("anna@acme.example"))).await;
        assert_eq!(taken.refusal(), (409, "uniqueness"), "held by the other connection");
        assert_eq!(scim.request_as(&token, "POST", "/Users", Some(&user("ben@acme.example"))).await.status, 201);
    }

    async fn a_connection_that_is_switched_off_refuses_at_once(scim: Scim) {
        scim.update(ConnectionUpdate { enabled: Some(false), ..ConnectionUpdate::default() }).await;
        assert_eq!(scim.get("/Users").await.status, 403);
        scim.update(ConnectionUpdate { enabled: Some(true), ..ConnectionUpdate::default() }).await;
        assert_eq!(scim.get("/Users").await.status, 200);
    }

    async fn an_oauth_client_fetches_tokens_of_its_connection(scim: Scim) {
        let gateway = &scim.gateway;
        let (project, acme, actor) = (&gateway.project.id, &gateway.acme.id, Actor::operator());
        let connection = scim.connection().await;
        let made = oauth::create_client(&gateway.cx, &actor, project, acme, &connection, "Entra").await;
        let (client, secret) = made.unwrap();
        let (id, secret) = (client.id.as_str(), secret.expose());
        let good = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        let fetched = scim.fetch(&good).await;
        assert_eq!((fetched.status, &fetched.body["token_type"]), (200, &json!("Bearer")));
        assert_eq!((fetched.header("cache-control"), &fetched.body["expires_in"]), ("no-store", &json!(3600)));
        let token = fetched.body["access_token"].as_str().unwrap();
        assert_eq!(scim.request_as(token, "POST", "/Users", Some(&user("anna@acme.example"))).await.status, 201);
        let unnamed = scim.fetch(&[("client_id", id), ("client_secret", secret)]).await;
        assert_eq!(unnamed.status, 200, "there is no other grant");
        let basic = format!("Basic {}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{id}:{secret}")));
        let request = TestRequest::post().uri("/api/scim/v1/oauth/token").insert_header(("authorization", basic));
        assert_eq!(scim.send(request.set_form([("grant_type", "client_credentials")])).await.status, 200);
        for (form, wanted) in [
            (vec![("grant_type", "client_credentials"), ("client_id", id), ("client_secret", "x")], (401, "invalid_client")),
            (vec![("grant_type", "client_credentials"), ("client_id", "x"), ("client_secret", secret)], (401, "invalid_client")),
            (vec![("grant_type", "client_credentials"), ("client_id", id)], (401, "invalid_client")),
            (vec![("grant_type", "password"), ("client_id", id), ("client_secret", secret)], (400, "unsupported_grant_type")),
            (vec![("client_id", id), ("client_secret", "x")], (401, "invalid_client")),
            (vec![("grant_type", "a"), ("grant_type", "b"), ("client_id", id)], (400, "invalid_request")),
        ] {
            let answer = scim.fetch(&form).await;
            assert_eq!((answer.status, answer.body["error"].as_str().unwrap_or_default()), wanted, "{form:?}");
        }
        oauth::revoke_client(&gateway.cx, &actor, project, acme, &client.id).await.unwrap();
        assert_eq!(scim.request_as(token, "GET", "/Users", None).await.status, 401, "with what it had fetched");
        assert_eq!(scim.fetch(&good).await.status, 401);
    }

    async fn r20_a_client_that_is_ended_while_it_fetches_gets_no_token(scim: Scim) {
        let gateway = &scim.gateway;
        let (project, acme, actor) = (gateway.project.id.clone(), gateway.acme.id.clone(), Actor::operator());
        let made = oauth::create_client(&gateway.cx, &actor, &project, &acme, &scim.connection().await, "x").await;
        let (client, secret) = made.unwrap();
        let (cx, id, of) = (gateway.cx.clone(), client.id.clone(), project.clone());
        // The token is made between the look at the client and the write.
        let end = move || {
            let revoke = async move { oauth::revoke_client(&cx, &actor, &of, &acme, &id).await.unwrap() };
            std::thread::spawn(|| actix_web::rt::System::new().block_on(revoke)).join().unwrap();
        };
        let rng = Meanwhile { rng: gateway.cx.rng.clone(), first: Mutex::new(Some(Box::new(end))) };
        let cx = Context { rng: Arc::new(rng), ..gateway.cx.clone() };
        let fetched = oauth::fetch_token(&cx, &project, client.id.as_str(), &secret).await;
        assert!(matches!(fetched, Err(oauth::TokenRefusal::UnknownClient)), "{fetched:?}");
    }

    async fn a_fetched_token_ends_by_itself_and_is_forgotten(scim: Scim) {
        let gateway = &scim.gateway;
        let (project, acme, actor) = (&gateway.project.id, &gateway.acme.id, Actor::operator());
        let made = oauth::create_client(&gateway.cx, &actor, project, acme, &scim.connection().await, "x").await;
        let (client, secret) = made.unwrap();
        let fetched = oauth::fetch_token(&gateway.cx, project, client.id.as_str(), &secret).await.unwrap();
        gateway.clock.advance(61 * 60 * 1000);
        assert_eq!(scim.request_as(fetched.token.expose(), "GET", "/Users", None).await.status, 401);
        assert!(vestibule::service::installation::forget_expired(&gateway.cx).await.unwrap() >= 1);
        let unknown = oauth::fetch_token(&gateway.cx, project, client.id.as_str(), &Secret::new("x")).await;
        assert!(matches!(unknown, Err(oauth::TokenRefusal::UnknownClient)));
    }

    async fn a_connection_that_is_too_fast_waits_and_its_neighbour_does_not(scim: Scim) {
        scim.update(ConnectionUpdate { requests_per_second: Some(25), ..ConnectionUpdate::default() }).await;
        let first = scim.get("/Users").await;
        assert_eq!((first.header("x-rate-limit-limit"), first.header("x-rate-limit-remaining")), ("25", "49"));
        let mut refused = None;
        for _ in 0..60 {
            let answer = scim.get("/Users?count=0").await;
            if answer.status == 429 {
                refused = Some(answer);
                break;
            }
        }
        let refused = refused.expect("a burst has an end");
        assert_eq!((refused.header("retry-after"), &refused.body["status"]), ("1", &json!("429")));
        assert_eq!(refused.header("x-rate-limit-retry-after-seconds"), "1");
        let neighbour = scim.request_as(&scim.globex, "GET", "/Users", None).await;
        assert_eq!(neighbour.status, 200);
        scim.gateway.clock.advance(1_000);
        assert_eq!(scim.get("/Users").await.status, 200);
    }

    async fn r31_the_log_shows_requests_and_rewrites_but_no_values(scim: Scim) {
        let anna = scim.user("anna@acme.example").await;
        let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
        scim.patch(&format!("/Users/{anna}"), off).await;
        scim.get("/Users?filter=userName eq \"anna@acme.example\"").await;
        assert_eq!(scim.get("/Users/nobody").await.status, 404);
        let gateway = &scim.gateway;
        gateway.cx.provisioning.flush(&gateway.cx).await.unwrap();
        let log = traces::last(&gateway.cx, &gateway.acme.id, None, 10).await.unwrap();
        let lines: Vec<_> = log.iter().map(|trace| (trace.method.as_str(), trace.status)).collect();
        assert_eq!(lines, [("GET", 404), ("GET", 200), ("PATCH", 200), ("POST", 201)]);
        assert_eq!(log[2].rewrites, "boolean_text capital_operation");
        assert!(log.iter().all(|trace| !format!("{trace:?}").contains("anna@")));
        assert!(log[0].reference_id.starts_with("req_"));
        let counts = traces::rewrites(&gateway.cx, &scim.connection().await).await.unwrap();
        assert!(counts.iter().all(|count| count.count == 1) && counts.len() == 2);
        let neighbour = traces::last(&gateway.cx, &gateway.globex.id, None, 10).await.unwrap();
        assert!(neighbour.is_empty());
    }

    async fn a_strict_connection_takes_nothing_but_the_standard(scim: Scim) {
        let anna = scim.user("anna@acme.example").await;
        scim.update(ConnectionUpdate { strict: Some(true), ..ConnectionUpdate::default() }).await;
        for (operations, wanted) in [
            (json!([{ "op": "Replace", "path": "title", "value": "x" }]), "invalidSyntax"),
            (json!([{ "op": "replace", "path": "active", "value": "False" }]), "invalidValue"),
            (json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "x" }]), "noTarget"),
        ] {
            assert_eq!(scim.patch(&format!("/Users/{anna}"), operations).await.refusal(), (400, wanted));
        }
        for (body, wanted) in [
            (json!({ "userName": "ben" }), "invalidSyntax"),
            (json!({ "schemas": [], "userName": "ben" }), "invalidSyntax"),
            (json!({ "schemas": [USER], "userName": "ben", "externalId": 7 }), "invalidValue"),
            (json!({ "schemas": [USER], "userName": "ben", "urn:ietf:params:scim:schemas:core:2.0:User:title": "x" }), "invalidSyntax"),
        ] {
            assert_eq!(scim.post("/Users", body.clone()).await.refusal(), (400, wanted), "{body}");
        }
        let group = format!("/Groups/{}", scim.group("Team", &[]).await);
        let wrapped = json!([{ "op": "add", "path": "members", "value": { "members": [{ "value": anna }] } }]);
        assert_eq!(scim.patch(&group, wrapped).await.refusal(), (400, "invalidValue"));
        let unnamed = json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": "x" }] });
        for (method, path) in [("PATCH", group.as_str()), ("POST", "/Bulk"), ("POST", "/.search"), ("POST", "/Users/.search")] {
            let answer = scim.request_as(&scim.acme, method, path, Some(&unnamed)).await;
            assert_eq!(answer.refusal(), (400, "invalidSyntax"), "{path}");
        }
    }

    async fn a_provider_is_known_by_what_it_sends_and_rippling_may_repeat_itself(scim: Scim) {
        let body = json!({ "schemas": [USER], "userName": "anna@acme.example", "externalId": "1" });
        let post = |agent: &'static str, body: &serde_json::Value| {
            let request = TestRequest::post().uri("/scim/v2/Users").insert_header(("user-agent", agent));
            let request = request.insert_header(("authorization", format!("Bearer {}", scim.acme)));
            scim.send(request.set_payload(body.to_string()))
        };
        let first = post("Rippling/1.0", &body).await;
        let again = post("Rippling/1.0", &body).await;
        assert_eq!((first.status, again.status, again.id()), (201, 200, first.id()));
        let other = json!({ "schemas": [USER], "userName": "anna@acme.example", "externalId": "2" });
        assert_eq!(post("Rippling/1.0", &other).await.status, 409, "another person");
        let gateway = &scim.gateway;
        let known = connections::list(&gateway.cx, &gateway.project.id, &gateway.acme.id).await.unwrap();
        assert_eq!(known[0].provider, "rippling");
        assert_eq!(post("Okta SCIM Client 1.0.0", &body).await.status, 200, "the first one counts");
    }

    async fn mass_deactivation_is_held_where_the_connection_says_so(scim: Scim) {
        scim.update(ConnectionUpdate { hold_enabled: Some(true), hold_threshold: Some(3), ..ConnectionUpdate::default() }).await;
        let mut ids = Vec::new();
        for number in 0..6 {
            ids.push(scim.user(&format!("user{number}@acme.example")).await);
        }
        let off = || json!([{ "op": "replace", "value": { "active": false } }]);
        for id in &ids[..3] {
            assert_eq!(scim.patch(&format!("/Users/{id}"), off()).await.status, 200);
        }
        scim.sign_in(&ids[3]).await;
        let held = scim.patch(&format!("/Users/{}", ids[3]), off()).await;
        assert_eq!((held.status, held.header("retry-after")), (429, "900"));
        assert!(held.body["detail"].as_str().unwrap().contains("administrator"), "{}", held.body);
        assert_eq!(scim.delete(&format!("/Users/{}", ids[4])).await.status, 429);
        let mut back = user("user4@acme.example");
        back["active"] = json!(true);
        assert_eq!(scim.put(&format!("/Users/{}", ids[4]), back).await.status, 200);
        let events = ["user.created", "user.deactivation_held", "user.deactivation_withdrawn"];
        assert_eq!(scim.gateway.events(&ids[4]).await, events, "the provider took it back");
        assert_eq!(scim.live_sessions(&ids[3]).await, 0, "sessions end at once");
        let row = scim.row(&ids[3]).await.unwrap();
        assert_eq!((row.status, row.login_status(scim.gateway.now())), (UserStatus::Active, UserStatus::Inactive));
        assert_eq!(row.login_status(scim.gateway.now().plus(DAY)), UserStatus::Active, "a hold ends by itself");
        assert_eq!(scim.get(&format!("/Users/{}", ids[3])).await.body["active"], true, "it did not happen");
        let rename = json!([{ "op": "replace", "value": { "title": "Dr" } }]);
        assert_eq!(scim.patch(&format!("/Users/{}", ids[5]), rename).await.status, 200, "nothing else is held");
        let (gateway, connection) = (&scim.gateway, scim.connection().await);
        let events = gateway.events(connection.as_str()).await;
        assert_eq!(events.iter().filter(|event| *event == "scim_connection.mass_deactivation").count(), 1);
        let end = |verdict| connections::end_hold(&gateway.cx, &ACTOR, &gateway.project.id, &gateway.acme.id, &connection, verdict);
        end(Verdict::Dismiss).await.unwrap();
        assert_eq!(scim.row(&ids[3]).await.unwrap().login_status(gateway.now()), UserStatus::Active);
        assert_eq!(scim.patch(&format!("/Users/{}", ids[3]), off()).await.status, 429, "held again");
        end(Verdict::LetThrough).await.unwrap();
        assert_eq!(scim.patch(&format!("/Users/{}", ids[3]), off()).await.status, 200);
        assert_eq!(scim.delete(&format!("/Users/{}", ids[4])).await.status, 204);
    }

    async fn users_who_are_adopted_inactive_count_as_deactivated(scim: Scim) {
        let mut known = Vec::new();
        for number in 0..3 {
            known.push(scim.add_row(&format!("known{number}@acme.example"), |_| {}).await);
        }
        // Who was made and deleted on the way is forgotten by then.
        scim.gateway.clock.advance(2 * 60 * 60 * 1000);
        let (gateway, connection) = (&scim.gateway, scim.connection().await);
        scim.update(ConnectionUpdate { hold_enabled: Some(true), hold_threshold: Some(2), ..ConnectionUpdate::default() }).await;
        scim.sign_in(&known[2]).await;
        let adopt = |number: usize| {
            let mut body = user(&format!("known{number}@acme.example"));
            body["active"] = json!(false);
            scim.post("/Users", body)
        };
        for (number, id) in known.iter().enumerate().take(2) {
            let adopted = adopt(number).await;
            assert_eq!((adopted.status, adopted.id()), (201, id.clone()));
        }
        let held = adopt(2).await;
        assert_eq!((held.status, held.header("retry-after")), (429, "900"));
        assert_eq!(scim.live_sessions(&known[2]).await, 0, "sessions end at once");
        let row = scim.row(&known[2]).await.unwrap();
        assert_eq!((row.scim_connection_id, row.status), (None, UserStatus::Active), "it was not adopted");
        let ended = connections::end_hold(&gateway.cx, &ACTOR, &gateway.project.id, &gateway.acme.id, &connection, Verdict::LetThrough);
        ended.await.unwrap();
        assert_eq!(adopt(2).await.status, 201);
        assert_eq!(scim.row(&known[2]).await.unwrap().status, UserStatus::Inactive);
    }

    async fn mass_deactivation_without_a_hold_raises_an_alarm_alone(scim: Scim) {
        scim.update(ConnectionUpdate { hold_threshold: Some(2), ..ConnectionUpdate::default() }).await;
        for number in 0..5 {
            let id = scim.user(&format!("user{number}@acme.example")).await;
            assert_eq!(scim.delete(&format!("/Users/{id}")).await.status, 204);
        }
        let events = scim.gateway.events(scim.connection().await.as_str()).await;
        assert_eq!(events.iter().filter(|event| *event == "scim_connection.mass_deactivation").count(), 1);
    }
}

static ACTOR: Actor = Actor { kind: vestibule::service::ActorKind::Operator, id: None, request_id: None };
