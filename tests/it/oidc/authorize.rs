//! `/oauth/authorize`: what is refused where, and what a login begins with.

use vestibule::{
    model::{OrganizationStatus, login::LoginRefusal},
    service::{directory::NewProject, installation},
    store::{login_flows::LoginFlow, organizations},
};

use super::*;
use crate::support::on_both_databases;

on_both_databases! {
    async fn what_is_not_trusted_gets_a_page_and_no_redirect(world: World) {
        let refusals: &[&[(&str, &str)]] = &[
            &[("client_id", "")],
            &[("client_id", "client_0000000000000000000000009")],
            &[("client_id", "nonsense")],
            &[("redirect_uri", "")],
            &[("redirect_uri", "https://app.example/callback/")],
            &[("redirect_uri", "https://app.example/Callback")],
            &[("redirect_uri", "https://app.example/callback?x=1")],
            &[("redirect_uri", "https://app.example:443/callback")],
            &[("redirect_uri", "https://evil.example/callback")],
            // Other faults change nothing about it.
            &[("redirect_uri", "https://evil.example/callback"), ("response_type", "token")],
        ];
        for edits in refusals {
            let answer = world.authorize(edits).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{edits:?}");
            assert_eq!(answer.header("location"), "", "{edits:?}");
            assert!(answer.header("content-type").starts_with("text/html"), "{edits:?}");
            assert!(answer.body.contains(answer.header("x-request-id")), "{edits:?}");
        }
    }

    async fn a_trusted_client_gets_its_errors_back(world: World) {
        let refusals: &[(&[(&str, &str)], &str)] = &[
            (&[("response_type", "token")], "unsupported_response_type"),
            (&[("scope", "email")], "invalid_scope"),
            (&[("code_challenge", "")], "invalid_request"),
            (&[("code_challenge_method", "plain")], "invalid_request"),
            (&[("prompt", "none")], "login_required"),
            (&[("max_age", "soon")], "invalid_request"),
            (&[("request", "eyJ")], "request_not_supported"),
        ];
        for (edits, error) in refusals {
            let answer = world.authorize(edits).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{edits:?}");
            assert!(answer.header("location").starts_with(&format!("{REDIRECT}?")), "{edits:?}");
            assert_eq!(answer.location("error").as_deref(), Some(*error), "{edits:?}");
            assert_eq!(answer.location("state").as_deref(), Some("s-1"), "{edits:?}");
            assert_eq!(answer.location("iss").as_deref(), Some("http://localhost"), "{edits:?}");
            assert_eq!(answer.location("code"), None, "{edits:?}");
        }
        let query = format!("{}&state=s-2", world.authorization(&world.app, &[]));
        let twice = world.call(get(&format!("/oauth/authorize?{query}"))).await;
        assert_eq!(twice.location("error").as_deref(), Some("invalid_request"));
    }

    async fn a_login_begins_by_query_and_by_form(world: World) {
        let query = world.authorization(&world.app, &[]);
        let form = post("/oauth/authorize")
            .insert_header((header::CONTENT_TYPE, "application/x-www-form-urlencoded"))
            .set_payload(query.clone());
        for request in [get(&format!("/oauth/authorize?{query}")), form] {
            let begun = world.call(request).await;
            assert_eq!(begun.status, StatusCode::SEE_OTHER);
            assert!(begun.header("location").starts_with("/login?flow=login_flow_"));
        }
        let typed = post("/oauth/authorize").set_payload("x");
        assert_eq!(world.call(typed).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    async fn r07_the_flow_cookie_holds_a_nonce_and_survives_a_cross_site_post(world: World) {
        let begun = world.authorize(&[]).await;
        let set = begun.header("set-cookie");
        assert!(set.starts_with("__Host-vestibule_flow="), "{set}");
        assert!(set.ends_with("; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=600"), "{set}");
        let nonce = begun.cookie("__Host-vestibule_flow").unwrap();
        assert_eq!(nonce.len(), 43);
        assert!(!begun.header("location").contains(&nonce));
        // Another tab keeps the nonce, so that both can end.
        let again = get(&format!("/oauth/authorize?{}", world.authorization(&world.app, &[])))
            .insert_header((header::COOKIE, format!("__Host-vestibule_flow={nonce}")));
        assert_eq!(world.call(again).await.cookie("__Host-vestibule_flow"), Some(nonce));
    }

    async fn r32_a_browser_has_at_most_a_hundred_open_logins(world: World) {
        let first = world.authorize(&[]).await;
        let nonce = first.cookie("__Host-vestibule_flow").unwrap();
        let again = || {
            get(&format!("/oauth/authorize?{}", world.authorization(&world.app, &[])))
                .insert_header((header::COOKIE, format!("__Host-vestibule_flow={nonce}")))
        };
        let stranger = world.authorize(&[]).await;
        let second = world.call(again()).await;
        for _ in 0..99 {
            world.call(again()).await;
        }
        let lives = |answer: &Answer| {
            let (project, id) = (world.gateway.project.id.clone(), answer.location("flow").unwrap());
            let id = LoginFlowId::parse(&id).unwrap();
            world.write(move |tx| Ok(login_flows::find(tx, &project, &id)?.is_some()))
        };
        assert!(!lives(&first).await, "the oldest of a hundred and one is forgotten");
        assert!(lives(&second).await && lives(&stranger).await);
    }

    async fn r32_what_did_not_end_goes_when_it_expires_and_the_rest_a_day_later(world: World) {
        let unfinished = world.authorize(&[]).await.location("flow").unwrap();
        let (_, completed) = world.code(&world.app, &world.ada).await;
        assert_eq!(completed.session.user_id, world.ada.user.id);
        let forget = || installation::forget_expired(&world.gateway.cx);
        assert_eq!(forget().await.unwrap(), 0);
        world.gateway.clock.advance(10 * 60 * 1000 + 1);
        assert_eq!(forget().await.unwrap(), 1, "the flow that did not end");
        let (project, id) = (world.gateway.project.id.clone(), LoginFlowId::parse(&unfinished).unwrap());
        assert_eq!(world.write(move |tx| login_flows::find(tx, &project, &id)).await, None);
        world.gateway.clock.advance(24 * 60 * 60 * 1000);
        assert_eq!(forget().await.unwrap(), 2, "the flow that ended, and its code");
    }

    async fn r32_more_than_a_portion_is_forgotten_in_one_run(world: World) {
        let flow = world.authorize(&[]).await.location("flow").unwrap();
        let (project, id) = (world.gateway.project.id.clone(), LoginFlowId::parse(&flow).unwrap());
        let copy = move |tx: &mut Tx<'_>| {
            let flow = login_flows::find(tx, &project, &id)?.unwrap();
            for number in 0..1_200 {
                login_flows::insert(tx, &LoginFlow { id: LoginFlowId::from_u128(number), ..flow.clone() })?;
            }
            Ok(())
        };
        world.write(copy).await;
        world.gateway.clock.advance(10 * 60 * 1000 + 1);
        assert_eq!(installation::forget_expired(&world.gateway.cx).await.unwrap(), 1_201);
    }

    async fn l01_a_nul_is_refused_in_the_form_of_the_endpoint(world: World) {
        for name in ["state", "nonce", "login_hint", "organization", "redirect_uri", "other"] {
            let answer = world.authorize(&[(name, "a\0b")]).await;
            assert_eq!((answer.status, answer.header("location")), (StatusCode::BAD_REQUEST, ""), "{name}");
            assert!(answer.header("content-type").starts_with("text/html"), "{name}");
        }
        let answer = world.exchange(&world.app, &Secret::new("x"), &[("redirect_uri", "a\0b")]).await;
        assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::BAD_REQUEST, &"invalid_request".into()));
        let login = post("/login").set_form([("email", "a\0b")]).insert_header((header::ORIGIN, "http://localhost"));
        assert_eq!(world.call(login).await.status, StatusCode::BAD_REQUEST);
    }

    async fn an_organization_or_a_hint_leads_straight_to_the_connection(world: World) {
        let acme = world.gateway.acme.id.to_string();
        for edits in [
            [("organization", acme.as_str())],
            [("organization", "acme")],
            [("login_hint", "anyone@acme.example")],
        ] {
            let begun = world.authorize(&edits).await;
            let start = format!("/api/saml/v1/{}/init?flow=login_flow_", world.ada.connection.id);
            assert!(begun.header("location").starts_with(&start), "{edits:?} {}", begun.header("location"));
        }
    }

    async fn r12_unknown_and_disabled_organizations_begin_alike(world: World) {
        let mut disabled = world.gateway.globex.clone();
        disabled.status = OrganizationStatus::Disabled;
        world.write(move |tx| organizations::update(tx, &disabled)).await;
        for edits in [
            [("organization", "globex")],
            [("organization", "nobody")],
            [("organization", "org_0000000000000000000000009")],
            [("login_hint", "gus@globex.example")],
            [("login_hint", "x@nowhere.example")],
            [("login_hint", "no address")],
        ] {
            let begun = world.authorize(&edits).await;
            assert_eq!(begun.status, StatusCode::SEE_OTHER, "{edits:?}");
            assert!(begun.header("location").starts_with("/login?flow=login_flow_"), "{edits:?}");
        }
    }

    async fn r10_the_organization_obtained_is_the_one_asked_for(world: World) {
        for asked in ["acme", "nobody"] {
            let begun = world.authorize(&[("organization", asked)]).await;
            let refused = world.complete(&begun.location("flow").unwrap(), &world.gus).await;
            let mismatch = matches!(refused, Err(CompleteError::Refused(LoginRefusal::OrganizationMismatch)));
            assert!(mismatch, "{asked}: {refused:?}");
        }
        let begun = world.authorize(&[("organization", "acme")]).await;
        assert!(world.complete(&begun.location("flow").unwrap(), &world.ada).await.is_ok());
    }

    async fn a_login_ends_once(world: World) {
        let begun = world.authorize(&[]).await.location("flow").unwrap();
        assert!(world.complete(&begun, &world.ada).await.is_ok());
        let again = world.complete(&begun, &world.ada).await;
        assert!(matches!(again, Err(CompleteError::FlowEnded)), "{again:?}");
    }

    async fn a_client_of_another_project_is_unknown_here(world: World) {
        let new = NewProject { display_name: "Other".into(), public_url: "https://other.example".into() };
        let other = directory::create_project(&world.gateway.cx, &Actor::operator(), new).await.unwrap();
        let method = TokenEndpointAuthMethod::None;
        let app = host_app_in(&world.gateway, &other.id, method, SigningAlgorithm::Rs256).await;
        let query = world.authorization(&app, &[]);
        assert_eq!(world.call(get(&format!("/oauth/authorize?{query}"))).await.status, StatusCode::BAD_REQUEST);
    }
}
