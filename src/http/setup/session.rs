//! The browser's session of a set-up link: a cookie of its own that never leaves this host, and a check that forms are our own.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, ResponseError as _,
    dev::Payload,
    http::{StatusCode, header},
    web,
};

use super::refuse;
use crate::{
    http::{
        HttpError, RequestContext, Site,
        cookies::{self, HostCookie, SameSite},
    },
    model::{ids::SetupLinkId, secret::Secret},
    service::{
        Context,
        setup::{self, Opened, Progress, SetupError, Wizard},
    },
};

/// What the names of the cookies begin with; the id of the link follows, so that two links in one browser have a session
/// each.
const LINK: &str = "vestibule_setup_link_";

fn name(link: &SetupLinkId) -> String {
    format!("vestibule_{link}")
}

fn test_name(connection: &str) -> String {
    format!("vestibule_setup_test_{connection}")
}

/// The sessions of all links that the browser holds.
pub(super) fn held(request: &HttpRequest) -> Vec<Secret> {
    cookies::read_all(request, LINK).map(Secret::new).collect()
}

/// Sets the session, for as long as the link lives.
pub(super) fn set(opened: &Opened) -> (header::HeaderName, String) {
    let (name, value) = (name(&opened.link).into(), opened.session.expose().to_owned());
    HostCookie { name, value, max_age: Some(opened.seconds), same_site: SameSite::Lax }.header()
}

/// In so many tabs a browser may test a connection at once. Beyond it the oldest test is forgotten.
const TABS: usize = 5;

/// Between the nonces in the cookie. It is in none of them.
const BETWEEN: char = '.';

/// The nonces of the test logins of this connection that are in progress, the oldest first.
pub(super) fn tests_sent(request: &HttpRequest, connection: &str) -> Vec<Secret> {
    let sent = cookies::read(request, &test_name(connection)).unwrap_or_default();
    let nonces = sent.split(BETWEEN).filter(|nonce| !nonce.is_empty());
    nonces.take(TABS).map(Secret::new).collect()
}

/// Sets the nonces of the test logins in progress, for so many seconds; without any it removes them. SameSite=None: the
/// answer is a cross-site POST, and it must arrive with them.
pub(super) fn set_tests(connection: &str, nonces: &[Secret], seconds: u32) -> (header::HeaderName, String) {
    let name = test_name(connection);
    if nonces.is_empty() {
        return HostCookie::removal(name, SameSite::None).header();
    }
    let newest = &nonces[nonces.len().saturating_sub(TABS)..];
    let value = newest.iter().map(Secret::expose).collect::<Vec<_>>().join(&BETWEEN.to_string());
    HostCookie { name: name.into(), value, max_age: Some(seconds), same_site: SameSite::None }.header()
}

/// A browser that holds a set-up link's session, at its project's host.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    /// The session.
    pub(super) session: Secret,
    /// What it works on.
    pub(super) wizard: Wizard,
    /// How far it is.
    pub(super) progress: Progress,
    /// The site that was asked.
    pub(super) site: Site,
    /// The request's id.
    pub(super) request_id: String,
}

impl Setup {
    /// What the addresses of this link's pages begin with. The link is named in each, so that two of them in one browser
    /// are not mistaken for each other; its id opens nothing.
    pub(super) fn base(&self) -> String {
        base(&self.wizard.link.id)
    }

    /// On to a page of this link.
    pub(super) fn go(&self, path: &str) -> HttpResponse {
        HttpResponse::SeeOther().insert_header((header::LOCATION, self.base() + path)).finish()
    }

    /// What is no mistake in a form: the page for it.
    pub(super) fn refuse(&self, error: SetupError) -> HttpError {
        let refused = refuse(error);
        // What is not possible now leads back to what is.
        match refused.status_code() {
            StatusCode::CONFLICT => refused.onward(self.base() + NEXT),
            _ => refused,
        }
    }
}

/// Where one goes on, below the address of a link.
pub(super) const NEXT: &str = "/next";

/// What the addresses of a link's pages begin with.
pub(super) fn base(link: &SetupLinkId) -> String {
    format!("/setup/{link}")
}

impl FromRequest for Setup {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let context = RequestContext::from_request(request, payload);
        let link = request.match_info().get("link").and_then(|link| SetupLinkId::parse(link).ok());
        let session = link.as_ref().and_then(|link| cookies::read(request, &name(link))).map(Secret::new);
        let cx = request.app_data::<web::Data<Context>>().cloned();
        let foreign = request.method() == actix_web::http::Method::POST && is_foreign(request);
        let origin = request.headers().get(header::ORIGIN).cloned();
        Box::pin(async move {
            let cx = cx.ok_or_else(|| HttpError::internal("an application without its context"))?;
            let context = context.await?;
            let site = context.site()?.clone();
            let elsewhere = origin.is_some_and(|origin| origin.as_bytes() != site.origin.as_bytes());
            if foreign || elsewhere {
                let message = "This form was sent from another site. Please open your set-up link again.";
                return Err(HttpError::new(StatusCode::FORBIDDEN, "cross_origin", message));
            }
            let session = session.ok_or_else(|| refuse(SetupError::NoSession))?;
            let (wizard, progress) = setup::wizard(&cx, &site.project, &session).await.map_err(refuse)?;
            if link.as_ref() != Some(&wizard.link.id) {
                return Err(refuse(SetupError::NoSession));
            }
            context.set_organization(wizard.link.organization_id.as_str());
            Ok(Self { session, wizard, progress, site, request_id: context.id().to_owned() })
        })
    }
}

/// What browsers say of a form that another site sent, where they leave the origin out.
fn is_foreign(request: &HttpRequest) -> bool {
    let site = request.headers().get("sec-fetch-site").and_then(|value| value.to_str().ok());
    matches!(site, Some("cross-site" | "same-site"))
}
