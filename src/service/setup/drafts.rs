//! The drafts that a new link is for: named ones, new ones, or those of an earlier link that nobody has used.

use super::{NewSetupLink, Part, SetupError};
use crate::{
    model::{
        ConnectionStatus, Timestamp,
        ids::{SamlConnectionId, ScimConnectionId},
    },
    service::{
        Actor, Context,
        connections::{self, ConnectionError},
        provisioning::admin::connections as scim_connection,
    },
    store::{
        StoreError, Tx, bare_drafts,
        organizations::Organization,
        saml_connections::{self, SamlConnection},
        scim_connections::{self, ScimConnection},
        setup_links::{self, SetupLink},
    },
};

/// On whose behalf, and for whom.
pub(super) struct By<'a> {
    pub cx: &'a Context,
    pub actor: &'a Actor,
    pub organization: &'a Organization,
}

/// Drafts that earlier links made, and that are as they were made.
#[derive(Debug, Default)]
pub(super) struct Unused {
    pub saml: Option<SamlConnectionId>,
    pub scim: Option<ScimConnectionId>,
    /// The links to them that still open. They end with the new one, which would share a draft with whoever has them.
    pub links: Vec<SetupLink>,
}

/// Finds drafts for the new parts of a link. A draft whose earlier link is for more than the new one can take up is left to
/// it. The drafts are locked before the links are looked at: whoever changes something through a link locks its drafts
/// before it claims the link, and so comes wholly before this or after it.
pub(super) fn unused(
    tx: &mut Tx<'_>,
    organization: &Organization,
    new: &NewSetupLink,
    now: Timestamp,
) -> Result<Unused, StoreError> {
    let (saml, scim) = (new.saml == Part::New, new.scim == Part::New);
    if let Part::Draft(id) = &new.saml {
        // SAML before SCIM, as through a link to both.
        saml_connections::lock_in_project(tx, &organization.project_id, id)?;
    }
    let saml_drafts = if saml { untouched_saml(tx, organization)? } else { Vec::new() };
    let scim_drafts = if scim { untouched_scim(tx, organization)? } else { Vec::new() };
    let links = setup_links::list(tx, &organization.id)?;
    let replaceable = |link: &SetupLink| {
        link.exchanged_at.is_none()
            && link.saml_connection_id.as_ref().is_none_or(|id| saml_drafts.contains(id))
            && link.scim_connection_id.as_ref().is_none_or(|id| scim_drafts.contains(id))
    };
    let is_free = |of: &dyn Fn(&SetupLink) -> bool| {
        let mut of = links.iter().filter(|link| of(link)).peekable();
        of.peek().is_some() && of.all(replaceable)
    };
    let saml = saml_drafts.iter().find(|id| is_free(&|link| link.saml_connection_id.as_ref() == Some(id)));
    let scim = scim_drafts.iter().find(|id| is_free(&|link| link.scim_connection_id.as_ref() == Some(id)));
    let mut found = Unused { saml: saml.cloned(), scim: scim.cloned(), links: Vec::new() };
    let opens = |link: &SetupLink| link.revoked_at.is_none() && link.expires_at > now;
    let shares = |link: &SetupLink| {
        found.saml.is_some() && link.saml_connection_id == found.saml
            || found.scim.is_some() && link.scim_connection_id == found.scim
    };
    found.links = links.iter().filter(|link| opens(link) && shares(link)).cloned().collect();
    Ok(found)
}

/// The organization's SAML drafts that are as they were made, locked, and with nothing that hangs on them: what was given
/// to a draft for one administrator is not handed to another.
fn untouched_saml(tx: &mut Tx<'_>, organization: &Organization) -> Result<Vec<SamlConnectionId>, StoreError> {
    let mut untouched = Vec::new();
    for row in saml_connections::of_organization(tx, &organization.id)? {
        if row.status != ConnectionStatus::Draft {
            continue;
        }
        let locked = saml_connections::lock_in_project(tx, &organization.project_id, &row.id)?;
        let is_new =
            |row: SamlConnection| row.status == ConnectionStatus::Draft && row.updated_at == row.created_at;
        if locked.is_some_and(is_new) && bare_drafts::is_bare_saml(tx, &row.id)? {
            untouched.push(row.id);
        }
    }
    Ok(untouched)
}

/// The same of SCIM. Whoever had a token or a secret of a draft would provision through it once it is live.
fn untouched_scim(tx: &mut Tx<'_>, organization: &Organization) -> Result<Vec<ScimConnectionId>, StoreError> {
    let mut untouched = Vec::new();
    for row in scim_connections::list(tx, &organization.id)? {
        if row.status != ConnectionStatus::Draft {
            continue;
        }
        let locked = scim_connections::lock(tx, &organization.id, &row.id)?;
        let is_new =
            |row: ScimConnection| row.status == ConnectionStatus::Draft && row.updated_at == row.created_at;
        if locked.is_some_and(is_new) && bare_drafts::is_bare_scim(tx, &row.id)? {
            untouched.push(row.id);
        }
    }
    Ok(untouched)
}

/// The SAML connection that a link is for.
pub(super) fn saml(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    part: &Part<SamlConnectionId>,
    unused: Option<SamlConnectionId>,
) -> Result<Option<SamlConnectionId>, SetupError> {
    let project = &by.organization.project_id;
    let id = match part {
        Part::Not => return Ok(None),
        Part::New if unused.is_some() => return Ok(unused),
        Part::New => {
            let there = saml_connections::of_organization(tx, &by.organization.id)?;
            let name = free_name("SAML", there.iter().map(|row| row.display_name.as_str()));
            let made = connections::add_draft(tx, by.cx, by.actor, project, &by.organization.id, &name)?;
            return Ok(Some(made.id));
        }
        Part::Draft(id) => id,
    };
    let found = saml_connections::lock_in_project(tx, project, id)?
        .filter(|found| found.organization_id == by.organization.id)
        .ok_or(ConnectionError::NotFound("connection"))?;
    only_draft(found.status, found.id)
}

/// The SCIM connection that a link is for.
pub(super) fn scim(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    part: &Part<ScimConnectionId>,
    unused: Option<ScimConnectionId>,
) -> Result<Option<ScimConnectionId>, SetupError> {
    let id = match part {
        Part::Not => return Ok(None),
        Part::New if unused.is_some() => return Ok(unused),
        Part::New => {
            let there = scim_connections::list(tx, &by.organization.id)?;
            let name = free_name("SCIM", there.iter().map(|row| row.display_name.as_str()));
            let draft = ConnectionStatus::Draft;
            let made = scim_connection::add(tx, by.cx, by.actor, by.organization, &name, draft)?;
            return Ok(Some(made.id));
        }
        Part::Draft(id) => id,
    };
    let found = scim_connections::lock(tx, &by.organization.id, id)?
        .ok_or(ConnectionError::NotFound("connection"))?;
    only_draft(found.status, found.id)
}

fn only_draft<I>(status: ConnectionStatus, id: I) -> Result<Option<I>, SetupError> {
    if status == ConnectionStatus::Draft { Ok(Some(id)) } else { Err(SetupError::ConnectionNotDraft) }
}

/// `SAML`, or `SAML 2` where there is one: two that are called the same cannot be told apart.
fn free_name<'a>(kind: &str, taken: impl Iterator<Item = &'a str>) -> String {
    let taken: Vec<&str> = taken.collect();
    let mut name = kind.to_owned();
    let mut number = 1;
    while taken.contains(&name.as_str()) {
        number += 1;
        name = format!("{kind} {number}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::free_name;

    #[test]
    fn drafts_are_numbered_where_they_would_be_called_the_same() {
        assert_eq!(free_name("SAML", [].into_iter()), "SAML");
        assert_eq!(free_name("SAML", ["Okta", "SAML", "SAML 3"].into_iter()), "SAML 2");
    }
}
