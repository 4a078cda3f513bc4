//! Set-up links, the pages behind them, and test logins, as a customer's administrator sees them.

mod links;
mod metadata;
mod providers;
mod provisioning;
mod races;
mod test_login;
mod traces;
mod values;

use actix_web::{
    http::{StatusCode, header},
    test::TestRequest,
};
use vestibule::{
    model::ids::SamlConnectionId,
    saml::issue::IdpDescription,
    service::{
        Actor,
        egress::Egress,
        setup::{MadeLink, NewSetupLink, create_setup_link},
    },
    store::setup_links::SetupLink,
};

use crate::{
    sso::{Answer, Browser, World},
    support::Kind,
};

/// An administrator of Acme with a link to a draft, and the provider that the draft is to be described by.
pub struct Admin {
    pub world: World,
    pub link: SetupLink,
    pub token: String,
    pub browser: Browser,
    /// What the addresses of the pages of the link begin with that was opened last.
    pub base: String,
    /// The draft.
    pub connection: SamlConnectionId,
}

impl Admin {
    pub async fn start(kind: Kind) -> Self {
        let mut world = World::start(kind).await;
        // Tests talk to the loopback alone.
        let egress = Egress::allowing(vec!["127.0.0.0/8".parse().unwrap()]);
        world.gateway.cx = world.gateway.cx.clone().with_egress(egress);
        let (link, token) = link(&world).await;
        let connection = link.saml_connection_id.clone().unwrap();
        let base = format!("/setup/{}", link.id);
        Self { world, link, token, browser: Browser::default(), base, connection }
    }

    /// With the link opened.
    pub async fn opened(mut self) -> Self {
        let path = format!("/setup/{}", self.token);
        let answer = self.get(&path).await;
        assert_eq!(answer.header("location"), "/setup", "{} {}", answer.status, answer.body);
        self
    }

    /// The address of a page that a test writes without the link in it: `/setup/review`, and `/setup` for the next one.
    pub fn at(&self, path: &str) -> String {
        match path.strip_prefix("/setup") {
            Some("") => format!("{}/next", self.base),
            Some(page) if !page.starts_with("/vestibule_") && !page.starts_with("/setup_link_") => {
                format!("{}{page}", self.base)
            }
            _ => path.to_owned(),
        }
    }

    /// An answer with the addresses as tests write them.
    fn read(&mut self, path: &str, mut answer: Answer) -> Answer {
        self.browser.keep(&answer);
        if path.starts_with("/setup/vestibule_") {
            let next = answer.header("location").strip_suffix("/next").map(str::to_owned);
            self.base = next.unwrap_or_else(|| self.base.clone());
        }
        let (next, base) = (format!("{}/next", self.base), self.base.clone());
        let plain = |text: &str| text.replace(&next, "/setup").replace(&base, "/setup");
        answer.body = plain(&answer.body);
        let location = plain(answer.header("location"));
        if !location.is_empty() {
            answer.headers.insert(header::LOCATION, location.parse().unwrap());
        }
        answer
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = TestRequest::get().uri(&self.at(path));
        let answer = self.world.call(self.browser.with_cookies(request)).await;
        self.read(path, answer)
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request =
            TestRequest::post().uri(&self.at(path)).insert_header((header::ORIGIN, "http://localhost"));
        let answer = self.world.call(self.browser.with_cookies(request).set_form(form)).await;
        self.read(path, answer)
    }

    /// Posts a form with these parts, each with its name and perhaps more.
    pub async fn post_parts(&mut self, path: &str, body: Vec<u8>) -> Answer {
        let request = TestRequest::post()
            .uri(&self.at(path))
            .insert_header((header::ORIGIN, "http://localhost"))
            .insert_header((header::CONTENT_TYPE, "multipart/form-data; boundary=B"));
        let answer = self.world.call(self.browser.with_cookies(request).set_payload(body)).await;
        self.read(path, answer)
    }

    /// Posts the form with the file in it.
    pub async fn upload(&mut self, fields: &[(&str, &[u8])]) -> Answer {
        let mut body = Vec::new();
        for (name, content) in fields {
            let file = if *name == "file" { "; filename=\"m.xml\"" } else { "" };
            body.extend_from_slice(
                format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes(),
            );
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--B--\r\n");
        self.post_parts("/setup/metadata", body).await
    }

    /// The metadata of the provider that the draft is for.
    pub fn metadata(&self) -> String {
        let idp = &self.world.acme;
        let certificates = [idp.key.certificate_der()];
        let sso_url = format!("{}/sso", idp.entity_id);
        IdpDescription { entity_id: idp.entity_id, sso_url: &sso_url, certificates: &certificates }.to_xml()
    }

    /// With the draft described.
    pub async fn described(self) -> Self {
        let mut admin = self.opened().await;
        let metadata = admin.metadata();
        let answer = admin.upload(&[("file", metadata.as_bytes())]).await;
        assert_eq!(answer.header("location"), "/setup/review", "{} {}", answer.status, answer.body);
        admin
    }
}

/// A link to a new draft of Acme, and its token.
pub async fn link(world: &World) -> (SetupLink, String) {
    let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
    let organization = &world.gateway.acme.id;
    let made = create_setup_link(cx, &Actor::operator(), project, organization, NewSetupLink::saml()).await;
    let MadeLink { link, token, .. } = made.unwrap();
    (link, token.expose().to_owned())
}

pub fn refused(answer: &Answer, status: StatusCode, text: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.body.contains(text), "{text}: {}", answer.body);
}
