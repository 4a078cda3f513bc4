//! The browser's session of a set-up link: a cookie that never leaves this host, and a check that forms are our own.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
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
    model::secret::Secret,
    service::{
        Context,
        setup::{self, Opened, Progress, Wizard},
    },
};

const NAME: &str = "vestibule_setup";
const TEST: &str = "vestibule_setup_test";

/// The session that the browser sent, if it sent one.
pub(super) fn sent(request: &HttpRequest) -> Option<Secret> {
    cookies::read(request, NAME).map(Secret::new)
}

/// Sets the session, for as long as the link lives.
pub(super) fn set(opened: &Opened) -> (header::HeaderName, String) {
    let value = opened.session.expose().to_owned();
    HostCookie { name: NAME, value, max_age: Some(opened.seconds), same_site: SameSite::Lax }.header()
}

/// The nonce of a test login in progress.
pub(super) fn test_sent(request: &HttpRequest) -> Option<Secret> {
    cookies::read(request, TEST).map(Secret::new)
}

/// Sets the nonce of a test login. SameSite=None: the answer is a cross-site POST, and it must arrive with it.
pub(super) fn set_test(nonce: &Secret, seconds: u32) -> (header::HeaderName, String) {
    let value = nonce.expose().to_owned();
    HostCookie { name: TEST, value, max_age: Some(seconds), same_site: SameSite::None }.header()
}

/// Removes the nonce of a test login that has ended.
pub(super) fn end_test() -> (header::HeaderName, String) {
    HostCookie::removal(TEST, SameSite::None).header()
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

impl FromRequest for Setup {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let context = RequestContext::from_request(request, payload);
        let (session, cx) = (sent(request), request.app_data::<web::Data<Context>>().cloned());
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
            let session = session.ok_or_else(|| refuse(setup::SetupError::NoSession))?;
            let (wizard, progress) = setup::wizard(&cx, &site.project, &session).await.map_err(refuse)?;
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
