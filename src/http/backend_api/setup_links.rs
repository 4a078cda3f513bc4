//! `/v1/setup-links`: links for customers' administrators, made, listed and ended by the host app for its organizations.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{actor, json_body, not_found, organization_id, organization_in_query, refuse};
use crate::{
    http::{HttpError, RequestContext, auth::BackendKey},
    model::{
        Timestamp,
        ids::{SamlConnectionId, ScimConnectionId, SetupLinkId},
    },
    service::{
        Context,
        setup::{self, LinkState, MadeLink, NewSetupLink, Part, SetupLink},
    },
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewLink {
    organization_id: String,
    /// What is to be set up; sign-in if left out.
    kinds: Option<Vec<Kind>>,
    /// The draft to set up; a new one if left out.
    saml_connection_id: Option<String>,
    /// The draft to set up; a new one if left out.
    scim_connection_id: Option<String>,
    /// At most, and by default, seven days.
    expires_in_seconds: Option<i64>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Saml,
    Scim,
}

/// Makes a link, and names those that have ended for it. Its address is in this answer alone.
pub(super) async fn create(
    request: HttpRequest,
    payload: web::Payload,
    key: BackendKey,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let message = "The body must be a JSON object with an organizationId, and kinds of saml and scim.";
    let wanted: NewLink = json_body(&request, payload, message).await?;
    let organization = organization_id(&wanted.organization_id)?;
    let new = wanted.link()?;
    let made = setup::create_setup_link(&cx, &actor(&key, &context), &key.project, &organization, new).await;
    let MadeLink { link, token, in_place_of } = made.map_err(|error| refuse(&error))?;
    context.set_organization(organization.as_str());
    let mut shown = projection(&link, cx.now());
    shown["url"] = context.site()?.url(&format!("/setup/{}", token.expose())).into();
    Ok(HttpResponse::Created().json(json!({ "setupLink": shown, "inPlaceOf": in_place_of })))
}

/// The links of an organization, newest first.
pub(super) async fn list(
    request: HttpRequest,
    key: BackendKey,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let organization = organization_in_query(&request)?;
    let links = setup::list_setup_links(&cx, &key.project, &organization).await;
    let links = links.map_err(|error| refuse(&error))?;
    context.set_organization(organization.as_str());
    let links: Vec<Value> = links.iter().map(|link| projection(link, cx.now())).collect();
    Ok(HttpResponse::Ok().json(json!({ "setupLinks": links })))
}

/// Ends a link. One that has ended stays so.
pub(super) async fn revoke(
    id: web::Path<String>,
    key: BackendKey,
    context: RequestContext,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let id = SetupLinkId::parse(&id).map_err(|_| not_found("set-up link"))?;
    let revoked = setup::revoke_setup_link(&cx, &actor(&key, &context), &key.project, &id).await;
    let (link, tokens) = revoked.map_err(|error| refuse(&error))?;
    context.set_organization(link.organization_id.as_str());
    let shown = projection(&link, cx.now());
    Ok(HttpResponse::Ok().json(json!({ "setupLink": shown, "scimTokensRevoked": tokens })))
}

impl NewLink {
    fn link(&self) -> Result<NewSetupLink, HttpError> {
        let saml = self.saml_connection_id.as_deref().map(SamlConnectionId::parse).transpose();
        let scim = self.scim_connection_id.as_deref().map(ScimConnectionId::parse).transpose();
        let (saml, scim) =
            (saml.map_err(|_| not_found("connection"))?, scim.map_err(|_| not_found("connection"))?);
        let named = |kind| self.kinds.as_ref().is_some_and(|kinds| kinds.contains(&kind));
        // Sign-in is what a link is for that says nothing.
        let plain = self.kinds.is_none() && scim.is_none();
        Ok(NewSetupLink {
            saml: Part::of(plain || named(Kind::Saml), saml),
            scim: Part::of(named(Kind::Scim), scim),
            lifetime: self.expires_in_seconds.map(|seconds| seconds.saturating_mul(1000)),
            capabilities: Vec::new(),
        })
    }
}

/// A link, without what opens it.
fn projection(link: &SetupLink, now: Timestamp) -> Value {
    json!({
        "id": link.id,
        "organizationId": link.organization_id,
        "samlConnectionId": link.saml_connection_id,
        "scimConnectionId": link.scim_connection_id,
        "state": LinkState::of(link, now).as_str(),
        "createdAt": link.created_at,
        "expiresAt": link.expires_at,
        "revokedAt": link.revoked_at,
    })
}
