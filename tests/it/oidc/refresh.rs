//! Refresh tokens: rotation, what ends them, and giving one back (RFC 6749 section 6, RFC 7009, RFC 9700 section 4.14).

use std::collections::BTreeSet;

use serde_json::json;
use vestibule::{
    model::{OrganizationStatus, ids::RefreshTokenId},
    service::{handoff, installation, sessions as service_sessions},
    store::{
        audit_log_events, organizations,
        refresh_tokens::{self, RefreshToken},
        sessions,
    },
};

use super::{token::futures, *};
use crate::support::on_both_databases;

const OFFLINE: &str = "openid email offline_access";
const DAY: i64 = 24 * 60 * 60 * 1000;

/// A login of `app` with a refresh token.
async fn begin(world: &World, app: &HostApp) -> (String, Completed) {
    let completed = world.login(app, &world.ada, &[("scope", OFFLINE)]).await;
    let Handoff::Code { code, .. } = &completed.handoff else { panic!("no code") };
    let answer = world.exchange(app, code, &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.json()["scope"], OFFLINE);
    (refresh_token(&answer), completed)
}

fn refresh_token(answer: &Answer) -> String {
    answer.json()["refresh_token"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}

async fn refresh(world: &World, app: &HostApp, token: &str, edits: &[(&str, &str)]) -> Answer {
    let mut all = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("code", ""),
        ("redirect_uri", ""),
        ("code_verifier", ""),
    ];
    all.extend(edits);
    world.exchange(app, &Secret::new("none"), &all).await
}

async fn revoke(world: &World, app: &HostApp, token: &str) -> Answer {
    let secret = app.secret.as_ref().map(Secret::expose).unwrap_or_default();
    let request = post("/oauth/revoke").set_form([("token", token), ("token_type_hint", "refresh_token")]);
    world.call(request.insert_header((header::AUTHORIZATION, basic(app.client.id.as_str(), secret)))).await
}

fn assert_refused(answer: &Answer, error: &str, description: &str) {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    assert_eq!(answer.json()["error"], error, "{}", answer.body);
    let text = answer.json()["error_description"].as_str().unwrap().to_owned();
    assert!(text.starts_with(description), "{text}");
    assert_eq!(answer.header("cache-control"), "no-store");
}

fn claims(answer: &Answer, which: &str) -> Value {
    let token = answer.json()[which].as_str().unwrap().to_owned();
    let payload = vestibule::jose::base64url_decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

async fn row(world: &World, token: &str) -> Option<RefreshToken> {
    let (project, hash) = (world.gateway.project.id.clone(), Secret::new(token).hash());
    world.write(move |tx| refresh_tokens::find(tx, &project, &hash)).await
}

async fn end_reason(world: &World, completed: &Completed) -> Option<String> {
    let (project, id) = (world.gateway.project.id.clone(), completed.session.id.clone());
    world.write(move |tx| sessions::find(tx, &project, &id)).await.unwrap().revoked_reason
}

/// Used tokens are forgotten, as after two weeks.
async fn forget_used(world: &World) {
    world.gateway.clock.advance(20_000);
    let now = world.gateway.now();
    world.write(move |tx| refresh_tokens::delete_expired(tx, now, 100)).await;
}

/// The session ends by a logout.
async fn revoke_session(world: &World, completed: &Completed) {
    let (cx, session) = (world.gateway.cx.clone(), completed.session.clone());
    world.write(move |tx| service_sessions::end(tx, &cx, &Actor::system(), &session, "logout")).await;
}

on_both_databases! {
    async fn it_is_given_only_where_it_is_asked_for(world: World) {
        let (code, _) = world.code(&world.app, &world.ada).await;
        let answer = world.exchange(&world.app, &code, &[]).await;
        assert_eq!(answer.json().get("refresh_token"), None);
        let (token, _) = begin(&world, &world.app).await;
        assert!(token.starts_with("vestibule_refresh_") && token.len() == 18 + 25 + 43 + 22, "{token}");
        let url_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        assert!(token.bytes().all(url_safe), "{token}");
        let row = row(&world, &token).await.unwrap();
        assert!(!format!("{row:?}").contains(&token));
    }

    async fn it_gives_new_tokens_of_the_same_login(world: World) {
        use TokenEndpointAuthMethod as M;
        for method in [M::None, M::ClientSecretBasic, M::ClientSecretPost] {
            let app = host_app(&world.gateway, method).await;
            let (first, completed) = begin(&world, &app).await;
            let began = world.gateway.now().seconds();
            world.gateway.clock.advance(10 * 60 * 1000);
            let answer = refresh(&world, &app, &first, &[]).await;
            assert_eq!(answer.status, StatusCode::OK, "{method}: {}", answer.body);
            let second = refresh_token(&answer);
            assert_ne!(second, first);
            assert_eq!(answer.json()["scope"], OFFLINE);
            let id = claims(&answer, "id_token");
            assert_eq!(id.get("nonce"), None);
            assert_eq!((&id["auth_time"], &id["iat"]), (&json!(began), &json!(began + 600)));
            assert_eq!((&id["sid"], &id["sub"]), (&json!(completed.session.id), &json!(world.ada.user.id)));
            assert_eq!(id["aud"], app.client.id.as_str());
            let access = answer.json()["access_token"].as_str().unwrap().to_owned();
            assert_eq!(world.userinfo(&access).await.status, StatusCode::OK);
            assert_eq!(refresh(&world, &app, &second, &[]).await.status, StatusCode::OK);
        }
    }

    async fn the_successor_is_given_again_for_twenty_seconds(world: World) {
        let (first, completed) = begin(&world, &world.app).await;
        let successor = refresh_token(&refresh(&world, &world.app, &first, &[]).await);
        world.gateway.clock.advance(19_999);
        let again = refresh(&world, &world.app, &first, &[]).await;
        assert_eq!(refresh_token(&again), successor);
        assert_eq!(refresh(&world, &world.app, &successor, &[]).await.status, StatusCode::OK);
        assert_eq!(end_reason(&world, &completed).await, None);
    }

    async fn the_successor_is_not_given_again_once_it_was_used(world: World) {
        let (first, completed) = begin(&world, &world.app).await;
        let second = refresh_token(&refresh(&world, &world.app, &first, &[]).await);
        let third = refresh_token(&refresh(&world, &world.app, &second, &[]).await);
        // The one before the last is the owner's, in another tab.
        assert_eq!(refresh_token(&refresh(&world, &world.app, &second, &[]).await), third);
        assert_eq!(end_reason(&world, &completed).await, None);
        // Whoever comes with the one before that would walk to the newest, from token to token.
        let walked = refresh(&world, &world.app, &first, &[]).await;
        assert_refused(&walked, "invalid_grant", "the refresh token has been used before");
        assert_eq!(end_reason(&world, &completed).await.as_deref(), Some("refresh_token_reused"));
        assert_refused(&refresh(&world, &world.app, &third, &[]).await, "invalid_grant", "the session has ended");
    }

    async fn a_second_use_after_that_ends_the_session(world: World) {
        let (first, completed) = begin(&world, &world.app).await;
        let answer = refresh(&world, &world.app, &first, &[]).await;
        let (successor, access) = (refresh_token(&answer), answer.json()["access_token"].as_str().unwrap().to_owned());
        world.gateway.clock.advance(20_000);
        // Also where something else is wrong with it.
        let stolen = refresh(&world, &world.app, &first, &[("scope", "openid groups")]).await;
        assert_refused(&stolen, "invalid_grant", "the refresh token has been used before");
        assert_eq!(end_reason(&world, &completed).await.as_deref(), Some("refresh_token_reused"));
        assert!(row(&world, &successor).await.unwrap().revoked_at.is_some());
        assert_refused(&refresh(&world, &world.app, &successor, &[]).await, "invalid_grant", "the session has ended");
        assert_refused(&refresh(&world, &world.app, &first, &[]).await, "invalid_grant", "the session has ended");
        assert_eq!(world.userinfo(&access).await.status, StatusCode::UNAUTHORIZED);
        let (organization, session) = (world.gateway.acme.id.clone(), completed.session.id.to_string());
        let rows = world.write(move |tx| audit_log_events::of_resource(tx, &organization, &session)).await;
        let last = rows.last().unwrap();
        assert_eq!((last.event_name.as_str(), last.actor_kind.as_str()), ("session.revoked", "oauth_client"));
        assert_eq!(last.actor_id.as_deref(), Some(world.app.client.id.as_str()));
    }

    async fn of_many_at_once_all_get_the_same_successor(world: World) {
        for _ in 0..4 {
            let (token, completed) = begin(&world, &world.app).await;
            // Past a minute the first of them moves the idle end as well.
            world.gateway.clock.advance(61_000);
            let tries = (0..8).map(|_| refresh(&world, &world.app, &token, &[])).collect();
            let successors: BTreeSet<String> = futures(tries).await.iter().map(refresh_token).collect();
            assert_eq!(successors.len(), 1);
            assert_eq!(end_reason(&world, &completed).await, None);
        }
    }

    async fn it_is_bound_to_its_client(world: World) {
        let other = host_app(&world.gateway, TokenEndpointAuthMethod::None).await;
        let (token, _) = begin(&world, &world.app).await;
        let stolen = refresh(&world, &other, &token, &[]).await;
        assert_refused(&stolen, "invalid_grant", "the refresh token was given to another client");
        let mut wrong = world.app.clone();
        wrong.secret = Some(Secret::new("vestibule_client_wrong"));
        let mut bare = world.app.clone();
        bare.client.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
        for app in [&wrong, &bare] {
            let answer = refresh(&world, app, &token, &[]).await;
            assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_client")));
        }
        // Nobody has used it up.
        assert!(row(&world, &token).await.unwrap().used_at.is_none());
        assert_eq!(refresh(&world, &world.app, &token, &[]).await.status, StatusCode::OK);
    }

    async fn what_is_not_known_or_missing_is_refused(world: World) {
        let unknown = refresh(&world, &world.app, "vestibule_refresh_x", &[]).await;
        assert_refused(&unknown, "invalid_grant", "the refresh token is not known");
        let (_, completed) = world.access_token(&world.ada).await;
        let cookie = refresh(&world, &world.app, completed.session_token.expose(), &[]).await;
        assert_refused(&cookie, "invalid_grant", "the refresh token is not known");
        let missing = refresh(&world, &world.app, "", &[]).await;
        assert_refused(&missing, "invalid_request", "The parameter refresh_token is missing.");
    }

    async fn scope_narrows_for_a_token_and_never_widens(world: World) {
        let (token, _) = begin(&world, &world.app).await;
        for wrong in ["openid profile", "openid groups", "email", "openid nonsense"] {
            let answer = refresh(&world, &world.app, &token, &[("scope", wrong)]).await;
            assert_refused(&answer, "invalid_scope", "scope must contain openid");
        }
        let narrow = refresh(&world, &world.app, &token, &[("scope", "openid")]).await;
        assert_eq!(narrow.json()["scope"], "openid");
        assert_eq!(claims(&narrow, "access_token")["scope"], "openid");
        // The successor has what was granted (RFC 6749 section 6).
        let whole = refresh(&world, &world.app, &refresh_token(&narrow), &[]).await;
        assert_eq!(whole.json()["scope"], OFFLINE);
    }

    async fn it_ends_with_its_session_user_and_organization(world: World) {
        let (token, completed) = begin(&world, &world.app).await;
        let (cx, session) = (world.gateway.cx.clone(), completed.session.clone());
        world.write(move |tx| service_sessions::end(tx, &cx, &Actor::system(), &session, "test")).await;
        assert_refused(&refresh(&world, &world.app, &token, &[]).await, "invalid_grant", "the session has ended");
        assert!(row(&world, &token).await.unwrap().revoked_at.is_some());

        let (token, _) = begin(&world, &world.app).await;
        let mut user = world.ada.user.clone();
        user.status = UserStatus::Inactive;
        world.write(move |tx| users::update(tx, &user)).await;
        assert_refused(&refresh(&world, &world.app, &token, &[]).await, "invalid_grant", "the user is not active");
        let user = world.ada.user.clone();
        world.write(move |tx| users::update(tx, &user)).await;

        let (token, _) = begin(&world, &world.app).await;
        let mut organization = world.gateway.acme.clone();
        organization.status = OrganizationStatus::Disabled;
        world.write(move |tx| organizations::update(tx, &organization)).await;
        let answer = refresh(&world, &world.app, &token, &[]).await;
        assert_refused(&answer, "invalid_grant", "the organization is switched off");
    }

    async fn it_expires_with_its_session_and_keeps_an_idle_one_alive(world: World) {
        let (mut token, completed) = begin(&world, &world.app).await;
        let idle = completed.session.idle_expires_at.millis() - completed.session.created_at.millis();
        for _ in 0..3 {
            world.gateway.clock.advance(idle - 1000);
            if world.gateway.now() >= completed.session.expires_at {
                break;
            }
            token = refresh_token(&refresh(&world, &world.app, &token, &[]).await);
        }
        let (other, completed) = begin(&world, &world.app).await;
        world.gateway.clock.advance(idle);
        assert_refused(&refresh(&world, &world.app, &other, &[]).await, "invalid_grant", "the session has ended");
        world.gateway.clock.advance(completed.session.expires_at.millis() - world.gateway.now().millis());
        let late = refresh(&world, &world.app, &other, &[]).await;
        assert_refused(&late, "invalid_grant", "the refresh token has expired");
    }

    async fn a_code_used_twice_takes_the_refresh_token_along(world: World) {
        let completed = world.login(&world.app, &world.ada, &[("scope", OFFLINE)]).await;
        let Handoff::Code { code, .. } = &completed.handoff else { panic!("no code") };
        let token = refresh_token(&world.exchange(&world.app, code, &[]).await);
        world.exchange(&world.app, code, &[]).await;
        assert_refused(&refresh(&world, &world.app, &token, &[]).await, "invalid_grant", "the session has ended");
    }

    async fn a_client_gives_it_back(world: World) {
        let other = host_app(&world.gateway, TokenEndpointAuthMethod::ClientSecretBasic).await;
        let (first, completed) = begin(&world, &world.app).await;
        let second = refresh_token(&refresh(&world, &world.app, &first, &[]).await);
        // Another client's is as unknown as none.
        for (app, token) in [(&other, second.as_str()), (&world.app, "vestibule_refresh_x"), (&world.app, "nonsense")] {
            assert_eq!(revoke(&world, app, token).await.status, StatusCode::OK);
        }
        assert!(row(&world, &second).await.unwrap().revoked_at.is_none());
        // By any token of the line.
        for _ in 0..2 {
            assert_eq!(revoke(&world, &world.app, &first).await.status, StatusCode::OK);
        }
        for token in [&first, &second] {
            let answer = refresh(&world, &world.app, token, &[]).await;
            assert_refused(&answer, "invalid_grant", "the refresh token has been revoked");
        }
        assert_eq!(end_reason(&world, &completed).await, None, "the session stands");
        let id = row(&world, &first).await.unwrap().id;
        assert_eq!(world.gateway.events(id.as_str()).await, ["refresh_token.revoked"]);
    }

    async fn giving_back_asks_who_it_is_and_takes_no_access_token(world: World) {
        let (access, _) = world.access_token(&world.ada).await;
        assert_refused(&revoke(&world, &world.app, &access).await, "unsupported_token_type", "Only refresh tokens");
        assert_refused(&revoke(&world, &world.app, "").await, "invalid_request", "The parameter token is missing.");
        let mut wrong = world.app.clone();
        wrong.secret = Some(Secret::new("wrong"));
        assert_eq!(revoke(&world, &wrong, "x").await.status, StatusCode::UNAUTHORIZED);
        let typed = post("/oauth/revoke").set_payload("x");
        assert_eq!(world.call(typed).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    async fn a_used_one_is_forgotten_after_two_weeks_and_the_last_one_after_its_end(world: World) {
        let (first, completed) = begin(&world, &world.app).await;
        let second = refresh_token(&refresh(&world, &world.app, &first, &[]).await);
        world.gateway.clock.advance(14 * DAY);
        installation::forget_expired(&world.gateway.cx).await.unwrap();
        assert!(row(&world, &first).await.is_some());
        world.gateway.clock.advance(1);
        installation::forget_expired(&world.gateway.cx).await.unwrap();
        assert!(row(&world, &first).await.is_none());
        assert!(row(&world, &second).await.is_some());
        let left = completed.session.expires_at.millis() - world.gateway.now().millis();
        world.gateway.clock.advance(left + 14 * DAY + 1);
        installation::forget_expired(&world.gateway.cx).await.unwrap();
        assert!(row(&world, &second).await.is_none());
    }

    async fn who_gives_a_forgotten_one_back_gives_back_what_came_after_it(world: World) {
        let (first, completed) = begin(&world, &world.app).await;
        let second = refresh_token(&refresh(&world, &world.app, &first, &[]).await);
        forget_used(&world).await;
        // In the hands of another client it is nothing.
        let other = host_app(&world.gateway, TokenEndpointAuthMethod::ClientSecretBasic).await;
        assert_eq!(revoke(&world, &other, &first).await.status, StatusCode::OK);
        assert_eq!(row(&world, &second).await.unwrap().revoked_at, None);
        assert_eq!(revoke(&world, &world.app, &first).await.status, StatusCode::OK);
        assert_eq!(row(&world, &second).await.unwrap().revoked_at, Some(world.gateway.now()));
        let session = completed.session.id.as_str();
        assert_eq!(world.gateway.events(session).await.last().map(String::as_str), Some("refresh_token.revoked"));
        assert_eq!(end_reason(&world, &completed).await, None, "the session goes on");
    }

    async fn a_second_use_is_noticed_also_when_the_first_is_forgotten(world: World) {
        let (first, completed) = begin(&world, &world.app).await;
        let second = refresh_token(&refresh(&world, &world.app, &first, &[]).await);
        forget_used(&world).await;
        assert!(row(&world, &first).await.is_none());
        // What is made up ends nothing, and neither does what is another client's.
        let other = host_app(&world.gateway, TokenEndpointAuthMethod::None).await;
        let flip = |at: usize| {
            let other = if first.as_bytes()[at] == b'0' { "1" } else { "0" };
            format!("{}{other}{}", &first[..at], &first[at + 1..])
        };
        let longer = format!("{first}x");
        for made_up in [&flip(first.len() - 3), &flip(50), &flip(30), &longer, &first[..first.len() - 1]] {
            let answer = refresh(&world, &world.app, made_up, &[]).await;
            assert_refused(&answer, "invalid_grant", "the refresh token is not known");
        }
        let stolen = refresh(&world, &other, &first, &[]).await;
        assert_refused(&stolen, "invalid_grant", "the refresh token is not known");
        assert_eq!(end_reason(&world, &completed).await, None);
        let reused = refresh(&world, &world.app, &first, &[]).await;
        assert_refused(&reused, "invalid_grant", "the refresh token has been used before");
        assert_eq!(end_reason(&world, &completed).await.as_deref(), Some("refresh_token_reused"));
        assert_refused(&refresh(&world, &world.app, &second, &[]).await, "invalid_grant", "the session has ended");
        assert_refused(&refresh(&world, &world.app, &first, &[]).await, "invalid_grant", "the session has ended");
    }

    async fn what_was_given_back_is_no_second_use_when_it_is_forgotten(world: World) {
        let (first, completed) = begin(&world, &world.app).await;
        let second = refresh_token(&refresh(&world, &world.app, &first, &[]).await);
        assert_eq!(revoke(&world, &world.app, &second).await.status, StatusCode::OK);
        forget_used(&world).await;
        assert!(row(&world, &first).await.is_none());
        let answer = refresh(&world, &world.app, &first, &[]).await;
        assert_refused(&answer, "invalid_grant", "the refresh token has been revoked");
        assert_eq!(end_reason(&world, &completed).await, None);
    }

    async fn a_token_of_before_there_were_names_is_known_by_its_row(world: World) {
        let (token, completed) = begin(&world, &world.app).await;
        let old = Secret::new(format!("vestibule_refresh_{}", "o".repeat(43)));
        let hash = old.hash();
        let named = row(&world, &token).await.unwrap();
        let unnamed = RefreshToken { id: RefreshTokenId::from_u128(9), token_hash: hash, ..named };
        world.write(move |tx| refresh_tokens::insert(tx, &unnamed)).await;
        assert_eq!(refresh(&world, &world.app, old.expose(), &[]).await.status, StatusCode::OK);
        forget_used(&world).await;
        let answer = refresh(&world, &world.app, old.expose(), &[]).await;
        assert_refused(&answer, "invalid_grant", "the refresh token is not known");
        assert_eq!(end_reason(&world, &completed).await, None);
    }

    async fn a_session_is_forgotten_two_weeks_after_it_could_have_lived(world: World) {
        let (token, ended) = begin(&world, &world.app).await;
        revoke_session(&world, &ended).await;
        world.gateway.clock.advance(DAY);
        let (_, later) = begin(&world, &world.app).await;
        let is_there = async |completed: &Completed| {
            let (project, id) = (world.gateway.project.id.clone(), completed.session.id.clone());
            world.write(move |tx| sessions::find(tx, &project, &id)).await.is_some()
        };
        world.gateway.clock.advance(43 * DAY);
        installation::forget_expired(&world.gateway.cx).await.unwrap();
        assert!(is_there(&ended).await, "thirty days and fourteen");
        world.gateway.clock.advance(1);
        installation::forget_expired(&world.gateway.cx).await.unwrap();
        assert!(!is_there(&ended).await && row(&world, &token).await.is_none());
        assert!(is_there(&later).await);
        assert!(!world.gateway.events(ended.session.id.as_str()).await.is_empty(), "the audit rows stay");
    }

    async fn r15_the_successor_is_sealed_in_its_place(world: World) {
        let (first, _) = begin(&world, &world.app).await;
        let second = refresh_token(&refresh(&world, &world.app, &first, &[]).await);
        let sealed = row(&world, &first).await.unwrap().successor_sealed.unwrap();
        assert!(!sealed.contains(&second));
        // A successor that was moved into another row's place does not open there.
        let (third, _) = begin(&world, &world.app).await;
        let moved = row(&world, &third).await.unwrap().id;
        let now = world.gateway.now();
        let (other, _) = begin(&world, &world.app).await;
        let elsewhere = row(&world, &other).await.unwrap().id;
        world.write(move |tx| refresh_tokens::use_up(tx, &moved, &elsewhere, &sealed, now)).await;
        assert_eq!(refresh(&world, &world.app, &third, &[]).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
}

#[test]
fn every_refusal_has_a_reason_code_of_its_own() {
    use handoff::tokens::TokenRefusal as R;
    let all = [
        R::Client,
        R::CodeUnknown,
        R::CodeUsed,
        R::CodeExpired,
        R::CodeOfAnotherClient,
        R::RedirectUri,
        R::CodeVerifier,
        R::SessionEnded,
        R::UserInactive,
        R::OrganizationDisabled,
        R::RefreshTokenUnknown,
        R::RefreshTokenOfAnotherClient,
        R::RefreshTokenExpired,
        R::RefreshTokenRevoked,
        R::RefreshTokenReused,
        R::Scope,
    ];
    let codes: BTreeSet<&str> = all.iter().map(|refusal| refusal.code()).collect();
    assert_eq!(codes.len(), all.len());
}
