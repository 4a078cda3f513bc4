//! From the link to a session in one browser. Mail scanners open links before people do: until a browser has changed
//! something, the link can be opened again, and the browser that opened it before is shown out. From the first change
//! on it is that browser's alone.

use serde_json::json;

use super::{Capability, SetupError};
use crate::{
    model::{
        ConnectionStatus,
        ids::{ProjectId, SamlConnectionId},
        secret::Secret,
    },
    service::{Actor, ActorKind, Change, Context, providers, record::record},
    store::{
        StoreError, Tx, organizations, projects,
        saml_connections::{self, SamlConnection},
        setup_links::{self, SetupLink},
    },
};

/// A link that was opened.
#[derive(Debug)]
pub struct Opened {
    /// For the browser's cookie.
    pub session: Secret,
    /// For how long, in seconds.
    pub seconds: u32,
}

/// What a browser that holds a link works on.
#[derive(Debug, Clone)]
pub struct Wizard {
    /// The link.
    pub link: SetupLink,
    /// The connection that it is for.
    pub connection: SamlConnection,
    /// The customer's name.
    pub organization: String,
    /// The product's name.
    pub product: String,
}

impl Wizard {
    /// Whether the connection may be changed.
    pub fn is_draft(&self) -> bool {
        self.connection.status == ConnectionStatus::Draft
    }

    /// The provider that was chosen or recognised.
    pub fn provider(&self) -> &'static providers::Provider {
        providers::of(&self.connection.provider)
    }
}

/// Exchanges a link's token for a session. `held` is the session that the browser has already, which it keeps if it is
/// the link's.
pub async fn open(
    cx: &Context,
    project: &ProjectId,
    token: &Secret,
    held: Option<&Secret>,
    request_id: &str,
) -> Result<Opened, SetupError> {
    let session = Secret::random("", &*cx.rng);
    let (own, project, token, held) = (cx.clone(), project.clone(), token.hash(), held.cloned());
    let (fresh, request) = (session.clone(), request_id.to_owned());
    let exchange = move |tx: &mut Tx<'_>| {
        let link = setup_links::find_by_token(tx, &project, &token)?.ok_or(SetupError::LinkUnknown)?;
        let now = own.now();
        if link.revoked_at.is_some() || link.expires_at <= now {
            return Err(SetupError::LinkEnded);
        }
        let seconds = u32::try_from((link.expires_at.millis() - now.millis()) / 1000).unwrap_or(0);
        if let Some(held) = held.clone().filter(|held| link.session_hash.as_ref() == Some(&held.hash())) {
            return Ok(Opened { session: held, seconds });
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
            after: Some(json!({ "id": link.id, "samlConnectionId": link.connection_id })),
        };
        record(tx, &own, &Actor::in_request(ActorKind::SetupLink, &link.id, request.clone()), &change)?;
        Ok(Opened { session: fresh.clone(), seconds })
    };
    cx.store.write(exchange).await
}

/// What the browser with this session works on.
pub async fn wizard(cx: &Context, project: &ProjectId, session: &Secret) -> Result<Wizard, SetupError> {
    let (own, project, session) = (cx.clone(), project.clone(), session.clone());
    cx.store.read(move |tx: &mut Tx<'_>| load(tx, &own, &project, &session)).await
}

fn load(tx: &mut Tx<'_>, cx: &Context, project: &ProjectId, session: &Secret) -> Result<Wizard, SetupError> {
    let link = setup_links::find_by_session(tx, project, &session.hash())?
        .filter(|link| link.revoked_at.is_none() && link.expires_at > cx.now())
        .ok_or(SetupError::NoSession)?;
    let connection = connection_of(tx, project, &link)?.ok_or(SetupError::NoSession)?;
    let organization =
        organizations::find(tx, project, &link.organization_id)?.ok_or(SetupError::NoSession)?;
    let product = projects::find(tx, project)?.map(|project| project.display_name).unwrap_or_default();
    Ok(Wizard { link, connection, organization: organization.display_name, product })
}

fn connection_of(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    link: &SetupLink,
) -> Result<Option<SamlConnection>, StoreError> {
    let Ok(id) = SamlConnectionId::parse(&link.connection_id) else { return Ok(None) };
    let found = saml_connections::find_in_project(tx, project, &id)?;
    Ok(found.filter(|connection| connection.organization_id == link.organization_id))
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
    let wizard = load(tx, cx, project, session)?;
    let allowed: Vec<String> = serde_json::from_str(&wizard.link.capabilities).unwrap_or_default();
    if !allowed.iter().any(|name| name == capability.as_str()) {
        return Err(SetupError::NotAllowed);
    }
    if !wizard.is_draft() {
        return Err(SetupError::ConnectionNotDraft);
    }
    if setup_links::bind(tx, &wizard.link.id, &session.hash(), cx.now())? {
        Ok(wizard)
    } else {
        Err(SetupError::NoSession)
    }
}
