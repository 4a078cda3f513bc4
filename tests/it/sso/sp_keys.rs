//! Our own keys: published, rolled over, sealed.

use vestibule::{
    model::SpKeyPurpose,
    service::{
        connections::{Rotation, rotate_sp_keys, sp_keys},
        signing::{self, TokenKeyRotation},
    },
};

use super::*;
use crate::support::on_both_databases;

async fn metadata(world: &World, query: &str) -> String {
    let path = format!("/api/saml/v1/{}/metadata{query}", world.acme.connection.id);
    world.call(TestRequest::get().uri(&path)).await.body
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

on_both_databases! {
    async fn metadata_lists_both_keys_and_all_of_them_during_a_rollover(world: World) {
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let first = metadata(&world, "").await;
        assert_eq!((count(&first, "use=\"signing\""), count(&first, "use=\"encryption\"")), (1, 1));
        assert!(first.contains("AuthnRequestsSigned=\"false\"") && first.contains("validUntil=\"2026-01-15T"), "{first}");
        assert_eq!(metadata(&world, "").await, first, "the keys are made once");
        assert!(metadata(&world, "?download").await.contains("validUntil=\"2035-"));
        let before = sp_keys(cx, project).await.unwrap();
        let during = rotate_sp_keys(cx, &Actor::operator(), project, Rotation::Begin).await.unwrap();
        let rolling = metadata(&world, "").await;
        assert_eq!((count(&rolling, "use=\"signing\""), count(&rolling, "use=\"encryption\"")), (2, 2));
        // The old key signs until the rollover is finished; both read.
        let certificate = |keys: &vestibule::service::connections::SpKeys| keys.signing_key(cx).unwrap().certificate_der().to_vec();
        assert_eq!(certificate(&before), certificate(&during));
        assert_eq!(during.decryption_keys(cx).unwrap().len(), 2);
        assert_ne!(before.certificates(SpKeyPurpose::Encryption)[0], during.certificates(SpKeyPurpose::Encryption)[0]);
        let after = rotate_sp_keys(cx, &Actor::operator(), project, Rotation::Finish).await.unwrap();
        assert_ne!(certificate(&before), certificate(&after));
        let done = metadata(&world, "").await;
        assert_eq!((count(&done, "use=\"signing\""), count(&done, "use=\"encryption\"")), (1, 1));
        let at_once = rotate_sp_keys(cx, &Actor::operator(), project, Rotation::AtOnce).await.unwrap();
        assert_eq!(at_once.summary().len(), 2);
        assert_ne!(certificate(&after), certificate(&at_once));
    }

    async fn token_keys_are_published_before_they_sign_and_end_at_once_when_known(world: World) {
        use vestibule::{jose::Algorithm, service::signing::Keyring};
        let (cx, project) = (world.gateway.cx.clone(), world.gateway.project.id.clone());
        let keyring = async || {
            let (own, of) = (cx.clone(), project.clone());
            world.read(move |tx| Keyring::load(tx, &own, &of)).await
        };
        let signer = |keyring: &Keyring| keyring.signer(&cx, Algorithm::Es256).unwrap().kid().to_owned();
        let old = signer(&keyring().await);
        let fresh = signing::rotate(&cx, &Actor::operator(), &project, TokenKeyRotation::Planned).await.unwrap();
        let now = keyring().await;
        assert_eq!((signer(&now), now.jwks().unwrap().keys.len()), (old.clone(), 4));
        world.gateway.clock.advance(2 * 60 * 60 * 1000);
        let later = keyring().await;
        assert!(fresh.contains(&signer(&later)));
        assert_eq!(later.jwks().unwrap().keys.len(), 4, "tokens of the old key are good for another hour");
        world.gateway.clock.advance(60 * 60 * 1000);
        assert_eq!(keyring().await.jwks().unwrap().keys.len(), 2);
        let emergency = signing::rotate(&cx, &Actor::operator(), &project, TokenKeyRotation::Emergency).await.unwrap();
        let end = keyring().await;
        assert!(emergency.contains(&signer(&end)));
        assert_eq!(end.jwks().unwrap().keys.len(), 2, "whoever has the old key cannot use it any more");
    }
}
