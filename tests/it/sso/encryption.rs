//! Encrypted assertions through the ACS: the provider encrypts to the certificate in our metadata, also to the old one
//! while keys roll over.

use vestibule::{
    model::ids::SamlSpKeyId,
    saml::{
        dsig::base64,
        issue::{Encryption, KeyPlacement},
        xmlenc::{ContentAlgorithm, KeyTransport},
    },
    service::connections::{
        Rotation, check_sp_keys, encryption_keys, rotate_encryption_keys, sharing_connections, sp_keys_in_use,
    },
    store::saml_sp_keys,
};

use super::*;
use crate::support::on_both_databases;

/// The certificate that our metadata for a provider offers for encryption first, DER.
async fn certificate(world: &World, idp: &Idp) -> Vec<u8> {
    let path = format!("/api/saml/v1/{}/metadata", idp.connection.id);
    let metadata = world.call(TestRequest::get().uri(&path)).await.body;
    let key = metadata.split_once("use=\"encryption\"").unwrap().1;
    let text = key.split_once("X509Certificate>").unwrap().1.split('<').next().unwrap();
    base64::decode(text).unwrap()
}

/// A login with what the provider encrypts so.
async fn log_in(
    world: &World,
    idp: &Idp,
    certificate: &[u8],
    content: ContentAlgorithm,
    signed: SignedElements,
    id: &'static str,
) -> Answer {
    let mut browser = Browser::default();
    let request = world.depart(idp, &mut browser).await;
    let now = world.gateway.now().to_datetime();
    let sp = format!("http://localhost/api/saml/v1/{}", idp.connection.id);
    let response = IssuedResponse {
        id: "_r1",
        issuer: idp.entity_id,
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
    let xml = response.to_encrypted_xml(&idp.key, signed, &how).unwrap();
    world.post(&idp.connection.id, &mut browser, &xml).await
}

on_both_databases! {
    async fn what_is_encrypted_to_us_signs_in(world: World) {
        let ours = certificate(&world, &world.acme).await;
        let (assertion, response) = (SignedElements::Assertion, SignedElements::Response);
        for (content, signed, id) in [
            (ContentAlgorithm::Aes256Gcm, assertion, "_a1"),
            (ContentAlgorithm::Aes128Gcm, response, "_a2"),
            (ContentAlgorithm::Aes128Cbc, response, "_a3"),
            (ContentAlgorithm::Aes256Cbc, SignedElements::Both, "_a4"),
        ] {
            let answer = log_in(&world, &world.acme, &ours, content, signed, id).await;
            assert!(signed_in(&answer), "{content:?} {signed:?}: {}", answer.body);
        }
        let cbc = log_in(&world, &world.acme, &ours, ContentAlgorithm::Aes128Cbc, assertion, "_a5").await;
        world.assert_refused(&cbc, "encryption_unauthenticated").await;
        let des = log_in(&world, &world.acme, &ours, ContentAlgorithm::TripleDesCbc, response, "_a6").await;
        world.assert_refused(&des, "encryption_triple_des").await;
        world.change(&world.acme, |connection| connection.allow_triple_des = true).await;
        let des = log_in(&world, &world.acme, &ours, ContentAlgorithm::TripleDesCbc, response, "_a7").await;
        assert!(signed_in(&des), "{}", des.body);
        // The ID inside of the ciphertext is the one that is used up.
        let again = log_in(&world, &world.acme, &ours, ContentAlgorithm::Aes256Gcm, assertion, "_a1").await;
        world.assert_refused(&again, "assertion_replayed").await;
    }

    async fn r26_old_keys_are_read_until_the_rollover_is_finished(world: World) {
        let (cx, project, id) = (&world.gateway.cx, &world.gateway.project.id, &world.acme.connection.id);
        let (gcm, signed) = (ContentAlgorithm::Aes256Gcm, SignedElements::Assertion);
        let old = certificate(&world, &world.acme).await;
        rotate_encryption_keys(cx, &Actor::operator(), project, id, Rotation::Begin).await.unwrap();
        let new = certificate(&world, &world.acme).await;
        assert_ne!(old, new);
        assert!(signed_in(&log_in(&world, &world.acme, &old, gcm, signed, "_a1").await));
        assert!(signed_in(&log_in(&world, &world.acme, &new, gcm, signed, "_a2").await));
        rotate_encryption_keys(cx, &Actor::operator(), project, id, Rotation::Finish).await.unwrap();
        let refused = log_in(&world, &world.acme, &old, gcm, signed, "_a3").await;
        world.assert_refused(&refused, "decryption_failed").await;
        assert!(signed_in(&log_in(&world, &world.acme, &new, gcm, signed, "_a4").await));
    }

    async fn r04_what_is_encrypted_to_one_connection_opens_on_no_other(world: World) {
        let (gcm, signed) = (ContentAlgorithm::Aes256Gcm, SignedElements::Response);
        let acmes = certificate(&world, &world.acme).await;
        assert_ne!(acmes, certificate(&world, &world.globex).await);
        // Globex's provider signs a response around what was encrypted for Acme's connection.
        let refused = log_in(&world, &world.globex, &acmes, gcm, signed, "_a1").await;
        world.assert_refused(&refused, "decryption_failed").await;
        assert!(signed_in(&log_in(&world, &world.acme, &acmes, gcm, signed, "_a2").await));
    }

    async fn r04_a_shared_key_from_before_is_read_until_a_connection_has_its_own(world: World) {
        let (cx, project, id) = (&world.gateway.cx, &world.gateway.project.id, &world.acme.connection.id);
        let (gcm, signed, operator) = (ContentAlgorithm::Aes256Gcm, SignedElements::Assertion, Actor::operator());
        let shared = share_acmes_key(&world).await;
        let old = certificate(&world, &world.acme).await;
        assert_eq!(certificate(&world, &world.globex).await, old);
        let keys = sp_keys_in_use(cx, project).await.unwrap();
        assert_eq!(sharing_connections(&keys), 2);
        assert!(check_sp_keys(cx, &keys).is_ok());
        rotate_encryption_keys(cx, &operator, project, id, Rotation::Begin).await.unwrap();
        let new = certificate(&world, &world.acme).await;
        assert_ne!(old, new);
        for (number, certificate) in [&old, &new].into_iter().enumerate() {
            let assertion = ["_a1", "_a2"][number];
            assert!(signed_in(&log_in(&world, &world.acme, certificate, gcm, signed, assertion).await));
        }
        assert_eq!(certificate(&world, &world.globex).await, old, "nothing has changed for the other one");
        rotate_encryption_keys(cx, &operator, project, id, Rotation::Finish).await.unwrap();
        let refused = log_in(&world, &world.acme, &old, gcm, signed, "_a3").await;
        world.assert_refused(&refused, "decryption_failed").await;
        assert!(signed_in(&log_in(&world, &world.acme, &new, gcm, signed, "_a4").await));
        // The other one goes on with it, alone.
        assert_eq!(sharing_connections(&sp_keys_in_use(cx, project).await.unwrap()), 0);
        let globex = world.globex.connection.id.clone();
        let of_globex = world.read(move |tx| saml_sp_keys::of_connection(tx, &globex)).await;
        assert_eq!(of_globex.iter().map(|key| &key.id).collect::<Vec<_>>(), [&shared]);
        assert_eq!(of_globex[0].retired_at, None);
    }
}

/// Acme's key becomes the project's, as before connections had keys of their own, and the migration finds it so.
async fn share_acmes_key(world: &World) -> SamlSpKeyId {
    let acme = world.acme.connection.id.clone();
    encryption_keys(&world.gateway.cx, &world.gateway.project.id, &acme).await.unwrap();
    let key = world.read(move |tx| saml_sp_keys::of_connection(tx, &acme)).await.remove(0);
    world.gateway.database.execute(
        &[
            include_str!("../../../migrations/sqlite/0012_encryption_keys/down.sql"),
            include_str!("../../../migrations/sqlite/0012_encryption_keys/up.sql"),
        ],
        &[
            include_str!("../../../migrations/postgres/0012_encryption_keys/down.sql"),
            include_str!("../../../migrations/postgres/0012_encryption_keys/up.sql"),
        ],
    );
    key.id
}
