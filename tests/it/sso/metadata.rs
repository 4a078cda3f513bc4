//! Connections are made from metadata, which is fetched through the one egress client (R25).

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
};

use vestibule::{
    model::ConnectionStatus,
    service::{
        connections::{ConnectionError, disable, set_metadata},
        egress::{EgressError, IpRange},
        setup::{activate_saml, review_saml},
    },
};

use super::*;
use crate::support::on_both_databases;

/// Answers one connection with `answer`; returns its address.
fn server(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        if let Ok((mut stream, _)) = listener.accept() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}/metadata")
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn description(key: &str) -> String {
    let key = signing_key(key);
    let certificates = [key.certificate_der()];
    let entity_id = "https://idp.example";
    IdpDescription { entity_id, sso_url: "https://idp.example/sso", certificates: &certificates }.to_xml()
}

fn on_loopback() -> Egress {
    Egress::allowing(IpRange::LOOPBACK.to_vec())
}

#[actix_web::test]
async fn r25_nothing_inside_is_called_and_no_redirect_followed() {
    let code = |error: EgressError| match error {
        EgressError::Url(_) => "url",
        EgressError::NotPublic(_) => "not public",
        EgressError::Status(_) => "status",
        EgressError::TooLarge(_) => "too large",
        EgressError::Unresolved(_) => "unresolved",
        EgressError::Unreachable(_) => "unreachable",
    };
    let closed = Egress::default();
    for url in [
        "https://127.0.0.1:1/",
        "https://localhost:1/",
        "https://[::1]:1/",
        "https://169.254.169.254/",
        "https://[::ffff:10.0.0.1]/",
        "https://0x7f.1/",
        "https://2130706433/",
    ] {
        assert_eq!(code(closed.get(url, 100).await.unwrap_err()), "not public", "{url}");
    }
    for url in ["file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "", "/x", "data:,x"] {
        assert_eq!(code(on_loopback().get(url, 100).await.unwrap_err()), "url", "{url}");
    }
    let redirect =
        server("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".into());
    assert_eq!(code(on_loopback().get(&redirect, 100).await.unwrap_err()), "status");
    let large = server(ok(&"x".repeat(101)));
    assert_eq!(code(on_loopback().get(&large, 100).await.unwrap_err()), "too large");
    assert_eq!(on_loopback().get(&server(ok("hello")), 100).await.unwrap(), b"hello");
}

on_both_databases! {
    async fn a_draft_becomes_a_connection_with_metadata_from_a_url(world: World) {
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let actor = Actor::operator();
        let new = NewSamlConnection { display_name: "Okta".into(), ..NewSamlConnection::default() };
        let draft = create_saml_connection(cx, &actor, &Egress::default(), project, &world.acme.organization.id, new).await.unwrap();
        assert_eq!(draft.status, ConnectionStatus::Draft);
        let path = format!("/api/saml/v1/{}/init", draft.id);
        assert_eq!(world.call(TestRequest::get().uri(&path)).await.status, StatusCode::FORBIDDEN);
        let url = server(ok(&description("idp")));
        let source = MetadataSource::Url(url.clone());
        let set = set_metadata(cx, &actor, &on_loopback(), project, &draft.id, source).await.unwrap();
        assert_eq!((set.status, set.idp_entity_id.as_str()), (ConnectionStatus::Draft, "https://idp.example"));
        assert_eq!(set.metadata_url, Some(url));
        let shown = review_saml(cx, project, &draft.id).await.unwrap().mark();
        activate_saml(cx, &actor, project, &draft.id, &shown).await.unwrap();
        assert_eq!(world.call(TestRequest::get().uri(&path)).await.status, StatusCode::SEE_OTHER);
    }

    async fn metadata_switches_nothing_on(world: World) {
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let (actor, id) = (Actor::operator(), world.acme.connection.id.clone());
        disable(cx, &actor, project, &id).await.unwrap();
        let source = MetadataSource::Document(description("idp-next").into_bytes());
        let set = set_metadata(cx, &actor, &Egress::default(), project, &id, source).await.unwrap();
        assert_eq!((set.status, set.idp_entity_id.as_str()), (ConnectionStatus::Disabled, "https://idp.example"));
        let path = format!("/api/saml/v1/{id}/init");
        assert_eq!(world.call(TestRequest::get().uri(&path)).await.status, StatusCode::FORBIDDEN);
    }

    async fn the_first_metadata_of_a_draft_says_what_people_are_known_by(world: World) {
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let actor = Actor::operator();
        let new = NewSamlConnection { display_name: "Entra".into(), ..NewSamlConnection::default() };
        let draft = create_saml_connection(cx, &actor, &Egress::default(), project, &world.acme.organization.id, new).await.unwrap();
        let key = signing_key("idp");
        let tenant = "https://sts.windows.net/6f1c9f4e-0000-4000-8000-000000000000/";
        let sso_url = "https://login.microsoftonline.com/6f1c9f4e-0000-4000-8000-000000000000/saml2";
        let xml = IdpDescription { entity_id: tenant, sso_url, certificates: &[key.certificate_der()] }.to_xml();
        let source = MetadataSource::Document(xml.into_bytes());
        let set = set_metadata(cx, &actor, &Egress::default(), project, &draft.id, source).await.unwrap();
        assert_eq!(set.provider, "entra");
        assert!(set.subject_attribute.unwrap().ends_with("/objectidentifier"), "R2");
    }

    async fn r02_later_metadata_does_not_change_what_people_are_known_by(world: World) {
        let (cx, project, id) = (&world.gateway.cx, &world.gateway.project.id, &world.acme.connection.id);
        let xml = IdpDescription {
            entity_id: "https://sts.windows.net/6f1c9f4e-0000-4000-8000-000000000000/",
            sso_url: "https://login.microsoftonline.com/6f1c9f4e-0000-4000-8000-000000000000/saml2",
            certificates: &[world.acme.key.certificate_der()],
        };
        let source = MetadataSource::Document(xml.to_xml().into_bytes());
        let set = set_metadata(cx, &Actor::operator(), &Egress::default(), project, id, source).await.unwrap();
        assert_eq!((set.provider.as_str(), set.subject_attribute), ("generic", None));
    }

    async fn keys_roll_over_with_the_metadata(world: World) {
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let actor = Actor::operator();
        let id = world.acme.connection.id.clone();
        for key in ["idp-next", "idp", "idp-next"] {
            let source = MetadataSource::Document(description(key).into_bytes());
            set_metadata(cx, &actor, &Egress::default(), project, &id, source).await.unwrap();
            let wanted = id.clone();
            let keys = world.read(move |tx| saml_connections::keys(tx, &wanted)).await;
            let fingerprints: Vec<_> = keys.iter().map(|row| row.fingerprint.clone()).collect();
            assert_eq!(fingerprints, [crate::saml::support::verification_key(key).fingerprint()]);
        }
    }

    async fn wrong_metadata_and_foreign_connections_change_nothing(world: World) {
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let actor = Actor::operator();
        let source = |text: &str| MetadataSource::Document(text.as_bytes().to_vec());
        let html = set_metadata(cx, &actor, &Egress::default(), project, &world.acme.connection.id, source("<html>")).await;
        assert!(matches!(html, Err(ConnectionError::Metadata(error)) if error.code() == "metadata_is_html"));
        let unknown = SamlConnectionId::from_u128(1);
        let none = set_metadata(cx, &actor, &Egress::default(), project, &unknown, source(&description("idp"))).await;
        assert!(matches!(none, Err(ConnectionError::NotFound(_))));
        let url = MetadataSource::Url("https://localhost/".into());
        let inside = set_metadata(cx, &actor, &Egress::default(), project, &world.acme.connection.id, url).await;
        assert!(matches!(inside, Err(ConnectionError::Egress(_))));
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await), "the old metadata still works");
    }
}
