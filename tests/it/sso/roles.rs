//! From an assertion to a role in a token: groups and attributes of SAML.

use serde_json::{Value, json};
use vestibule::{
    jose::{base64url_decode, base64url_encode},
    model::{ConnectionStatus, SigningAlgorithm, TokenEndpointAuthMethod},
    service::{
        directory::{NewClient, create_client},
        roles::{
            MappedConnection, NewRole, NewRoleMapping, RoleMapping, Source, create_mapping, create_role,
            delete_mapping,
        },
    },
    store::{StoreError, role_mappings, user_role_assignments},
};

use super::*;
use crate::support::on_both_databases;

const REDIRECT: &str = "https://app.example/callback";
const VERIFIER: &str = "test-verifier-test-verifier-test-verifier-00";

type Attributes<'a> = &'a [(&'a str, &'a [&'a str])];

/// A login from the host app to the provider and back to it: the claims of the ID token.
async fn tokens(world: &World, client: &str, id: &str, attributes: Attributes<'_>) -> Value {
    let mut browser = Browser::default();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", client)
        .append_pair("redirect_uri", REDIRECT)
        .append_pair("response_type", "code")
        .append_pair("scope", "openid groups")
        .append_pair("code_challenge", &base64url_encode(&openssl::sha::sha256(VERIFIER.as_bytes())))
        .append_pair("code_challenge_method", "S256")
        .append_pair("organization", world.acme.organization.id.as_str())
        .finish();
    let mut location = format!("/oauth/authorize?{query}");
    while location.starts_with('/') {
        let answer = world.call(browser.with_cookies(TestRequest::get().uri(&location))).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser.keep(&answer);
        location = answer.header("location").to_owned();
    }
    let (_, sent) = location.split_once('?').unwrap();
    let request = parse(&redirect::decode(sent).unwrap().xml).unwrap();
    let xml = world.response(&world.acme, Some(&request), &Claims { assertion_id: id, attributes, ..ADA });
    let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
    let (back, query) =
        answer.header("location").split_once('?').unwrap_or_else(|| panic!("{}", answer.body));
    assert_eq!(back, REDIRECT);
    let code =
        form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").unwrap().1.into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    let answer = world.call(TestRequest::post().uri("/oauth/token").set_form(form)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let json: Value = serde_json::from_str(&answer.body).unwrap();
    let payload = json["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&base64url_decode(payload).unwrap()).unwrap()
}

async fn app(world: &World) -> String {
    let new = NewClient {
        display_name: "App".into(),
        redirect_uris: vec![REDIRECT.into()],
        initiate_login_uri: None,
        token_endpoint_auth_method: TokenEndpointAuthMethod::None,
        id_token_alg: SigningAlgorithm::Es256,
    };
    let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
    create_client(cx, &Actor::operator(), project, new).await.unwrap().0.id.to_string()
}

async fn role(world: &World, name: &str) {
    let new =
        NewRole { name: name.into(), display_name: None, description: String::new(), organization: None };
    let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
    create_role(cx, &Actor::operator(), project, new).await.unwrap();
}

async fn map(world: &World, idp: &Idp, source: Source, role: &str) -> RoleMapping {
    let connection = MappedConnection::Saml(idp.connection.id.clone());
    let new = NewRoleMapping { connection, source, role: role.into() };
    let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
    create_mapping(cx, &Actor::operator(), project, &idp.organization.id, new).await.unwrap()
}

fn attribute(name: &str, value: &str) -> Source {
    Source::Attribute { name: name.into(), value: value.into() }
}

on_both_databases! {
    async fn a_group_of_the_assertion_gives_its_role(world: World) {
        let client = app(&world).await;
        role(&world, "editor").await;
        role(&world, "admin").await;
        // Before anybody of the group has ever signed in.
        let waiting = map(&world, &world.acme, Source::Group("staff".into()), "editor").await;
        assert_eq!((waiting.matched_by.as_str(), waiting.group_id), ("external_id", None));
        // The neighbour's provider names its groups alike.
        map(&world, &world.globex, Source::Group("staff".into()), "admin").await;
        let claims = tokens(&world, &client, "_1", &[("groups", &["staff", "readers"])]).await;
        assert_eq!((&claims["roles"], &claims["groups"]), (&json!(["editor"]), &json!(["readers", "staff"])));
        // One that is known already.
        map(&world, &world.acme, Source::Group("readers".into()), "admin").await;
        let claims = tokens(&world, &client, "_2", &[("groups", &["staff", "readers"])]).await;
        assert_eq!(claims["roles"], json!(["admin", "editor"]));
        let claims = tokens(&world, &client, "_3", &[("groups", &["STAFF"])]).await;
        assert_eq!((&claims["roles"], &claims["groups"]), (&json!([]), &json!(["STAFF"])));
    }

    async fn an_attribute_gives_its_role_and_follows_the_last_login(world: World) {
        let client = app(&world).await;
        role(&world, "billing").await;
        role(&world, "support").await;
        let team = "https://attributes.example/team";
        map(&world, &world.acme, attribute(team, "CN=Billing,OU=Teams"), "billing").await;
        let support = map(&world, &world.acme, attribute("team", "support"), "support").await;
        map(&world, &world.globex, attribute("team", "billing"), "billing").await;
        let none = tokens(&world, &client, "_1", &[("team", &["billing", "Support"])]).await;
        assert_eq!(none["roles"], json!([]), "values are compared to the letter");
        let both: Attributes<'_> = &[(team, &["x", "CN=Billing,OU=Teams"]), ("team", &[" support "])];
        assert_eq!(tokens(&world, &client, "_2", both).await["roles"], json!(["billing", "support"]));
        assert_eq!(tokens(&world, &client, "_3", both).await["roles"], json!(["billing", "support"]));
        let one: Attributes<'_> = &[("team", &["support"])];
        assert_eq!(tokens(&world, &client, "_4", one).await["roles"], json!(["support"]));
        let ada = world.find(&world.acme.organization, "ada@acme.example").await.unwrap();
        let events = world.gateway.events(ada.id.as_str()).await;
        let changes = events.iter().filter(|event| *event == "user.roles_changed").count();
        assert_eq!(changes, 2, "a login that changes nothing writes nothing: {events:?}");
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        delete_mapping(cx, &Actor::operator(), project, &world.acme.organization.id, &support.id).await.unwrap();
        assert_eq!(tokens(&world, &client, "_5", one).await["roles"], json!([]));
    }

    async fn what_a_provider_said_gives_nothing_once_its_connection_is_off(world: World) {
        let client = app(&world).await;
        role(&world, "billing").await;
        role(&world, "editor").await;
        map(&world, &world.acme, attribute("team", "billing"), "billing").await;
        map(&world, &world.acme, Source::Group("staff".into()), "editor").await;
        let said: Attributes<'_> = &[("team", &["billing"]), ("groups", &["staff"])];
        assert_eq!(tokens(&world, &client, "_1", said).await["roles"], json!(["billing", "editor"]));
        let ada = world.find(&world.acme.organization, "ada@acme.example").await.unwrap();
        let (project, organization) = (world.gateway.project.id.clone(), world.acme.organization.id.clone());
        let has = || {
            let (project, organization, ada) = (project.clone(), organization.clone(), ada.id.clone());
            world.gateway.cx.store.read(move |tx| {
                let by_hand = user_role_assignments::role_names(tx, &project, &organization, &ada)?;
                Ok::<_, StoreError>((by_hand.len(), role_mappings::granting(tx, &project, &organization)?.len()))
            })
        };
        assert_eq!(has().await.unwrap(), (1, 1));
        let off = SamlConnection { status: ConnectionStatus::Disabled, ..world.acme.connection.clone() };
        world.gateway.cx.store.write(move |tx| saml_connections::update(tx, &off)).await.unwrap();
        assert_eq!(has().await.unwrap(), (0, 0));
    }

    async fn r05_no_attribute_makes_an_owner(world: World) {
        let client = app(&world).await;
        let owner: Attributes<'_> = &[("role", &["owner"]), ("groups", &["owner", "owners"]), ("owner", &["true"])];
        assert_eq!(tokens(&world, &client, "_1", owner).await["roles"], json!([]));
        assert!(!world.find(&world.acme.organization, "ada@acme.example").await.unwrap().owner);
    }
}
