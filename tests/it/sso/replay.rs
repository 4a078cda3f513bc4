//! Responses that were used, edited, or have expired, or belong to somebody else.

use vestibule::store::saml_assertion_replays;

use super::*;
use crate::support::on_both_databases;

on_both_databases! {
    async fn a_response_is_used_once(world: World) {
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = world.response(&world.acme, Some(&request), &ADA);
        assert!(signed_in(&world.post(&world.acme.connection.id, &mut browser, &xml).await));
        let again = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        world.assert_refused(&again, "request_unknown").await;
    }

    async fn an_assertion_is_used_once_whatever_is_around_it(world: World) {
        world.log_in(&world.acme, &ADA).await;
        let answer = world.log_in(&world.acme, &ADA).await;
        world.assert_refused(&answer, "assertion_replayed").await;
    }

    async fn r32_an_id_is_kept_for_a_day_at_most(world: World) {
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = world.response_for(&world.acme, Some(&request), &ADA, Duration::days(365_000));
        assert!(signed_in(&world.post(&world.acme.connection.id, &mut browser, &xml).await));
        let (hour, now) = (60 * 60 * 1000_i64, world.gateway.now());
        let forgotten = |hours: i64| world.write(move |tx| saml_assertion_replays::delete_expired(tx, now.plus(hours * hour), 100));
        assert_eq!((forgotten(23).await, forgotten(25).await), (0, 1));
    }

    async fn the_same_assertion_id_from_another_connection_is_another_assertion(world: World) {
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
        let gus = Claims { name_id: "gus@globex.example", ..ADA };
        assert!(signed_in(&world.log_in(&world.globex, &gus).await));
    }

    async fn of_many_at_once_one_wins(world: World) {
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = world.response(&world.acme, Some(&request), &ADA);
        let attempts = (0..8).map(|_| {
            let mut browser = browser.clone();
            let (world, xml) = (&world, &xml);
            async move { signed_in(&world.post(&world.acme.connection.id, &mut browser, xml).await) }
        });
        let outcomes = join_all(attempts).await;
        assert_eq!(outcomes.iter().filter(|won| **won).count(), 1, "{outcomes:?}");
    }

    async fn first_logins_of_one_person_at_once_make_one_user(world: World) {
        let mut browsers = Vec::new();
        for id in ["_p0", "_p1", "_p2", "_p3"] {
            let mut browser = Browser::default();
            let request = world.depart(&world.acme, &mut browser).await;
            browsers.push((browser, world.response(&world.acme, Some(&request), &Claims { assertion_id: id, ..ADA })));
        }
        let attempts = browsers.into_iter().map(|(mut browser, xml)| {
            let world = &world;
            async move {
                let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
                (signed_in(&answer), answer.body)
            }
        });
        let outcomes = join_all(attempts).await;
        assert!(outcomes.iter().all(|(won, _)| *won), "{outcomes:?}");
    }

    async fn edited_expired_and_foreign_responses_say_why(world: World) {
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let good = world.response(&world.acme, Some(&request), &ADA);
        let acs = &world.acme.connection.id;
        let edited = world.post(acs, &mut browser, &good.replace("ada@", "eve@")).await;
        world.assert_refused(&edited, "signature_digest").await;
        let unsigned = good.replace("ds:Signature", "ds:Gone");
        let unsigned = world.post(acs, &mut browser, &unsigned).await;
        world.assert_refused(&unsigned, "unexpected_element").await;
        let by_globex = Idp {
            connection: world.acme.connection.clone(),
            organization: world.acme.organization.clone(),
            key: signing_key("other"),
            entity_id: world.acme.entity_id,
        };
        let foreign = world.response(&by_globex, Some(&request), &ADA);
        let foreign = world.post(acs, &mut browser, &foreign).await;
        world.assert_refused(&foreign, "signature_invalid").await;
        world.gateway.clock.advance(9 * 60 * 1000);
        let expired = world.post(acs, &mut browser, &good).await;
        world.assert_refused(&expired, "confirmation_expired").await;
    }

    async fn r04_a_response_for_one_connection_is_nothing_to_another(world: World) {
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = world.response(&world.acme, Some(&request), &ADA);
        let answer = world.post(&world.globex.connection.id, &mut browser, &xml).await;
        world.assert_refused(&answer, "request_unknown").await;
        // Globex's provider answers Acme's request at Globex's door, and Globex's own at Acme's.
        let of_globex = world.depart(&world.globex, &mut browser).await;
        let crossed = world.response(&world.globex, Some(&request), &ADA);
        let answer = world.post(&world.globex.connection.id, &mut browser, &crossed).await;
        world.assert_refused(&answer, "request_unknown").await;
        let crossed = world.response(&world.globex, Some(&of_globex), &ADA);
        let answer = world.post(&world.acme.connection.id, &mut browser, &crossed).await;
        world.assert_refused(&answer, "request_unknown").await;
    }

    async fn r04_a_flow_sent_to_another_organization_ends_in_a_refusal(world: World) {
        // Globex's provider vouches for an address of Acme's: the domain is not Globex's to speak for.
        let answer = world.log_in(&world.globex, &ADA).await;
        world.assert_refused(&answer, "identity_conflict").await;
        assert!(world.find(&world.acme.organization, "ada@acme.example").await.is_none());
        assert!(world.find(&world.globex.organization, "ada@acme.example").await.is_none());
    }
}
