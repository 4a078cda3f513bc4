//! Making a link.

use serde_json::json;

use super::{Capability, SetupError};
use crate::{
    model::{
        ConnectionStatus, Millis,
        ids::{OrganizationId, ProjectId, SamlConnectionId, SetupLinkId},
        secret::Secret,
    },
    service::{
        Actor, Change, Context,
        connections::{ConnectionError, NewSamlConnection, create_saml_connection},
        egress::Egress,
        new_id,
        record::record,
    },
    store::{
        Tx, organizations, saml_connections,
        setup_links::{self, SetupLink},
    },
};

/// How long a link lives at most, and unless asked otherwise.
pub const LINK_LIFETIME: Millis = 7 * 24 * 60 * 60 * 1000;

/// What a link's token begins with, so that scanners find leaked ones.
const PREFIX: &str = "vestibule_setup_";

/// A link to be.
#[derive(Debug, Clone, Default)]
pub struct NewSetupLink {
    /// The draft that it is for; a new one where none is named.
    pub connection: Option<SamlConnectionId>,
    /// How long it lives; at most, and by default, [`LINK_LIFETIME`].
    pub lifetime: Option<Millis>,
    /// What it may do; everything that a link can where none are named.
    pub capabilities: Vec<Capability>,
}

/// Makes a link to set up a SAML connection of an organization. The token is shown this once.
pub async fn create_setup_link(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    new: NewSetupLink,
) -> Result<(SetupLink, Secret), SetupError> {
    let lifetime = new.lifetime.unwrap_or(LINK_LIFETIME);
    if !(60_000..=LINK_LIFETIME).contains(&lifetime) {
        return Err(SetupError::Invalid("A set-up link lives from one minute to seven days.".into()));
    }
    let connection = match new.connection {
        Some(connection) => connection,
        None => new_draft(cx, actor, project, organization).await?,
    };
    let token = Secret::random(PREFIX, &*cx.rng);
    let now = cx.now();
    let named = if new.capabilities.is_empty() { Capability::ALL.to_vec() } else { new.capabilities };
    let capabilities: Vec<&str> = named.into_iter().map(Capability::as_str).collect();
    let link = SetupLink {
        id: new_id!(cx, SetupLinkId),
        organization_id: organization.clone(),
        connection_kind: "saml".into(),
        connection_id: connection.to_string(),
        capabilities: json!(capabilities).to_string(),
        recipient_email: None,
        token_hash: token.hash(),
        session_hash: None,
        created_by: actor.id.clone().unwrap_or_else(|| "operator".into()),
        created_at: now,
        expires_at: now.plus(lifetime),
        exchanged_at: None,
        revoked_at: None,
    };
    let (own, actor, project) = (cx.clone(), actor.clone(), project.clone());
    let write = move |tx: &mut Tx<'_>| {
        organizations::find(tx, &project, &link.organization_id)?
            .ok_or(ConnectionError::NotFound("organization"))?;
        let target = saml_connections::find_in_project(tx, &project, &connection)?
            .filter(|found| found.organization_id == link.organization_id)
            .ok_or(ConnectionError::NotFound("connection"))?;
        if target.status != ConnectionStatus::Draft {
            return Err(SetupError::ConnectionNotDraft);
        }
        setup_links::insert(tx, &link)?;
        let change = Change {
            project: &project,
            organization: Some(&link.organization_id),
            event: "setup_link.created",
            resource: link.id.as_str(),
            before: None,
            after: Some(json!({
                "id": link.id, "samlConnectionId": link.connection_id, "capabilities": capabilities,
                "expiresAt": link.expires_at,
            })),
        };
        record(tx, &own, &actor, &change)?;
        Ok(link.clone())
    };
    Ok((cx.store.write(write).await?, token))
}

async fn new_draft(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<SamlConnectionId, SetupError> {
    let new = NewSamlConnection { display_name: "SAML".into(), metadata: None, jit_provisioning: None };
    // Nothing is fetched for a draft without metadata.
    let made = create_saml_connection(cx, actor, &Egress::default(), project, organization, new).await?;
    Ok(made.id)
}
