//! The switches of a connection that accept what is weaker, or later, than usual: through a login and a logout message.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use vestibule::{
    saml::{
        binding::{query_signature, redirect::Parameter},
        dsig::{SignatureAlgorithm, algorithm::Scheme, base64, sign::sign_bytes},
        logout::LogoutRequest,
        response::NameId,
    },
    service::connections::{Update, update},
};

use super::*;
use crate::{saml::support::signed_inclusively, support::on_both_databases};

async fn switch(world: &World, change: Update) {
    let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
    update(cx, &Actor::operator(), project, &world.acme.connection.id, change).await.unwrap();
}

fn sha1(allow: bool) -> Update {
    Update { allow_sha1: Some(allow), ..Update::default() }
}

fn inclusive(allow: bool) -> Update {
    Update { inclusive_c14n: Some(allow), ..Update::default() }
}

fn skew(seconds: u32) -> Update {
    Update { clock_skew_s: Some(seconds), ..Update::default() }
}

/// One of them may be a check.
const UNREADABLE: &str = r#"{"authnContexts":["urn:example:mfa"],"authnContexts":[]}"#;

type Sign = fn(&str, &str, &SigningKey) -> String;

fn with_sha1(xml: &str, id: &str, key: &SigningKey) -> String {
    sign(xml, id, key, DigestAlgorithm::Sha1).unwrap()
}

/// A login whose assertion is signed so.
async fn log_in(world: &World, id: &str, sign: Sign) -> Answer {
    let mut browser = Browser::default();
    let request = world.depart(&world.acme, &mut browser).await;
    let xml = world.response(&world.acme, Some(&request), &Claims { assertion_id: id, ..ADA });
    world.post(&world.acme.connection.id, &mut browser, &sign(&unsigned(&xml), id, &world.acme.key)).await
}

/// A login whose answer, good for a minute, comes so many seconds after that.
async fn log_in_late(world: &World, id: &str, seconds: i64) -> Answer {
    let mut browser = Browser::default();
    let request = world.depart(&world.acme, &mut browser).await;
    let claims = Claims { assertion_id: id, ..ADA };
    let xml = world.response_for(&world.acme, Some(&request), &claims, Duration::minutes(1));
    world.gateway.clock.advance((60 + seconds) * 1000);
    world.post(&world.acme.connection.id, &mut browser, &xml).await
}

fn slo_url(world: &World) -> String {
    format!("http://localhost/api/saml/v1/{}/slo", world.acme.connection.id)
}

/// The provider's LogoutRequest, made so many seconds from now.
fn logout(world: &World, id: &str, seconds: i64) -> String {
    let name_id = NameId {
        value: "ada@acme.example".into(),
        format: name_id::EMAIL.into(),
        name_qualifier: None,
        sp_name_qualifier: None,
    };
    let request = LogoutRequest {
        id,
        issue_instant: world.gateway.now().to_datetime() + Duration::seconds(seconds),
        issuer: world.acme.entity_id,
        destination: &slo_url(world),
        name_id: &name_id,
        session_indexes: &[],
        not_on_or_after: None,
    };
    request.to_xml()
}

/// What becomes of it in a form.
async fn in_a_form(world: &World, xml: &str) -> StatusCode {
    let url = slo_url(world);
    let request = TestRequest::post().uri(url.strip_prefix("http://localhost").unwrap());
    world.call(request.set_form([("SAMLRequest", post::encode(xml))])).await.status
}

/// What becomes of it in a URL whose query is signed with this digest.
async fn in_a_url(world: &World, xml: &str, digest: DigestAlgorithm) -> StatusCode {
    let url =
        query_signature::encode(&slo_url(world), Parameter::Request, xml, None, &world.acme.key).unwrap();
    let url = url.strip_prefix("http://localhost").unwrap();
    let (path, query) = url.split_once('?').unwrap();
    let message = query.split_once("&SigAlg=").unwrap().0;
    let algorithm = SignatureAlgorithm { scheme: Scheme::RsaPkcs1, digest };
    let signed = format!("{message}&SigAlg={}", utf8_percent_encode(algorithm.uri(), NON_ALPHANUMERIC));
    let value = base64::encode(&sign_bytes(&world.acme.key, algorithm, signed.as_bytes()).unwrap());
    let query = format!("{signed}&Signature={}", utf8_percent_encode(&value, NON_ALPHANUMERIC));
    world.call(TestRequest::get().uri(&format!("{path}?{query}"))).await.status
}

/// Acme's provider takes logouts.
async fn with_slo(mut world: World) -> World {
    world.acme.connection.idp_slo_url = Some("https://idp.acme.example/slo".into());
    world.change(&world.acme, |_| ()).await;
    world
}

const REFUSED: StatusCode = StatusCode::FORBIDDEN;
const ANSWERED: StatusCode = StatusCode::SEE_OTHER;

on_both_databases! {
    async fn switches_that_cannot_be_read_let_nobody_in(world: World) {
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = world.response(&world.acme, Some(&request), &ADA);
        world.change(&world.acme, |connection| connection.options = UNREADABLE.into()).await;
        let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", answer.body);
        assert!(world.find(&world.gateway.acme, "ada@acme.example").await.is_none());
    }

    async fn sha1_counts_in_a_login_where_it_is_switched_on(world: World) {
        world.assert_refused(&log_in(&world, "_1", with_sha1).await, "signature_weak_algorithm").await;
        switch(&world, inclusive(true)).await;
        world.assert_refused(&log_in(&world, "_2", with_sha1).await, "signature_weak_algorithm").await;
        switch(&world, sha1(true)).await;
        assert!(signed_in(&log_in(&world, "_3", with_sha1).await));
        switch(&world, sha1(false)).await;
        world.assert_refused(&log_in(&world, "_4", with_sha1).await, "signature_weak_algorithm").await;
    }

    async fn inclusive_c14n_counts_in_a_login_where_it_is_switched_on(world: World) {
        world.assert_refused(&log_in(&world, "_1", signed_inclusively).await, "signature_transform").await;
        switch(&world, sha1(true)).await;
        world.assert_refused(&log_in(&world, "_2", signed_inclusively).await, "signature_transform").await;
        switch(&world, inclusive(true)).await;
        assert!(signed_in(&log_in(&world, "_3", signed_inclusively).await));
        switch(&world, inclusive(false)).await;
        world.assert_refused(&log_in(&world, "_4", signed_inclusively).await, "signature_transform").await;
    }

    async fn clocks_may_differ_in_a_login_by_what_the_connection_says(world: World) {
        assert!(signed_in(&log_in_late(&world, "_1", 179).await), "180 s unless it says otherwise");
        world.assert_refused(&log_in_late(&world, "_2", 180).await, "confirmation_expired").await;
        switch(&world, skew(300)).await;
        assert!(signed_in(&log_in_late(&world, "_3", 299).await));
        world.assert_refused(&log_in_late(&world, "_4", 300).await, "confirmation_expired").await;
        switch(&world, skew(0)).await;
        assert!(signed_in(&log_in_late(&world, "_5", -1).await));
        world.assert_refused(&log_in_late(&world, "_6", 0).await, "confirmation_expired").await;
    }

    async fn sha1_counts_in_a_logout_where_it_is_switched_on(world: World) {
        let world = with_slo(world).await;
        let form = async |id: &str| in_a_form(&world, &with_sha1(&logout(&world, id, 0), id, &world.acme.key)).await;
        let url = async |id: &str, digest| in_a_url(&world, &logout(&world, id, 0), digest).await;
        assert_eq!(url("_0", DigestAlgorithm::Sha256).await, ANSWERED, "the message is good");
        assert_eq!((form("_1").await, url("_2", DigestAlgorithm::Sha1).await), (REFUSED, REFUSED));
        switch(&world, inclusive(true)).await;
        assert_eq!((form("_3").await, url("_4", DigestAlgorithm::Sha1).await), (REFUSED, REFUSED));
        switch(&world, sha1(true)).await;
        assert_eq!((form("_5").await, url("_6", DigestAlgorithm::Sha1).await), (ANSWERED, ANSWERED));
    }

    async fn inclusive_c14n_counts_in_a_logout_where_it_is_switched_on(world: World) {
        let world = with_slo(world).await;
        // Something that an exclusive form would leave out.
        let form = async |id: &str| {
            let xml = logout(&world, id, 0).replacen(" ID=", " xmlns:unused=\"urn:x\" ID=", 1);
            in_a_form(&world, &signed_inclusively(&xml, id, &world.acme.key)).await
        };
        assert_eq!(form("_1").await, REFUSED);
        switch(&world, sha1(true)).await;
        assert_eq!(form("_2").await, REFUSED);
        switch(&world, inclusive(true)).await;
        assert_eq!(form("_3").await, ANSWERED);
    }

    async fn clocks_may_differ_in_a_logout_by_what_the_connection_says(world: World) {
        let world = with_slo(world).await;
        let made = async |id: &str, seconds| in_a_url(&world, &logout(&world, id, seconds), DigestAlgorithm::Sha256).await;
        assert_eq!((made("_1", 180).await, made("_2", 181).await), (ANSWERED, REFUSED));
        switch(&world, skew(300)).await;
        assert_eq!((made("_3", 300).await, made("_4", 301).await), (ANSWERED, REFUSED));
        switch(&world, skew(0)).await;
        assert_eq!((made("_5", 0).await, made("_6", 1).await), (ANSWERED, REFUSED));
    }
}
