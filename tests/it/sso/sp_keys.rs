//! Our own keys: published, rolled over, sealed.

use vestibule::{
    model::ids::{ProjectId, SamlSpKeyId},
    service::{
        connections::{
            Rotation, encryption_keys, rotate_encryption_keys, rotate_sp_keys, sp_keys, sp_keys_in_use,
        },
        signing::{self, TokenKeyRotation},
    },
    store::saml_sp_keys,
};

use super::*;
use crate::support::on_both_databases;

async fn metadata(world: &World, query: &str) -> String {
    let path = format!("/api/saml/v1/{}/metadata{query}", world.acme.connection.id);
    world.call(TestRequest::get().uri(&path)).await.body
}

async fn read_key(world: &World) -> SamlSpKeyId {
    let of = world.acme.connection.id.clone();
    world.read(move |tx| saml_sp_keys::of_connection(tx, &of)).await.remove(0).id
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

on_both_databases! {
    async fn metadata_lists_both_keys_and_all_of_them_during_a_rollover(world: World) {
        let (cx, project, id) = (&world.gateway.cx, &world.gateway.project.id, &world.acme.connection.id);
        let operator = Actor::operator();
        let first = metadata(&world, "").await;
        assert_eq!((count(&first, "use=\"signing\""), count(&first, "use=\"encryption\"")), (1, 1));
        assert!(first.contains("AuthnRequestsSigned=\"false\"") && first.contains("validUntil=\"2026-01-15T"), "{first}");
        assert_eq!(metadata(&world, "").await, first, "the keys are made once");
        assert!(metadata(&world, "?download").await.contains("validUntil=\"2035-"));
        let before = sp_keys(cx, project).await.unwrap();
        let read_before = encryption_keys(cx, project, id).await.unwrap();
        let during = rotate_sp_keys(cx, &operator, project, Rotation::Begin).await.unwrap();
        let read_during = rotate_encryption_keys(cx, &operator, project, id, Rotation::Begin).await.unwrap();
        let rolling = metadata(&world, "").await;
        assert_eq!((count(&rolling, "use=\"signing\""), count(&rolling, "use=\"encryption\"")), (2, 2));
        // The old key signs until the rollover is finished; both read.
        let certificate = |keys: &vestibule::service::connections::SpKeys| keys.signing_key(cx).unwrap().certificate_der().to_vec();
        assert_eq!(certificate(&before), certificate(&during));
        assert_eq!(read_during.decryption_keys(cx).unwrap().len(), 2);
        assert_ne!(read_before.certificates()[0], read_during.certificates()[0], "the new one first");
        let after = rotate_sp_keys(cx, &operator, project, Rotation::Finish).await.unwrap();
        let read_after = rotate_encryption_keys(cx, &operator, project, id, Rotation::Finish).await.unwrap();
        assert_ne!(certificate(&before), certificate(&after));
        let done = metadata(&world, "").await;
        assert_eq!((count(&done, "use=\"signing\""), count(&done, "use=\"encryption\"")), (1, 1));
        assert_eq!(read_after.certificates()[..], read_during.certificates()[..1]);
        let at_once = rotate_sp_keys(cx, &operator, project, Rotation::AtOnce).await.unwrap();
        let read_at_once = rotate_encryption_keys(cx, &operator, project, id, Rotation::AtOnce).await.unwrap();
        assert_eq!((at_once.certificates().len(), read_at_once.certificates().len()), (1, 1));
        assert_ne!(certificate(&after), certificate(&at_once));
        assert_ne!(read_after.certificates(), read_at_once.certificates());
        let in_use = sp_keys_in_use(cx, project).await.unwrap();
        let connections: Vec<_> = in_use.into_iter().map(|one| one.connection).collect();
        assert_eq!(connections, [None, Some(id.clone())]);
        let of_key = world.gateway.events(read_key(&world).await.as_str()).await;
        assert_eq!(of_key, ["saml_sp_key.created"], "in the audit log of the organization");
    }

    async fn a_key_that_is_known_to_somebody_else_ends_also_where_the_clock_was_set_back(world: World) {
        let (cx, project, id) = (&world.gateway.cx, &world.gateway.project.id, &world.acme.connection.id);
        sp_keys(cx, project).await.unwrap();
        encryption_keys(cx, project, id).await.unwrap();
        world.gateway.clock.advance(-24 * 60 * 60 * 1000);
        let operator = Actor::operator();
        for rotations in [&[Rotation::AtOnce][..], &[Rotation::Begin, Rotation::Finish]] {
            let before = (sp_keys(cx, project).await.unwrap(), encryption_keys(cx, project, id).await.unwrap());
            for rotation in rotations {
                rotate_sp_keys(cx, &operator, project, *rotation).await.unwrap();
                rotate_encryption_keys(cx, &operator, project, id, *rotation).await.unwrap();
                // A new key is published beside the one that signs.
                let signs = sp_keys(cx, project).await.unwrap().certificates().remove(0);
                assert_eq!(signs == before.0.certificates()[0], *rotation == Rotation::Begin);
            }
            let after = (sp_keys(cx, project).await.unwrap(), encryption_keys(cx, project, id).await.unwrap());
            assert_eq!((after.0.certificates().len(), after.1.certificates().len()), (1, 1));
            assert_ne!(after.0.certificates(), before.0.certificates());
            assert_ne!(after.1.certificates(), before.1.certificates());
        }
    }

    async fn requests_that_come_together_make_one_key(world: World) {
        let (cx, project, id) = (&world.gateway.cx, &world.gateway.project.id, &world.acme.connection.id);
        let asked = join_all((0..3).map(|_| encryption_keys(cx, project, id))).await;
        let certificates: Vec<_> = asked.into_iter().map(|keys| keys.unwrap().certificates()).collect();
        assert_eq!(certificates[0].len(), 1);
        assert!(certificates.iter().all(|one| one == &certificates[0]));
    }

    async fn a_connection_of_another_project_has_no_keys_here(world: World) {
        let (cx, id) = (&world.gateway.cx, &world.acme.connection.id);
        let other = ProjectId::from_u128(1);
        assert!(encryption_keys(cx, &other, id).await.is_err());
        assert!(rotate_encryption_keys(cx, &Actor::operator(), &other, id, Rotation::Begin).await.is_err());
        assert!(sp_keys_in_use(cx, &other).await.unwrap().is_empty());
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
