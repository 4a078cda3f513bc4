//! `/oauth/userinfo`: the token, and the session behind it, each time.

use serde_json::json;
use vestibule::{
    jose::base64url_decode,
    model::OrganizationStatus,
    service::sessions,
    store::{organizations, sessions as session_rows},
};

use super::*;
use crate::support::on_both_databases;

fn assert_invalid(answer: &Answer, message: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.body);
    assert_eq!(answer.json()["error"], "invalid_token");
    let challenge = answer.header("www-authenticate");
    assert!(challenge.contains(r#"error="invalid_token""#) && challenge.contains(message), "{challenge}");
}

const UNUSABLE: &str = "The access token cannot be used.";
const ENDED: &str = "The session has ended.";

on_both_databases! {
    async fn it_says_who_the_token_is_for(world: World) {
        let (token, completed) = world.access_token(&world.ada).await;
        let answer = world.userinfo(&token).await;
        let organization = world.gateway.acme.id.as_str();
        let wanted = json!({
            "sub": world.ada.user.id,
            "email": "ada@acme.example",
            "email_verified": true,
            "name": "Test Person",
            "organization_id": organization,
            "organization": { "id": organization, "display_name": "Acme" },
            "roles": [],
            "sid": completed.session.id,
        });
        assert_eq!(answer.json(), wanted);
        let posted = post("/oauth/userinfo").insert_header((header::AUTHORIZATION, format!("bearer {token}")));
        assert_eq!(world.call(posted).await.status, StatusCode::OK);
    }

    async fn an_address_is_verified_only_in_a_domain_that_the_organization_has_proved(world: World) {
        // Proved by the neighbour, a subdomain of a proved one, and nobody's: all the same.
        for (email, wanted) in [
            (Some("ada@ACME.example"), json!(true)),
            (Some("ada@globex.example"), json!(false)),
            (Some("ada@mail.acme.example"), json!(false)),
            (Some("ada@nobody.example"), json!(false)),
            (None, Value::Null),
        ] {
            let mut user = world.ada.user.clone();
            user.email = email.map(str::to_owned);
            user.email_folded = email.map(str::to_lowercase);
            world.write(move |tx| users::update(tx, &user)).await;
            let (code, _) = world.code(&world.app, &world.ada).await;
            let tokens = world.exchange(&world.app, &code, &[]).await.json();
            let payload = tokens["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
            let id: Value = serde_json::from_slice(&base64url_decode(payload).unwrap()).unwrap();
            let info = world.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
            assert_eq!((&id["email_verified"], &info["email_verified"]), (&wanted, &wanted), "{email:?}");
        }
    }

    async fn without_a_token_it_asks_for_one(world: World) {
        for request in [get("/oauth/userinfo"), get("/oauth/userinfo").insert_header(("authorization", "Basic eDp5"))] {
            let answer = world.call(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            assert_eq!(answer.header("www-authenticate"), r#"Bearer realm="userinfo""#);
        }
    }

    async fn r15_only_our_own_live_access_tokens_count(world: World) {
        let (code, _) = world.code(&world.app, &world.ada).await;
        let json = world.exchange(&world.app, &code, &[]).await.json();
        let (access, id) = (json["access_token"].as_str().unwrap(), json["id_token"].as_str().unwrap());
        assert_invalid(&world.userinfo(id).await, UNUSABLE);
        assert_invalid(&world.userinfo("a.b.c").await, UNUSABLE);
        assert_invalid(&world.userinfo(&access[..access.len() - 4]).await, UNUSABLE);
        let (header, rest) = access.split_once('.').unwrap();
        let none = base64url_encode(br#"{"alg":"none","typ":"at+jwt"}"#);
        assert_invalid(&world.userinfo(&format!("{none}.{rest}")).await, UNUSABLE);
        assert_invalid(&world.userinfo(&format!("{header}.{}", id.split_once('.').unwrap().1)).await, UNUSABLE);
        assert_eq!(world.userinfo(access).await.status, StatusCode::OK);
        world.gateway.clock.advance(60 * 60 * 1000);
        assert_invalid(&world.userinfo(access).await, UNUSABLE);
    }

    async fn r15_the_end_of_a_session_is_felt_at_once(world: World) {
        let (token, completed) = world.access_token(&world.ada).await;
        let (other, _) = world.access_token(&world.gus).await;
        let (cx, session) = (world.gateway.cx.clone(), completed.session.clone());
        world.write(move |tx| sessions::end(tx, &cx, &Actor::system(), &session, "test")).await;
        assert_invalid(&world.userinfo(&token).await, ENDED);
        assert_eq!(world.userinfo(&other).await.status, StatusCode::OK);
    }

    async fn a_user_or_organization_that_is_switched_off_ends_it_too(world: World) {
        let (token, _) = world.access_token(&world.ada).await;
        let mut user = world.ada.user.clone();
        user.status = UserStatus::Inactive;
        world.write(move |tx| users::update(tx, &user)).await;
        assert_invalid(&world.userinfo(&token).await, ENDED);
        let (token, _) = world.access_token(&world.gus).await;
        let mut organization = world.gateway.globex.clone();
        organization.status = OrganizationStatus::Disabled;
        world.write(move |tx| organizations::update(tx, &organization)).await;
        assert_invalid(&world.userinfo(&token).await, ENDED);
    }

    async fn asking_keeps_an_idle_session_alive_and_writes_rarely(world: World) {
        let (token, completed) = world.access_token(&world.ada).await;
        let (project, id) = (world.gateway.project.id.clone(), completed.session.id.clone());
        let row = || {
            let (project, id) = (project.clone(), id.clone());
            world.write(move |tx| session_rows::find(tx, &project, &id))
        };
        world.gateway.clock.advance(59_000);
        world.userinfo(&token).await;
        assert_eq!(row().await.unwrap().last_active_at, completed.session.last_active_at);
        world.gateway.clock.advance(1_000);
        world.userinfo(&token).await;
        let touched = row().await.unwrap();
        assert_eq!(touched.last_active_at, world.gateway.now());
        assert_eq!(touched.idle_expires_at, completed.session.idle_expires_at.plus(60_000));
    }
}
