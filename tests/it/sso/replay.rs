//! Responses that were used, edited, or have expired, or belong to somebody else.

use std::sync::{Mutex, mpsc};

use diesel::{
    Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, connection::SimpleConnection as _,
    sql_query, sql_types::BigInt,
};
use vestibule::store::{identities, saml_assertion_replays};

use super::*;
use crate::support::on_both_databases;

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// On PostgreSQL another transaction can end between two questions of this one: the subject is not known yet, the address
/// is, and it has a link. That link is this person's own.
#[actix_web::test]
async fn a_link_that_is_made_while_a_first_login_waits_is_its_own() {
    let world = World::start(Kind::Postgres).await;
    let organization = world.acme.organization.id.clone();
    let user = world.user(&world.acme.organization, "ada@acme.example", |_| ()).await;
    assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
    let (connection, id) = (world.acme.connection.id.clone(), user.id.clone());
    let of_user = move |tx: &mut Tx<'_>| identities::of_user_on_saml(tx, &connection, &id);
    let link = world.read(of_user).await.remove(0);
    let mut watch = PgConnection::establish(&world.gateway.database.url).unwrap();
    watch.batch_execute("UPDATE sessions SET identity_id = NULL; DELETE FROM identities").unwrap();

    // The other login has the user's row, and makes the link when it is told to.
    let (locked, is_locked) = mpsc::channel();
    let (go, gone) = mpsc::channel::<()>();
    let gone = Mutex::new(gone);
    let other = world.gateway.cx.store.write(move |tx| {
        users::lock(tx, &organization, &user.id)?;
        locked.send(()).unwrap();
        let _ = gone.lock().unwrap().recv();
        identities::insert(tx, &link)
    });
    let waits = async {
        actix_web::rt::task::spawn_blocking(move || is_locked.recv()).await.unwrap().unwrap();
        let again = Claims { assertion_id: "_a2", ..ADA };
        let login = world.log_in(&world.acme, &again);
        let watching = actix_web::rt::task::spawn_blocking(move || {
            let waiting = "SELECT count(*) AS count FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
            let blocked = (0..100_000).any(|_| {
                let found: Waiting = sql_query(waiting).get_result(&mut watch).unwrap();
                found.count > 0
            });
            drop(go);
            blocked
        });
        let (answer, blocked) = tokio::join!(login, watching);
        assert!(blocked.unwrap(), "the login waits for the user's row");
        answer
    };
    let (made, answer) = tokio::join!(other, waits);
    made.unwrap();
    assert!(signed_in(&answer), "{}", answer.body);
}

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
