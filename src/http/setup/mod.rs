//! The set-up pages (R23): a customer's administrator, with a link and no account, describes the identity provider of a
//! draft connection and tests it, connects its provisioning and checks it, or both. One step, one file; every page works
//! without a script.

mod choice;
pub(super) mod frame;
mod metadata;
mod open;
mod provider;
mod review;
mod scim;
mod session;
mod test;
mod upload;
mod values;

use actix_web::{http::StatusCode, web};

use super::{Endpoint, HttpError};
use crate::service::setup::SetupError;

pub(in crate::http) use test::receive;

/// The endpoints.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/setup/{link}/next", || web::to(open::overview)),
    Endpoint::get("/setup/{link}/provider", || web::to(provider::show)),
    Endpoint::post("/setup/{link}/provider", || web::to(provider::choose)),
    Endpoint::get("/setup/{link}/values", || web::to(values::show)),
    Endpoint::get("/setup/{link}/values/{file}", || web::to(values::certificate)),
    Endpoint::get("/setup/{link}/metadata", || web::to(metadata::show)),
    Endpoint::post("/setup/{link}/metadata", || web::to(metadata::give)),
    Endpoint::get("/setup/{link}/metadata/choice", || web::to(choice::show)),
    Endpoint::post("/setup/{link}/metadata/choice", || web::to(choice::choose)),
    Endpoint::get("/setup/{link}/review", || web::to(review::show)),
    Endpoint::get("/setup/{link}/test", || web::to(test::show)),
    Endpoint::post("/setup/{link}/test", || web::to(test::begin)),
    Endpoint::post("/setup/{link}/test/name", || web::to(test::ask_for_name)),
    Endpoint::get("/setup/{link}/scim", || web::to(scim::connect::show)),
    Endpoint::post("/setup/{link}/scim/token", || web::to(scim::connect::make_token)),
    Endpoint::get("/setup/{link}/scim/check", || web::to(scim::check::show)),
    Endpoint::post("/setup/{link}/scim/check", || web::to(scim::check::run)),
    Endpoint::get("/setup/{link}/scim/requests", || web::to(scim::requests::show)),
    Endpoint::get("/setup/{link}/scim/preview", || web::to(scim::preview::show)),
    Endpoint::post("/setup/{link}/scim/preview", || web::to(scim::preview::run)),
    Endpoint::get("/setup/{token}", || web::to(open::open)),
];

/// What is no mistake in a form: the page for it.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refuse(error: SetupError) -> HttpError {
    let status = match &error {
        SetupError::LinkUnknown => StatusCode::NOT_FOUND,
        SetupError::LinkEnded => StatusCode::GONE,
        SetupError::NoSession => StatusCode::UNAUTHORIZED,
        SetupError::LinkInUse
        | SetupError::NotPart
        | SetupError::NotAllowed
        | SetupError::OrganizationDisabled => StatusCode::FORBIDDEN,
        SetupError::ConnectionNotDraft
        | SetupError::NotReady(_)
        | SetupError::ChangedSinceReview
        | SetupError::Untried(_) => StatusCode::CONFLICT,
        SetupError::Invalid(_) | SetupError::Metadata { .. } => StatusCode::BAD_REQUEST,
        SetupError::Connection(_) | SetupError::Store(_) | SetupError::Internal(_) => {
            return HttpError::internal(&error);
        }
    };
    let mut sentence = error.to_string();
    if let Some(first) = sentence.get(..1).map(str::to_uppercase) {
        sentence.replace_range(..1, &first);
    }
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    HttpError::new(status, error.code(), sentence)
}
