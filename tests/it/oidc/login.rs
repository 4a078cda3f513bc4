//! The hosted login's pages.

use vestibule::{
    model::{ConnectionStatus, EmailAddress, OrganizationStatus},
    service::login::{self, Nowhere},
    store::{organizations, saml_connections},
};

use super::*;
use crate::support::on_both_databases;

const FORM: &str = "application/x-www-form-urlencoded";

fn submit(email: &str, flow: &str, cookie: &str) -> TestRequest {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("email", email)
        .append_pair("flow", flow)
        .finish();
    let request = post("/login").insert_header((header::CONTENT_TYPE, FORM)).set_payload(form);
    let request = request.insert_header((header::ORIGIN, "http://localhost"));
    request.insert_header((header::COOKIE, format!("__Host-vestibule_flow={cookie}")))
}

/// The address that a page leads on to.
fn onward(answer: &Answer) -> String {
    let at = answer.body.find("/login/continue?flow=").unwrap_or_else(|| panic!("{}", answer.body));
    answer.body[at..].split('"').next().unwrap().to_owned()
}

async fn begun(world: &World) -> (String, String) {
    let begun = world.authorize(&[]).await;
    (begun.location("flow").unwrap(), begun.cookie("__Host-vestibule_flow").unwrap())
}

async fn follow(world: &World, path: &str, cookie: &str) -> Answer {
    world.call(get(path).insert_header((header::COOKIE, format!("__Host-vestibule_flow={cookie}")))).await
}

on_both_databases! {
    async fn the_form_names_the_product_and_keeps_the_flow(world: World) {
        let (flow, cookie) = begun(&world).await;
        let page = follow(&world, &format!("/login?flow={flow}"), &cookie).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("Sign in to Example App") && page.body.contains(&flow));
        // In another browser the flow does not exist (R7), and the page is the project's own.
        for other in ["", "another-nonce"] {
            let page = follow(&world, &format!("/login?flow={flow}"), other).await;
            assert!(page.body.contains("Sign in to Demo") && !page.body.contains(&flow));
        }
    }

    async fn an_address_leads_to_its_organizations_connection(world: World) {
        let (flow, cookie) = begun(&world).await;
        let page = world.call(submit("Ada@ACME.example", &flow, &cookie)).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let next = follow(&world, &onward(&page), &cookie).await;
        let start = format!("/api/saml/v1/{}/init?flow={flow}", world.ada.connection.id);
        assert_eq!((next.status, next.header("location")), (StatusCode::SEE_OTHER, start.as_str()));
    }

    async fn a_browser_that_comes_by_itself_gets_a_flow_with_its_answer(world: World) {
        let page = world.call(post("/login").insert_header((header::CONTENT_TYPE, FORM)).set_payload("email=a%40acme.example")).await;
        let cookie = page.cookie("__Host-vestibule_flow").unwrap();
        let next = follow(&world, &onward(&page), &cookie).await;
        assert!(next.header("location").contains(world.ada.connection.id.as_str()));
        // The flow ends on our page, with our cookie and no code.
        let completed = world.complete(&next.location("flow").unwrap(), &world.ada).await.unwrap();
        assert!(matches!(completed.handoff, Handoff::Stay));
    }

    async fn r12_every_address_gets_the_same_page(world: World) {
        let mut disabled = world.gateway.globex.clone();
        disabled.status = OrganizationStatus::Disabled;
        world.write(move |tx| organizations::update(tx, &disabled)).await;
        let mut pages = Vec::new();
        for email in ["ada@acme.example", "nobody@acme.example", "gus@globex.example", "x@nowhere.example"] {
            let (flow, cookie) = begun(&world).await;
            let page = world.call(submit(email, &flow, &cookie)).await;
            pages.push((page.status, page.body.replace(&flow, "FLOW")));
        }
        pages.dedup();
        assert_eq!(pages.len(), 1, "{pages:?}");
        // What follows tells disabled from unknown no better.
        let mut ends = Vec::new();
        for email in ["gus@globex.example", "x@nowhere.example"] {
            let (flow, cookie) = begun(&world).await;
            let page = world.call(submit(email, &flow, &cookie)).await;
            let end = follow(&world, &onward(&page), &cookie).await;
            // Not a dead end: another address goes on with the same login.
            let form = format!("href=\"/login?flow={flow}\"");
            assert!(end.body.contains("Try another address") && end.body.contains(&form), "{}", end.body);
            let again = world.call(submit("ada@acme.example", &flow, &cookie)).await;
            assert!(follow(&world, &onward(&again), &cookie).await.header("location").contains("/init"));
            let body = end.body.replace(end.header("x-request-id"), "REQ").replace(&flow, "FLOW");
            ends.push((end.status, body));
        }
        ends.dedup();
        assert_eq!((ends.len(), ends[0].0), (1, StatusCode::NOT_FOUND));
        // Nor does it tell one user of an organization from another.
        let mut users = Vec::new();
        for email in ["ada@acme.example", "nobody@acme.example"] {
            let (flow, cookie) = begun(&world).await;
            let page = world.call(submit(email, &flow, &cookie)).await;
            users.push(follow(&world, &onward(&page), &cookie).await.header("location").replace(&flow, "FLOW"));
        }
        assert_eq!(users[0], users[1]);
    }

    async fn the_log_alone_says_why_an_address_leads_nowhere(world: World) {
        let mut globex = world.gateway.globex.clone();
        let (project, acme) = (world.gateway.project.id.clone(), world.gateway.acme.id.clone());
        let why = async |email: &str| {
            let (project, email) = (project.clone(), EmailAddress::parse(email).unwrap());
            let found = world.gateway.cx.store.read(move |tx| login::discover(tx, &project, &email));
            found.await.unwrap().err()
        };
        assert_eq!(why("ada@acme.example").await, None);
        assert_eq!(why("x@nowhere.example").await, Some(Nowhere::DomainUnknown));
        globex.log_in_with_saml = false;
        let row = globex.clone();
        world.write(move |tx| organizations::update(tx, &row)).await;
        assert_eq!(why("gus@globex.example").await, Some(Nowhere::MethodDisabled));
        globex.status = OrganizationStatus::Disabled;
        world.write(move |tx| organizations::update(tx, &globex)).await;
        assert_eq!(why("gus@globex.example").await, Some(Nowhere::OrganizationDisabled));
        world.write(move |tx| {
            let mut found = saml_connections::of_organization(tx, &acme)?;
            found.iter_mut().try_for_each(|one| {
                one.status = ConnectionStatus::Disabled;
                saml_connections::update(tx, one)
            })
        }).await;
        assert_eq!(why("ada@acme.example").await, Some(Nowhere::NoConnection));
    }

    async fn what_is_no_address_is_asked_for_again(world: World) {
        let (flow, cookie) = begun(&world).await;
        for typed in ["", "ada", "ada@", "\"><script>"] {
            let page = world.call(submit(typed, &flow, &cookie)).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{typed}");
            assert!(page.body.contains("role=\"alert\"") && page.body.contains(&flow), "{typed}");
            assert!(!page.body.contains("<script>"));
        }
    }

    async fn a_form_from_another_site_is_refused(world: World) {
        for path in ["/login", "/logout"] {
            for origin in ["https://evil.example", "null", "http://localhost.evil.example"] {
                let request = post(path).insert_header((header::CONTENT_TYPE, FORM)).set_payload("email=a%40acme.example");
                let refused = world.call(request.insert_header((header::ORIGIN, origin))).await;
                assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path} {origin}");
            }
        }
    }

    async fn r07_a_flow_goes_on_only_in_its_own_browser(world: World) {
        let (flow, cookie) = begun(&world).await;
        let page = world.call(submit("ada@acme.example", &flow, &cookie)).await;
        for other in ["", "another-nonce"] {
            let refused = follow(&world, &onward(&page), other).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        }
        world.gateway.clock.advance(10 * 60 * 1000);
        assert_eq!(follow(&world, &onward(&page), &cookie).await.status, StatusCode::BAD_REQUEST);
    }

    async fn signing_out_ends_the_session_of_this_browser(world: World) {
        let (token, completed) = world.access_token(&world.ada).await;
        let (other, _) = world.access_token(&world.ada).await;
        let cookie = format!("__Host-vestibule_session={}", completed.session_token.expose());
        let with = |request: TestRequest| request.insert_header((header::COOKIE, cookie.clone()));
        let page = world.call(with(get("/login"))).await;
        assert!(page.body.contains("You are signed in to Acme as ada@acme.example"), "{}", page.body);
        let asked = world.call(with(get("/logout"))).await;
        assert!(asked.body.contains("<form method=\"post\" action=\"/logout\">"));
        assert_eq!(world.userinfo(&token).await.status, StatusCode::OK);
        let ended = world.call(with(post("/logout"))).await;
        assert!(ended.header("set-cookie").starts_with("__Host-vestibule_session=; "));
        assert_eq!(world.userinfo(&token).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(world.userinfo(&other).await.status, StatusCode::OK);
        let page = world.call(with(get("/login"))).await;
        assert!(page.body.contains("Work email"));
    }
}

#[actix_web::test]
async fn r18_arriving_sets_a_host_cookie_and_goes_back_with_code_state_and_issuer() {
    let world = World::start(Kind::Sqlite).await;
    let completed = world.login(&world.app, &world.ada, &[]).await;
    let site = vestibule::http::Site {
        project: world.gateway.project.id.clone(),
        origin: "http://localhost".into(),
    };
    let response = vestibule::http::login::arrive(&site, &completed);
    let headers = response.headers().clone();
    let answer = Answer { status: response.status(), headers, body: String::new() };
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.header("location").starts_with(&format!("{REDIRECT}?code=vestibule_code_")));
    assert_eq!(answer.location("state").as_deref(), Some("s-1"));
    assert_eq!(answer.location("iss").as_deref(), Some("http://localhost"));
    let set = answer.header("set-cookie");
    assert!(set.starts_with("__Host-vestibule_session=vestibule_session_"), "{set}");
    assert!(set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{set}");
}
