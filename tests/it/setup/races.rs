//! Two transactions at once (R23), on PostgreSQL: on SQLite there is one writer.

use vestibule::{
    model::ConnectionStatus,
    service::setup::{list_setup_links, revoke_setup_link},
    store::{Tx, organizations, saml_connections, scim_connections, setup_links},
};

use super::*;
use crate::support::races::while_open;

fn make(world: &World, new: NewSetupLink) -> impl Future<Output = MadeLink> + 'static {
    let gateway = &world.gateway;
    let (cx, project, acme) = (gateway.cx.clone(), gateway.project.id.clone(), gateway.acme.id.clone());
    async move { create_setup_link(&cx, &Actor::operator(), &project, &acme, new).await.unwrap() }
}

#[actix_web::test]
async fn r23_a_link_that_somebody_begins_to_use_keeps_its_draft() {
    let admin = Admin::start(Kind::Postgres).await.opened().await;
    let gateway = &admin.world.gateway;
    let links = async || list_setup_links(&gateway.cx, &gateway.project.id, &gateway.acme.id).await.unwrap();
    let (id, project, draft) = (admin.link.id.clone(), gateway.project.id.clone(), admin.connection.clone());
    let (session, now) = (links().await[0].session_hash.clone().unwrap(), gateway.now());
    let begin = move |tx: &mut Tx<'_>| {
        saml_connections::lock_in_project(tx, &project, &draft)?.unwrap();
        assert!(setup_links::bind(tx, &id, &session, now)?);
        Ok(())
    };
    let second = make(&admin.world, NewSetupLink::saml());
    let made = while_open(gateway, begin, second, async || ()).await;
    assert_ne!(made.link.saml_connection_id, Some(admin.connection.clone()));
    assert!(made.in_place_of.is_empty());
    let first = links().await.into_iter().find(|link| link.id == admin.link.id).unwrap();
    assert!(first.exchanged_at.is_some() && first.revoked_at.is_none(), "who has begun goes on");
}

#[actix_web::test]
async fn r23_two_links_made_at_once_do_not_share_a_draft() {
    let admin = Admin::start(Kind::Postgres).await;
    let gateway = &admin.world.gateway;
    let (of, project) = (gateway.acme.id.clone(), gateway.project.id.clone());
    // The draft is free, and there is no link any more that both would have to end.
    let earlier = make(&admin.world, NewSetupLink::scim()).await.link;
    revoke_setup_link(&gateway.cx, &Actor::operator(), &project, &earlier.id).await.unwrap();
    // What the making of another link does, in its order.
    let other = second_link(&earlier);
    let another = other.clone();
    let first = move |tx: &mut Tx<'_>| {
        organizations::lock(tx, &project, &of)?.unwrap();
        setup_links::insert(tx, &another)
    };
    let second = make(&admin.world, NewSetupLink::scim());
    let made = while_open(gateway, first, second, async || ()).await;
    assert_eq!(made.link.scim_connection_id, earlier.scim_connection_id);
    assert_eq!(made.in_place_of, [other.id], "the newest alone opens");
}

#[actix_web::test]
async fn the_tokens_of_a_connection_that_goes_live_do_not_end_with_their_link() {
    let admin = Admin::start(Kind::Postgres).await;
    let made = make(&admin.world, NewSetupLink::both()).await;
    let (draft, link) = (made.link.scim_connection_id.clone().unwrap(), made.link.id.clone());
    let mut admin = Admin { token: made.token.expose().to_owned(), ..admin }.opened().await;
    assert_eq!(admin.post("/setup/scim/token", &[]).await.status, StatusCode::OK);
    let gateway = &admin.world.gateway;
    let of = gateway.acme.id.clone();
    let go_live = move |tx: &mut Tx<'_>| {
        let mut row = scim_connections::lock(tx, &of, &draft)?.unwrap();
        row.status = ConnectionStatus::Enabled;
        scim_connections::update(tx, &row)
    };
    let (cx, project) = (gateway.cx.clone(), gateway.project.id.clone());
    let revoke = async move { revoke_setup_link(&cx, &Actor::operator(), &project, &link).await.unwrap() };
    let (link, ended) = while_open(gateway, go_live, revoke, async || ()).await;
    assert_eq!((link.revoked_at.is_some(), ended), (true, 0));
}

fn second_link(link: &SetupLink) -> SetupLink {
    SetupLink {
        id: vestibule::model::ids::SetupLinkId::from_u128(1 << 100),
        token_hash: vestibule::model::secret::Secret::new("another link").hash(),
        ..link.clone()
    }
}
