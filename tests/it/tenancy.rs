//! The tenancy matrix: every route of the product, and what a neighbour finds behind it. The rows are matched against the
//! route table itself, so a route that nobody has thought about here fails the suite.
//!
//! Two kinds of neighbours try each door: another organization of the same project (Globex, while Acme calls), and
//! another project on the same server (`https://other.example`), which is handed Acme's own credentials and ids.

use std::collections::BTreeSet;

use actix_web::{
    http::{Method, header},
    test::TestRequest,
};
use serde_json::json;
use vestibule::{
    http::{Sites, private_endpoints, public_endpoints},
    model::{SigningAlgorithm, TokenEndpointAuthMethod, secret::Secret},
    service::{
        Actor,
        directory::{self, NewProject},
        provisioning::admin::{connections, oauth},
        setup::{MadeLink, NewSetupLink, create_setup_link},
    },
};

use crate::{
    oidc::{Answer, REDIRECT, VERIFIER, World, basic, get, host_app_in, post},
    support::on_both_databases,
};

const HOME: &str = "localhost";
const OTHER: &str = "other.example";
const FORM: &str = "application/x-www-form-urlencoded";
const SCIM: [&str; 2] = ["/api/scim/v1", "/scim/v2"];

/// One try: the request, the only status that may answer it, and what the answer must not hold.
struct Door {
    request: TestRequest,
    status: u16,
    never: Vec<String>,
}

/// Everything that Acme's people, apps and provider hold, and the names of what is Globex's.
struct Keys {
    flow: String,
    flow_cookie: String,
    session_cookie: String,
    access_token: String,
    refresh_token: String,
    /// A client of the other project, and its secret.
    foreign_client: (String, String),
    code: Secret,
    scim_token: String,
    scim_connection: String,
    scim_client: (String, String),
    globex_user: String,
    globex_group: String,
    backend_key: String,
    foreign_backend_key: String,
    foreign_organization: String,
    setup_link: String,
    setup_token: String,
    setup_cookie: String,
}

#[actix_web::test]
async fn the_matrix_knows_every_route() {
    let world = World::start(crate::support::Kind::Sqlite).await;
    let keys = keys(&world).await;
    let unknown: BTreeSet<String> = routes()
        .into_iter()
        .filter(|(method, pattern)| doors(&world, &keys, method, pattern).is_none())
        .map(|(method, pattern)| format!("{method} {pattern}"))
        .collect();
    assert!(unknown.is_empty(), "routes without a row in the tenancy matrix: {unknown:#?}");
}

on_both_databases! {
    async fn no_route_opens_for_a_neighbour(world: World) {
        let keys = keys(&world).await;
        for (method, pattern) in routes() {
            for (number, door) in doors(&world, &keys, &method, pattern).unwrap_or_default().into_iter().enumerate() {
                let answer = call(&world, door.request).await;
                assert_eq!(answer.status.as_u16(), door.status, "{method} {pattern} ({number}): {}", answer.body);
                let location = answer.header("location");
                for secret in door.never {
                    let found = answer.body.contains(&secret) || location.contains(&secret);
                    assert!(!found, "{method} {pattern} ({number}) shows {secret}: {}", answer.body);
                }
            }
        }
        // And nothing of Acme's was used up or ended by it.
        assert_eq!(world.userinfo(&keys.access_token).await.status.as_u16(), 200);
        let home = get(&format!("/login?flow={}", keys.flow)).insert_header((header::COOKIE, keys.flow_cookie.clone()));
        assert!(call(&world, home).await.body.contains(&keys.flow));
        assert_eq!(world.exchange(&world.app, &keys.code, &[]).await.status.as_u16(), 200);
        let credentials = (world.app.client.id.to_string(), world.app.secret.as_ref().unwrap().expose().to_owned());
        assert_eq!(call(&world, refresh_request(&keys, HOME, &credentials)).await.status.as_u16(), 200);
    }
}

fn routes() -> Vec<(Method, &'static str)> {
    let endpoints = [public_endpoints(), private_endpoints()].concat();
    endpoints.into_iter().map(|endpoint| (endpoint.method, endpoint.pattern)).collect()
}

/// The tries at one route; none: the matrix does not know it.
fn doors(world: &World, keys: &Keys, method: &Method, pattern: &str) -> Option<Vec<Door>> {
    if let Some((prefix, rest)) =
        SCIM.iter().find_map(|prefix| Some((*prefix, pattern.strip_prefix(prefix)?)))
    {
        return scim(keys, method, prefix, rest);
    }
    let connection = &world.ada.connection.id;
    let with =
        |path: &str, cookie: &str| elsewhere(method, path).insert_header((header::COOKIE, cookie.to_owned()));
    Some(match pattern {
        // Nothing of a tenant in them.
        "/healthz" | "/readyz" | "/metrics" | "/assets/{name}" | "/.well-known/openid-configuration" => {
            vec![]
        }
        "/oauth/jwks" => vec![door(elsewhere(method, pattern), 200, &[])],
        "/oauth/authorize" => authorize(world, keys, method),
        "/oauth/token" => vec![
            door(token_request(world, keys), 401, &[]),
            door(refresh_request(keys, OTHER, &keys.foreign_client), 400, &["access_token"]),
            door(refresh_request(keys, HOME, &keys.foreign_client), 401, &["access_token"]),
        ],
        "/oauth/revoke" => revocation(world, keys),
        "/oauth/userinfo" => {
            vec![door(bearer(elsewhere(method, pattern), &keys.access_token), 401, &["ada@"])]
        }
        "/login" if *method == Method::POST => {
            let body = format!("email=ada%40acme.example&flow={}", keys.flow);
            let request = with("/login", &keys.flow_cookie).insert_header((header::CONTENT_TYPE, FORM));
            vec![door(request.set_payload(body), 200, &[&keys.flow])]
        }
        "/login" => vec![
            door(
                with(&format!("/login?flow={}", keys.flow), &keys.flow_cookie),
                200,
                &[&keys.flow, "Example App"],
            ),
            door(with("/login", &keys.session_cookie), 200, &["Acme", "ada@"]),
        ],
        "/login/consent" => {
            let request = with(pattern, &keys.flow_cookie).insert_header((header::CONTENT_TYPE, FORM));
            vec![door(request.set_payload(format!("flow={}", keys.flow)), 403, &["Acme", "ada@"])]
        }
        "/login/continue" => {
            vec![door(with(&format!("/login/continue?flow={}", keys.flow), &keys.flow_cookie), 400, &[])]
        }
        "/logout" => vec![door(with("/logout", &keys.session_cookie), 200, &["Acme", "ada@"])],
        "/api/saml/v1/{connection}/init" | "/api/saml/v1/{connection}/metadata" => {
            let path = pattern.replace("{connection}", connection.as_str());
            vec![door(with(&path, &keys.flow_cookie), 404, &["idp.example"])]
        }
        "/api/saml/v1/{connection}/slo" => {
            let path = pattern.replace("{connection}", connection.as_str());
            let message = "SAMLRequest=PHg%2BPC94Pg%3D%3D";
            // Redirect: <x/> deflated.
            let request = if *method == Method::GET {
                with(&format!("{path}?SAMLRequest=s6nQtwMA"), &keys.session_cookie)
            } else {
                with(&path, &keys.session_cookie)
                    .insert_header((header::CONTENT_TYPE, FORM))
                    .set_payload(message)
            };
            vec![door(request, 404, &["idp.example"])]
        }
        "/api/saml/v1/{connection}/acs" => {
            let path = pattern.replace("{connection}", connection.as_str());
            let request = with(&path, &keys.flow_cookie).insert_header((header::CONTENT_TYPE, FORM));
            vec![door(request.set_payload("SAMLResponse=PHg%2BPC94Pg%3D%3D"), 404, &["idp.example"])]
        }
        "/setup/{token}" => {
            vec![door(elsewhere(method, &format!("/setup/{}", keys.setup_token)), 404, &["Acme"])]
        }
        "/setup/{link}/values/{file}" => {
            let path = pattern.replace("{link}", &keys.setup_link).replace("{file}", "encryption.pem");
            vec![door(with(&path, &keys.setup_cookie), 401, &["CERTIFICATE"])]
        }
        "/setup/{link}/next"
        | "/setup/{link}/provider"
        | "/setup/{link}/values"
        | "/setup/{link}/metadata"
        | "/setup/{link}/review"
        | "/setup/{link}/test"
        | "/setup/{link}/test/name"
        | "/setup/{link}/metadata/choice"
        | "/setup/{link}/scim"
        | "/setup/{link}/scim/token"
        | "/setup/{link}/scim/check"
        | "/setup/{link}/scim/requests"
        | "/setup/{link}/scim/preview" => {
            let path = pattern.replace("{link}", &keys.setup_link);
            vec![door(with(&path, &keys.setup_cookie), 401, &["Acme", "idp.example"])]
        }
        "/v1/setup-links/{id}" => {
            let path = pattern.replace("{id}", &keys.setup_link);
            vec![
                door(bearer(elsewhere(method, &path), &keys.backend_key), 401, &["state"]),
                door(bearer(here(method, &path), &keys.foreign_backend_key), 401, &["state"]),
                door(bearer(elsewhere(method, &path), &keys.foreign_backend_key), 404, &["state"]),
            ]
        }
        "/v1/setup-links" | "/v1/connections" if *method == Method::GET => {
            let of = |organization: &str| format!("{pattern}?organizationId={organization}");
            let (own, foreign) = (&keys.backend_key, &keys.foreign_backend_key);
            let acme = of(world.gateway.acme.id.as_str());
            let never = ["setup_link_", "_connection_"];
            vec![
                door(bearer(elsewhere(method, &acme), own), 401, &never),
                door(bearer(here(method, &acme), foreign), 401, &never),
                door(bearer(elsewhere(method, &acme), foreign), 404, &never),
                door(bearer(here(method, &of(&keys.foreign_organization)), own), 404, &never),
            ]
        }
        "/v1/saml-connections/{id}/activate" | "/v1/scim-connections/{id}/activate" => {
            let id = if pattern.contains("saml") { connection.as_str() } else { &keys.scim_connection };
            let path = pattern.replace("{id}", id);
            let of = |request: TestRequest, organization: &str| {
                request.set_json(json!({ "organizationId": organization, "mark": "x", "untried": true }))
            };
            let (own, foreign) = (&keys.backend_key, &keys.foreign_backend_key);
            let (acme, globex) = (world.gateway.acme.id.as_str(), world.gateway.globex.id.as_str());
            vec![
                door(of(bearer(elsewhere(method, &path), own), acme), 401, &["mark"]),
                door(of(bearer(here(method, &path), foreign), acme), 401, &["mark"]),
                door(of(bearer(elsewhere(method, &path), foreign), acme), 404, &["mark"]),
                door(of(bearer(here(method, &path), own), &keys.foreign_organization), 404, &["mark"]),
                door(of(bearer(here(method, &path), own), globex), 404, &["mark"]),
            ]
        }
        "/v1/setup-links" => {
            let of = |request: TestRequest, organization: &str| {
                request.set_json(json!({ "organizationId": organization }))
            };
            let (own, foreign) = (&keys.backend_key, &keys.foreign_backend_key);
            let acme = world.gateway.acme.id.as_str();
            vec![
                door(
                    of(bearer(elsewhere(method, pattern), own), &keys.foreign_organization),
                    401,
                    &["setup_"],
                ),
                door(of(bearer(here(method, pattern), foreign), acme), 401, &["setup_"]),
                door(of(bearer(here(method, pattern), own), &keys.foreign_organization), 404, &["setup_"]),
                door(of(bearer(elsewhere(method, pattern), foreign), acme), 404, &["setup_"]),
            ]
        }
        "/v1/events" => vec![
            door(bearer(elsewhere(method, pattern), &keys.backend_key), 401, &["Acme"]),
            door(bearer(here(method, pattern), &keys.foreign_backend_key), 401, &["Acme"]),
        ],
        _ => return None,
    })
}

fn authorize(world: &World, keys: &Keys, method: &Method) -> Vec<Door> {
    let query = world.authorization(&world.app, &[]);
    let foreign = world.authorization(&world.app, &[("organization", &keys.foreign_organization)]);
    if *method == Method::POST {
        let form = |request: TestRequest, body: String| {
            request.insert_header((header::CONTENT_TYPE, FORM)).set_payload(body)
        };
        let path = "/oauth/authorize";
        return vec![
            door(form(elsewhere(method, path), query), 400, &["Example App"]),
            door(form(here(method, path), foreign), 303, &["/api/saml"]),
        ];
    }
    vec![
        door(elsewhere(method, &format!("/oauth/authorize?{query}")), 400, &["Example App"]),
        door(here(method, &format!("/oauth/authorize?{foreign}")), 303, &["/api/saml"]),
    ]
}

fn token_request(world: &World, keys: &Keys) -> TestRequest {
    let secret = world.app.secret.as_ref().map(Secret::expose).unwrap_or_default();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", keys.code.expose()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    let credentials = basic(world.app.client.id.as_str(), secret);
    elsewhere(&Method::POST, "/oauth/token")
        .set_form(form)
        .insert_header((header::AUTHORIZATION, credentials))
}

/// Acme's refresh token in the hands of another project's client.
fn refresh_request(keys: &Keys, host: &str, (id, secret): &(String, String)) -> TestRequest {
    let form = [("grant_type", "refresh_token"), ("refresh_token", &keys.refresh_token)];
    let request = TestRequest::post().uri("/oauth/token").insert_header((header::HOST, host));
    request.set_form(form).insert_header((header::AUTHORIZATION, basic(id, secret)))
}

/// Nobody can give back what is Acme's: it works after the matrix has been tried.
fn revocation(world: &World, keys: &Keys) -> Vec<Door> {
    let secret = world.app.secret.as_ref().map(Secret::expose).unwrap_or_default();
    let own = basic(world.app.client.id.as_str(), secret);
    let foreign = basic(&keys.foreign_client.0, &keys.foreign_client.1);
    let try_at = |host: &str, credentials: String| {
        let request = TestRequest::post().uri("/oauth/revoke").insert_header((header::HOST, host));
        request.set_form([("token", &keys.refresh_token)]).insert_header((header::AUTHORIZATION, credentials))
    };
    vec![
        door(try_at(OTHER, own), 401, &[]),
        door(try_at(HOME, foreign.clone()), 401, &[]),
        door(try_at(OTHER, foreign), 200, &["refresh_token"]),
    ]
}

/// Acme's token: useless at another project; among Globex's ids it finds nothing (R20).
fn scim(keys: &Keys, method: &Method, prefix: &str, rest: &str) -> Option<Vec<Door>> {
    let (foreign_id, known) = match rest.trim_start_matches('/').split('/').next()? {
        "Users" | "" => (keys.globex_user.as_str(), true),
        "Groups" => (keys.globex_group.as_str(), true),
        "oauth" => return Some(vec![door(scim_token_request(keys, prefix), 401, &["access_token"])]),
        "Schemas" | "ResourceTypes" | "ServiceProviderConfig" | "Bulk" | "Me" | ".search" => ("", true),
        _ => ("", false),
    };
    if !known {
        return None;
    }
    let path =
        format!("{prefix}{}", rest.replace("{id}", if foreign_id.is_empty() { "x" } else { foreign_id }));
    let never = ["pushed@globex.example", "Globex Team"];
    let json = |request: TestRequest| {
        bearer(request, &keys.scim_token).set_json(json!({ "schemas": [], "Operations": [] }))
    };
    let mut doors = vec![door(json(elsewhere(method, &path)), 401, &never)];
    if rest.ends_with("/{id}") && !foreign_id.is_empty() {
        let patch = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "displayName", "value": "stolen" }],
        });
        let whole = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "stolen", "displayName": "stolen",
        });
        let body = if *method == Method::PATCH { patch } else { whole };
        doors.push(door(bearer(here(method, &path), &keys.scim_token).set_json(body), 404, &never));
    } else if *method == Method::GET && !foreign_id.is_empty() {
        doors.push(door(bearer(here(method, &path), &keys.scim_token), 200, &never));
        let filter =
            form_urlencoded::byte_serialize(format!("id eq \"{foreign_id}\"").as_bytes()).collect::<String>();
        let filtered = here(method, &format!("{path}?filter={filter}"));
        doors.push(door(bearer(filtered, &keys.scim_token), 200, &never));
    }
    Some(doors)
}

/// Acme's client at another project.
fn scim_token_request(keys: &Keys, prefix: &str) -> TestRequest {
    let (id, secret) = &keys.scim_client;
    let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    elsewhere(&Method::POST, &format!("{prefix}/oauth/token")).set_form(form)
}

fn door(request: TestRequest, status: u16, never: &[&str]) -> Door {
    Door { request, status, never: never.iter().map(|text| (*text).to_owned()).collect() }
}

fn here(method: &Method, path: &str) -> TestRequest {
    TestRequest::with_uri(path).method(method.clone()).insert_header((header::HOST, HOME))
}

fn elsewhere(method: &Method, path: &str) -> TestRequest {
    TestRequest::with_uri(path).method(method.clone()).insert_header((header::HOST, OTHER))
}

fn bearer(request: TestRequest, token: &str) -> TestRequest {
    request.insert_header((header::AUTHORIZATION, format!("Bearer {token}")))
}

/// Both projects are served.
async fn call(world: &World, request: TestRequest) -> Answer {
    let mut sites = Sites::default();
    for project in directory::list_projects(&world.gateway.cx).await.unwrap() {
        sites.add(&project.id, &project.public_url).unwrap();
    }
    world.call_at(sites, request).await
}

async fn keys(world: &World) -> Keys {
    let (cx, actor, home) = (&world.gateway.cx, Actor::operator(), &world.gateway.project.id);
    let new = NewProject { display_name: "Other".into(), public_url: format!("https://{OTHER}") };
    let other = directory::create_project(cx, &actor, new).await.unwrap();
    let new = directory::NewOrganization { display_name: "Foreign".into(), external_id: None };
    let foreign = directory::create_organization(cx, &actor, &other.id, new).await.unwrap();
    let (_, backend_key) = directory::create_backend_api_key(cx, &actor, home, "test").await.unwrap();
    let (_, foreign_key) = directory::create_backend_api_key(cx, &actor, &other.id, "test").await.unwrap();
    let acme = world.gateway.acme.id.clone();
    let (_, scim_token) = directory::create_scim_api_key(cx, &actor, home, &acme, "test").await.unwrap();
    let connection = connections::list(cx, home, &acme).await.unwrap()[0].id.clone();
    let client = oauth::create_client(cx, &actor, home, &acme, &connection, "test").await.unwrap();
    let scim_client = (client.0.id.to_string(), client.1.expose().to_owned());
    let globex = world.gateway.globex.id.clone();
    let (_, globex_token) = directory::create_scim_api_key(cx, &actor, home, &globex, "test").await.unwrap();
    let push = async |path: &str, body: serde_json::Value| {
        let request = bearer(post(path), globex_token.expose()).set_json(body);
        let answer = world.call(request).await;
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
        answer.json()["id"].as_str().unwrap().to_owned()
    };
    let user = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "pushed@globex.example" });
    let group =
        json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Globex Team" });
    let globex_user = push("/scim/v2/Users", user).await;
    let globex_group = push("/scim/v2/Groups", group).await;
    let (access_token, completed) = world.access_token(&world.ada).await;
    let refresh_token = world.refresh_token(&world.ada).await;
    let method = TokenEndpointAuthMethod::ClientSecretBasic;
    let app = host_app_in(&world.gateway, &other.id, method, SigningAlgorithm::Rs256).await;
    let foreign_client =
        (app.client.id.to_string(), app.secret.as_ref().map(Secret::expose).unwrap_or_default().to_owned());
    let (code, _) = world.code(&world.app, &world.ada).await;
    let (setup_link, setup_token, setup_cookie) = setup_link(world).await;
    let begun = world.authorize(&[]).await;
    Keys {
        flow: begun.location("flow").unwrap(),
        flow_cookie: format!("__Host-vestibule_flow={}", begun.cookie("__Host-vestibule_flow").unwrap()),
        session_cookie: format!("__Host-vestibule_session={}", completed.session_token.expose()),
        access_token,
        refresh_token,
        foreign_client,
        code,
        scim_token: scim_token.expose().to_owned(),
        scim_connection: connection.to_string(),
        scim_client,
        globex_user,
        globex_group,
        backend_key: backend_key.expose().to_owned(),
        foreign_backend_key: foreign_key.expose().to_owned(),
        foreign_organization: foreign.id.to_string(),
        setup_link,
        setup_token,
        setup_cookie,
    }
}

/// A set-up link of Acme's, and the cookie of a browser that has opened it.
async fn setup_link(world: &World) -> (String, String, String) {
    let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
    let new = NewSetupLink::both();
    let made = create_setup_link(cx, &Actor::operator(), project, &world.gateway.acme.id, new).await;
    let MadeLink { link, token, .. } = made.unwrap();
    let token = token.expose().to_owned();
    let opened = world.call(get(&format!("/setup/{token}"))).await;
    let name = format!("__Host-vestibule_{}", link.id);
    let cookie = format!("{name}={}", opened.cookie(&name).unwrap());
    (link.id.to_string(), token, cookie)
}
