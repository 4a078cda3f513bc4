//! Whole logins through SAML, as browsers and identity providers see them.

mod browser;
mod consent;
mod described;
mod encryption;
mod endpoints;
mod identity;
mod idp_initiated;
mod login;
mod logout;
mod mapping;
mod metadata;
mod races;
mod refresh;
mod replay;
mod requests;
mod roles;
mod signed_metadata;
mod sp_keys;
mod switches;

use std::task::Poll;

use actix_web::{
    body::to_bytes,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
    test::{self, TestRequest},
};
use time::Duration;
use vestibule::{
    http::public_app,
    model::{
        UserStatus,
        ids::{SamlConnectionId, UserId},
    },
    saml::{
        SigningKey,
        binding::{post, redirect},
        dsig::{DigestAlgorithm, sign},
        issue::{IdpDescription, IssuedAssertion, IssuedResponse, SignedElements},
        names::name_id,
        request::{ReceivedRequest, parse},
    },
    service::{
        Actor,
        connections::{MetadataSource, NewSamlConnection, create_saml_connection},
        egress::Egress,
    },
    store::{
        StoreError, Tx, login_traces,
        organizations::Organization,
        saml_connections,
        saml_connections::SamlConnection,
        users::{self, User},
    },
};

use crate::{
    saml::support::signing_key,
    support::{Gateway, Kind},
};

/// A gateway with a SAML connection in each organization.
pub struct World {
    pub gateway: Gateway,
    pub acme: Idp,
    pub globex: Idp,
}

/// An identity provider and the connection to it.
pub struct Idp {
    pub connection: SamlConnection,
    pub organization: Organization,
    pub key: SigningKey,
    pub entity_id: &'static str,
}

/// A browser: it keeps its cookies.
#[derive(Default, Clone)]
pub struct Browser {
    cookies: Vec<(String, String)>,
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
}

/// What the provider says about a person.
#[derive(Clone)]
pub struct Claims<'a> {
    pub assertion_id: &'a str,
    pub name_id: &'a str,
    pub format: &'a str,
    pub session_index: Option<&'a str>,
    pub attributes: &'a [(&'a str, &'a [&'a str])],
}

/// Ada, by her address.
pub const ADA: Claims<'static> = Claims {
    assertion_id: "_a1",
    name_id: "ada@acme.example",
    format: name_id::EMAIL,
    session_index: Some("_s1"),
    attributes: &[("firstName", &["Ada"]), ("lastName", &["Lovelace"])],
};

impl World {
    pub async fn start(kind: Kind) -> Self {
        let gateway = Gateway::start(kind).await;
        let acme = idp(&gateway, gateway.acme.clone(), "https://idp.acme.example", "idp").await;
        let globex = idp(&gateway, gateway.globex.clone(), "https://idp.globex.example", "other").await;
        Self { gateway, acme, globex }
    }

    pub async fn call(&self, request: TestRequest) -> Answer {
        let app = test::init_service(public_app(&self.gateway.frame())).await;
        let request = request.insert_header(("host", "localhost"));
        let response = test::call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body()).await.unwrap();
        Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// The browser goes to the provider; what the provider receives.
    pub async fn depart(&self, idp: &Idp, browser: &mut Browser) -> ReceivedRequest {
        let path = format!("/api/saml/v1/{}/init", idp.connection.id);
        let answer = self.call(browser.with_cookies(TestRequest::get().uri(&path))).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser.keep(&answer);
        received(&answer)
    }

    /// A response of the provider to a request.
    pub fn response(&self, idp: &Idp, request: Option<&ReceivedRequest>, claims: &Claims<'_>) -> String {
        self.response_for(idp, request, claims, Duration::minutes(5))
    }

    /// As [`Self::response`], good for so long.
    pub fn response_for(
        &self,
        idp: &Idp,
        request: Option<&ReceivedRequest>,
        claims: &Claims<'_>,
        validity: Duration,
    ) -> String {
        let now = self.gateway.now().to_datetime();
        let sp = format!("http://localhost/api/saml/v1/{}", idp.connection.id);
        let response = IssuedResponse {
            id: "_r1",
            issuer: idp.entity_id,
            acs_url: &format!("{sp}/acs"),
            in_response_to: request.map(|request| request.id.as_str()),
            issued_at: now,
            assertion: IssuedAssertion {
                id: claims.assertion_id,
                audience: &sp,
                name_id: claims.name_id,
                name_id_format: claims.format,
                authenticated_at: now,
                validity: (now, now + validity),
                session_index: claims.session_index,
                session_not_on_or_after: None,
                attributes: claims.attributes,
            },
        };
        response.to_signed_xml(&idp.key, SignedElements::Assertion).unwrap()
    }

    /// The browser posts a response to a connection.
    pub async fn post(&self, connection: &SamlConnectionId, browser: &mut Browser, xml: &str) -> Answer {
        let form = [("SAMLResponse", post::encode(xml)), ("RelayState", String::new())];
        let path = format!("/api/saml/v1/{connection}/acs");
        let request = browser.with_cookies(TestRequest::post().uri(&path)).set_form(form);
        let answer = self.call(request).await;
        browser.keep(&answer);
        answer
    }

    /// A whole login in a browser of its own.
    pub async fn log_in(&self, idp: &Idp, claims: &Claims<'_>) -> Answer {
        let mut browser = Browser::default();
        let request = self.depart(idp, &mut browser).await;
        let xml = self.response(idp, Some(&request), claims);
        self.post(&idp.connection.id, &mut browser, &xml).await
    }

    /// The reason code kept for a refused login.
    pub async fn reason(&self, answer: &Answer) -> String {
        let reference = answer.header("x-request-id").to_owned();
        assert!(answer.body.contains(&reference), "the page shows the reference");
        let project = self.gateway.project.id.clone();
        let found = self.read(move |tx| login_traces::find(tx, &project, &reference)).await;
        found.map_or_else(|| "(no trace)".to_owned(), |trace| trace.code)
    }

    /// Refused, with this reason in the trace, and nothing but the reference in the browser.
    pub async fn assert_refused(&self, answer: &Answer, code: &str) {
        assert!(answer.status.is_client_error(), "{} {}", answer.status, answer.header("location"));
        assert_eq!(self.reason(answer).await, code);
        assert!(!answer.body.contains(code), "the reason is not for the browser");
        assert_eq!(answer.header("set-cookie"), "", "no session");
    }

    /// Changes the row of a connection.
    pub async fn change(&self, idp: &Idp, change: impl Fn(&mut SamlConnection) + Send + Sync + 'static) {
        let mut connection = idp.connection.clone();
        change(&mut connection);
        self.write(move |tx| saml_connections::update(tx, &connection)).await;
    }

    /// A user as SCIM or an owner would have left it.
    pub async fn user(&self, organization: &Organization, email: &str, edit: impl Fn(&mut User)) -> User {
        let user = user_row(&self.gateway, organization, email, edit);
        let row = user.clone();
        self.write(move |tx| users::insert(tx, &row)).await;
        user
    }

    pub async fn find(&self, organization: &Organization, email: &str) -> Option<User> {
        let (organization, email) = (organization.id.clone(), email.to_owned());
        let found = self.read(move |tx| users::list(tx, &organization, "", 1000)).await;
        found.into_iter().find(|user| user.email_folded.as_deref() == Some(&email))
    }

    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.gateway.cx.store.read(work).await.unwrap()
    }

    pub async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.gateway.cx.store.write(work).await.unwrap()
    }
}

impl Browser {
    pub fn with_cookies(&self, request: TestRequest) -> TestRequest {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if cookies.is_empty() { request } else { request.insert_header(("cookie", cookies.join("; "))) }
    }

    /// What a cookie holds.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn keep(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(header::SET_COOKIE).filter_map(|value| value.to_str().ok()) {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(n, _)| n != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// A response of the provider whose assertion was edited before it was signed.
pub fn signed_again(idp: &Idp, assertion: &str, xml: &str, edit: impl Fn(String) -> String) -> String {
    signed_with(idp, DigestAlgorithm::Sha256, assertion, xml, edit)
}

/// The same with another digest.
pub fn signed_with(
    idp: &Idp,
    digest: DigestAlgorithm,
    assertion: &str,
    xml: &str,
    edit: impl Fn(String) -> String,
) -> String {
    sign(&edit(unsigned(xml)), assertion, &idp.key, digest).unwrap()
}

/// The message without its first signature.
pub fn unsigned(xml: &str) -> String {
    let (before, rest) = xml.split_once("<ds:Signature ").unwrap();
    let (_, after) = rest.split_once("</ds:Signature>").unwrap();
    format!("{before}{after}")
}

/// The request in a redirect to a provider.
pub fn received(answer: &Answer) -> ReceivedRequest {
    let (_, query) = answer.header("location").split_once('?').unwrap();
    parse(&redirect::decode(query).unwrap().xml).unwrap()
}

/// Runs them all on this thread, each as far as it goes whenever another waits.
pub async fn join_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.map(|future| (Some(Box::pin(future)), None)).collect();
    std::future::poll_fn(move |context| {
        for (future, output) in &mut waiting {
            if let Some(Poll::Ready(value)) = future.as_mut().map(|f| f.as_mut().poll(context)) {
                (*future, *output) = (None, Some(value));
            }
        }
        if waiting.iter().all(|(future, _)| future.is_none()) {
            Poll::Ready(waiting.iter_mut().filter_map(|(_, output)| output.take()).collect())
        } else {
            Poll::Pending
        }
    })
    .await
}

pub fn signed_in(answer: &Answer) -> bool {
    answer.status == StatusCode::SEE_OTHER
        && answer.header("location") == "/login"
        && answer.header("set-cookie").starts_with("__Host-vestibule_session=")
}

async fn idp(gateway: &Gateway, organization: Organization, entity_id: &'static str, key: &str) -> Idp {
    let key = signing_key(key);
    let sso_url = format!("{entity_id}/sso");
    let certificates = [key.certificate_der()];
    let metadata = IdpDescription { entity_id, sso_url: &sso_url, certificates: &certificates }.to_xml();
    let new = NewSamlConnection {
        display_name: String::new(),
        metadata: Some(MetadataSource::Document(metadata.into_bytes()).into()),
        ..NewSamlConnection::default()
    };
    let actor = Actor::operator();
    let project = &gateway.project.id;
    let connection =
        create_saml_connection(&gateway.cx, &actor, &Egress::default(), project, &organization.id, new).await;
    Idp { connection: connection.unwrap(), organization, key, entity_id }
}

fn user_row(gateway: &Gateway, organization: &Organization, email: &str, edit: impl Fn(&mut User)) -> User {
    let now = gateway.now();
    let bits = openssl::sha::sha256(format!("{}{email}", organization.id).as_bytes());
    let mut user = User {
        id: UserId::from_u128(u128::from_be_bytes(bits[..16].try_into().unwrap())),
        organization_id: organization.id.clone(),
        scim_connection_id: None,
        external_id: None,
        user_name: None,
        user_name_folded: None,
        email: Some(email.to_owned()),
        email_folded: Some(email.to_owned()),
        display_name: None,
        given_name: None,
        family_name: None,
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
    edit(&mut user);
    user
}
