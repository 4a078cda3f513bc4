//! Encrypted assertions through the ACS: the provider encrypts to the certificate in our metadata, also to the old one
//! while keys roll over.

use vestibule::{
    saml::{
        dsig::base64,
        issue::{Encryption, KeyPlacement},
        xmlenc::{ContentAlgorithm, KeyTransport},
    },
    service::connections::{Rotation, rotate_sp_keys},
};

use super::*;
use crate::support::on_both_databases;

/// The certificate that our metadata offers for encryption, DER.
async fn certificate(world: &World) -> Vec<u8> {
    let path = format!("/api/saml/v1/{}/metadata", world.acme.connection.id);
    let metadata = world.call(TestRequest::get().uri(&path)).await.body;
    let key = metadata.split_once("use=\"encryption\"").unwrap().1;
    let text = key.split_once("X509Certificate>").unwrap().1.split('<').next().unwrap();
    base64::decode(text).unwrap()
}

/// A login with what the provider encrypts so.
async fn log_in(
    world: &World,
    certificate: &[u8],
    content: ContentAlgorithm,
    signed: SignedElements,
    id: &'static str,
) -> Answer {
    let mut browser = Browser::default();
    let request = world.depart(&world.acme, &mut browser).await;
    let now = world.gateway.now().to_datetime();
    let sp = format!("http://localhost/api/saml/v1/{}", world.acme.connection.id);
    let response = IssuedResponse {
        id: "_r1",
        issuer: world.acme.entity_id,
        acs_url: &format!("{sp}/acs"),
        in_response_to: Some(&request.id),
        issued_at: now,
        assertion: IssuedAssertion {
            id,
            audience: &sp,
            name_id: ADA.name_id,
            name_id_format: ADA.format,
            authenticated_at: now,
            validity: (now, now + Duration::minutes(5)),
            session_index: Some("_s1"),
            session_not_on_or_after: None,
            attributes: ADA.attributes,
        },
    };
    let how = Encryption {
        content,
        transport: KeyTransport::OAEP_SHA1,
        certificate,
        recipient: None,
        placement: KeyPlacement::Inside,
        random: &[3; 32],
    };
    let xml = response.to_encrypted_xml(&world.acme.key, signed, &how).unwrap();
    world.post(&world.acme.connection.id, &mut browser, &xml).await
}

on_both_databases! {
    async fn what_is_encrypted_to_us_signs_in(world: World) {
        let ours = certificate(&world).await;
        let (assertion, response) = (SignedElements::Assertion, SignedElements::Response);
        for (content, signed, id) in [
            (ContentAlgorithm::Aes256Gcm, assertion, "_a1"),
            (ContentAlgorithm::Aes128Gcm, response, "_a2"),
            (ContentAlgorithm::Aes128Cbc, response, "_a3"),
            (ContentAlgorithm::Aes256Cbc, SignedElements::Both, "_a4"),
        ] {
            let answer = log_in(&world, &ours, content, signed, id).await;
            assert!(signed_in(&answer), "{content:?} {signed:?}: {}", answer.body);
        }
        let cbc = log_in(&world, &ours, ContentAlgorithm::Aes128Cbc, assertion, "_a5").await;
        world.assert_refused(&cbc, "encryption_unauthenticated").await;
        let des = log_in(&world, &ours, ContentAlgorithm::TripleDesCbc, response, "_a6").await;
        world.assert_refused(&des, "encryption_triple_des").await;
        world.change(&world.acme, |connection| connection.allow_triple_des = true).await;
        let des = log_in(&world, &ours, ContentAlgorithm::TripleDesCbc, response, "_a7").await;
        assert!(signed_in(&des), "{}", des.body);
        // The ID inside of the ciphertext is the one that is used up.
        let again = log_in(&world, &ours, ContentAlgorithm::Aes256Gcm, assertion, "_a1").await;
        world.assert_refused(&again, "assertion_replayed").await;
    }

    async fn r26_old_keys_are_read_until_the_rollover_is_finished(world: World) {
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let (gcm, signed) = (ContentAlgorithm::Aes256Gcm, SignedElements::Assertion);
        let old = certificate(&world).await;
        rotate_sp_keys(cx, &Actor::operator(), project, Rotation::Begin).await.unwrap();
        let new = certificate(&world).await;
        assert_ne!(old, new);
        assert!(signed_in(&log_in(&world, &old, gcm, signed, "_a1").await));
        assert!(signed_in(&log_in(&world, &new, gcm, signed, "_a2").await));
        rotate_sp_keys(cx, &Actor::operator(), project, Rotation::Finish).await.unwrap();
        let refused = log_in(&world, &old, gcm, signed, "_a3").await;
        world.assert_refused(&refused, "decryption_failed").await;
        assert!(signed_in(&log_in(&world, &new, gcm, signed, "_a4").await));
    }
}
