//! What changes between the look at it and the lock on it, on PostgreSQL: on SQLite there is one writer.

use std::rc::Rc;

use vestibule::{
    model::{ids::SessionId, secret::Secret},
    saml::names::name_id,
    service::connections::{Options, accept_held_metadata, held_metadata},
    store::{
        identities, login_flows, saml_logouts,
        sessions::{self, Session},
    },
};

use super::{
    identity::scim_connection,
    logout::{Asked, ada, ask, with_slo},
    *,
};
use crate::support::races::while_open;

async fn world() -> Rc<World> {
    Rc::new(World::start(Kind::Postgres).await)
}

#[actix_web::test]
async fn r07_an_answer_is_to_the_request_that_its_flow_waits_for_by_then() {
    let world = world().await;
    let mut browser = Browser::default();
    let request = world.depart(&world.acme, &mut browser).await;
    let xml = world.response(&world.acme, Some(&request), &ADA);
    let nonce = Secret::new(browser.value("__Host-vestibule_flow").unwrap()).hash();
    let (project, connection, now) =
        (world.gateway.project.id.clone(), world.acme.connection.id.clone(), world.gateway.now());
    // As it is when the person goes to the provider once more.
    let depart = move |tx: &mut Tx<'_>| {
        let mut flow = login_flows::awaiting(tx, &project, &nonce, &connection, &request.id, now)?.unwrap();
        flow.saml_request_id = Some("_another".into());
        login_flows::route(tx, &flow)
    };
    let own = Rc::clone(&world);
    let answer = async move { own.post(&own.acme.connection.id, &mut browser, &xml).await };
    let answer = while_open(&world.gateway, depart, answer, async || ()).await;
    world.assert_refused(&answer, "request_unknown").await;
}

#[actix_web::test]
async fn r01_an_identifier_that_moves_on_meanwhile_identifies_nobody() {
    let edits: [fn(&mut User); 2] =
        [|user| user.external_id = Some("emp-8".into()), |user| user.scim_connection_id = None];
    for edit in edits {
        let world = world().await;
        let scim = scim_connection(&world, &world.acme.organization, false).await;
        let held = scim.clone();
        let user = world.user(&world.acme.organization, "other@acme.example", move |user| {
            user.scim_connection_id = Some(held.clone());
            user.external_id = Some("emp-7".into());
        });
        let user = user.await;
        world
            .change(&world.acme, move |connection| {
                connection.paired_scim_connection_id = Some(scim.clone());
                connection.paired_attribute = Some("employee".into());
            })
            .await;
        let provision = move |tx: &mut Tx<'_>| {
            let mut now = users::lock(tx, &user.organization_id, &user.id)?.unwrap();
            edit(&mut now);
            users::update(tx, &now)
        };
        let own = Rc::clone(&world);
        let attributes: &[(&str, &[&str])] = &[("employee", &["emp-7"])];
        let log_in = async move { own.log_in(&own.acme, &Claims { attributes, ..ADA }).await };
        let answer = while_open(&world.gateway, provision, log_in, async || ()).await;
        world.assert_refused(&answer, "identity_conflict").await;
    }
}

#[actix_web::test]
async fn a_logout_ends_the_login_that_asked_just_before_it() {
    let world = Rc::new(with_slo(World::start(Kind::Postgres).await).await);
    world.log_in(&world.acme, &ADA).await;
    let (project, id) = (world.gateway.project.id.clone(), world.acme.connection.id.clone());
    let name = serde_json::json!(["name", name_id::EMAIL, null, null, ADA.name_id]).to_string();
    let live = move |tx: &mut Tx<'_>| sessions::of_saml(tx, &project, &id, std::slice::from_ref(&name));
    let first = world.gateway.cx.store.read(live.clone()).await.unwrap().remove(0);
    let (connection, now) = (world.acme.connection.id.clone(), world.gateway.now());
    let second = Session {
        id: SessionId::from_u128(7),
        token_hash: Some(Secret::new("another session, for the test").hash()),
        ..first
    };
    let login = move |tx: &mut Tx<'_>| {
        let keys = ["what no logout names".to_owned()];
        assert!(!saml_logouts::has_ended(tx, &connection, ADA.name_id, &keys, now)?);
        sessions::insert(tx, &second)
    };
    let own = Rc::clone(&world);
    let everywhere = || Asked { id: "_l1", name: ada(), indexes: &[], key: "idp" };
    let log_out = async move { ask(&own, everywhere()).await };
    while_open(&world.gateway, login, log_out, async || ()).await;
    assert_eq!(world.gateway.cx.store.read(live).await.unwrap(), []);
}

#[actix_web::test]
async fn a_link_that_is_taken_away_meanwhile_is_made_anew() {
    let world = world().await;
    let user = world.user(&world.acme.organization, "ada@acme.example", |_| ()).await;
    world.log_in(&world.acme, &ADA).await;
    let (connection, id) = (world.acme.connection.id.clone(), user.id.clone());
    let links = move |tx: &mut Tx<'_>| identities::of_user_on_saml(tx, &connection, &id);
    let before = world.gateway.cx.store.read(links.clone()).await.unwrap().remove(0);
    let gone = before.id.clone();
    let unlink = move |tx: &mut Tx<'_>| {
        users::lock(tx, &user.organization_id, &user.id)?;
        identities::delete(tx, &user.organization_id, &gone).map(drop)
    };
    let own = Rc::clone(&world);
    let log_in = async move { own.log_in(&own.acme, &Claims { assertion_id: "_a2", ..ADA }).await };
    let answer = while_open(&world.gateway, unlink, log_in, async || ()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let after = world.gateway.cx.store.read(links).await.unwrap();
    assert!(after.len() == 1 && after[0].id != before.id, "{after:?}");
}

#[actix_web::test]
async fn r24_what_is_held_back_is_not_taken_over_where_something_has_changed_since() {
    let edits: [fn(&mut SamlConnection); 3] = [
        |connection| connection.held_metadata = Some("<a/>".into()),
        |connection| connection.idp_entity_id = "https://new.acme.example".into(),
        |connection| connection.allow_sha1 = true,
    ];
    for edit in edits {
        let world = world().await;
        let (cx, project) = (world.gateway.cx.clone(), world.gateway.project.id.clone());
        let id = world.acme.connection.id.clone();
        let document = refresh::description(world.acme.entity_id, "elsewhere.example", &["other"]);
        let options = Options { hold_metadata_changes: true, ..Options::default() }.to_stored();
        world
            .change(&world.acme, move |connection| {
                connection.options = options.clone();
                connection.held_metadata = Some(document.clone());
            })
            .await;
        let mark = held_metadata(&cx, &project, &id).await.unwrap().unwrap().mark;
        let (of, changed) = (project.clone(), id.clone());
        let change = move |tx: &mut Tx<'_>| {
            let mut connection = saml_connections::lock_in_project(tx, &of, &changed)?.unwrap();
            edit(&mut connection);
            saml_connections::update(tx, &connection)
        };
        let accept = async move { accept_held_metadata(&cx, &Actor::operator(), &project, &id, &mark).await };
        let taken = while_open(&world.gateway, change, accept, async || ()).await;
        assert!(taken.unwrap_err().to_string().contains("look at it again"));
        assert_eq!(refresh::keys(&world).await, 1);
    }
}
