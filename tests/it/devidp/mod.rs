//! The development provider: one click signs in, and `serve` knows nothing of it.

use actix_web::{
    body::to_bytes,
    http::StatusCode,
    test::{self, TestRequest},
    web,
};
use vestibule::{
    devidp::DevIdp,
    http::{Frame, Sites, devidp, private_endpoints, public_endpoints},
    saml::binding::redirect::{self, Parameter},
    service::{
        Actor,
        connections::{MetadataSource, NewSamlConnection, create_saml_connection},
        egress::Egress,
    },
};

use crate::{
    sso::{Answer, Browser, World, signed_in},
    support::on_both_databases,
};

const ORIGIN: &str = "http://127.0.0.1:8082";

fn frame(world: &World, idp: DevIdp) -> web::Data<Frame> {
    let cx = &world.gateway.cx;
    let frame = Frame::new(Sites::default(), cx.clock.clone(), cx.rng.clone());
    web::Data::new(frame.with(cx.clone().into()).with(idp.into()))
}

async fn ask(frame: &web::Data<Frame>, path: &str) -> Answer {
    let app = test::init_service(devidp::devidp_app(frame)).await;
    let request = TestRequest::get().uri(path).insert_header(("host", "127.0.0.1:8082"));
    let response = test::call_service(&app, request.to_request()).await;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body()).await.unwrap();
    Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

/// The value after `name="..." value="`, of the first field of that name.
fn field(page: &str, name: &str) -> String {
    let start = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap().1;
    start.split('"').next().unwrap().replace("&#43;", "+").replace("&#x2B;", "+")
}

on_both_databases! {
    async fn one_click_signs_in(world: World) {
        let idp = DevIdp::start(ORIGIN, &*world.gateway.cx.clock).unwrap();
        let new = NewSamlConnection {
            display_name: "Development".into(),
            metadata: Some(MetadataSource::Document(idp.metadata().into_bytes()).into()),
            ..NewSamlConnection::default()
        };
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let organization = &world.acme.organization.id;
        let connection = create_saml_connection(cx, &Actor::operator(), &Egress::default(), project, organization, new).await.unwrap();
        let frame = frame(&world, idp);

        let mut browser = Browser::default();
        let answer = world.call(TestRequest::get().uri(&format!("/api/saml/v1/{}/init", connection.id))).await;
        browser.keep(&answer);
        let location = answer.header("location");
        let path = location.strip_prefix(ORIGIN).unwrap();
        let page = ask(&frame, &format!("{path}&email=newcomer%40acme.example")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.body.contains("newcomer@acme.example") && page.body.contains("user@acme.example"));
        assert!(!page.body.contains("<script"));
        assert!(!page.header("content-security-policy").contains("form-action"));
        let form = [("SAMLResponse", field(&page.body, "SAMLResponse"))];
        let acs = format!("/api/saml/v1/{}/acs", connection.id);
        let answer = world.call(browser.with_cookies(TestRequest::post().uri(&acs)).set_form(form)).await;
        assert!(signed_in(&answer), "{}", answer.body);
        assert!(world.find(&world.acme.organization, "newcomer@acme.example").await.is_some());
    }

    async fn it_answers_to_this_machine_only(world: World) {
        let frame = frame(&world, DevIdp::start(ORIGIN, &*world.gateway.cx.clock).unwrap());
        let request = vestibule::saml::request::AuthnRequest {
            id: "_1",
            issue_instant: world.gateway.now().to_datetime(),
            issuer: "https://login.example.com/sp",
            destination: "http://127.0.0.1:8082/devidp/sso",
            acs_url: "https://login.example.com/acs",
            force_authn: false,
            is_passive: false,
            name_id_format: None,
            allow_create: true,
            authn_contexts: &[],
            login_hint: None,
        };
        let url = redirect::encode(ORIGIN, Parameter::Request, &request.to_xml(), None).unwrap();
        let answer = ask(&frame, &format!("/devidp/sso?{}", url.split_once('?').unwrap().1)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(ask(&frame, "/devidp/sso").await.status, StatusCode::BAD_REQUEST);
        assert_eq!(ask(&frame, "/devidp/sso?SAMLRequest=x").await.status, StatusCode::BAD_REQUEST);
        assert!(ask(&frame, "/devidp/metadata").await.body.contains("IDPSSODescriptor"));
    }
}

#[test]
fn r29_serve_has_no_route_to_the_development_provider() {
    let served = [public_endpoints(), private_endpoints()].concat();
    assert!(served.iter().all(|endpoint| !endpoint.pattern.contains("devidp")));
    assert!(devidp::endpoints().iter().any(|endpoint| endpoint.pattern == "/devidp/sso"));
}
