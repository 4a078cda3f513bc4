//! The SCIM part of a set-up: a token, the provider's own test, checks, the live view, a preview.

use serde_json::{Value, json};
use vestibule::{
    model::ids::ScimConnectionId,
    service::{
        provisioning::admin::{
            AdminError,
            connections::{self, ConnectionUpdate},
            keys,
        },
        setup::{activate_scim, review_scim, revoke_setup_link},
    },
};

use super::*;
use crate::support::on_both_databases;

/// An administrator of Acme with a link to provisioning alone.
pub struct ScimAdmin {
    admin: Admin,
    connection: ScimConnectionId,
}

impl ScimAdmin {
    pub async fn start(kind: Kind) -> Self {
        let admin = Admin::start(kind).await;
        let (cx, gateway) = (&admin.world.gateway.cx, &admin.world.gateway);
        let new = NewSetupLink::scim();
        let made =
            create_setup_link(cx, &Actor::operator(), &gateway.project.id, &gateway.acme.id, new).await;
        let MadeLink { link, token, .. } = made.unwrap();
        let connection = link.scim_connection_id.clone().unwrap();
        let token = token.expose().to_owned();
        let admin = Admin { link, token, ..admin }.opened().await;
        Self { admin, connection }
    }

    /// The token that the form knows of.
    async fn present(&mut self) -> String {
        let page = self.admin.get("/setup/scim").await.body;
        let rest = page.split("name=\"present\" value=\"").nth(1).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// Makes a token and reads it from the page.
    async fn token(&mut self) -> String {
        let present = self.present().await;
        let page = self.admin.post("/setup/scim/token", &[("present", &present)]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let secret = page.body.split("<code tabindex=\"0\">vestibule_scim_").nth(1).expect("a token");
        format!("vestibule_scim_{}", secret.split('<').next().unwrap())
    }

    /// What a provider does with a token.
    async fn scim(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mut request = TestRequest::with_uri(&format!("/api/scim/v1{path}"))
            .method(method.parse().unwrap())
            .insert_header((header::AUTHORIZATION, format!("Bearer {token}")));
        if let Some(body) = body {
            request = request.set_json(body);
        }
        self.admin.world.call(request).await
    }

    async fn activate(&self) {
        let (cx, gateway) = (&self.admin.world.gateway.cx, &self.admin.world.gateway);
        let (project, acme) = (&gateway.project.id, &gateway.acme.id);
        let shown = review_scim(cx, project, acme, &self.connection).await.unwrap().mark();
        activate_scim(cx, &Actor::operator(), project, acme, &self.connection, &shown).await.unwrap();
    }

    async fn preview(&mut self, list: &str) -> Answer {
        self.preview_in("list", list).await
    }

    async fn preview_in(&mut self, field: &str, list: &str) -> Answer {
        let body =
            format!("--B\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{list}\r\n--B--\r\n");
        // Between two of them lies a pause.
        self.admin.world.gateway.clock.advance(11_000);
        self.admin.post_parts("/setup/scim/preview", body.into_bytes()).await
    }
}

fn user(name: &str) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name })
}

on_both_databases! {
    async fn the_values_have_the_names_of_the_provider(scim: ScimAdmin) {
        let mut scim = scim;
        assert_eq!(scim.admin.get("/setup").await.header("location"), "/setup/provider");
        let providers = scim.admin.get("/setup/provider").await.body;
        assert!(providers.contains("Microsoft Entra ID") && !providers.contains("AD FS"), "those that push: {providers}");
        for (provider, names) in [
            ("okta", ["SCIM connector base URL", "Authorization (HTTP Header)", "http://localhost/api/scim/v1<"]),
            ("entra", ["Tenant URL", "Secret Token", "http://localhost/api/scim/v1?aadOptscim062020<"]),
            ("onelogin", ["SCIM Base URL", "SCIM Bearer Token", "http://localhost/api/scim/v1<"]),
            ("jumpcloud", ["Base URL", "Token Key", "tests a connection by making a user"]),
            ("generic", ["SCIM base URL", "Bearer token", "http://localhost/api/scim/v1<"]),
        ] {
            let chosen = scim.admin.post("/setup/provider", &[("provider", provider)]).await;
            assert_eq!(chosen.header("location"), "/setup/scim");
            let page = scim.admin.get("/setup/scim").await;
            for name in names {
                assert!(page.body.contains(name), "{provider} {name}: {}", page.body);
            }
        }
        assert_eq!(scim.admin.get("/setup").await.header("location"), "/setup/scim");
        scim.token().await;
        assert_eq!(scim.admin.get("/setup").await.header("location"), "/setup/scim/check");
        for path in ["/setup/values", "/setup/metadata", "/setup/review", "/setup/test"] {
            refused(&scim.admin.get(path).await, StatusCode::FORBIDDEN, "not for that");
        }
    }

    async fn r23_a_token_is_shown_once_and_reads_until_somebody_else_makes_it_live(scim: ScimAdmin) {
        let mut scim = scim;
        let token = scim.token().await;
        let page = scim.admin.get("/setup/scim").await.body;
        assert!(!page.contains(&token) && page.contains(&token[token.len() - 4..]), "{page}");
        assert!(page.contains("No provider has"), "{page}");
        // The tests of Okta and Entra.
        for path in ["/Users?startIndex=1&count=2", "/Users?filter=externalId+eq+%22x%22", "/ServiceProviderConfig"] {
            assert_eq!(scim.scim(&token, "GET", path, None).await.status, StatusCode::OK, "{path}");
        }
        assert!(scim.admin.get("/setup/scim").await.body.contains("used it last"));
        let early = scim.scim(&token, "POST", "/Users", Some(user("anna@acme.example"))).await;
        refused(&early, StatusCode::FORBIDDEN, "still being set up");
        assert!(scim.admin.world.find(&scim.admin.world.gateway.acme, "anna@acme.example").await.is_none());
        scim.activate().await;
        let live = scim.scim(&token, "POST", "/Users", Some(user("anna@acme.example"))).await;
        assert_eq!(live.status, StatusCode::CREATED, "{}", live.body);
        for path in ["/setup/scim/token", "/setup/scim/check"] {
            refused(&scim.admin.post(path, &[]).await, StatusCode::CONFLICT, "is live");
        }
        refused(&scim.preview("userName\na").await, StatusCode::CONFLICT, "is live");
        assert!(scim.admin.get("/setup/scim").await.body.contains("Provisioning is live"));
    }

    async fn r23_only_the_provisioning_that_was_looked_at_goes_live(scim: ScimAdmin) {
        let mut scim = scim;
        let (cx, gateway) = (scim.admin.world.gateway.cx.clone(), &scim.admin.world.gateway);
        let (project, acme) = (gateway.project.id.clone(), gateway.acme.id.clone());
        let (operator, id) = (Actor::operator(), scim.connection.clone());
        let shown = async || review_scim(&cx, &project, &acme, &id).await.unwrap().mark();
        let token = scim.token().await;
        let before = shown().await;
        // That its provider reads with it changes nothing.
        scim.admin.world.gateway.clock.advance(1000);
        assert_eq!(scim.scim(&token, "GET", "/Users", None).await.status, StatusCode::OK);
        assert_eq!(shown().await, before);
        // Whoever has the link makes another token.
        let token = scim.token().await;
        let error = activate_scim(&cx, &operator, &project, &acme, &id, &before).await.unwrap_err();
        assert_eq!(error.code(), "connection_changed_since_review");
        let early = scim.scim(&token, "POST", "/Users", Some(user("anna@acme.example"))).await;
        refused(&early, StatusCode::FORBIDDEN, "still being set up");
        // There is no other way in.
        let on = ConnectionUpdate { enabled: Some(true), ..ConnectionUpdate::default() };
        let around = connections::update(&cx, &operator, &project, &acme, &id, on).await;
        assert!(matches!(around, Err(AdminError::Invalid(_))));
        activate_scim(&cx, &operator, &project, &acme, &id, &shown().await).await.unwrap();
    }

    async fn a_token_ends_when_it_was_said_to(scim: ScimAdmin) {
        let mut scim = scim;
        for (wrong, why) in [("0", "A token lives"), ("3651", "A token lives"), ("soon", "Please choose")] {
            let answer = scim.admin.post("/setup/scim/token", &[("expires", wrong)]).await;
            refused(&answer, StatusCode::BAD_REQUEST, why);
        }
        assert!(!scim.token().await.is_empty());
        assert!(scim.admin.get("/setup/scim").await.body.contains("end by itself"));
        let present = scim.present().await;
        let page = scim.admin.post("/setup/scim/token", &[("expires", "90"), ("present", &present)]).await;
        assert!(page.body.contains("The token ends on 2026-04-01"), "{}", page.body);
        let keys = keys::list(
            &scim.admin.world.gateway.cx, &scim.admin.world.gateway.project.id, &scim.admin.world.gateway.acme.id,
        );
        let end = keys.await.unwrap()[0].expires_at;
        assert_eq!(end, Some(scim.admin.world.gateway.now().plus(90 * 24 * 60 * 60 * 1000)));
    }

    async fn steps_are_done_by_what_was_done_and_not_by_looking_ahead(scim: ScimAdmin) {
        let mut scim = scim;
        let done = |page: &str, step: &str| page.contains(&format!(r#"<li class="done"><a href="{step}">"#));
        scim.admin.post("/setup/provider", &[("provider", "okta")]).await;
        let page = scim.admin.get("/setup/scim/preview").await.body;
        assert!(done(&page, "/setup/provider"), "{page}");
        for step in ["/setup/scim", "/setup/scim/check", "/setup/scim/requests"] {
            assert!(!done(&page, step), "{step}: {page}");
        }
        let token = scim.token().await;
        assert!(!done(&scim.admin.get("/setup/scim/check").await.body, "/setup/scim"), "nobody has entered it yet");
        scim.scim(&token, "GET", "/Users", None).await;
        let page = scim.admin.get("/setup/scim/check").await.body;
        assert!(done(&page, "/setup/scim") && !done(&page, "/setup/scim/check"), "{page}");
        scim.admin.post("/setup/scim/check", &[]).await;
        assert!(done(&scim.admin.get("/setup/scim/requests").await.body, "/setup/scim/check"));
    }

    async fn a_form_that_is_sent_twice_makes_one_token(scim: ScimAdmin) {
        let mut scim = scim;
        let token = scim.token().await;
        // Loaded again, clicked twice, or gone back to: the form of a page without a token.
        let again = scim.admin.post("/setup/scim/token", &[]).await;
        assert_eq!(again.header("location"), "/setup/scim?made=1", "{}", again.body);
        let page = scim.admin.get("/setup/scim?made=1").await.body;
        assert!(page.contains("The token was made already") && !page.contains("vestibule_scim_"), "{page}");
        assert_eq!(scim.scim(&token, "GET", "/Users", None).await.status, StatusCode::OK, "it lives");
        let present = scim.present().await;
        let second = scim.token().await;
        let again = scim.admin.post("/setup/scim/token", &[("present", &present)]).await;
        assert_eq!(again.header("location"), "/setup/scim?made=1", "{}", again.body);
        assert_eq!(scim.scim(&second, "GET", "/Users", None).await.status, StatusCode::OK);
    }

    async fn a_new_token_ends_the_one_before(scim: ScimAdmin) {
        let mut scim = scim;
        let (first, second) = (scim.token().await, scim.token().await);
        assert_eq!(scim.scim(&first, "GET", "/Users", None).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(scim.scim(&second, "GET", "/Users", None).await.status, StatusCode::OK);
        for _ in 2..20 {
            scim.token().await;
        }
        let present = scim.present().await;
        let one_more = scim.admin.post("/setup/scim/token", &[("present", &present)]).await;
        refused(&one_more, StatusCode::BAD_REQUEST, "ask for a new one");
    }

    async fn r23_the_tokens_of_a_draft_end_with_their_link(scim: ScimAdmin) {
        let mut scim = scim;
        let token = scim.token().await;
        let (cx, project) = (scim.admin.world.gateway.cx.clone(), scim.admin.world.gateway.project.id.clone());
        let revoked = revoke_setup_link(&cx, &Actor::operator(), &project, &scim.admin.link.id).await.unwrap();
        assert_eq!(revoked.1, 1);
        assert_eq!(scim.scim(&token, "GET", "/Users", None).await.status, StatusCode::UNAUTHORIZED);
        refused(&scim.admin.get("/setup/scim").await, StatusCode::UNAUTHORIZED, "open your set-up link again");
    }

    async fn the_tokens_of_a_live_connection_outlive_their_link(scim: ScimAdmin) {
        let mut scim = scim;
        let token = scim.token().await;
        scim.activate().await;
        let (cx, project) = (scim.admin.world.gateway.cx.clone(), scim.admin.world.gateway.project.id.clone());
        let revoked = revoke_setup_link(&cx, &Actor::operator(), &project, &scim.admin.link.id).await.unwrap();
        assert_eq!(revoked.1, 0);
        assert_eq!(scim.scim(&token, "GET", "/Users", None).await.status, StatusCode::OK);
    }

    async fn r23_a_draft_that_is_switched_off_ends_with_its_link_all_the_same(scim: ScimAdmin) {
        let mut scim = scim;
        let token = scim.token().await;
        let gateway = &scim.admin.world.gateway;
        let (cx, project) = (gateway.cx.clone(), gateway.project.id.clone());
        let connection = scim.admin.link.scim_connection_id.clone().unwrap();
        let off = ConnectionUpdate { enabled: Some(false), ..ConnectionUpdate::default() };
        connections::update(&cx, &Actor::operator(), &project, &gateway.acme.id, &connection, off).await.unwrap();
        let revoked = revoke_setup_link(&cx, &Actor::operator(), &project, &scim.admin.link.id).await.unwrap();
        assert_eq!(revoked.1, 1);
        scim.activate().await;
        assert_eq!(scim.scim(&token, "GET", "/Users", None).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn a_check_runs_on_the_draft_and_leaves_it_a_draft(scim: ScimAdmin) {
        let mut scim = scim;
        assert!(scim.admin.get("/setup/scim/check").await.body.contains("All of it is undone"));
        let ran = scim.admin.post("/setup/scim/check", &[]).await;
        assert_eq!(ran.header("location"), "/setup/scim/check", "{}", ran.body);
        let page = scim.admin.get("/setup/scim/check").await.body;
        assert!(page.contains("Our side works") && !page.contains("Failed: "), "{page}");
        assert!(page.contains("No token was made yet.") && !page.contains("You are done"), "{page}");
        assert!(page.matches("Passed: ").count() > 30 && page.contains("What Okta sends"), "{page}");
        let again = scim.admin.post("/setup/scim/check", &[]).await;
        refused(&again, StatusCode::CONFLICT, "wait ten seconds");
        assert!(again.body.contains("Our side works"), "a second click keeps the page: {}", again.body);
        let token = scim.token().await;
        let page = scim.admin.get("/setup/scim/check").await.body;
        assert!(page.contains("has not used it yet") && !page.contains("Provisioning is ready"), "{page}");
        let early = scim.scim(&token, "GET", "/Users", None).await;
        assert_eq!(early.status, StatusCode::OK);
        let page = scim.admin.get("/setup/scim/check").await.body;
        assert!(page.contains("Provisioning is ready") && page.contains("You are done"), "{page}");
        assert!(page.contains("only people whom it has brought can sign in"), "{page}");
        let early = scim.scim(&token, "POST", "/Users", Some(user("anna@acme.example"))).await;
        assert_eq!(early.status, StatusCode::FORBIDDEN);
        let project = scim.admin.world.gateway.project.id.clone();
        let events = scim.admin.world.write(move |tx| {
            vestibule::store::outbox_events::give_positions(tx, &project, 1000)?;
            vestibule::store::outbox_events::after(tx, &project, 0, 1000)
        }).await;
        for event in events {
            assert!(!event.event_type.starts_with("user.") && !event.event_type.starts_with("group."), "{}", event.event_type);
        }
    }

    async fn r31_the_live_view_shows_what_happened_and_to_nobody(scim: ScimAdmin) {
        let mut scim = scim;
        assert!(scim.admin.get("/setup/scim/requests").await.body.contains("Nothing has come yet"));
        let token = scim.token().await;
        scim.scim(&token, "GET", "/Users?filter=userName+eq+%22anna%40acme.example%22", None).await;
        scim.scim(&token, "POST", "/Users", Some(user("anna@acme.example"))).await;
        let page = scim.admin.get("/setup/scim/requests").await.body;
        assert!(!page.to_lowercase().contains("anna"), "{page}");
        assert!(page.contains("userName eq") && page.contains("Not yet live") && page.contains("(17 characters)"), "{page}");
        assert!(!page.contains("http-equiv") && page.contains("?every=10"));
        assert!(scim.admin.get("/setup/scim/requests?every=10").await.body.contains("http-equiv=\"refresh\" content=\"10\""));
        scim.activate().await;
        let made = scim.scim(&token, "POST", "/Users", Some(user("ben@acme.example"))).await;
        let made: Value = serde_json::from_str(&made.body).unwrap();
        let id = made["id"].as_str().unwrap().to_owned();
        let off = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "Replace", "path": "active", "value": "False" }],
        });
        assert_eq!(scim.scim(&token, "PATCH", &format!("/Users/{id}"), Some(off)).await.status, StatusCode::OK);
        let page = scim.admin.get("/setup/scim/requests").await.body;
        assert!(page.contains("sends booleans as the texts True and False") && page.contains("today"), "{page}");
        assert!(!page.contains(id.as_str()) && page.contains("not shown with this link"), "what is live is not a link's business");
    }

    async fn r23_a_preview_tells_of_the_list_and_of_nobody_else(scim: ScimAdmin) {
        let mut scim = scim;
        let gateway = &scim.admin.world.gateway;
        let known = scim.admin.world.user(&gateway.acme, "carol@acme.example", |_| {}).await.id;
        // Nobody may take this one over: the domain is not proved.
        scim.admin.world.user(&gateway.acme, "carol@unproved.example", |_| {}).await;
        let list = "userName,email,active\n\
                    carol@acme.example,carol@acme.example,true\n\
                    eve@acme.example,eve@acme.example,false\n\
                    EVE@acme.example,eve2@acme.example,true\n\
                    ,,true";
        let page = scim.preview(list).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.body.contains("<strong>2</strong> people would arrive"), "{}", page.body);
        assert!(page.body.contains("<strong>1</strong> of them could not sign in"), "{}", page.body);
        assert!(page.body.contains("The same name as in line 3"), "{}", page.body);
        assert!(page.body.contains("<strong>2</strong> would be refused"), "{}", page.body);
        // One at a time, whoever has an account and whoever has none give the same page.
        let alone = async |scim: &mut ScimAdmin, name: &str| {
            let page = scim.preview(&format!("userName,email\n{name},{name}")).await;
            page.body.replace(name, "somebody")
        };
        let (there, not_there) = (alone(&mut scim, "carol@acme.example").await, alone(&mut scim, "frank@acme.example").await);
        assert_eq!(there, not_there);
        let foreign = alone(&mut scim, "carol@unproved.example").await;
        assert_eq!(foreign, alone(&mut scim, "frank@unproved.example").await);
        // R1: by such an address nobody is found.
        assert!(foreign.contains("An address at unproved.example, a domain that is not proved for Acme"), "{foreign}");
        assert!(foreign.contains("<strong>1</strong> of them could not sign in") && !not_there.contains("not proved"));
        assert_eq!(scim.admin.world.find(&scim.admin.world.gateway.acme, "carol@acme.example").await.unwrap().id, known);
        assert!(scim.admin.world.find(&scim.admin.world.gateway.acme, "frank@acme.example").await.is_none());
        // Nor does a group that names the one before it tell whether that one was made.
        let grouped = async |scim: &mut ScimAdmin, email: &str| {
            let list = format!(
                r#"[{{"userName":"p1","emails":[{{"value":"{email}","primary":true}}]}},{{"displayName":"g1","Members":[{{"value":"p1"}}]}}]"#
            );
            scim.preview(&list).await.body.replace(email, "somebody")
        };
        let there = grouped(&mut scim, "carol@unproved.example").await;
        assert_eq!(there, grouped(&mut scim, "nobody@unproved.example").await);
        assert!(there.contains("<strong>1</strong>"), "{there}");
        refused(&scim.preview("hello").await, StatusCode::BAD_REQUEST, "first line");
        refused(&scim.preview("").await, StatusCode::BAD_REQUEST, "give a file");
    }

    async fn a_list_that_comes_too_early_is_kept(scim: ScimAdmin) {
        let mut scim = scim;
        assert_eq!(scim.preview("userName\nfrank@acme.example").await.status, StatusCode::OK);
        // Back to within the pause.
        scim.admin.world.gateway.clock.advance(-11_000);
        let early = scim.preview_in("file", "userName\ngrace@acme.example").await;
        refused(&early, StatusCode::CONFLICT, "Please wait ten seconds. Your list is kept below");
        assert!(early.body.contains("grace@acme.example"), "{}", early.body);
        scim.admin.world.gateway.clock.advance(-11_000);
        let large = format!("userName\n{}", "x".repeat(300_000));
        refused(&scim.preview_in("file", &large).await, StatusCode::CONFLICT, "choose your file again");
    }

    async fn a_link_for_both_leads_through_both(admin: Admin) {
        let (cx, gateway) = (&admin.world.gateway.cx, &admin.world.gateway);
        let new = NewSetupLink::both();
        let made = create_setup_link(cx, &Actor::operator(), &gateway.project.id, &gateway.acme.id, new).await;
        let MadeLink { link, token, .. } = made.unwrap();
        let connection = link.saml_connection_id.clone().unwrap();
        let token = token.expose().to_owned();
        let mut admin = Admin { link, token, connection, ..admin }.opened().await;
        assert_eq!(admin.get("/setup").await.header("location"), "/setup/provider");
        assert_eq!(admin.post("/setup/provider", &[("provider", "okta")]).await.header("location"), "/setup/values");
        let page = admin.get("/setup/values").await.body;
        assert!(page.contains("Single sign-on and provisioning") && page.contains("/setup/scim/check"), "{page}");
        assert!(admin.get("/setup/scim").await.body.contains("SCIM connector base URL"));
        assert_eq!(admin.post("/setup/scim/token", &[]).await.status, StatusCode::OK);
        let metadata = admin.metadata();
        assert_eq!(admin.upload(&[("file", metadata.as_bytes())]).await.header("location"), "/setup/review");
    }
}
