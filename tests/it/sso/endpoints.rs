//! What the endpoints do with input that they cannot use, and the metadata that they publish.

use super::*;
use crate::support::on_both_databases;

const UNKNOWN: &str = "saml_connection_0000000000000000000000000";

fn acs(world: &World) -> String {
    format!("/api/saml/v1/{}/acs", world.acme.connection.id)
}

on_both_databases! {
    async fn unusable_input_is_refused_by_its_status(world: World) {
        let form = |body: &str| {
            TestRequest::post().uri(&acs(&world)).insert_header(("content-type", "application/x-www-form-urlencoded")).set_payload(body.to_owned())
        };
        for (body, status) in [
            ("", 400),
            ("SAMLResponse=", 400),
            ("SAMLResponse=PGEvPg%3D%3D&SAMLResponse=PGEvPg%3D%3D", 400),
            ("SAMLResponse=PGEvPg%3D%3D&SAMLRequest=PGEvPg%3D%3D", 400),
            ("SAMLResponse=PGEvPg%3D%3D", 400),
            ("SAMLResponse=%00", 400),
            ("SAMLResponse=not-base64", 400),
        ] {
            let answer = world.call(form(body)).await;
            assert_eq!(answer.status.as_u16(), status, "{body}");
            assert!(answer.body.contains(answer.header("x-request-id")), "{body}");
        }
        let large = world.call(form(&format!("SAMLResponse={}", "A".repeat(3 << 20)))).await;
        assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
        let typed = TestRequest::post().uri(&acs(&world)).insert_header(("content-type", "text/xml")).set_payload("<a/>");
        assert_eq!(world.call(typed).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let get = TestRequest::get().uri(&format!("{}?SAMLResponse=PGEvPg%3D%3D", acs(&world)));
        assert_eq!(world.call(get).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }

    async fn broken_messages_say_why_in_the_trace(world: World) {
        for (xml, code) in [
            ("<!DOCTYPE a><a/>", "xml_doctype"),
            ("<a/>", "not_a_response"),
            ("<a>", "xml_not_well_formed"),
        ] {
            let answer = world.post(&world.acme.connection.id, &mut Browser::default(), xml).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST);
            world.assert_refused(&answer, code).await;
        }
    }

    async fn unknown_connections_are_not_found(world: World) {
        for id in [UNKNOWN, "x", "%00", "org_0000000000000000000000000"] {
            for suffix in ["init", "metadata"] {
                let answer = world.call(TestRequest::get().uri(&format!("/api/saml/v1/{id}/{suffix}"))).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id} {suffix}");
            }
            let request = TestRequest::post().uri(&format!("/api/saml/v1/{id}/acs")).set_form([("SAMLResponse", "PGEvPg==")]);
            assert_eq!(world.call(request).await.status, StatusCode::NOT_FOUND, "{id}");
        }
    }

    async fn a_flow_that_is_not_this_browsers_goes_nowhere(world: World) {
        for flow in ["x", "login_flow_0000000000000000000000000"] {
            let path = format!("/api/saml/v1/{}/init?flow={flow}", world.acme.connection.id);
            let answer = world.call(TestRequest::get().uri(&path)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
            assert_eq!(world.reason(&answer).await, "no_login_in_progress");
        }
    }

    async fn our_metadata_is_published(world: World) {
        let path = format!("/api/saml/v1/{}/metadata", world.acme.connection.id);
        let answer = world.call(TestRequest::get().uri(&path)).await;
        assert_eq!(answer.header("content-type"), "application/samlmetadata+xml");
        let sp = format!("http://localhost/api/saml/v1/{}", world.acme.connection.id);
        assert!(answer.body.contains(&format!("entityID=\"{sp}\"")));
        assert!(answer.body.contains(&format!("Location=\"{sp}/acs\"")));
    }

    async fn r32_refusals_leave_a_bounded_number_of_traces(world: World) {
        let mut kept = 0;
        for _ in 0..210 {
            let answer = world.post(&world.acme.connection.id, &mut Browser::default(), "<a/>").await;
            kept += usize::from(world.reason(&answer).await != "(no trace)");
        }
        assert_eq!(kept, 200);
    }
}
