//! `POST /v1/setup-links`: a link for a customer's administrator, made by the host app for one of its organizations.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use crate::{
    http::{HttpError, RequestContext, auth::BackendKey, body},
    model::ids::{OrganizationId, SamlConnectionId},
    service::{
        Actor, ActorKind, Context,
        connections::ConnectionError,
        setup::{self, NewSetupLink, SetupError},
    },
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewLink {
    organization_id: String,
    /// The draft to set up; a new one if left out.
    saml_connection_id: Option<String>,
    /// At most, and by default, seven days.
    expires_in_seconds: Option<i64>,
}

/// Makes a link. Its address is in this answer alone.
pub(super) async fn create(
    request: HttpRequest,
    payload: web::Payload,
    key: BackendKey,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    body::require_type(&request, &["application/json"])?;
    let bytes = body::read(&request, payload, body::DEFAULT_LIMIT).await?;
    let wanted: NewLink = serde_json::from_slice(&bytes).map_err(|_| {
        HttpError::bad_request("invalid_argument", "The body must be a JSON object with an organizationId.")
    })?;
    let organization =
        OrganizationId::parse(&wanted.organization_id).map_err(|_| not_found("organization"))?;
    let connection = wanted.saml_connection_id.as_deref().map(SamlConnectionId::parse).transpose();
    let new = NewSetupLink {
        connection: connection.map_err(|_| not_found("connection"))?,
        lifetime: wanted.expires_in_seconds.map(|seconds| seconds.saturating_mul(1000)),
        ..NewSetupLink::default()
    };
    let actor = Actor { kind: ActorKind::BackendApiKey, id: None, request_id: Some(context.id().to_owned()) };
    let made = setup::create_setup_link(&cx, &actor, &key.project, &organization, new).await;
    let (link, token) = made.map_err(|error| refuse(&error))?;
    context.set_organization(organization.as_str());
    Ok(HttpResponse::Created().json(json!({
        "setupLink": {
            "id": link.id,
            "organizationId": link.organization_id,
            "samlConnectionId": link.connection_id,
            "url": context.site()?.url(&format!("/setup/{}", token.expose())),
            "expiresAt": link.expires_at,
        }
    })))
}

fn refuse(error: &SetupError) -> HttpError {
    match error {
        SetupError::Connection(ConnectionError::NotFound(what)) => not_found(what),
        SetupError::ConnectionNotDraft => {
            HttpError::bad_request("failed_precondition", "The connection is live; a link is for a draft.")
        }
        SetupError::Invalid(text) => HttpError::bad_request("invalid_argument", text.clone()),
        other => HttpError::internal(other),
    }
}

fn not_found(what: &str) -> HttpError {
    HttpError::not_found(format!("There is no {what} of this id."))
}
