//! Making a link.

use serde_json::{Value, json};

use super::{
    Capability, SetupError,
    drafts::{self, By},
    manage::supersede,
};
use crate::{
    model::{
        Millis, OrganizationStatus,
        ids::{OrganizationId, ProjectId, SamlConnectionId, ScimConnectionId, SetupLinkId},
        secret::Secret,
    },
    service::{Actor, Change, Context, connections::ConnectionError, new_id, record::record},
    store::{
        Tx, organizations,
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

/// A link that was made.
#[derive(Debug)]
pub struct MadeLink {
    /// The link.
    pub link: SetupLink,
    /// What opens it, shown this once.
    pub token: Secret,
    /// Links to the same drafts that had not been used, and have ended.
    pub in_place_of: Vec<SetupLinkId>,
}

/// Makes a link to set up connections of an organization. One after another, as long as none is used, are for the same
/// drafts, and only the newest opens.
pub async fn create_setup_link(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    new: NewSetupLink,
) -> Result<MadeLink, SetupError> {
    let lifetime = new.lifetime.unwrap_or(LINK_LIFETIME);
    if !(60_000..=LINK_LIFETIME).contains(&lifetime) {
        return Err(SetupError::Invalid("A set-up link lives from one minute to seven days.".into()));
    }
    let capabilities = new.capabilities()?;
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
        saml_connection_id: None,
        scim_connection_id: None,
        provider: None,
        metadata_fetches: 0,
    };
    let (own, actor, project) = (cx.clone(), actor.clone(), project.clone());
    let write = move |tx: &mut Tx<'_>| {
        let mut link = link.clone();
        // One at a time in an organization: two would find the same draft unused. Drafts and links are locked after it, in
        // this order; whoever works through a link locks those alone.
        let organization = organizations::lock(tx, &project, &link.organization_id)?
            .ok_or(ConnectionError::NotFound("organization"))?;
        if organization.status != OrganizationStatus::Active {
            return Err(SetupError::OrganizationDisabled);
        }
        let by = By { cx: &own, actor: &actor, organization: &organization };
        let unused = drafts::unused(tx, &organization, &new, own.now())?;
        link.saml_connection_id = drafts::saml(tx, &by, &new.saml, unused.saml)?;
        link.scim_connection_id = drafts::scim(tx, &by, &new.scim, unused.scim)?;
        for earlier in &unused.links {
            supersede(tx, &own, &actor, &project, earlier)?;
        }
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
        Ok::<_, SetupError>((link, unused.links.into_iter().map(|earlier| earlier.id).collect()))
    };
    let (link, in_place_of) = cx.store.write(write).await?;
    Ok(MadeLink { link, token, in_place_of })
}

/// A link as the audit log and the host app see it.
pub(super) fn view(link: &SetupLink) -> Value {
    json!({
        "id": link.id, "samlConnectionId": link.saml_connection_id, "scimConnectionId": link.scim_connection_id,
        "capabilities": serde_json::from_str::<Value>(&link.capabilities).unwrap_or_default(),
        "expiresAt": link.expires_at, "revokedAt": link.revoked_at,
    })
}
