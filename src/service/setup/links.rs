//! Making a link.

use serde_json::{Value, json};

use super::{Capability, SetupError};
use crate::{
    model::{
        ConnectionStatus, Millis,
        ids::{OrganizationId, ProjectId, SamlConnectionId, ScimConnectionId, SetupLinkId},
        secret::Secret,
    },
    service::{
        Actor, Change, Context,
        connections::{ConnectionError, NewSamlConnection, create_saml_connection},
        egress::Egress,
        new_id,
        provisioning::admin::connections as scim,
        record::record,
    },
    store::{
        Tx, organizations, saml_connections, scim_connections,
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
    /// Signing in through SAML.
    pub saml: Part<SamlConnectionId>,
    /// Provisioning through SCIM.
    pub scim: Part<ScimConnectionId>,
    /// How long it lives; at most, and by default, [`LINK_LIFETIME`].
    pub lifetime: Option<Millis>,
    /// What it may do; everything that a link can for its connections where none are named.
    pub capabilities: Vec<Capability>,
}

/// A connection that a link is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Part<I> {
    /// None of this kind.
    #[default]
    Not,
    /// A new draft.
    New,
    /// This draft.
    Draft(I),
}

impl<I> Part<I> {
    /// This draft, a new one where one is wanted, or none.
    pub fn of(wanted: bool, draft: Option<I>) -> Self {
        match draft {
            Some(id) => Self::Draft(id),
            None if wanted => Self::New,
            None => Self::Not,
        }
    }
}

impl NewSetupLink {
    /// A link to a new SAML connection.
    pub fn saml() -> Self {
        Self { saml: Part::New, ..Self::default() }
    }

    /// A link to a new SCIM connection.
    pub fn scim() -> Self {
        Self { scim: Part::New, ..Self::default() }
    }

    /// A link to one of each.
    pub fn both() -> Self {
        Self { saml: Part::New, scim: Part::New, ..Self::default() }
    }

    fn is_for(&self, capability: Capability) -> bool {
        if capability.is_of_saml() { self.saml != Part::Not } else { self.scim != Part::Not }
    }

    fn capabilities(&self) -> Result<Vec<&'static str>, SetupError> {
        if self.saml == Part::Not && self.scim == Part::Not {
            return Err(SetupError::Invalid("A set-up link is for SAML, for SCIM, or for both.".into()));
        }
        let asked = if self.capabilities.is_empty() { &Capability::ALL[..] } else { &self.capabilities };
        let given = asked.iter().filter(|capability| self.is_for(**capability));
        Ok(given.map(|capability| capability.as_str()).collect())
    }
}

/// Makes a link to set up connections of an organization. The token is shown this once.
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
    let capabilities = new.capabilities()?;
    let saml = match new.saml {
        Part::Not => None,
        Part::New => Some(new_saml_draft(cx, actor, project, organization).await?),
        Part::Draft(id) => Some(id),
    };
    let token = Secret::random(PREFIX, &*cx.rng);
    let now = cx.now();
    let link = SetupLink {
        id: new_id!(cx, SetupLinkId),
        organization_id: organization.clone(),
        capabilities: json!(capabilities).to_string(),
        recipient_email: None,
        token_hash: token.hash(),
        session_hash: None,
        created_by: actor.id.clone().unwrap_or_else(|| "operator".into()),
        created_at: now,
        expires_at: now.plus(lifetime),
        exchanged_at: None,
        revoked_at: None,
        saml_connection_id: saml,
        scim_connection_id: None,
        provider: None,
        metadata_fetches: 0,
    };
    let (own, actor, project, scim) = (cx.clone(), actor.clone(), project.clone(), new.scim);
    let write = move |tx: &mut Tx<'_>| {
        let mut link = link.clone();
        check_saml(tx, &project, &link)?;
        link.scim_connection_id = scim_draft(tx, &own, &actor, &project, &link, &scim)?;
        setup_links::insert(tx, &link)?;
        let change = Change {
            project: &project,
            organization: Some(&link.organization_id),
            event: "setup_link.created",
            resource: link.id.as_str(),
            before: None,
            after: Some(view(&link)),
        };
        record(tx, &own, &actor, &change)?;
        Ok::<_, SetupError>(link)
    };
    Ok((cx.store.write(write).await?, token))
}

/// A link as the audit log and the host app see it.
pub(super) fn view(link: &SetupLink) -> Value {
    json!({
        "id": link.id, "samlConnectionId": link.saml_connection_id, "scimConnectionId": link.scim_connection_id,
        "capabilities": serde_json::from_str::<Value>(&link.capabilities).unwrap_or_default(),
        "expiresAt": link.expires_at, "revokedAt": link.revoked_at,
    })
}

async fn new_saml_draft(
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

/// The organization is of this project, and the SAML connection a draft of this organization.
fn check_saml(tx: &mut Tx<'_>, project: &ProjectId, link: &SetupLink) -> Result<(), SetupError> {
    organizations::find(tx, project, &link.organization_id)?
        .ok_or(ConnectionError::NotFound("organization"))?;
    let Some(id) = &link.saml_connection_id else { return Ok(()) };
    let target = saml_connections::find_in_project(tx, project, id)?
        .filter(|found| found.organization_id == link.organization_id)
        .ok_or(ConnectionError::NotFound("connection"))?;
    if target.status == ConnectionStatus::Draft { Ok(()) } else { Err(SetupError::ConnectionNotDraft) }
}

/// The SCIM connection that the link is for: a draft that is there, or a new one.
fn scim_draft(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    link: &SetupLink,
    part: &Part<ScimConnectionId>,
) -> Result<Option<ScimConnectionId>, SetupError> {
    match part {
        Part::Not => Ok(None),
        Part::New => {
            let organization = organizations::find(tx, project, &link.organization_id)?
                .ok_or(ConnectionError::NotFound("organization"))?;
            let made = scim::add(tx, cx, actor, &organization, "SCIM", ConnectionStatus::Draft)?;
            Ok(Some(made.id))
        }
        Part::Draft(id) => {
            let found = scim_connections::find(tx, &link.organization_id, id)?
                .ok_or(ConnectionError::NotFound("connection"))?;
            if found.status != ConnectionStatus::Draft {
                return Err(SetupError::ConnectionNotDraft);
            }
            Ok(Some(found.id))
        }
    }
}
