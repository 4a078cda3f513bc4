//! Login traces: kept, searchable, capped.

use time::format_description::well_known::Rfc3339;
use vestibule::{
    model::ids::OrganizationId,
    saml::{dsig::DigestAlgorithm, request::ReceivedRequest},
    service::{
        installation,
        sso::{TraceQuery, traces},
    },
    store::login_traces::LoginTrace,
};

use super::*;
use crate::{
    saml::support::element,
    sso::{ADA, Claims, signed_again, signed_in, signed_with},
    support::on_both_databases,
};

async fn search(world: &World, organization: &OrganizationId, query: TraceQuery) -> Vec<LoginTrace> {
    let gateway = &world.gateway;
    traces(&gateway.cx, &gateway.project.id, organization, TraceQuery { limit: 100, ..query }).await.unwrap()
}

fn steps(trace: &LoginTrace) -> Vec<serde_json::Value> {
    serde_json::from_str(&trace.steps).unwrap()
}

/// A provider that refuses, in its own words.
fn failed(world: &World, request: &ReceivedRequest) -> String {
    let sp = format!("http://localhost/api/saml/v1/{}", world.acme.connection.id);
    let now = world.gateway.now().to_datetime().format(&Rfc3339).unwrap();
    format!(
        r#"<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1" Version="2.0" IssueInstant="{now}"
        Destination="{sp}/acs" InResponseTo="{}"><Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">{}</Issuer><p:Status>
        <p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/>
        <p:StatusMessage>The user ada@acme.example is not assigned.</p:StatusMessage></p:Status></p:Response>"#,
        request.id, world.acme.entity_id
    )
}

fn email(address: &str) -> TraceQuery {
    TraceQuery { email: Some(address.into()), ..TraceQuery::default() }
}

on_both_databases! {
    async fn good_logins_and_refused_ones_are_found(world: World) {
        let acme = world.gateway.acme.id.clone();
        let good = world.log_in(&world.acme, &ADA).await;
        assert!(signed_in(&good));
        let bad = world.log_in(&world.acme, &Claims { name_id: "eve@other.example", assertion_id: "_e", ..ADA }).await;
        world.assert_refused(&bad, "identity_conflict").await;
        let outcome = |outcome: &str| TraceQuery { outcome: Some(outcome.into()), ..TraceQuery::default() };
        let found = search(&world, &acme, outcome("signed_in")).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].reference_id, good.header("x-request-id"));
        assert!(found[0].steps.contains("audience"));
        let kept = found[0].message.clone().unwrap();
        assert!(kept.contains("<saml:Audience") && kept.contains("IssueInstant"), "{kept}");
        assert!(!kept.contains("ada@") && !kept.contains("Ada"), "values are left out: {kept}");
        assert_eq!(search(&world, &acme, outcome("refused")).await.len(), 1);
        let reference = TraceQuery { reference: Some(bad.header("x-request-id").into()), ..TraceQuery::default() };
        let found = search(&world, &acme, reference).await;
        assert_eq!((found.len(), found[0].code.as_str()), (1, "identity_conflict"));
        assert!(!found[0].message.clone().unwrap().contains("eve@"));
        assert_eq!(search(&world, &world.gateway.globex.id, TraceQuery::default()).await.len(), 0);
    }

    async fn what_the_provider_says_of_a_failure_is_for_the_administrator(world: World) {
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let refused = world.post(&world.acme.connection.id, &mut browser, &failed(&world, &request)).await;
        world.assert_refused(&refused, "status_not_success").await;
        for words in ["not assigned", "Responder", "ada@"] {
            assert!(!refused.body.contains(words), "{words} is not for the browser: {}", refused.body);
        }
        let acme = world.gateway.acme.id.clone();
        let found = search(&world, &acme, TraceQuery::default()).await;
        assert!(found[0].steps.contains("status:Responder, and the message: The user [address] is not assigned"), "{}", found[0].steps);
        assert!(!format!("{found:?}").contains("ada@"), "{found:?}");
    }

    async fn what_should_be_mended_is_in_the_trace(world: World) {
        world.change(&world.acme, |connection| connection.allow_sha1 = true).await;
        let acme = world.gateway.acme.id.clone();
        let with_sha1 = async |claims: Claims<'_>, edit: fn(String) -> String| {
            let mut browser = Browser::default();
            let request = world.depart(&world.acme, &mut browser).await;
            let xml = world.response(&world.acme, Some(&request), &claims);
            let xml = signed_with(&world.acme, DigestAlgorithm::Sha1, claims.assertion_id, &xml, edit);
            let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
            let reference = TraceQuery { reference: Some(answer.header("x-request-id").into()), ..TraceQuery::default() };
            let found = search(&world, &acme, reference).await.remove(0);
            let warned = steps(&found).into_iter().find(|step| step["check"] == "signature_sha1");
            let warned = warned.unwrap_or_else(|| panic!("no warning: {}", found.steps));
            assert_eq!((&warned["state"], &warned["passed"]), (&"warning".into(), &true.into()), "{warned}");
            assert!(warned["detail"].as_str().unwrap().contains("configure SHA-256"), "{warned}");
            found.code
        };
        assert_eq!(with_sha1(ADA, |xml| xml).await, "ok");
        let unknown = Claims { assertion_id: "_2", name_id: "eve@other.example", ..ADA };
        assert_eq!(with_sha1(unknown, |xml| xml).await, "identity_conflict");
        let elsewhere = |xml: String| xml.replace("</saml:Audience>", "/x</saml:Audience>");
        assert_eq!(with_sha1(Claims { assertion_id: "_3", ..ADA }, elsewhere).await, "audience_mismatch");
        // With SHA-256 there is nothing to say of the digest; the clock of the tests is before the certificates.
        world.log_in(&world.acme, &Claims { assertion_id: "_4", ..ADA }).await;
        let found = search(&world, &acme, TraceQuery::default()).await.remove(0);
        let steps = steps(&found);
        let warned: Vec<_> = steps.iter().filter(|step| step["state"] == "warning").map(|step| &step["check"]).collect();
        assert_eq!(warned, ["certificate_not_yet_valid"], "{}", found.steps);
    }

    async fn a_refused_login_names_the_field_at_the_provider(world: World) {
        let acme = world.gateway.acme.id.clone();
        for (provider, id, field) in
            [("okta", "_1", "Audience URI (SP Entity ID)"), ("entra", "_2", "Identifier (Entity ID)")]
        {
            world.change(&world.acme, |connection| connection.provider = provider.into()).await;
            let mut browser = Browser::default();
            let request = world.depart(&world.acme, &mut browser).await;
            let claims = Claims { assertion_id: id, ..ADA };
            let xml = world.response(&world.acme, Some(&request), &claims);
            let wrong = |xml: String| {
                let audience = element(&xml, "saml:Audience").to_owned();
                xml.replace(&audience, "<saml:Audience>https://elsewhere.example</saml:Audience>")
            };
            let xml = signed_again(&world.acme, id, &xml, wrong);
            let refused = world.post(&world.acme.connection.id, &mut browser, &xml).await;
            world.assert_refused(&refused, "audience_mismatch").await;
            assert!(!refused.body.contains(field), "not for the browser: {}", refused.body);
            let reference = TraceQuery { reference: Some(refused.header("x-request-id").into()), ..TraceQuery::default() };
            let found = search(&world, &acme, reference).await.remove(0);
            let last = steps(&found).pop().unwrap();
            assert_eq!(last["wanted"], format!("http://localhost/api/saml/v1/{}", world.acme.connection.id));
            assert_eq!(last["got"], "https://elsewhere.example");
            assert!(last["fix"].as_str().unwrap().contains(field), "{last}");
        }
    }

    async fn r26_an_address_is_kept_as_a_keyed_hash(world: World) {
        world.log_in(&world.acme, &ADA).await;
        let acme = world.gateway.acme.id.clone();
        let found = search(&world, &acme, email("ADA@acme.example")).await;
        assert_eq!(found.len(), 1);
        let hash = found[0].email_hash.clone().unwrap();
        assert!(!format!("{found:?}").contains("ada@"), "{found:?}");
        let plain = openssl::sha::sha256(b"ada@acme.example");
        assert!(!hash.contains(&openssl::base64::encode_block(&plain)[..20]), "no hash that anybody can compute");
        assert_eq!(search(&world, &acme, email("other@acme.example")).await.len(), 0);
        world.log_in(&world.globex, &Claims { name_id: "ada@globex.example", ..ADA }).await;
        let other = search(&world, &world.gateway.globex.id, email("ada@globex.example")).await;
        assert_ne!(other[0].email_hash.as_ref(), Some(&hash));
    }

    async fn r32_traces_are_capped_and_go_after_a_week(world: World) {
        for number in 0..3 {
            let id = format!("_{number}");
            assert!(signed_in(&world.log_in(&world.acme, &Claims { assertion_id: &id, ..ADA }).await));
        }
        let acme = world.gateway.acme.id.clone();
        assert_eq!(search(&world, &acme, TraceQuery::default()).await.len(), 3);
        world.gateway.clock.advance(7 * 24 * 60 * 60 * 1000 + 1);
        installation::forget_expired(&world.gateway.cx).await.unwrap();
        assert_eq!(search(&world, &acme, TraceQuery::default()).await.len(), 0);
    }
}
