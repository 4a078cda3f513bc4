//! The OpenID Provider and the hosted login, as host apps and browsers see them. The identity provider's part is played
//! by the service layer here; whole logins are elsewhere.

mod authorize;
mod discovery;
mod login;
mod refresh;
mod roles;
mod token;
mod userinfo;

use std::sync::Arc;

use actix_web::{
    body::to_bytes,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
    test::{self, TestRequest},
    web::Data,
};
use serde_json::Value;
use vestibule::{
    http::{Frame, Sites, public_app},
    jose::base64url_encode,
    model::{
        AuthFactor, ConnectionStatus, SigningAlgorithm, SubjectKind, TokenEndpointAuthMethod, UserStatus,
        ids::{IdentityId, LoginFlowId, ProjectId, SamlConnectionId, UserId},
        login::Proof,
        secret::Secret,
    },
    service::{
        Actor,
        directory::{self, NewClient},
        login as service_login,
        login::{CompleteError, Completed, Handoff, Vouched},
        sessions::NewSession,
    },
    store::{
        StoreError, Tx,
        identities::{self, Identity},
        login_flows,
        oauth_clients::OauthClient,
        organizations::Organization,
        saml_connections::{self, SamlConnection},
        users::{self, User},
    },
};

use crate::support::{Gateway, Kind};

pub const REDIRECT: &str = "https://app.example/callback";
pub const VERIFIER: &str = "test-verifier-test-verifier-test-verifier-00";

/// A gateway with a host app, and a user in each organization who signs in through SAML.
pub struct World {
    pub gateway: Gateway,
    pub app: HostApp,
    pub ada: Person,
    pub gus: Person,
}

/// A client and its secret.
#[derive(Clone)]
pub struct HostApp {
    pub client: OauthClient,
    pub secret: Option<Secret>,
}

/// Somebody who can sign in.
pub struct Person {
    pub user: User,
    pub connection: SamlConnection,
    identity: IdentityId,
}

/// What a test wants of an answer.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// A query parameter of the Location header.
    pub fn location(&self, name: &str) -> Option<String> {
        let (_, query) = self.header("location").split_once('?')?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The value of a cookie that it sets.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.headers.get_all(header::SET_COOKIE).filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    }
}

impl World {
    pub async fn start(kind: Kind) -> Self {
        let gateway = Gateway::start(kind).await;
        let app = host_app(&gateway, TokenEndpointAuthMethod::ClientSecretBasic).await;
        let ada = person(&gateway, &gateway.acme, "ada@acme.example", 1).await;
        let gus = person(&gateway, &gateway.globex, "gus@globex.example", 2).await;
        Self { gateway, app, ada, gus }
    }

    pub fn frame(&self) -> Data<Frame> {
        self.gateway.frame()
    }

    pub async fn call(&self, request: TestRequest) -> Answer {
        self.call_frame(self.frame(), request).await
    }

    /// As [`Self::call`], on a server of these sites.
    pub async fn call_at(&self, sites: Sites, request: TestRequest) -> Answer {
        let cx = &self.gateway.cx;
        let frame = Frame::new(sites, cx.clock.clone(), cx.rng.clone()).with(Arc::new(cx.clone()));
        self.call_frame(Data::new(frame), request).await
    }

    async fn call_frame(&self, frame: Data<Frame>, request: TestRequest) -> Answer {
        let app = test::init_service(public_app(&frame)).await;
        let response = test::call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body()).await.unwrap();
        Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// The parameters of a good authorization request, some replaced or (empty) left out.
    pub fn authorization(&self, app: &HostApp, edits: &[(&str, &str)]) -> String {
        let challenge = base64url_encode(&openssl::sha::sha256(VERIFIER.as_bytes()));
        let mut params = vec![
            ("client_id", app.client.id.to_string()),
            ("redirect_uri", REDIRECT.to_owned()),
            ("response_type", "code".to_owned()),
            ("scope", "openid email".to_owned()),
            ("state", "s-1".to_owned()),
            ("nonce", "n-1".to_owned()),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256".to_owned()),
        ];
        for (name, value) in edits {
            params.retain(|(key, _)| key != name);
            params.push((name, (*value).to_owned()));
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(params.iter().filter(|(_, value)| !value.is_empty()));
        query.finish()
    }

    pub async fn authorize(&self, edits: &[(&str, &str)]) -> Answer {
        self.call(get(&format!("/oauth/authorize?{}", self.authorization(&self.app, edits)))).await
    }

    /// A login begun by `app` and ended by `person`: where the browser is sent.
    pub async fn login(&self, app: &HostApp, person: &Person, edits: &[(&str, &str)]) -> Completed {
        let begun = self.call(get(&format!("/oauth/authorize?{}", self.authorization(app, edits)))).await;
        let flow = begun.location("flow").unwrap_or_else(|| panic!("no flow: {}", begun.header("location")));
        self.complete(&flow, person).await.unwrap()
    }

    /// A code for `app`, as `person` got it.
    pub async fn code(&self, app: &HostApp, person: &Person) -> (Secret, Completed) {
        let completed = self.login(app, person, &[]).await;
        let Handoff::Code { code, .. } = &completed.handoff else { panic!("no code") };
        (code.clone(), completed)
    }

    /// Plays the identity provider's part: `person` is vouched for in this flow.
    pub async fn complete(&self, flow: &str, person: &Person) -> Result<Completed, CompleteError> {
        let cx = self.gateway.cx.clone();
        let id = LoginFlowId::parse(flow).unwrap();
        let project = self.gateway.project.id.clone();
        let (user, connection, identity) =
            (person.user.clone(), person.connection.clone(), person.identity.clone());
        let work = move |tx: &mut Tx<'_>| {
            let mut flow = login_flows::lock(tx, &project, &id)?.unwrap();
            service_login::route_to_saml(tx, &cx, &mut flow, &connection, "_test-request")?;
            let proof = Proof {
                method: AuthFactor::Saml,
                connection_id: connection.id.clone(),
                organization_id: connection.organization_id.clone(),
                subject: "test-subject".into(),
                at: cx.now(),
                second_factor: false,
            };
            let session = NewSession {
                primary_auth_factor: AuthFactor::Saml,
                saml_connection_id: connection.id.clone(),
                identity_id: identity.clone(),
                auth_time: cx.now(),
                amr: vec!["mfa".into()],
                acr: Some("urn:example:acr".into()),
                saml_session_index: None,
                saml_name_id: None,
                not_after: None,
            };
            let vouched = Vouched { proof, user: user.clone(), session };
            service_login::complete(tx, &cx, &Actor::system(), &mut flow, vouched)
        };
        self.gateway.cx.store.write(work).await
    }

    /// Asks for tokens in the client's own way, some parameters replaced or (empty) left out.
    pub async fn exchange(&self, app: &HostApp, code: &Secret, edits: &[(&str, &str)]) -> Answer {
        let mut params = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        let id = app.client.id.to_string();
        let secret = app.secret.as_ref().map(Secret::expose).unwrap_or_default();
        if app.client.token_endpoint_auth_method != TokenEndpointAuthMethod::ClientSecretBasic {
            params.push(("client_id", &id));
        }
        if app.client.token_endpoint_auth_method == TokenEndpointAuthMethod::ClientSecretPost {
            params.push(("client_secret", secret));
        }
        for (name, value) in edits {
            params.retain(|(key, _)| key != name);
            params.push((name, value));
        }
        params.retain(|(_, value)| !value.is_empty());
        let mut request = post("/oauth/token").set_form(params);
        if app.client.token_endpoint_auth_method == TokenEndpointAuthMethod::ClientSecretBasic {
            request = request.insert_header((header::AUTHORIZATION, basic(&id, secret)));
        }
        self.call(request).await
    }

    /// An access token of a fresh login.
    pub async fn access_token(&self, person: &Person) -> (String, Completed) {
        let (code, completed) = self.code(&self.app, person).await;
        let answer = self.exchange(&self.app, &code, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        (answer.json()["access_token"].as_str().unwrap().to_owned(), completed)
    }

    /// A refresh token of a fresh login.
    pub async fn refresh_token(&self, person: &Person) -> String {
        let completed = self.login(&self.app, person, &[("scope", "openid offline_access")]).await;
        let Handoff::Code { code, .. } = &completed.handoff else { panic!("no code") };
        let answer = self.exchange(&self.app, code, &[]).await;
        answer.json()["refresh_token"].as_str().unwrap().to_owned()
    }

    pub async fn userinfo(&self, token: &str) -> Answer {
        self.call(get("/oauth/userinfo").insert_header((header::AUTHORIZATION, format!("Bearer {token}"))))
            .await
    }

    /// A write on the test's own account.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.gateway.cx.store.write(work).await.unwrap()
    }
}

pub async fn host_app(gateway: &Gateway, method: TokenEndpointAuthMethod) -> HostApp {
    host_app_with(gateway, method, SigningAlgorithm::Rs256).await
}

pub async fn host_app_with(
    gateway: &Gateway,
    method: TokenEndpointAuthMethod,
    algorithm: SigningAlgorithm,
) -> HostApp {
    host_app_in(gateway, &gateway.project.id, method, algorithm).await
}

pub async fn host_app_in(
    gateway: &Gateway,
    project: &ProjectId,
    method: TokenEndpointAuthMethod,
    algorithm: SigningAlgorithm,
) -> HostApp {
    let new = NewClient {
        display_name: "Example App".into(),
        redirect_uris: vec![REDIRECT.into()],
        initiate_login_uri: None,
        token_endpoint_auth_method: method,
        id_token_alg: algorithm,
    };
    let actor = Actor::operator();
    let (client, secret) = directory::create_client(&gateway.cx, &actor, project, new).await.unwrap();
    HostApp { client, secret }
}

async fn person(gateway: &Gateway, organization: &Organization, email: &str, number: u128) -> Person {
    let now = gateway.now();
    let organization_id = organization.id.clone();
    let connection = SamlConnection {
        id: SamlConnectionId::from_u128(number),
        organization_id: organization_id.clone(),
        display_name: "Test provider".into(),
        provider: "generic".into(),
        status: ConnectionStatus::Enabled,
        is_primary: true,
        idp_entity_id: "https://idp.example/entity".into(),
        idp_sso_redirect_url: Some("https://idp.example/sso".into()),
        idp_sso_post_url: None,
        idp_slo_url: None,
        idp_wants_signed_requests: false,
        metadata_url: None,
        metadata_fetched_at: None,
        metadata_valid_until: None,
        subject_attribute: None,
        attribute_map: "{}".into(),
        clock_skew_ms: 180_000,
        allow_idp_initiated: false,
        jit_provisioning: None,
        force_authn: false,
        inclusive_c14n: false,
        allow_sha1: false,
        paired_scim_connection_id: None,
        paired_attribute: None,
        created_at: now,
        updated_at: now,
        allow_triple_des: false,
        options: "{}".into(),
        refresh_at: None,
        refreshed_on_failure_at: None,
        held_metadata: None,
        metadata_problem: None,
    };
    let user = User {
        id: UserId::from_u128(number),
        organization_id: organization_id.clone(),
        scim_connection_id: None,
        external_id: None,
        user_name: None,
        user_name_folded: None,
        email: Some(email.into()),
        email_folded: Some(email.into()),
        display_name: None,
        given_name: Some("Test".into()),
        family_name: Some("Person".into()),
        profile_picture_url: None,
        owner: false,
        break_glass: false,
        status: UserStatus::Active,
        deactivated_by: None,
        scim_attributes: None,
        version: 1,
        created_at: now,
        updated_at: now,
        deactivated_at: None,
        deleted_at: None,
        scim_display_name_folded: None,
        active_assigned: true,
        held_until: None,
    };
    let identity = Identity {
        id: IdentityId::from_u128(number),
        organization_id,
        user_id: user.id.clone(),
        saml_connection_id: Some(connection.id.clone()),
        oidc_connection_id: None,
        provider: "saml".into(),
        subject: "test-subject".into(),
        subject_kind: SubjectKind::PersistentNameId,
        created_at: now,
        last_login_at: None,
    };
    let rows = (connection.clone(), user.clone(), identity.clone());
    let insert = move |tx: &mut Tx<'_>| {
        saml_connections::insert(tx, &rows.0)?;
        users::insert(tx, &rows.1)?;
        identities::insert(tx, &rows.2)
    };
    gateway.cx.store.write(insert).await.unwrap();
    Person { user, connection, identity: identity.id }
}

pub fn basic(id: &str, secret: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

pub fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path).insert_header((header::HOST, "localhost"))
}

pub fn post(path: &str) -> TestRequest {
    TestRequest::post().uri(path).insert_header((header::HOST, "localhost"))
}
