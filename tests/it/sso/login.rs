//! Logins that end well, and what they leave behind.

use actix_web::test::TestRequest;
use vestibule::{
    model::{SigningAlgorithm, TokenEndpointAuthMethod},
    service::directory::{NewClient, create_client, list_sessions},
    store::{audit_log_events, groups, outbox_events},
};

use super::*;
use crate::support::on_both_databases;

on_both_databases! {
    async fn a_first_login_makes_the_user_and_a_second_finds_it(world: World) {
        let answer = world.log_in(&world.acme, &ADA).await;
        assert!(signed_in(&answer), "{} {}", answer.status, answer.body);
        let ada = world.find(&world.acme.organization, "ada@acme.example").await.unwrap();
        assert_eq!(ada.display_name.as_deref(), Some("Ada Lovelace"));
        assert!(!ada.owner);
        let again = world.log_in(&world.acme, &Claims { assertion_id: "_a2", name_id: "ADA@acme.example", ..ADA }).await;
        assert!(signed_in(&again));
        assert_eq!(world.find(&world.acme.organization, "ada@acme.example").await.unwrap().id, ada.id);
    }

    async fn a_login_is_recorded(world: World) {
        world.log_in(&world.acme, &ADA).await;
        let project = world.gateway.project.id.clone();
        let events = world.write(move |tx| {
            outbox_events::give_positions(tx, &project, 100)?;
            outbox_events::after(tx, &project, 0, 100)
        }).await;
        let last: Vec<_> = events.iter().rev().take(3).rev().collect();
        let names: Vec<_> = last.iter().map(|event| event.event_type.as_str()).collect();
        assert_eq!(names, ["user.created", "identity.created", "session.created"]);
        for event in last {
            let (organization, resource) = (world.acme.organization.id.clone(), event.resource_id.clone());
            let rows = world.read(move |tx| audit_log_events::of_resource(tx, &organization, &resource)).await;
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].actor_kind, "saml_connection");
            assert_eq!(rows[0].actor_id, Some(world.acme.connection.id.to_string()));
        }
    }

    async fn groups_follow_the_assertion(world: World) {
        let groups = |id, names: &'static [(&'static str, &'static [&'static str])]| Claims { assertion_id: id, attributes: names, ..ADA };
        let of_ada = || async {
            let ada = world.find(&world.acme.organization, "ada@acme.example").await.unwrap();
            let connection = world.acme.connection.id.clone();
            let found = world.read(move |tx| groups::saml_groups_of_user(tx, &connection, &ada.id)).await;
            let mut names: Vec<String> = found.into_iter().map(|(name, _)| name).collect();
            names.sort();
            names
        };
        world.log_in(&world.acme, &groups("_1", &[("groups", &["staff", "admins", "staff", " "])])).await;
        assert_eq!(of_ada().await, ["admins", "staff"]);
        world.log_in(&world.acme, &groups("_2", &[("memberOf", &["staff", "new"])])).await;
        assert_eq!(of_ada().await, ["new", "staff"]);
        world.log_in(&world.acme, &groups("_3", &[])).await;
        assert!(of_ada().await.is_empty());
        // A link in place of more groups says nothing where there are groups.
        let link = "http://schemas.microsoft.com/claims/groups.link";
        let both: [(&str, &[&str]); 2] = [("groups", &["new"]), (link, &["https://graph.example/"])];
        world.log_in(&world.acme, &Claims { assertion_id: "_4", attributes: &both, ..ADA }).await;
        assert_eq!(of_ada().await, ["new"]);
        // And what is too long or has control characters is no name.
        let (long, longest) = ("x".repeat(513), "x".repeat(512));
        let names = [long.as_str(), &longest, "a\u{85}b"];
        world.log_in(&world.acme, &Claims { assertion_id: "_5", attributes: &[("groups", &names)], ..ADA }).await;
        assert_eq!(of_ada().await, [longest]);
    }

    async fn a_login_that_changes_no_group_tells_of_none(world: World) {
        let attributes: &[(&str, &[&str])] = &[("groups", &["staff"])];
        for id in ["_1", "_2"] {
            assert!(signed_in(&world.log_in(&world.acme, &Claims { assertion_id: id, attributes, ..ADA }).await));
        }
        let ada = world.find(&world.acme.organization, "ada@acme.example").await.unwrap();
        let events = world.gateway.events(ada.id.as_str()).await;
        assert_eq!(events.iter().filter(|event| *event == "user.groups_changed").count(), 1, "{events:?}");
    }

    async fn groups_are_those_of_the_connection_that_names_them(world: World) {
        let second = idp(&world.gateway, world.gateway.acme.clone(), "https://second.acme.example", "idp-next").await;
        let with = |id, attributes| Claims { assertion_id: id, attributes, ..ADA };
        assert!(signed_in(&world.log_in(&world.acme, &with("_1", &[("groups", &["staff"])])).await));
        assert!(signed_in(&world.log_in(&second, &with("_2", &[("groups", &["admins"])])).await));
        let ada = world.find(&world.acme.organization, "ada@acme.example").await.unwrap();
        for (of, name) in [(&world.acme, "staff"), (&second, "admins")] {
            let (connection, ada) = (of.connection.id.clone(), ada.id.clone());
            let found = world.read(move |tx| groups::saml_groups_of_user(tx, &connection, &ada)).await;
            assert_eq!(found.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), [name]);
        }
    }

    async fn r32_one_login_makes_so_many_groups_and_the_next_one_the_rest(world: World) {
        let names: Vec<String> = (0..250).map(|number| format!("group-{number:03}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for (id, expected) in [("_1", 200), ("_2", 250)] {
            let claims = Claims { assertion_id: id, attributes: &[("groups", &names)], ..ADA };
            assert!(signed_in(&world.log_in(&world.acme, &claims).await));
            let ada = world.find(&world.acme.organization, "ada@acme.example").await.unwrap();
            let connection = world.acme.connection.id.clone();
            let found = world.read(move |tx| groups::saml_groups_of_user(tx, &connection, &ada.id)).await;
            assert_eq!(found.len(), expected);
        }
    }

    async fn a_host_app_gets_a_code(world: World) {
        let (mut browser, request) = authorize(&world, "").await;
        assert!(!request.force_authn);
        let xml = world.response(&world.acme, Some(&request), &ADA);
        let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        let location = answer.header("location");
        assert!(location.starts_with("https://app.example/callback?code="), "{location} {}", answer.body);
        assert!(location.contains("state=s1"));
    }

    async fn r11_max_age_asks_again_and_is_checked(world: World) {
        let (mut browser, request) = authorize(&world, "&max_age=30").await;
        assert!(request.force_authn);
        let xml = world.response(&world.acme, Some(&request), &ADA);
        // 30 s and the clock skew of 180 s.
        world.gateway.clock.advance(211_000);
        let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        world.assert_refused(&answer, "authn_too_old").await;
    }

    async fn a_refusal_keeps_the_checks_that_passed(world: World) {
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = world.response(&world.acme, Some(&request), &ADA).replace("ada@", "eve@");
        let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        let (project, reference) = (world.gateway.project.id.clone(), answer.header("x-request-id").to_owned());
        let trace = world.read(move |tx| login_traces::find(tx, &project, &reference)).await.unwrap();
        let steps: Vec<serde_json::Value> = serde_json::from_str(&trace.steps).unwrap();
        let (last, passed) = steps.split_last().unwrap();
        assert!(passed.len() >= 9 && passed.iter().all(|step| step["passed"] == true), "{}", trace.steps);
        assert_eq!((last["check"].as_str(), last["passed"].as_bool()), (Some("signature_digest"), Some(false)));
        assert!(last["detail"].as_str().unwrap().contains("changed after signing"));
    }

    async fn r32_a_trace_quotes_little(world: World) {
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let elsewhere = format!("Destination=\"{}", "é".repeat(100_000));
        let xml = world.response(&world.acme, Some(&request), &ADA).replacen("Destination=\"", &elsewhere, 1);
        let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        world.assert_refused(&answer, "destination_mismatch").await;
        let (project, reference) = (world.gateway.project.id.clone(), answer.header("x-request-id").to_owned());
        let trace = world.read(move |tx| login_traces::find(tx, &project, &reference)).await.unwrap();
        assert!(trace.steps.len() < 4_000, "{} bytes", trace.steps.len());
    }

    async fn a_request_says_who_we_are(world: World) {
        let request = world.depart(&world.acme, &mut Browser::default()).await;
        let sp = format!("http://localhost/api/saml/v1/{}", world.acme.connection.id);
        assert_eq!(request.issuer, sp);
        assert_eq!(request.acs_url, Some(format!("{sp}/acs")));
        assert_eq!(request.destination.as_deref(), Some("https://idp.acme.example/sso"));
        assert_eq!(request.id.len(), 41);
        assert!(!request.force_authn);
    }

    async fn r11_a_sign_in_of_before_it_was_forced_is_refused(world: World) {
        // The provider answers from a session that it had: no skew covers ten minutes.
        let old = world.gateway.now().plus(-600_000);
        let instant = |at: vestibule::model::Timestamp| vestibule::saml::xml::instant::format(at.to_datetime());
        let (now, old) = (instant(world.gateway.now()), instant(old));
        let answered = |xml: &str| signed_again(&world.acme, ADA.assertion_id, xml, |xml| {
            let stale = xml.replace(&format!("AuthnInstant=\"{now}\""), &format!("AuthnInstant=\"{old}\""));
            assert_ne!(stale, xml);
            stale
        });
        let (mut browser, request) = authorize(&world, "&prompt=login").await;
        assert!(request.force_authn);
        let xml = answered(&world.response(&world.acme, Some(&request), &ADA));
        let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        world.assert_refused(&answer, "authn_too_old").await;
        // Where nobody forces it, that session will do.
        let (mut browser, request) = authorize(&world, "").await;
        let xml = answered(&world.response(&world.acme, Some(&request), &ADA));
        let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        assert!(answer.header("location").starts_with("https://app.example/callback?code="), "{}", answer.body);
        // The connection forces it for everybody.
        world.change(&world.acme, |connection| connection.force_authn = true).await;
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = answered(&world.response(&world.acme, Some(&request), &ADA));
        let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        world.assert_refused(&answer, "authn_too_old").await;
    }

    async fn r11_nobody_has_signed_in_later_than_now(world: World) {
        // A provider's clock may run ahead, within the skew; clients refuse a time that is yet to come.
        let now = world.gateway.now();
        let instant = |at: vestibule::model::Timestamp| vestibule::saml::xml::instant::format(at.to_datetime());
        let (said, ahead) = (format!("AuthnInstant=\"{}\"", instant(now)), format!("AuthnInstant=\"{}\"", instant(now.plus(60_000))));
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = world.response(&world.acme, Some(&request), &ADA);
        let xml = signed_again(&world.acme, ADA.assertion_id, &xml, |xml| xml.replace(&said, &ahead));
        assert!(xml.contains(&ahead));
        assert!(signed_in(&world.post(&world.acme.connection.id, &mut browser, &xml).await));
        let ada = world.find(&world.acme.organization, "ada@acme.example").await.unwrap();
        let sessions = list_sessions(&world.gateway.cx, &world.gateway.project.id, &ada.id, 10).await.unwrap();
        assert_eq!(sessions[0].auth_time, now);
    }

    async fn r11_a_forced_sign_in_may_take_its_time(world: World) {
        world.change(&world.acme, |connection| connection.force_authn = true).await;
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        assert!(request.force_authn);
        world.gateway.clock.advance(60_000);
        let now = vestibule::saml::xml::instant::format(world.gateway.now().to_datetime());
        let fresh = world.response(&world.acme, Some(&request), &ADA);
        let answer = world.post(&world.acme.connection.id, &mut browser, &fresh).await;
        assert!(signed_in(&answer), "{}", answer.body);
        assert!(fresh.contains(&now));
    }
}

/// A host app begins a login for Acme, and the browser goes on to its provider.
pub async fn authorize(world: &World, extra: &str) -> (Browser, ReceivedRequest) {
    let (browser, init) = begun(world, extra).await;
    let answer = world.call(browser.with_cookies(TestRequest::get().uri(&init))).await;
    (browser, received(&answer))
}

/// A host app begins a login for Acme: the browser, and where it is sent.
pub async fn begun(world: &World, extra: &str) -> (Browser, String) {
    let new = NewClient {
        display_name: "App".into(),
        redirect_uris: vec!["https://app.example/callback".into()],
        initiate_login_uri: None,
        token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
        id_token_alg: SigningAlgorithm::Rs256,
    };
    let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
    let (client, _) = create_client(cx, &Actor::operator(), project, new).await.unwrap();
    let path = format!(
        "/oauth/authorize?client_id={}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&response_type=code\
         &scope=openid&state=s1&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
         &code_challenge_method=S256&organization={}{extra}",
        client.id, world.acme.organization.id
    );
    let mut browser = Browser::default();
    let answer = world.call(TestRequest::get().uri(&path)).await;
    browser.keep(&answer);
    let init = answer.header("location").to_owned();
    assert!(init.starts_with("/api/saml/v1/"), "{init} {}", answer.body);
    (browser, init)
}
