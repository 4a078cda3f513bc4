//! Logins that begin at the provider (R8, R9).

use super::*;
use crate::support::on_both_databases;
use vestibule::{
    model::{SigningAlgorithm, TokenEndpointAuthMethod},
    service::{
        connections::Options,
        directory::{NewClient, create_client, unlink_user},
        installation,
    },
    store::saml_logouts,
};

pub(super) async fn switch_on(world: &World) {
    world.change(&world.acme, |connection| connection.allow_idp_initiated = true).await;
}

async fn switch_on_with_dummy(world: &World) {
    let edit = |connection: &mut SamlConnection| {
        connection.allow_idp_initiated = true;
        connection.options = Options { dummy_in_response_to: true, ..Options::default() }.to_stored();
    };
    world.change(&world.acme, edit).await;
}

async fn app(world: &World) {
    let new = NewClient {
        display_name: "App".into(),
        redirect_uris: vec!["https://app.example/callback".into()],
        initiate_login_uri: Some("https://app.example/login?from=sso".into()),
        token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
        id_token_alg: SigningAlgorithm::Rs256,
    };
    let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
    create_client(cx, &Actor::operator(), project, new).await.unwrap();
}

pub(super) async fn arrive(world: &World, browser: &mut Browser, xml: &str, relay_state: &str) -> Answer {
    let form = [("SAMLResponse", post::encode(xml)), ("RelayState", relay_state.to_owned())];
    let path = format!("/api/saml/v1/{}/acs", world.acme.connection.id);
    let answer = world.call(browser.with_cookies(TestRequest::post().uri(&path)).set_form(form)).await;
    browser.keep(&answer);
    answer
}

pub(super) fn flow(answer: &Answer) -> String {
    let at = answer.body.find("login_flow_").unwrap_or_else(|| panic!("{}", answer.body));
    answer.body[at..].split('"').next().unwrap().to_owned()
}

pub(super) async fn consent(world: &World, browser: &Browser, flow: &str) -> Answer {
    let request = TestRequest::post().uri("/login/consent").set_form([("flow", flow)]);
    world.call(browser.with_cookies(request)).await
}

on_both_databases! {
    async fn r08_the_person_is_asked_before_anything_is_opened(world: World) {
        switch_on(&world).await;
        app(&world).await;
        let mut browser = Browser::default();
        let xml = world.response(&world.acme, None, &ADA);
        let asked = arrive(&world, &mut browser, &xml, "https://app.example/reports/7").await;
        assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
        assert!(asked.body.contains("ada@acme.example") && asked.body.contains("Acme"), "{}", asked.body);
        assert!(!asked.header("set-cookie").contains("vestibule_session"));
        let done = consent(&world, &browser, &flow(&asked)).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        assert!(done.header("set-cookie").starts_with("__Host-vestibule_session="));
        let onward = "https://app.example/login?from=sso&#38;iss=http%3A%2F%2Flocalhost&#38;target_link_uri=https%3A%2F%2Fapp.example%2Freports%2F7&#38;login_hint=ada%40acme.example";
        assert!(done.body.contains(onward), "{}", done.body);
        assert!(!done.body.contains("code="), "R9: no code");
        // Once.
        let again = consent(&world, &browser, &flow(&asked)).await;
        assert_eq!(again.status, StatusCode::FORBIDDEN);
    }

    async fn r09_a_foreign_deep_link_is_left_out(world: World) {
        switch_on(&world).await;
        app(&world).await;
        let mut browser = Browser::default();
        let asked = arrive(&world, &mut browser, &world.response(&world.acme, None, &ADA), "https://evil.example/").await;
        let done = consent(&world, &browser, &flow(&asked)).await;
        assert!(done.body.contains("https://app.example/login?from=sso&#38;iss=http%3A%2F%2Flocalhost&#38;login_hint=ada%40acme.example\""), "{}", done.body);
        assert!(!done.body.contains("evil"));
    }

    async fn r09_a_deep_link_beyond_2048_bytes_is_none(world: World) {
        switch_on(&world).await;
        app(&world).await;
        let base = "https://app.example/";
        for (id, length, kept) in [("_d1", 2048, true), ("_d2", 2049, false)] {
            let mut browser = Browser::default();
            let link = format!("{base}{}", "a".repeat(length - base.len()));
            let xml = world.response(&world.acme, None, &Claims { assertion_id: id, ..ADA });
            let asked = arrive(&world, &mut browser, &xml, &link).await;
            let done = consent(&world, &browser, &flow(&asked)).await;
            assert_eq!(done.status, StatusCode::OK, "{}", done.body);
            assert_eq!(done.body.contains("target_link_uri"), kept, "{length}: {}", done.body);
            assert!(done.body.contains("https://app.example/login?from=sso"), "the app all the same");
        }
    }

    async fn r09_a_login_that_is_started_here_instead_ends_in_the_app(world: World) {
        app(&world).await;
        let mut browser = Browser::default();
        let unread = arrive(&world, &mut browser, &world.response(&world.acme, None, &ADA), "").await;
        assert_eq!(unread.header("location"), format!("http://localhost/api/saml/v1/{}/init", world.acme.connection.id));
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = world.response(&world.acme, Some(&request), &Claims { assertion_id: "_a2", ..ADA });
        let done = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        let onward = "https://app.example/login?from=sso&iss=http%3A%2F%2Flocalhost&login_hint=ada%40acme.example";
        assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, onward));
        assert!(done.header("set-cookie").starts_with("__Host-vestibule_session="));
        // With a second app nothing says which.
        app(&world).await;
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = world.response(&world.acme, Some(&request), &Claims { assertion_id: "_a3", ..ADA });
        assert_eq!(world.post(&world.acme.connection.id, &mut browser, &xml).await.header("location"), "/login");
    }

    async fn r09_a_deep_link_outlives_the_start_of_another_login(world: World) {
        app(&world).await;
        // With a second app the link says which.
        app(&world).await;
        for (relay_state, kept, onward) in [
            ("https://app.example/reports/7", true, "https://app.example/login?from=sso&iss=http%3A%2F%2Flocalhost&target_link_uri=https%3A%2F%2Fapp.example%2Freports%2F7&login_hint=ada%40acme.example"),
            ("https://evil.example/\r\n", true, "/login"),
            ("the provider's own", false, "/login"),
            ("javascript:alert(1)", false, "/login"),
        ] {
            let mut browser = Browser::default();
            let unread = arrive(&world, &mut browser, &world.response(&world.acme, None, &ADA), relay_state).await;
            let init = unread.header("location").strip_prefix("http://localhost").unwrap().to_owned();
            assert_eq!(init.contains("?target_link_uri="), kept, "{init}");
            let departed = world.call(browser.with_cookies(TestRequest::get().uri(&init))).await;
            browser.keep(&departed);
            let request = received(&departed);
            let id = format!("_{}", relay_state.len());
            let xml = world.response(&world.acme, Some(&request), &Claims { assertion_id: &id, ..ADA });
            let done = world.post(&world.acme.connection.id, &mut browser, &xml).await;
            assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, onward));
        }
        let long = format!("https://app.example/{}", "x".repeat(2_048));
        let unread = arrive(&world, &mut Browser::default(), &world.response(&world.acme, None, &ADA), &long).await;
        assert!(unread.header("location").ends_with("/init"), "too long for a deep link");
    }

    async fn r08_consent_is_for_the_browser_that_was_asked(world: World) {
        switch_on(&world).await;
        let mut browser = Browser::default();
        let asked = arrive(&world, &mut browser, &world.response(&world.acme, None, &ADA), "").await;
        let mut other = Browser::default();
        world.depart(&world.acme, &mut other).await;
        for stranger in [Browser::default(), other] {
            assert_eq!(consent(&world, &stranger, &flow(&asked)).await.status, StatusCode::FORBIDDEN);
        }
        world.gateway.clock.advance(10 * 60 * 1000);
        assert_eq!(consent(&world, &browser, &flow(&asked)).await.status, StatusCode::FORBIDDEN);
    }

    async fn r08_it_is_validated_and_used_once_like_any_other(world: World) {
        switch_on(&world).await;
        let mut browser = Browser::default();
        let xml = world.response(&world.acme, None, &ADA);
        let forged = xml.replace("ada@", "eve@");
        let answer = arrive(&world, &mut browser, &forged, "").await;
        world.assert_refused(&answer, "signature_digest").await;
        let asked = arrive(&world, &mut browser, &xml, "").await;
        assert_eq!(asked.status, StatusCode::OK);
        let replayed = arrive(&world, &mut Browser::default(), &xml, "").await;
        world.assert_refused(&replayed, "assertion_replayed").await;
        let globex = world.response(&world.globex, None, &Claims { assertion_id: "_g", ..ADA });
        let elsewhere = arrive(&world, &mut browser, &globex, "").await;
        world.assert_refused(&elsewhere, "destination_mismatch").await;
    }

    async fn r08_a_dummy_is_tolerated_only_where_the_connection_says_so(world: World) {
        let dummy = ReceivedRequest { id: "dummy-123".into(), ..world.depart(&world.acme, &mut Browser::default()).await };
        let xml = world.response(&world.acme, Some(&dummy), &ADA);
        switch_on(&world).await;
        let mut browser = Browser::default();
        let refused = arrive(&world, &mut browser, &xml, "").await;
        world.assert_refused(&refused, "flow_cookie_missing").await;
        switch_on_with_dummy(&world).await;
        assert_eq!(arrive(&world, &mut browser, &xml, "").await.status, StatusCode::OK);
    }

    async fn r08_an_assertion_is_remembered_for_as_long_as_it_is_good(world: World) {
        switch_on(&world).await;
        let xml = world.response_for(&world.acme, None, &ADA, Duration::days(3));
        assert_eq!(arrive(&world, &mut Browser::default(), &xml, "").await.status, StatusCode::OK);
        world.gateway.clock.advance(2 * 24 * 60 * 60 * 1000);
        installation::forget_expired(&world.gateway.cx).await.unwrap();
        let replayed = arrive(&world, &mut Browser::default(), &xml, "").await;
        world.assert_refused(&replayed, "assertion_replayed").await;
    }

    async fn r08_what_was_refused_once_stays_refused(world: World) {
        switch_on(&world).await;
        let user = world.user(&world.acme.organization, "ada@acme.example", |user| user.status = UserStatus::Inactive).await;
        let xml = world.response(&world.acme, None, &ADA);
        let refused = arrive(&world, &mut Browser::default(), &xml, "").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let active = User { status: UserStatus::Active, ..user };
        world.write(move |tx| users::update(tx, &active)).await;
        let again = arrive(&world, &mut Browser::default(), &xml, "").await;
        world.assert_refused(&again, "assertion_replayed").await;
    }

    async fn r08_a_logout_before_the_click_counts(world: World) {
        switch_on(&world).await;
        let mut browser = Browser::default();
        let asked = arrive(&world, &mut browser, &world.response(&world.acme, None, &ADA), "").await;
        let name = serde_json::json!(["name", name_id::EMAIL, null, null, ADA.name_id]).to_string();
        let (connection, organization) = (world.acme.connection.id.clone(), world.acme.organization.id.clone());
        let (now, kept, ended) = (world.gateway.now(), world.gateway.now().plus(60_000), [name].into());
        world.write(move |tx| saml_logouts::end_sessions(tx, &connection, &organization, ADA.name_id, &ended, now, kept)).await;
        assert_eq!(consent(&world, &browser, &flow(&asked)).await.status, StatusCode::FORBIDDEN);
    }

    async fn a_link_that_is_taken_away_before_the_click_signs_nobody_in(world: World) {
        switch_on(&world).await;
        let user = world.user(&world.acme.organization, "ada@acme.example", |_| ()).await;
        let mut browser = Browser::default();
        let asked = arrive(&world, &mut browser, &world.response(&world.acme, None, &ADA), "").await;
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let links = unlink_user(cx, &Actor::operator(), project, &user.id, &world.acme.connection.id).await;
        assert_eq!(links.unwrap(), 1);
        let answer = consent(&world, &browser, &flow(&asked)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
    }

    async fn r11_what_every_login_is_asked_for_is_asked_by_one_that_begins_here(world: World) {
        let edits: [fn(&mut SamlConnection); 2] = [
            |connection| connection.force_authn = true,
            |connection| {
                let authn_contexts = vec!["urn:example:mfa".into()];
                connection.options = Options { authn_contexts, ..Options::default() }.to_stored();
            },
        ];
        for edit in edits {
            let switched_on = move |connection: &mut SamlConnection| {
                connection.allow_idp_initiated = true;
                edit(connection);
            };
            world.change(&world.acme, switched_on).await;
            let unread = arrive(&world, &mut Browser::default(), &world.response(&world.acme, None, &ADA), "").await;
            let start = format!("http://localhost/api/saml/v1/{}/init", world.acme.connection.id);
            assert_eq!((unread.status, unread.header("location")), (StatusCode::SEE_OTHER, start.as_str()));
        }
    }

    async fn r08_a_login_that_ended_here_is_no_circle_where_the_provider_may_begin(world: World) {
        let edit = |connection: &mut SamlConnection| {
            connection.allow_idp_initiated = true;
            connection.force_authn = true;
        };
        world.change(&world.acme, edit).await;
        let mut browser = Browser::default();
        let from_portal = world.response(&world.acme, None, &ADA);
        // Two tabs wait at the provider's password page, and one more begins.
        for _ in 0..2 {
            world.depart(&world.acme, &mut browser).await;
            assert_eq!(arrive(&world, &mut browser, &from_portal, "").await.status, StatusCode::SEE_OTHER);
        }
        let request = world.depart(&world.acme, &mut browser).await;
        let circle = arrive(&world, &mut browser, &from_portal, "").await;
        world.assert_refused(&circle, "unsolicited_response").await;
        let xml = world.response(&world.acme, Some(&request), &Claims { assertion_id: "_a2", ..ADA });
        assert!(signed_in(&world.post(&world.acme.connection.id, &mut browser, &xml).await));
        // To the next app.
        assert_eq!(arrive(&world, &mut browser, &from_portal, "").await.status, StatusCode::SEE_OTHER);
    }

    async fn r07_a_request_of_ours_is_never_a_dummy(world: World) {
        switch_on_with_dummy(&world).await;
        let request = world.depart(&world.acme, &mut Browser::default()).await;
        let xml = world.response(&world.acme, Some(&request), &ADA);
        let stolen = arrive(&world, &mut Browser::default(), &xml, "").await;
        world.assert_refused(&stolen, "flow_cookie_missing").await;
        // Nor is one in our form whose flow has been forgotten.
        let forgotten = ReceivedRequest { id: format!("_{}", "0a".repeat(20)), ..request };
        let xml = world.response(&world.acme, Some(&forgotten), &ADA);
        let answer = arrive(&world, &mut Browser::default(), &xml, "").await;
        world.assert_refused(&answer, "flow_cookie_missing").await;
    }

    async fn r07_nor_is_one_that_the_assertion_alone_names(world: World) {
        switch_on_with_dummy(&world).await;
        let request = world.depart(&world.acme, &mut Browser::default()).await;
        let xml = world.response(&world.acme, Some(&request), &ADA);
        // The Response around the signed assertion is anybody's to change.
        let said = format!(" InResponseTo=\"{}\"", request.id);
        for instead in ["", " InResponseTo=\"made-up\""] {
            let stolen = arrive(&world, &mut Browser::default(), &xml.replacen(&said, instead, 1), "").await;
            world.assert_refused(&stolen, "request_unknown").await;
        }
    }

    async fn r03_nobody_is_brought_back_by_consent(world: World) {
        switch_on(&world).await;
        let user = world.user(&world.acme.organization, "ada@acme.example", |_| ()).await;
        let mut browser = Browser::default();
        let asked = arrive(&world, &mut browser, &world.response(&world.acme, None, &ADA), "").await;
        let mut inactive = user.clone();
        inactive.status = UserStatus::Inactive;
        world.write(move |tx| users::update(tx, &inactive)).await;
        assert_eq!(consent(&world, &browser, &flow(&asked)).await.status, StatusCode::FORBIDDEN);
    }
}
