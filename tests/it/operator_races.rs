//! What the operator does beside logins that have begun, on PostgreSQL: on SQLite there is one writer.

use std::sync::mpsc;

use diesel::{Connection as _, PgConnection, RunQueryDsl as _, sql_query, sql_types::Text};
use vestibule::{
    model::{OrganizationStatus, ids::SessionId},
    service::{
        Actor,
        directory::{list_sessions, set_organization_status},
    },
    store::{
        Tx, organizations, saml_connections,
        sessions::{self, Session},
    },
};

use crate::{
    sso::{ADA, World, signed_in},
    support::{Kind, races::while_open},
};

#[actix_web::test]
async fn a_login_in_flight_does_not_keep_its_organization_on_and_leaves_no_session() {
    let world = World::start(Kind::Postgres).await;
    let (cx, project, acme) = (&world.gateway.cx, &world.gateway.project.id, &world.gateway.acme.id);
    assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
    let user = world.find(&world.gateway.acme, "ada@acme.example").await.unwrap();
    let standing = async || {
        let found = list_sessions(cx, project, &user.id, 10).await.unwrap();
        found.iter().filter(|session| session.revoked_at.is_none()).count()
    };
    let status = async || {
        let (project, acme) = (project.clone(), acme.clone());
        let found = world.read(move |tx| organizations::find(tx, &project, &acme)).await;
        found.unwrap().status
    };
    let found = list_sessions(cx, project, &user.id, 1).await.unwrap().remove(0);
    // What a login does that has seen that the organization is on.
    let log_in = move |tx: &mut Tx<'_>| {
        let session = Session { id: SessionId::from_u128(1), token_hash: None, ..found.clone() };
        sessions::insert(tx, &session)
    };
    let set = |status| {
        let (cx, project, acme) = (cx.clone(), project.clone(), acme.clone());
        async move { set_organization_status(&cx, &Actor::operator(), &project, &acme, status).await }
    };
    let is_off = async || assert_eq!(status().await, OrganizationStatus::Disabled, "it is off by now");
    let ended = while_open(&world.gateway, log_in, set(OrganizationStatus::Disabled), is_off).await;
    assert_eq!((ended.unwrap(), standing().await), (2, 0));
    set(OrganizationStatus::Active).await.unwrap();
    assert_eq!((status().await, standing().await), (OrganizationStatus::Active, 0));
}

#[actix_web::test]
async fn an_organization_that_is_switched_on_waits_for_logins_of_before() {
    let world = World::start(Kind::Postgres).await;
    let (cx, project, acme) = (&world.gateway.cx, &world.gateway.project.id, &world.gateway.acme.id);
    assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
    let user = world.find(&world.gateway.acme, "ada@acme.example").await.unwrap();
    let found = list_sessions(cx, project, &user.id, 1).await.unwrap().remove(0);
    let set = |status| {
        let (cx, project, acme) = (cx.clone(), project.clone(), acme.clone());
        async move { set_organization_status(&cx, &Actor::operator(), &project, &acme, status).await }
    };
    set(OrganizationStatus::Disabled).await.unwrap();
    // As if the end had been cut short while a login was in flight.
    let log_in = move |tx: &mut Tx<'_>| {
        let session = Session { id: SessionId::from_u128(1), token_hash: None, ..found.clone() };
        sessions::insert(tx, &session)
    };
    let ended = while_open(&world.gateway, log_in, set(OrganizationStatus::Active), async || ()).await;
    assert_eq!(ended.unwrap(), 1);
    let found = list_sessions(cx, project, &user.id, 10).await.unwrap();
    assert!(found.iter().all(|session| session.revoked_at.is_some()));
}

/// Writers in an organization and a connection, one after another without a gap, until nobody takes `rounds`: each begins before
/// the one before it has ended.
fn write_without_a_gap(url: String, organization: String, connection: String, rounds: &mpsc::SyncSender<()>) {
    let mut writers = [PgConnection::establish(&url).unwrap(), PgConnection::establish(&url).unwrap()];
    let begin = |writer: &mut PgConnection| {
        sql_query("BEGIN").execute(writer).unwrap();
        // What a row that refers to both holds.
        for (table, id) in [("organizations", &organization), ("saml_connections", &connection)] {
            let hold = format!("SELECT 1 FROM {table} WHERE id = $1 FOR KEY SHARE");
            sql_query(hold).bind::<Text, _>(id).execute(writer).unwrap();
        }
    };
    begin(&mut writers[0]);
    while rounds.send(()).is_ok() {
        begin(&mut writers[1]);
        sql_query("COMMIT").execute(&mut writers[0]).unwrap();
        writers.swap(0, 1);
    }
}

#[actix_web::test]
async fn writers_without_a_gap_keep_neither_an_organization_on_nor_a_connection_as_it_is() {
    let world = World::start(Kind::Postgres).await;
    let (cx, project, acme) = (&world.gateway.cx, &world.gateway.project.id, &world.gateway.acme.id);
    let connection = world.acme.connection.id.clone();
    let (url, ids) = (world.gateway.database.url.clone(), (acme.to_string(), connection.to_string()));
    let (rounds, round) = mpsc::sync_channel(0);
    let writers = std::thread::spawn(move || write_without_a_gap(url, ids.0, ids.1, &rounds));
    round.recv().unwrap();
    let (own, of, id) = (cx.clone(), project.clone(), acme.clone());
    let off = async move {
        let of_connection = of.clone();
        let lock = move |tx: &mut Tx<'_>| saml_connections::lock_in_project(tx, &of_connection, &connection);
        own.store.write(lock).await.unwrap();
        set_organization_status(&own, &Actor::operator(), &of, &id, OrganizationStatus::Disabled).await
    };
    let off = actix_web::rt::spawn(off);
    // The writers go on as long as it is not written, or something has failed.
    loop {
        let (project, acme) = (project.clone(), acme.clone());
        let found = world.read(move |tx| organizations::find(tx, &project, &acme)).await.unwrap();
        if found.status == OrganizationStatus::Disabled {
            break;
        }
        assert!(!off.is_finished(), "the status is written beside the writers");
        round.recv().unwrap();
    }
    drop(round);
    writers.join().unwrap();
    assert_eq!(off.await.unwrap().unwrap(), 0);
}
