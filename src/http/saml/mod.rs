//! The SAML service provider's endpoints, one file each. The connection in the URL decides keys and organization (R4).

mod acs;
mod init;
mod metadata;
mod slo;

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web,
};

use super::{Endpoint, HttpError, RequestContext, oidc};
use crate::service::{
    Context,
    sso::{self, Refusal, Refused, SsoError},
};

/// The endpoints.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/api/saml/v1/{connection}/init", || web::to(init::init)),
    Endpoint::post("/api/saml/v1/{connection}/acs", || web::to(acs::acs)),
    Endpoint::get("/api/saml/v1/{connection}/slo", || web::to(slo::by_query)),
    Endpoint::post("/api/saml/v1/{connection}/slo", || web::to(slo::by_form)),
    Endpoint::get("/api/saml/v1/{connection}/metadata", || web::to(metadata::metadata)),
];

/// What the browser is told: that it did not work, and the reference under which the reason is kept. A host app that
/// began the login is told by way of the browser, at once where it asked for silence (`prompt=none`), else when the
/// person goes back.
async fn refuse(
    cx: &Context,
    context: &RequestContext,
    connection: &str,
    error: SsoError,
    message: Option<&Arc<str>>,
) -> Result<HttpResponse, HttpError> {
    let (refusal, back) = match error {
        SsoError::NotFound => return Err(HttpError::not_found("There is no such sign-in connection.")),
        SsoError::Refused(refusal) => (refusal, None),
        SsoError::RefusedInFlow { refusal, back } => (refusal, back.map(|back| *back)),
        SsoError::Store(_) | SsoError::Request(_) | SsoError::Sign(_) | SsoError::Keys(_) => {
            return Err(HttpError::internal(error));
        }
    };
    let site = context.site()?;
    let (project, reference) = (&site.project, context.id());
    sso::refused(cx, Refused { project, connection, reference, refusal: &refusal, message }).await;
    let answer = match &refusal {
        // Nobody has come back from a provider: to a stranger a draft is as one that is switched off.
        Refusal::ConnectionDraft if message.is_none() => sign_in_refused(&Refusal::ConnectionNotUsable),
        refusal => sign_in_refused(refusal),
    };
    match back {
        Some(back) if back.at_once => {
            let location = oidc::way_back(site, &back);
            Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish())
        }
        Some(back) => Err(answer.onward(oidc::way_back(site, &back))),
        None => Err(answer),
    }
}

/// The page of a refused login.
pub(super) fn sign_in_refused(refusal: &Refusal) -> HttpError {
    if matches!(refusal, Refusal::ConnectionDraft) {
        // Whoever sets it up pressed the provider's own test, or took too long. Where the set-up is, is no stranger's business.
        let message = "A sign-in through this connection cannot be completed yet. If you are setting it up, go back to the \
                       set-up page and press Test sign-in there: a test that begins at the identity provider, or ends more \
                       than ten minutes after it began, ends here. If you are not, please sign in the way you did before.";
        return HttpError::new(StatusCode::FORBIDDEN, "connection_draft", message);
    }
    let status = if refusal.is_malformed() { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN };
    let message = "We could not sign you in. Please start again from the application. If it happens again, give your \
                   administrator this reference.";
    HttpError::new(status, "sign_in_refused", message)
}
