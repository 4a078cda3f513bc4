//! The SAML service provider's endpoints, one file each. The connection in the URL decides keys and organization (R4).

mod acs;
mod init;
mod metadata;

use actix_web::{http::StatusCode, web};

use super::{Endpoint, HttpError, RequestContext};
use crate::service::{
    Context,
    sso::{self, SsoError},
};

/// The endpoints.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/api/saml/v1/{connection}/init", || web::to(init::init)),
    Endpoint::post("/api/saml/v1/{connection}/acs", || web::to(acs::acs)),
    Endpoint::get("/api/saml/v1/{connection}/metadata", || web::to(metadata::metadata)),
];

/// What the browser is told: that it did not work, and the reference under which the reason is kept.
async fn refuse(cx: &Context, context: &RequestContext, connection: &str, error: SsoError) -> HttpError {
    let refusal = match error {
        SsoError::NotFound => return HttpError::not_found("There is no such sign-in connection."),
        SsoError::Refused(refusal) => refusal,
        SsoError::Store(error) => return HttpError::internal(error),
        SsoError::Request(error) => return HttpError::internal(error),
    };
    if let Ok(site) = context.site() {
        sso::refused(cx, &site.project, connection, context.id(), &refusal).await;
    }
    let status = if refusal.is_malformed() { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN };
    let message = "We could not sign you in. Please start again from the application. If it happens again, give your \
                   administrator this reference.";
    HttpError::new(status, "sign_in_refused", message)
}
