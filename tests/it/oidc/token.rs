//! `/oauth/token`: codes, once, for tokens (R14).

use serde_json::json;
use time::OffsetDateTime;
use vestibule::{
    jose::{self, Expected, IdTokenClaims, JwkSet, VerifyingKey},
    model::Clock as _,
    store::sessions,
};

use super::*;
use crate::support::on_both_databases;

async fn id_token(world: &World, app: &HostApp, token: &str) -> IdTokenClaims {
    let set: JwkSet = serde_json::from_str(&world.call(get("/oauth/jwks")).await.body).unwrap();
    let keys: Vec<_> = set.keys.iter().map(|jwk| VerifyingKey::from_jwk(jwk).unwrap()).collect();
    let expected = Expected { typ: "JWT", issuer: "http://localhost", audience: app.client.id.as_str() };
    let now: OffsetDateTime = world.gateway.clock.now().to_datetime();
    jose::verify(token, &keys, expected, now).unwrap().into_claims()
}

fn assert_refused(answer: &Answer, error: &str, description: &str) {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    assert_eq!(answer.json()["error"], error);
    let text = answer.json()["error_description"].as_str().unwrap().to_owned();
    assert!(text.starts_with(description), "{text}");
    assert_eq!(answer.header("cache-control"), "no-store");
}

on_both_databases! {
    async fn a_code_gives_tokens_in_each_way_of_authenticating(world: World) {
        use TokenEndpointAuthMethod as M;
        for method in [M::None, M::ClientSecretBasic, M::ClientSecretPost] {
            let app = host_app(&world.gateway, method).await;
            let (code, completed) = world.code(&app, &world.ada).await;
            let answer = world.exchange(&app, &code, &[]).await;
            assert_eq!(answer.status, StatusCode::OK, "{method}: {}", answer.body);
            let json = answer.json();
            assert_eq!((&json["token_type"], &json["expires_in"]), (&"Bearer".into(), &3600.into()));
            assert_eq!(json["scope"], "openid email");
            let claims = id_token(&world, &app, json["id_token"].as_str().unwrap()).await;
            assert_eq!(claims.sub, world.ada.user.id.as_str());
            assert_eq!(claims.organization_id, world.gateway.acme.id.as_str());
            assert_eq!(claims.sid, completed.session.id.as_str());
            assert_eq!(claims.nonce.as_deref(), Some("n-1"));
        }
    }

    async fn the_id_token_says_who_and_for_which_organization(world: World) {
        let (code, completed) = world.code(&world.app, &world.ada).await;
        let answer = world.exchange(&world.app, &code, &[]).await;
        let claims = id_token(&world, &world.app, answer.json()["id_token"].as_str().unwrap()).await;
        let (organization, now) = (world.gateway.acme.id.as_str(), world.gateway.now().seconds());
        let wanted = json!({
            "iss": "http://localhost",
            "sub": world.ada.user.id,
            "aud": world.app.client.id,
            "exp": now + 300,
            "iat": now,
            "auth_time": now,
            "nonce": "n-1",
            "acr": "urn:example:acr",
            "amr": ["mfa"],
            "sid": completed.session.id,
            "email": "ada@acme.example",
            "email_verified": true,
            "name": "Test Person",
            "organization_id": organization,
            "organization": { "id": organization, "display_name": "Acme" },
            "roles": [],
        });
        assert_eq!(serde_json::to_value(claims).unwrap(), wanted);
    }

    async fn id_tokens_are_rs256_unless_the_client_says_es256(world: World) {
        let es = host_app_with(&world.gateway, TokenEndpointAuthMethod::None, SigningAlgorithm::Es256).await;
        for (app, alg) in [(&world.app, "RS256"), (&es, "ES256")] {
            let (code, _) = world.code(app, &world.ada).await;
            let answer = world.exchange(app, &code, &[]).await;
            let token = answer.json()["id_token"].as_str().unwrap().to_owned();
            let header = jose::base64url_decode(token.split('.').next().unwrap()).unwrap();
            let header: Value = serde_json::from_slice(&header).unwrap();
            assert_eq!((&header["alg"], &header["typ"]), (&alg.into(), &"JWT".into()));
            id_token(&world, app, &token).await;
        }
    }

    async fn r14_a_code_lives_sixty_seconds(world: World) {
        let (code, _) = world.code(&world.app, &world.ada).await;
        world.gateway.clock.advance(59_999);
        assert_eq!(world.exchange(&world.app, &code, &[]).await.status, StatusCode::OK);
        let (code, _) = world.code(&world.app, &world.ada).await;
        world.gateway.clock.advance(60_000);
        let late = world.exchange(&world.app, &code, &[]).await;
        assert_refused(&late, "invalid_grant", "the code has expired");
    }

    async fn r14_a_code_used_twice_ends_what_it_gave(world: World) {
        let (code, completed) = world.code(&world.app, &world.ada).await;
        let first = world.exchange(&world.app, &code, &[]).await;
        let token = first.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(world.userinfo(&token).await.status, StatusCode::OK);
        let second = world.exchange(&world.app, &code, &[]).await;
        assert_refused(&second, "invalid_grant", "the code has been used before");
        assert_eq!(world.userinfo(&token).await.status, StatusCode::UNAUTHORIZED);
        let (project, id) = (world.gateway.project.id.clone(), completed.session.id.clone());
        let session = world.write(move |tx| sessions::find(tx, &project, &id)).await.unwrap();
        assert_eq!(session.revoked_reason.as_deref(), Some("code_used_twice"));
    }

    async fn r14_of_many_at_once_one_gets_the_tokens(world: World) {
        let (code, _) = world.code(&world.app, &world.ada).await;
        let tries = (0..8).map(|_| world.exchange(&world.app, &code, &[]));
        let answers = futures(tries.collect()).await;
        let given = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
        // None, where a second use was seen before the first one's answer was signed for.
        assert!(given <= 1, "{given}");
        assert!(answers.iter().all(|answer| answer.status != StatusCode::INTERNAL_SERVER_ERROR));
    }

    async fn r14_a_code_is_bound_to_client_redirect_uri_and_challenge(world: World) {
        let other = host_app(&world.gateway, TokenEndpointAuthMethod::None).await;
        let (code, _) = world.code(&world.app, &world.ada).await;
        let stolen = world.exchange(&other, &code, &[]).await;
        assert_refused(&stolen, "invalid_grant", "the code was made for another client");
        let (code, _) = world.code(&world.app, &world.ada).await;
        let elsewhere = world.exchange(&world.app, &code, &[("redirect_uri", "https://app.example/other")]).await;
        assert_refused(&elsewhere, "invalid_grant", "redirect_uri is not the one");
        let (code, _) = world.code(&world.app, &world.ada).await;
        let guessed = world.exchange(&world.app, &code, &[("code_verifier", &"a".repeat(43))]).await;
        assert_refused(&guessed, "invalid_grant", "code_verifier does not match");
        // The try has used it up.
        let again = world.exchange(&world.app, &code, &[]).await;
        assert_refused(&again, "invalid_grant", "the code has been used before");
        let unknown = world.exchange(&world.app, &Secret::new("vestibule_code_x"), &[]).await;
        assert_refused(&unknown, "invalid_grant", "the code is not known");
    }

    async fn a_code_of_an_ended_session_gives_nothing(world: World) {
        let (code, _) = world.code(&world.app, &world.ada).await;
        let mut user = world.ada.user.clone();
        user.status = UserStatus::Inactive;
        world.write(move |tx| users::update(tx, &user)).await;
        let answer = world.exchange(&world.app, &code, &[]).await;
        assert_refused(&answer, "invalid_grant", "the user is not active");
    }

    async fn a_client_that_does_not_prove_itself_is_refused(world: World) {
        use TokenEndpointAuthMethod as M;
        let public = host_app(&world.gateway, M::None).await;
        let posting = host_app(&world.gateway, M::ClientSecretPost).await;
        let (code, _) = world.code(&world.app, &world.ada).await;
        let id = world.app.client.id.to_string();
        let secret = world.app.secret.as_ref().unwrap().expose().to_owned();
        let body = format!("grant_type=authorization_code&code={}&redirect_uri=x&code_verifier=y", code.expose());
        let form = |more: &str| {
            post("/oauth/token")
                .insert_header((header::CONTENT_TYPE, "application/x-www-form-urlencoded"))
                .set_payload(format!("{body}{more}"))
        };
        let with = |value: String| form("").insert_header((header::AUTHORIZATION, value));
        let requests = [
            form(""),
            form("&client_id=nonsense"),
            // A client with a secret that leaves it out.
            form(&format!("&client_id={id}")),
            form(&format!("&client_id={}", posting.client.id)),
            form(&format!("&client_id={}&client_secret=x", public.client.id)),
            with(basic(&id, "wrong")),
            with(basic(&id, "")),
            with(basic(public.client.id.as_str(), "")),
            with("Basic !!!".to_owned()),
            with(format!("Bearer {secret}")),
        ];
        for request in requests {
            let answer = world.call(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.body);
            assert_eq!(answer.json()["error"], "invalid_client");
            assert!(answer.header("www-authenticate").starts_with("Basic "));
        }
        // Nobody has used the code up.
        assert_eq!(world.exchange(&world.app, &code, &[]).await.status, StatusCode::OK);
    }

    async fn a_secret_proves_as_much_in_the_body_as_in_the_header(world: World) {
        let (code, _) = world.code(&world.app, &world.ada).await;
        let mut posting = world.app.clone();
        posting.client.token_endpoint_auth_method = TokenEndpointAuthMethod::ClientSecretPost;
        assert_eq!(world.exchange(&posting, &code, &[]).await.status, StatusCode::OK);
    }

    async fn malformed_requests_are_refused(world: World) {
        let (code, _) = world.code(&world.app, &world.ada).await;
        for missing in ["grant_type", "code", "redirect_uri", "code_verifier"] {
            let answer = world.exchange(&world.app, &code, &[(missing, "")]).await;
            assert_refused(&answer, "invalid_request", &format!("The parameter {missing} is missing."));
        }
        let grant = world.exchange(&world.app, &code, &[("grant_type", "password")]).await;
        assert_refused(&grant, "unsupported_grant_type", "The grant_type must be");
        let both = world.exchange(&world.app, &code, &[("client_secret", "x")]).await;
        assert_refused(&both, "invalid_request", "The client authenticated in two ways.");
        let form = |body: String| {
            post("/oauth/token")
                .insert_header((header::CONTENT_TYPE, "application/x-www-form-urlencoded"))
                .set_payload(body)
        };
        assert_refused(&world.call(form("code=1&code=2".into())).await, "invalid_request", "A parameter was sent");
        assert_eq!(world.call(form("x".repeat(70_000))).await.status, StatusCode::PAYLOAD_TOO_LARGE);
        let json = post("/oauth/token").set_json(serde_json::json!({ "code": "x" }));
        assert_eq!(world.call(json).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let got = world.call(get("/oauth/token")).await;
        assert_eq!((got.status, got.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    }
}

/// All of them, at once on one thread.
pub async fn futures<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        for (future, output) in &mut pending {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(cx)
            {
                *output = Some(ready);
            }
        }
        if pending.iter().all(|(_, output)| output.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    pending.into_iter().filter_map(|(_, output)| output).collect()
}
