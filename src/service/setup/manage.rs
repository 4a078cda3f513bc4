//! Looking after links: which there are, how far they got, and ending one before its time.

use super::{Progress, SetupError, Wizard, links::view, progress::progress};
use crate::{
    model::{
        ConnectionStatus, Timestamp,
        ids::{OrganizationId, ProjectId, SamlConnectionId, ScimConnectionId, SetupLinkId},
    },
    service::{
        Actor, Change, Context, connections::ConnectionError, provisioning::admin::keys, record::record,
    },
    store::{
        StoreError, Tx, organizations, scim_connections,
        setup_links::{self, SetupLink},
        setup_metadata,
    },
};

/// How a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Nobody has changed anything through it.
    Waiting,
    /// A browser works with it.
    InUse,
    /// Its time is over.
    Expired,
    /// It was ended before its time.
    Revoked,
}

impl LinkState {
    /// How a link stands at this instant.
    pub fn of(link: &SetupLink, now: Timestamp) -> Self {
        match () {
            () if link.revoked_at.is_some() => Self::Revoked,
            () if link.expires_at <= now => Self::Expired,
            () if link.exchanged_at.is_some() => Self::InUse,
            () => Self::Waiting,
        }
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::InUse => "in_use",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// An organization's links, newest first.
pub async fn list_setup_links(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<Vec<SetupLink>, SetupError> {
    let (project, organization) = (project.clone(), organization.clone());
    let load = move |tx: &mut Tx<'_>| {
        organizations::find(tx, &project, &organization)?.ok_or(ConnectionError::NotFound("organization"))?;
        Ok(setup_links::list(tx, &organization)?)
    };
    cx.store.read(load).await
}

/// A link, and what became of its drafts.
#[derive(Debug, Clone)]
pub struct LinkProgress {
    /// The link.
    pub link: SetupLink,
    /// How far it is.
    pub progress: Progress,
    /// The SAML connection, if it is still a draft.
    pub saml_draft: Option<SamlConnectionId>,
    /// The SCIM connection, if it is still a draft.
    pub scim_draft: Option<ScimConnectionId>,
}

/// An organization's links with how far each is, newest first.
pub async fn setup_progress(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<Vec<LinkProgress>, SetupError> {
    let (own, project, organization) = (cx.clone(), project.clone(), organization.clone());
    let load = move |tx: &mut Tx<'_>| {
        organizations::find(tx, &project, &organization)?.ok_or(ConnectionError::NotFound("organization"))?;
        let mut all = Vec::new();
        for (link, saml, scim) in setup_links::list_with_connections(tx, &organization)? {
            let (organization, product) = (String::new(), String::new());
            let wizard = Wizard { link, saml, scim, organization, product };
            let progress = progress(tx, &own, &wizard)?;
            let (saml, scim) = (wizard.is_saml_draft(), wizard.is_scim_draft());
            all.push(LinkProgress {
                saml_draft: wizard.link.saml_connection_id.clone().filter(|_| saml),
                scim_draft: wizard.link.scim_connection_id.clone().filter(|_| scim),
                link: wizard.link,
                progress,
            });
        }
        Ok::<_, SetupError>(all)
    };
    cx.store.read(load).await
}

impl LinkProgress {
    /// What was done, in words: `okta, described, tested`.
    pub fn in_words(&self) -> String {
        let Progress { described, tested, passed, token, token_used, checked, .. } = self.progress;
        let words = [
            (described, "described"),
            (passed, "tested"),
            (tested && !passed, "test to be repeated"),
            (token && !token_used, "token made"),
            (token_used, "token used"),
            (checked, "checked"),
        ];
        let words = words.into_iter().filter(|(is_so, _)| *is_so).map(|(_, word)| word);
        self.link.provider.as_deref().into_iter().chain(words).collect::<Vec<_>>().join(", ")
    }
}

/// Ends a link and the session of its browser, at once. The tokens that were made with it end as well while their
/// connection is a draft: whoever had the link has them. Those of a live connection are its provider's by now, and are
/// ended by name. Returns the link and how many tokens ended.
pub async fn revoke_setup_link(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    id: &SetupLinkId,
) -> Result<(SetupLink, usize), SetupError> {
    let (own, actor, project, id) = (cx.clone(), actor.clone(), project.clone(), id.clone());
    let write = move |tx: &mut Tx<'_>| {
        let link = setup_links::find(tx, &project, &id)?.ok_or(ConnectionError::NotFound("set-up link"))?;
        // The connection first, as whoever makes a token through the link does, and whoever makes the connection live:
        // what it is now, it is until the tokens have ended.
        let connection = match &link.scim_connection_id {
            Some(id) => scim_connections::lock(tx, &link.organization_id, id)?,
            None => None,
        };
        let now = own.now();
        if !setup_links::revoke(tx, &link.id, now)? {
            return Ok((link, 0));
        }
        let revoked = ended(tx, &own, &actor, &project, &link, now)?;
        let is_draft = connection.is_some_and(|connection| connection.status == ConnectionStatus::Draft);
        let tokens = if is_draft { end_tokens(tx, &own, &actor, &project, &link)? } else { 0 };
        Ok((revoked, tokens))
    };
    cx.store.write(write).await
}

/// Ends a link that nobody has used, because a new one takes up its drafts. Where somebody has begun to use it meanwhile,
/// the drafts are theirs, and the caller's transaction is run again.
pub(super) fn supersede(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    link: &SetupLink,
) -> Result<(), StoreError> {
    let now = cx.now();
    if !setup_links::supersede(tx, &link.id, now)? {
        return Err(StoreError::Contended("a set-up link that is being used".into()));
    }
    ended(tx, cx, actor, project, link, now).map(drop)
}

/// What belongs to the end of a link. Returns it as it is then.
fn ended(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    link: &SetupLink,
    at: Timestamp,
) -> Result<SetupLink, StoreError> {
    setup_metadata::delete(tx, &link.id)?;
    let revoked = SetupLink { revoked_at: Some(at), ..link.clone() };
    let change = Change {
        project,
        organization: Some(&link.organization_id),
        event: "setup_link.revoked",
        resource: link.id.as_str(),
        before: Some(view(link)),
        after: Some(view(&revoked)),
    };
    record(tx, cx, actor, &change)?;
    Ok(revoked)
}

fn end_tokens(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    link: &SetupLink,
) -> Result<usize, StoreError> {
    let mut ended = 0;
    for key in scim_connections::keys_of_link(tx, &link.id)? {
        ended += usize::from(keys::end(tx, cx, actor, project, &link.organization_id, &key.id)?);
    }
    Ok(ended)
}
