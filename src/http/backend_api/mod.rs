//! The host app's back end: `/v1`, with a back-end API key.

mod connections;
mod events;
mod setup_links;

use actix_web::{HttpRequest, web};

use serde::de::DeserializeOwned;

use super::{Endpoint, HttpError, RequestContext, auth::BackendKey, body, params::Params};
use crate::{
    model::ids::OrganizationId,
    service::{Actor, ActorKind, connections::ConnectionError, setup::SetupError},
};

/// The endpoints.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/v1/connections", || web::to(connections::list)),
    Endpoint::get("/v1/events", || web::to(events::events)),
    Endpoint::post("/v1/saml-connections/{id}/activate", || web::to(connections::activate_saml)),
    Endpoint::post("/v1/scim-connections/{id}/activate", || web::to(connections::activate_scim)),
    Endpoint::get("/v1/setup-links", || web::to(setup_links::list)),
    Endpoint::post("/v1/setup-links", || web::to(setup_links::create)),
    Endpoint::delete("/v1/setup-links/{id}", || web::to(setup_links::revoke)),
];

fn actor(key: &BackendKey, context: &RequestContext) -> Actor {
    Actor {
        kind: ActorKind::BackendApiKey,
        id: Some(key.id.to_string()),
        request_id: Some(context.id().to_owned()),
    }
}

/// A body of JSON; `message` says what it should have been.
async fn json_body<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: web::Payload,
    message: &'static str,
) -> Result<T, HttpError> {
    body::require_type(request, &["application/json"])?;
    let bytes = body::read(request, payload, body::DEFAULT_LIMIT).await?;
    serde_json::from_slice(&bytes).map_err(|_| HttpError::bad_request("invalid_argument", message))
}

/// The parameter `organizationId`.
fn organization_in_query(request: &HttpRequest) -> Result<OrganizationId, HttpError> {
    let mut params = Params::parse(request.query_string().as_bytes())
        .map_err(|error| HttpError::bad_request("invalid_argument", error.to_string()))?;
    let missing = || HttpError::bad_request("invalid_argument", "The parameter organizationId is missing.");
    organization_id(&params.take("organizationId").ok_or_else(missing)?)
}

fn organization_id(text: &str) -> Result<OrganizationId, HttpError> {
    OrganizationId::parse(text).map_err(|_| not_found("organization"))
}

fn refuse(error: &SetupError) -> HttpError {
    let precondition = |message: String| HttpError::bad_request("failed_precondition", message);
    match error {
        SetupError::Connection(ConnectionError::NotFound(what)) => not_found(what),
        SetupError::ConnectionNotDraft => precondition("The connection is not a draft.".into()),
        SetupError::OrganizationDisabled => {
            precondition("The organization is switched off; nothing is set up for it meanwhile.".into())
        }
        SetupError::ChangedSinceReview => precondition(
            "The connection was changed after it was looked at; show it again, with its new mark.".into(),
        ),
        SetupError::Untried(not) => precondition(format!(
            "The connection is not known to work ({not}); try it, or say that untried will do."
        )),
        SetupError::Connection(ConnectionError::Invalid(text)) => precondition(format!("Not yet: {text}.")),
        SetupError::Invalid(text) => HttpError::bad_request("invalid_argument", text.clone()),
        other => HttpError::internal(other),
    }
}

fn not_found(what: &str) -> HttpError {
    HttpError::not_found(format!("There is no {what} of this id."))
}
