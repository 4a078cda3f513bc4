//! What holds between the page that asks and the click that answers it (R8).

use diesel::{Connection as _, PgConnection, connection::SimpleConnection as _};
use vestibule::{
    model::{ConnectionStatus, OrganizationStatus, ids::UserId},
    saml::xml::instant,
    service::{
        connections::Options,
        directory::{OrganizationUpdate, list_sessions, set_organization_status, update_organization},
    },
    store::{saml_logouts, sessions::Session},
};

use super::{
    idp_initiated::{arrive, consent, flow, switch_on},
    *,
};
use crate::support::{on_both_databases, races::waiting};

/// Ada is asked in this browser: the flow that waits.
async fn asked(world: &World, browser: &mut Browser, xml: &str) -> String {
    let page = arrive(world, browser, xml, "").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    flow(&page)
}

async fn sessions_of(world: &World, user: &UserId) -> Vec<Session> {
    list_sessions(&world.gateway.cx, &world.gateway.project.id, user, 10).await.unwrap()
}

async fn ada(world: &World) -> UserId {
    world.find(&world.acme.organization, "ada@acme.example").await.unwrap().id
}

/// On PostgreSQL: consent has asked the policy, and its session waits to be written, while the organization is switched off.
#[actix_web::test]
async fn a_session_by_consent_is_not_issued_beside_the_end_of_all_of_them() {
    let world = std::rc::Rc::new(World::start(Kind::Postgres).await);
    switch_on(&world).await;
    let mut browser = Browser::default();
    let flow = asked(&world, &mut browser, &world.response(&world.acme, None, &ADA)).await;
    let url = &world.gateway.database.url;
    let (mut holder, mut watch) =
        (PgConnection::establish(url).unwrap(), PgConnection::establish(url).unwrap());
    // Who only reads sessions does not wait: the end of all of them finds none.
    holder.batch_execute("BEGIN; LOCK TABLE sessions IN SHARE MODE").unwrap();
    let own = std::rc::Rc::clone(&world);
    let click = actix_web::rt::spawn(async move { consent(&own, &browser, &flow).await });
    while !click.is_finished() && waiting(&mut watch) == 0 {
        tokio::task::yield_now().await;
    }
    let own = std::rc::Rc::clone(&world);
    let off = actix_web::rt::spawn(async move {
        let (cx, project, acme) = (&own.gateway.cx, &own.gateway.project.id, &own.gateway.acme.id);
        set_organization_status(cx, &Actor::operator(), project, acme, OrganizationStatus::Disabled).await
    });
    while !off.is_finished() && waiting(&mut watch) < 2 {
        tokio::task::yield_now().await;
    }
    holder.batch_execute("COMMIT").unwrap();
    click.await.unwrap();
    off.await.unwrap().unwrap();
    let sessions = sessions_of(&world, &ada(&world).await).await;
    assert!(sessions.iter().all(|session| session.revoked_at.is_some()), "{sessions:?}");
}

on_both_databases! {
    async fn r08_the_policy_is_asked_again_at_the_click(world: World) {
        switch_on(&world).await;
        let mut browser = Browser::default();
        let waits = asked(&world, &mut browser, &world.response(&world.acme, None, &ADA)).await;
        world.change(&world.acme, |connection| connection.status = ConnectionStatus::Disabled).await;
        assert_eq!(consent(&world, &browser, &waits).await.status, StatusCode::FORBIDDEN, "the connection is off");
        switch_on(&world).await;
        let (cx, project, acme) = (&world.gateway.cx, &world.gateway.project.id, &world.gateway.acme.id);
        let mfa = |required| OrganizationUpdate { require_mfa: Some(required), ..OrganizationUpdate::default() };
        update_organization(cx, &Actor::operator(), project, acme, mfa(true)).await.unwrap();
        assert_eq!(consent(&world, &browser, &waits).await.status, StatusCode::FORBIDDEN, "there was one factor");
        update_organization(cx, &Actor::operator(), project, acme, mfa(false)).await.unwrap();
        assert_eq!(consent(&world, &browser, &waits).await.status, StatusCode::OK);
    }

    async fn r11_a_session_by_consent_is_what_the_assertion_said(world: World) {
        switch_on(&world).await;
        world.change(&world.acme, |connection| {
            connection.allow_idp_initiated = true;
            let mfa = "https://refeds.org/profile/mfa".to_owned();
            connection.options = Options { mfa_contexts: vec![mfa], ..Options::default() }.to_stored();
        }).await;
        let (cx, project, acme) = (&world.gateway.cx, &world.gateway.project.id, &world.gateway.acme.id);
        let mfa = OrganizationUpdate { require_mfa: Some(true), ..OrganizationUpdate::default() };
        update_organization(cx, &Actor::operator(), project, acme, mfa).await.unwrap();
        let signed_in_at = world.gateway.now();
        let end = signed_in_at.plus(20 * 60 * 1000);
        let ending = format!(" SessionNotOnOrAfter=\"{}\" SessionIndex=", instant::format(end.to_datetime()));
        let xml = signed_again(&world.acme, ADA.assertion_id, &world.response(&world.acme, None, &ADA), |xml| {
            let class = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
            xml.replace(class, "https://refeds.org/profile/mfa").replacen(" SessionIndex=", &ending, 1)
        });
        let mut browser = Browser::default();
        let waits = asked(&world, &mut browser, &xml).await;
        world.gateway.clock.advance(60_000);
        assert_eq!(consent(&world, &browser, &waits).await.status, StatusCode::OK);
        let session = sessions_of(&world, &ada(&world).await).await.remove(0);
        assert_eq!((session.expires_at, session.auth_time), (end, signed_in_at));
        assert_eq!((session.amr.as_str(), session.acr.as_deref()), ("[\"mfa\"]", Some("https://refeds.org/profile/mfa")));
        let name = serde_json::json!(["name", name_id::EMAIL, null, null, ADA.name_id]).to_string();
        assert_eq!((session.saml_session_index.as_deref(), session.saml_name_id), (Some("_s1"), Some(name)));
        assert_eq!(session.saml_connection_id, Some(world.acme.connection.id.clone()));
    }

    async fn r08_what_waits_for_something_else_waits_for_no_consent(world: World) {
        let mut browser = Browser::default();
        let path = format!("/api/saml/v1/{}/init", world.acme.connection.id);
        let departed = world.call(TestRequest::get().uri(&format!("{path}?target_link_uri=https%3A%2F%2Fapp.example%2F"))).await;
        browser.keep(&departed);
        let nonce = vestibule::model::secret::Secret::new(browser.value("__Host-vestibule_flow").unwrap()).hash();
        let (request, now) = (received(&departed).id, world.gateway.now());
        let (project, connection) = (world.gateway.project.id.clone(), world.acme.connection.id.clone());
        let awaiting = move |tx: &mut Tx<'_>| {
            vestibule::store::login_flows::awaiting(tx, &project, &nonce, &connection, &request, now)
        };
        let flow = world.read(awaiting).await.unwrap();
        assert_eq!(consent(&world, &browser, flow.id.as_str()).await.status, StatusCode::FORBIDDEN);
    }

    async fn r08_a_logout_of_before_the_assertion_is_another_session_s(world: World) {
        switch_on(&world).await;
        let name = serde_json::json!(["name", name_id::EMAIL, null, null, ADA.name_id]).to_string();
        let (connection, organization) = (world.acme.connection.id.clone(), world.acme.organization.id.clone());
        let (before, kept) = (world.gateway.now().plus(-1000), world.gateway.now().plus(600_000));
        let ended = [name].into();
        world.write(move |tx| saml_logouts::end_sessions(tx, &connection, &organization, ADA.name_id, &ended, before, kept)).await;
        let mut browser = Browser::default();
        let waits = asked(&world, &mut browser, &world.response(&world.acme, None, &ADA)).await;
        assert_eq!(consent(&world, &browser, &waits).await.status, StatusCode::OK);
    }

    async fn first_logins_of_one_person_at_once_are_all_asked(world: World) {
        switch_on(&world).await;
        let attempts = ["_p0", "_p1", "_p2", "_p3"].map(|id| {
            let (world, xml) = (&world, world.response(&world.acme, None, &Claims { assertion_id: id, ..ADA }));
            async move { arrive(world, &mut Browser::default(), &xml, "").await.status }
        });
        assert_eq!(join_all(attempts.into_iter()).await, [StatusCode::OK; 4]);
    }
}
