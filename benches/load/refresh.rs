//! Refresh tokens of many sessions, ready to be used.

use vestibule::{
    model::{
        Clock as _, SigningAlgorithm, SystemClock, SystemRng, TokenEndpointAuthMethod,
        ids::{RefreshTokenId, SessionId},
        secret::Secret,
    },
    service::{
        Actor,
        directory::{NewClient, create_client},
    },
    store::{
        StoreError, Tx,
        refresh_tokens::{self, RefreshToken},
        sessions, users,
    },
};

use crate::{
    gateway::{Gateway, runtime},
    raw,
};

/// As many sessions of one user, each with a token of a public client, and the request that uses it.
pub fn requests(gateway: &Gateway, count: usize, algorithm: SigningAlgorithm) -> Vec<String> {
    let new = NewClient {
        display_name: "Load".into(),
        redirect_uris: vec!["https://app.example/callback".into()],
        initiate_login_uri: None,
        token_endpoint_auth_method: TokenEndpointAuthMethod::None,
        id_token_alg: algorithm,
    };
    let runtime = runtime();
    let actor = Actor::operator();
    let (client, _) = runtime.block_on(create_client(&gateway.cx, &actor, &gateway.project.id, new)).unwrap();
    let organization = gateway.organization.id.clone();
    let find = move |tx: &mut Tx<'_>| users::list(tx, &organization, "u0@acme.example", 1);
    let user = runtime.block_on(gateway.cx.store.read::<_, StoreError, _>(find)).unwrap().remove(0);
    let tokens: Vec<Secret> = (0..count).map(|_| Secret::random("vestibule_refresh_", &SystemRng)).collect();
    for some in tokens.chunks(500) {
        let rows: Vec<_> = some
            .iter()
            .map(|token| {
                let (mut session, _) = raw::session(gateway, &user);
                session.id = SessionId::new(&SystemClock, &SystemRng);
                let row = RefreshToken {
                    id: RefreshTokenId::new(&SystemClock, &SystemRng),
                    organization_id: session.organization_id.clone(),
                    session_id: session.id.clone(),
                    client_id: Some(client.id.clone()),
                    token_hash: token.hash(),
                    successor_id: None,
                    successor_sealed: None,
                    origin: None,
                    created_at: SystemClock.now(),
                    expires_at: session.expires_at,
                    used_at: None,
                    revoked_at: None,
                    scope: "openid email offline_access".into(),
                };
                (session, row)
            })
            .collect();
        let insert = move |tx: &mut Tx<'_>| {
            rows.iter().try_for_each(|(session, row)| {
                sessions::insert(tx, session)?;
                refresh_tokens::insert(tx, row)
            })
        };
        runtime.block_on(gateway.cx.store.write::<_, StoreError, _>(insert)).unwrap();
    }
    let form = |token: &Secret| {
        format!("grant_type=refresh_token&client_id={}&refresh_token={}", client.id, token.expose())
    };
    let request = |token| gateway.post("/oauth/token", "application/x-www-form-urlencoded", "", &form(token));
    tokens.iter().map(request).collect()
}
