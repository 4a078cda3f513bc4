//! From the link to a session in one browser. Mail scanners open links before people do: until a browser has changed
//! something, the link can be opened again, and the browser that opened it before is shown out. From the first change
//! on it is that browser's alone.

use super::{
    Capability, SetupError,
    links::view,
    progress::{Progress, progress},
};
use crate::{
    model::{
        ConnectionStatus, OrganizationStatus,
        ids::{OrganizationId, ProjectId, SamlConnectionId, ScimConnectionId, SetupLinkId},
        secret::Secret,
    },
    service::{Actor, ActorKind, Change, Context, providers, record::record},
    store::{
        StoreError, Tx,
        organizations::{self, Organization},
        projects,
        saml_connections::{self, SamlConnection},
        scim_connections::{self, ScimConnection},
        setup_links::{self, SetupLink},
    },
};

/// A link that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The link.
    pub link: SetupLinkId,
    /// For the browser's cookie.
    pub session: Secret,
    /// For how long, in seconds.
    pub seconds: u32,
}

/// What a browser that holds a link works on: at least one of the two connections.
#[derive(Debug, Clone)]
pub struct Wizard {
    /// The link.
    pub link: SetupLink,
    /// The SAML connection that it is for.
    pub saml: Option<SamlConnection>,
    /// The SCIM connection that it is for.
    pub scim: Option<ScimConnection>,
    /// The customer's name.
    pub organization: String,
    /// The product's name.
    pub product: String,
}

impl Wizard {
    /// The SAML connection, of a link that is for one.
    pub fn saml(&self) -> Result<&SamlConnection, SetupError> {
        self.saml.as_ref().ok_or(SetupError::NotPart)
    }

    /// The SCIM connection, of a link that is for one.
    pub fn scim(&self) -> Result<&ScimConnection, SetupError> {
        self.scim.as_ref().ok_or(SetupError::NotPart)
    }

    /// Whether the SAML connection may be changed.
    pub fn is_saml_draft(&self) -> bool {
        self.saml.as_ref().is_some_and(|connection| connection.status == ConnectionStatus::Draft)
    }

    /// Whether the SCIM connection may be changed.
    pub fn is_scim_draft(&self) -> bool {
        self.scim.as_ref().is_some_and(|connection| connection.status == ConnectionStatus::Draft)
    }

    /// The provider that was chosen or recognised.
    pub fn provider(&self) -> &'static providers::Provider {
        let recognised = || self.saml.as_ref().map_or(providers::GENERIC, |saml| saml.provider.as_str());
        providers::of(self.link.provider.as_deref().unwrap_or_else(recognised))
    }

    /// Whether the link names this capability.
    pub(super) fn allows(&self, capability: Capability) -> bool {
        let allowed: Vec<String> = serde_json::from_str(&self.link.capabilities).unwrap_or_default();
        allowed.iter().any(|name| name == capability.as_str())
    }
}

/// Exchanges a link's token for a session. `held` are the sessions of links that the browser has already; it keeps the one
/// that is this link's.
pub async fn open(
    cx: &Context,
    project: &ProjectId,
    token: &Secret,
    held: Vec<Secret>,
    request_id: &str,
) -> Result<Opened, SetupError> {
    let session = Secret::random("", &*cx.rng);
    let (own, project, token, held) = (cx.clone(), project.clone(), token.hash(), held);
    let (fresh, request) = (session.clone(), request_id.to_owned());
    let exchange = move |tx: &mut Tx<'_>| {
        let link = setup_links::find_by_token(tx, &project, &token)?.ok_or(SetupError::LinkUnknown)?;
        let now = own.now();
        if link.revoked_at.is_some() || link.expires_at <= now {
            return Err(SetupError::LinkEnded);
        }
        organization_of(tx, &project, &link)?;
        let seconds = u32::try_from((link.expires_at.millis() - now.millis()) / 1000).unwrap_or(0);
        if let Some(held) = held.iter().find(|held| link.session_hash.as_ref() == Some(&held.hash())) {
            return Ok(Opened { link: link.id, session: held.clone(), seconds });
        }
        if !setup_links::open(tx, &link.id, &fresh.hash())? {
            return Err(SetupError::LinkInUse);
        }
        let change = Change {
            project: &project,
            organization: Some(&link.organization_id),
            event: "setup_link.opened",
            resource: link.id.as_str(),
            before: None,
            after: Some(view(&link)),
        };
        record(tx, &own, &Actor::in_request(ActorKind::SetupLink, &link.id, request.clone()), &change)?;
        Ok(Opened { link: link.id, session: fresh.clone(), seconds })
    };
    cx.store.write(exchange).await
}

/// What the browser with this session works on, and how far it is.
pub async fn wizard(
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
) -> Result<(Wizard, Progress), SetupError> {
    let (own, project, session) = (cx.clone(), project.clone(), session.clone());
    let look = move |tx: &mut Tx<'_>| {
        let wizard = load(tx, &own, &project, &session)?;
        let progress = progress(tx, &own, &wizard)?;
        Ok::<_, SetupError>((wizard, progress))
    };
    cx.store.read(look).await
}

/// The link of a session with its connections as they are.
pub(super) fn load(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
) -> Result<Wizard, SetupError> {
    find(tx, cx, project, session, saml_connections::find_in_project, scim_connections::find)
}

/// As [`load`], and nobody else changes the connections before the transaction ends: a row that is written back whole must
/// not undo that the operator has just made it live (R23).
pub(super) fn load_for_change(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
) -> Result<Wizard, SetupError> {
    find(tx, cx, project, session, saml_connections::lock_in_project, scim_connections::lock)
}

type FindSaml = fn(&mut Tx<'_>, &ProjectId, &SamlConnectionId) -> Result<Option<SamlConnection>, StoreError>;
type FindScim =
    fn(&mut Tx<'_>, &OrganizationId, &ScimConnectionId) -> Result<Option<ScimConnection>, StoreError>;

fn find(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
    find_saml: FindSaml,
    find_scim: FindScim,
) -> Result<Wizard, SetupError> {
    let link = setup_links::find_by_session(tx, project, &session.hash())?
        .filter(|link| link.revoked_at.is_none() && link.expires_at > cx.now())
        .ok_or(SetupError::NoSession)?;
    let saml = match &link.saml_connection_id {
        Some(id) => find_saml(tx, project, id)?,
        None => None,
    };
    let scim = match &link.scim_connection_id {
        Some(id) => find_scim(tx, &link.organization_id, id)?,
        None => None,
    };
    let saml = saml.filter(|connection| connection.organization_id == link.organization_id);
    if saml.is_none() && scim.is_none() {
        return Err(SetupError::NoSession);
    }
    let organization = organization_of(tx, project, &link)?;
    let product = projects::find(tx, project)?.map(|project| project.display_name).unwrap_or_default();
    Ok(Wizard { link, saml, scim, organization: organization.display_name, product })
}

/// The customer whose link it is. One that is switched off is not set up meanwhile.
fn organization_of(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    link: &SetupLink,
) -> Result<Organization, SetupError> {
    let found = organizations::find(tx, project, &link.organization_id)?.ok_or(SetupError::NoSession)?;
    if found.status == OrganizationStatus::Active { Ok(found) } else { Err(SetupError::OrganizationDisabled) }
}

/// As [`wizard`], inside of a write: the capability is there, the connection is a draft, and the link is from now on this
/// browser's alone.
pub(super) fn for_change(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
    capability: Capability,
) -> Result<Wizard, SetupError> {
    let wizard = load_for_change(tx, cx, project, session)?;
    if !wizard.allows(capability) {
        return Err(SetupError::NotAllowed);
    }
    let is_draft = if capability.is_of_saml() { wizard.is_saml_draft() } else { wizard.is_scim_draft() };
    if !is_draft {
        return Err(SetupError::ConnectionNotDraft);
    }
    claim(tx, cx, &wizard, session)?;
    Ok(wizard)
}

/// From now on the link is this browser's alone.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    cx: &Context,
    wizard: &Wizard,
    session: &Secret,
) -> Result<(), SetupError> {
    let is_ours = setup_links::bind(tx, &wizard.link.id, &session.hash(), cx.now())?;
    if is_ours { Ok(()) } else { Err(SetupError::NoSession) }
}
