//! An identity provider's side of SCIM, and a look at what it has left behind.

use std::{future::Future, pin::Pin, rc::Rc};

use actix_web::{
    body::{BodySize, MessageBody as _, to_bytes},
    http::{Method, header::HeaderMap},
    test::{self, TestRequest},
};
use serde_json::{Value, json};
use vestibule::{
    http::public_app,
    model::{AuthFactor, ids::UserId},
    service::{Actor, directory},
    store::{
        StoreError, Tx,
        organizations::Organization,
        scim_connections,
        scim_filter::{Predicate, Selection},
        scim_groups, scim_users,
        sessions::{self, Session},
        users::{self, User},
    },
};

use crate::support::{Gateway, Kind};

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

type Answering = Pin<Box<dyn Future<Output = Answer>>>;

/// A gateway with its HTTP service, and a SCIM token of each organization.
pub struct Scim {
    pub acme: String,
    pub globex: String,
    call: Rc<dyn Fn(TestRequest) -> Answering>,
    pub gateway: Gateway,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// None where there is no body, not even an empty one.
    pub size: BodySize,
    pub body: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_default().to_owned()
    }

    /// Status and scimType.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.body["scimType"].as_str().unwrap_or_default())
    }
}

impl Scim {
    pub async fn start(kind: Kind) -> Self {
        let gateway = Gateway::start(kind).await;
        let app = Rc::new(test::init_service(public_app(&gateway.frame())).await);
        let call = move |request: TestRequest| -> Answering {
            let app = app.clone();
            Box::pin(async move {
                let response = test::call_service(&*app, request.to_request()).await;
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                let size = response.response().body().size();
                let bytes = to_bytes(response.into_body()).await.unwrap_or_default();
                Answer { status, headers, size, body: serde_json::from_slice(&bytes).unwrap_or_default() }
            })
        };
        let acme = token(&gateway, &gateway.acme).await;
        let globex = token(&gateway, &gateway.globex).await;
        Self { acme, globex, call: Rc::new(call), gateway }
    }

    /// Sends a request as it is.
    pub fn send(&self, request: TestRequest) -> Answering {
        (self.call)(request.insert_header(("host", "localhost")))
    }

    /// A request with a token, below the address that is shown to admins, not sent yet.
    pub fn request(&self, token: &str, method: &str, path: &str, body: Option<&Value>) -> TestRequest {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let uri = if path.starts_with("/scim/") { path.to_owned() } else { format!("/api/scim/v1{path}") };
        let uri = uri.replace(' ', "%20").replace('"', "%22");
        let mut request = TestRequest::default().method(method).uri(&uri);
        request = request.insert_header(("authorization", format!("Bearer {token}")));
        if let Some(body) = body {
            request = request.insert_header(("content-type", "application/scim+json; charset=utf-8"));
            request = request.set_payload(body.to_string());
        }
        request
    }

    /// The same, sent.
    pub fn request_as(&self, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answering {
        self.send(self.request(token, method, path, body))
    }

    /// Acme's provider reads.
    pub fn get(&self, path: &str) -> Answering {
        self.request_as(&self.acme, "GET", path, None)
    }

    /// Acme's provider creates.
    pub fn post(&self, path: &str, body: Value) -> Answering {
        self.request_as(&self.acme, "POST", path, Some(&body))
    }

    /// Acme's provider replaces.
    pub fn put(&self, path: &str, body: Value) -> Answering {
        self.request_as(&self.acme, "PUT", path, Some(&body))
    }

    /// Acme's provider patches.
    pub fn patch(&self, path: &str, operations: Value) -> Answering {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.request_as(&self.acme, "PATCH", path, Some(&body))
    }

    /// Acme's provider deletes.
    pub fn delete(&self, path: &str) -> Answering {
        self.request_as(&self.acme, "DELETE", path, None)
    }

    /// A user of Acme, pushed by its provider; the id.
    pub async fn user(&self, name: &str) -> String {
        let answer = self.post("/Users", user(name)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.id()
    }

    /// So many users of Acme's connection, written at once; the ids in order.
    pub async fn seeded(&self, count: u128) -> Vec<String> {
        let first = self.user("first@acme.example").await;
        let (organization, id) = (self.gateway.acme.id.clone(), UserId::parse(&first).unwrap());
        let seed = move |tx: &mut Tx<'_>| {
            let pattern = users::find(tx, &organization, &id)?.unwrap();
            let row = |n: u128| User {
                id: UserId::from_u128(n),
                external_id: None,
                user_name: Some(format!("seed{n}@acme.example")),
                user_name_folded: Some(format!("seed{n}@acme.example")),
                email: None,
                email_folded: None,
                ..pattern.clone()
            };
            (1..=count).try_for_each(|n| users::insert(tx, &row(n)))
        };
        self.gateway.cx.store.write(seed).await.unwrap();
        (1..=count).map(|n| UserId::from_u128(n).to_string()).collect()
    }

    /// A group of Acme, pushed by its provider; the id.
    pub async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
        let answer = self.post("/Groups", body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.id()
    }

    /// The row of a user of Acme.
    pub async fn row(&self, id: &str) -> Option<User> {
        let (organization, id) = (self.gateway.acme.id.clone(), UserId::parse(id).unwrap());
        self.gateway.cx.store.read(move |tx| users::find(tx, &organization, &id)).await.unwrap()
    }

    /// Changes the row of a user of Acme behind the provider's back.
    pub async fn change_row(&self, id: &str, change: impl Fn(&mut User) + Send + 'static) {
        let mut row = self.row(id).await.unwrap();
        change(&mut row);
        self.gateway.cx.store.write(move |tx| users::update(tx, &row)).await.unwrap();
    }

    /// Adds a user who was there before provisioning.
    pub async fn add_row(&self, email: &str, change: impl Fn(&mut User)) -> String {
        let template = self.user(&format!("template-{email}")).await;
        let mut row = self.row(&template).await.unwrap();
        assert_eq!(self.delete(&format!("/Users/{template}")).await.status, 204);
        row.id = UserId::new(&*self.gateway.cx.clock, &*self.gateway.cx.rng);
        (row.scim_connection_id, row.external_id, row.user_name, row.user_name_folded) =
            (None, None, None, None);
        (row.scim_attributes, row.email, row.email_folded) =
            (None, Some(email.into()), Some(email.to_lowercase()));
        change(&mut row);
        let id = row.id.to_string();
        self.gateway.cx.store.write(move |tx| users::insert(tx, &row)).await.unwrap();
        id
    }

    /// Signs a user of Acme in.
    pub async fn sign_in(&self, user: &str) {
        let (cx, now) = (&self.gateway.cx, self.gateway.now());
        let session = Session {
            id: vestibule::model::ids::SessionId::new(&*cx.clock, &*cx.rng),
            project_id: self.gateway.project.id.clone(),
            organization_id: self.gateway.acme.id.clone(),
            user_id: UserId::parse(user).unwrap(),
            token_hash: None,
            primary_auth_factor: AuthFactor::Saml,
            saml_connection_id: None,
            oidc_connection_id: None,
            identity_id: None,
            auth_time: now,
            amr: "[]".into(),
            acr: None,
            saml_session_index: None,
            saml_name_id: None,
            impersonator_email: None,
            created_at: now,
            last_active_at: now,
            idle_expires_at: now.plus(1_000_000),
            expires_at: now.plus(1_000_000),
            revoked_at: None,
            revoked_reason: None,
        };
        cx.store.write(move |tx| sessions::insert(tx, &session)).await.unwrap();
    }

    /// Ends the live sessions of a user of Acme and says how many there were: none, after a deactivation.
    pub async fn live_sessions(&self, user: &str) -> usize {
        let (organization, user) = (self.gateway.acme.id.clone(), UserId::parse(user).unwrap());
        let now = self.gateway.now();
        let ended =
            self.gateway.cx.store.write(move |tx| {
                sessions::revoke_for_user(tx, &organization, &user, "counted by a test", now)
            });
        ended.await.unwrap().len()
    }

    /// What Acme's provider has left behind: users, and groups with the userNames of their members.
    pub async fn directory(&self) -> Value {
        let organization = self.gateway.acme.id.clone();
        let read = self.gateway.cx.store.read(move |tx| {
            let connection = scim_connections::find_default(tx, &organization)?.unwrap().id;
            let all = Selection { predicate: Predicate::Always, sorting: None, offset: 0, limit: 1_000 };
            let people = scim_users::page(tx, &organization, &connection, &all)?;
            let mut groups = Vec::new();
            for group in scim_groups::page(tx, &organization, &connection, &all)? {
                let ids = scim_groups::member_ids(tx, &organization, &group.id)?;
                let name = |id: &String| people.iter().find(|user| user.id.as_str() == id)?.user_name.clone();
                let mut members: Vec<String> = ids.iter().map(|id| name(id).unwrap_or(id.clone())).collect();
                members.sort_unstable();
                groups.push(json!({ "displayName": group.display_name, "members": members }));
            }
            let user = |user: &User| {
                json!({
                    "userName": user.user_name, "externalId": user.external_id, "email": user.email,
                    "status": user.status.as_str(),
                })
            };
            Ok::<_, StoreError>(
                json!({ "users": people.iter().map(user).collect::<Vec<_>>(), "groups": groups }),
            )
        });
        read.await.unwrap()
    }
}

/// A user as a provider sends it.
pub fn user(name: &str) -> Value {
    json!({ "schemas": [USER], "userName": name })
}

async fn token(gateway: &Gateway, organization: &Organization) -> String {
    let (cx, operator, project) = (&gateway.cx, Actor::operator(), &gateway.project.id);
    let made = directory::create_scim_api_key(cx, &operator, project, &organization.id, "test key");
    made.await.unwrap().1.expose().to_owned()
}
