//! A gateway in this process, with Acme, its connections, and the development provider's key.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use vestibule::{
    devidp::{Account, DevIdp},
    http::{Frame, Sites, server},
    model::{SystemClock, SystemRng, secret::Secret},
    saml::{
        binding::{post, redirect},
        request,
    },
    service::{
        Actor, Context,
        connections::{MetadataSource, NewSamlConnection, create_saml_connection},
        directory::{self, NewOrganization, NewProject},
        egress::Egress,
    },
    store::{organizations::Organization, projects::Project, saml_connections::SamlConnection},
};

use crate::client::Connection;

pub struct Gateway {
    pub cx: Context,
    pub address: SocketAddr,
    pub project: Project,
    pub organization: Organization,
    pub connection: SamlConnection,
    scim_token: Secret,
    idp: DevIdp,
}

impl Gateway {
    /// Migrates the database, sets everything up and serves on loopback.
    pub fn start(url: &str) -> Self {
        Context::migrate(url).unwrap();
        let key = Context::new_master_key(&SystemRng);
        let cx = Context::open(url, 16, &key, Arc::new(SystemClock), Arc::new(SystemRng)).unwrap();
        let public = TcpListener::bind("127.0.0.1:0").unwrap();
        let private = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = public.local_addr().unwrap();
        let idp = DevIdp::start("http://127.0.0.1:1", &SystemClock).unwrap();
        let gateway = runtime().block_on(set_up(cx.clone(), address, idp));
        let mut sites = Sites::default();
        sites.add(&gateway.project.id, &gateway.project.public_url).unwrap();
        std::thread::spawn(move || {
            let frame = Frame::new(sites, Arc::clone(&cx.clock), Arc::clone(&cx.rng)).with(Arc::new(cx));
            server::block_on(server::serve(frame, public, private, std::future::pending())).unwrap();
        });
        gateway
    }

    /// A request with a body, ready to be sent.
    pub fn post(&self, path: &str, content_type: &str, headers: &str, body: &str) -> String {
        format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: {content_type}\r\n{headers}content-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
    }

    /// A SCIM request of Acme's provider, ready to be sent.
    pub fn scim(&self, method: &str, path: &str, body: &str) -> String {
        self.scim_as(&self.scim_token, method, path, body)
    }

    /// The same of whoever has the token.
    pub fn scim_as(&self, token: &Secret, method: &str, path: &str, body: &str) -> String {
        format!(
            "{method} /scim/v2{path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/scim+json\r\n\
             authorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            token.expose(),
            body.len()
        )
    }

    /// Begins a login and has the provider answer it: the POST that the browser would make.
    pub fn signed_response(&self, connection: &mut Connection, account: &Account<'_>) -> String {
        let path = format!("/api/saml/v1/{}/init", self.connection.id);
        let answer = connection.send(&format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.address));
        let header = |name: &str| {
            let line = answer.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
            line.unwrap_or_else(|| panic!("{name}: {answer}")).split_once(':').unwrap().1.trim().to_owned()
        };
        let (location, cookie) = (header("location:"), header("set-cookie:"));
        let query = location.split_once('?').unwrap().1;
        let received = redirect::decode(query).unwrap();
        let request = request::parse(&received.xml).unwrap();
        let answer = self.idp.sign_in(&request, account, &SystemClock, &SystemRng).unwrap();
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("SAMLResponse", &post::encode(&answer.xml))
            .append_pair("RelayState", received.relay_state.as_deref().unwrap_or_default())
            .finish();
        let cookie = format!("cookie: {}\r\n", cookie.split(';').next().unwrap());
        let path = format!("/api/saml/v1/{}/acs", self.connection.id);
        self.post(&path, "application/x-www-form-urlencoded", &cookie, &form)
    }
}

/// A runtime for what is not a request.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn set_up(cx: Context, address: SocketAddr, idp: DevIdp) -> Gateway {
    let actor = Actor::operator();
    let new = NewProject { display_name: "Load".into(), public_url: format!("http://{address}") };
    let project = directory::create_project(&cx, &actor, new).await.unwrap();
    let new = NewOrganization { display_name: "Acme".into(), external_id: None };
    let organization = directory::create_organization(&cx, &actor, &project.id, new).await.unwrap();
    directory::add_domain(&cx, &actor, &project.id, &organization.id, "acme.example").await.unwrap();
    let new = NewSamlConnection {
        display_name: "Load".into(),
        metadata: Some(MetadataSource::Document(idp.metadata().into_bytes()).into()),
        // Whom no provider has pushed may sign in too.
        jit_provisioning: Some(true),
        ..NewSamlConnection::default()
    };
    let egress = Egress::default();
    let connection =
        create_saml_connection(&cx, &actor, &egress, &project.id, &organization.id, new).await.unwrap();
    let (_, scim_token) =
        directory::create_scim_api_key(&cx, &actor, &project.id, &organization.id, "Load").await.unwrap();
    Gateway { cx, address, project, organization, connection, scim_token, idp }
}
