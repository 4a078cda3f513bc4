//! `/v1/connections`: what a customer's owner looks at in the host app, and puts into use there (R23).

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{actor, json_body, not_found, organization_id, organization_in_query, refuse};
use crate::{
    http::{HttpError, RequestContext, auth::BackendKey},
    model::{ConnectionStatus, Timestamp},
    service::{
        Context, connections,
        setup::{self, ReviewedSaml, ReviewedScim, Reviews, SetupError, Untried},
    },
};

/// What is put into use: a connection of this organization, as it was shown.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Activation {
    organization_id: String,
    /// Of the connection that was looked at.
    mark: String,
    /// Whether it may go live although nothing shows that it works.
    #[serde(default)]
    untried: bool,
}

/// The connections of an organization, with what is known of each, and the mark that it is put into use by.
pub(super) async fn list(
    request: HttpRequest,
    key: BackendKey,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let organization = organization_in_query(&request)?;
    let reviews = setup::review_organization(&cx, &key.project, &organization).await;
    let reviews = reviews.map_err(|error| refuse(&error))?;
    context.set_organization(organization.as_str());
    Ok(HttpResponse::Ok().json(json!({
        "samlConnections": reviews.saml.iter().map(saml).collect::<Vec<_>>(),
        "scimConnections": reviews.scim.iter().map(scim).collect::<Vec<_>>(),
    })))
}

/// Puts a draft for sign-in into use.
pub(super) async fn activate_saml(
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
    key: BackendKey,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let (asked, reviews) = asked(&request, payload, &key, &context, &cx).await?;
    let found = reviews.saml.iter().find(|one| one.connection.id.as_str() == id.as_str());
    let reviewed = found.ok_or_else(|| not_found("connection"))?;
    require_draft(reviewed.connection.status)?;
    reviewed.may_go_live(Some(&asked.mark), asked.untried).map_err(|error| refuse(&error))?;
    let id = &reviewed.connection.id;
    let live = setup::activate_saml(&cx, &actor(&key, &context), &key.project, id, &asked.mark).await;
    live.map_err(|error| refuse(&error))?;
    let live = setup::review_saml(&cx, &key.project, id).await.map_err(|error| refuse(&error))?;
    Ok(HttpResponse::Ok().json(json!({ "samlConnection": saml(&live) })))
}

/// Puts a draft for provisioning into use: from now on, who has one of its tokens writes users.
pub(super) async fn activate_scim(
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
    key: BackendKey,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let (asked, reviews) = asked(&request, payload, &key, &context, &cx).await?;
    let found = reviews.scim.iter().find(|one| one.connection.id.as_str() == id.as_str());
    let reviewed = found.ok_or_else(|| not_found("connection"))?;
    require_draft(reviewed.connection.status)?;
    reviewed.may_go_live(Some(&asked.mark), asked.untried).map_err(|error| refuse(&error))?;
    let (organization, id) = (&reviewed.connection.organization_id, &reviewed.connection.id);
    let actor = actor(&key, &context);
    let live = setup::activate_scim(&cx, &actor, &key.project, organization, id, &asked.mark).await;
    live.map_err(|error| refuse(&error))?;
    let live = setup::review_scim(&cx, &key.project, organization, id).await;
    let live = live.map_err(|error| refuse(&error))?;
    Ok(HttpResponse::Ok().json(json!({ "scimConnection": scim(&live) })))
}

/// The body, and the connections of the organization that it names: the host app says for whom it asks, and a connection of
/// somebody else is not found, whatever id its page was made to send.
async fn asked(
    request: &HttpRequest,
    payload: web::Payload,
    key: &BackendKey,
    context: &RequestContext,
    cx: &Context,
) -> Result<(Activation, Reviews), HttpError> {
    let message = "The body must be a JSON object with an organizationId and the mark of the connection.";
    let asked: Activation = json_body(request, payload, message).await?;
    let organization = organization_id(&asked.organization_id)?;
    let reviews = setup::review_organization(cx, &key.project, &organization).await;
    let reviews = reviews.map_err(|error| refuse(&error))?;
    context.set_organization(organization.as_str());
    Ok((asked, reviews))
}

/// What the operator has switched off is not the customer's to switch on.
fn require_draft(status: ConnectionStatus) -> Result<(), HttpError> {
    match status {
        ConnectionStatus::Draft => Ok(()),
        ConnectionStatus::Enabled | ConnectionStatus::Disabled => {
            Err(refuse(&SetupError::ConnectionNotDraft))
        }
    }
}

fn saml(reviewed: &ReviewedSaml) -> Value {
    let row = &reviewed.connection;
    let certificates: Vec<Value> = reviewed
        .keys
        .iter()
        .map(|key| json!({ "sha256Fingerprint": key.fingerprint, "expiresAt": key.not_after }))
        .collect();
    json!({
        "id": row.id,
        "organizationId": row.organization_id,
        "displayName": row.display_name,
        "provider": row.provider,
        "status": row.status.as_str(),
        "idpEntityId": row.idp_entity_id,
        "idpSsoRedirectUrl": row.idp_sso_redirect_url,
        "idpSsoPostUrl": row.idp_sso_post_url,
        "idpSloUrl": row.idp_slo_url,
        // Whoever answers at this address gives the keys from now on (R24).
        "metadataUrl": row.metadata_url,
        "certificates": certificates,
        "settings": connections::settings(row),
        "tried": tried(reviewed.tried()),
        "mark": reviewed.mark(),
    })
}

fn scim(reviewed: &ReviewedScim) -> Value {
    let row = &reviewed.connection;
    let tokens: Vec<Value> = reviewed
        .keys
        .iter()
        .map(|key| {
            json!({
                "id": key.id, "displayName": key.display_name, "suffix": key.token_suffix,
                "setupLinkId": key.setup_link_id, "lastUsedAt": key.last_used_at, "expiresAt": key.expires_at,
            })
        })
        .collect();
    json!({
        "id": row.id,
        "organizationId": row.organization_id,
        "displayName": row.display_name,
        "provider": row.provider,
        "status": row.status.as_str(),
        "tokens": tokens,
        "tried": tried(reviewed.tried()),
        "mark": reviewed.mark(),
    })
}

/// Since when a connection is known to work, or why it is not.
fn tried(tried: Result<Timestamp, Untried>) -> Value {
    match tried {
        Ok(at) => json!({ "passedAt": at }),
        Err(not) => json!({ "problem": not.to_string() }),
    }
}
