//! How far a set-up is, by what its drafts hold and not by which page was opened.

use super::Wizard;
use crate::{
    model::Timestamp,
    store::{StoreError, Tx, saml_test_logins, scim_checks, scim_connections},
};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// A provider was chosen.
    pub chosen: bool,
    /// Its metadata is in the draft: it has the application that our values belong to.
    pub described: bool,
    /// A test sign-in came back.
    pub tested: bool,
    /// The last one that did passed, and nothing was changed after it.
    pub passed: bool,
    /// The draft was changed after its last test, which says nothing of it any more.
    pub test_is_old: bool,
    /// There is a token that lives.
    pub token: bool,
    /// The last check of provisioning passed, and nothing was changed after it.
    pub checked: bool,
    /// The draft was changed after its last check.
    pub check_is_old: bool,
}

/// How far it is.
pub(super) fn progress(tx: &mut Tx<'_>, wizard: &Wizard, now: Timestamp) -> Result<Progress, StoreError> {
    let mut progress = Progress { chosen: wizard.link.provider.is_some(), ..Progress::default() };
    if let Some(saml) = &wizard.saml {
        let last = saml_test_logins::last_completed(tx, &saml.id)?;
        progress.described = !saml.idp_entity_id.is_empty();
        progress.tested = last.is_some();
        // To put it into use is a change too, and one that no test need be repeated for.
        progress.test_is_old = wizard.is_saml_draft()
            && last.as_ref().and_then(|test| test.completed_at).is_some_and(|at| saml.updated_at > at);
        progress.passed = last.is_some_and(|test| test.passed == Some(true)) && !progress.test_is_old;
    }
    if let Some(scim) = &wizard.scim {
        let keys = scim_connections::keys_of_link(tx, &wizard.link.id)?;
        progress.token = keys.iter().any(|key| key.is_live(now));
        let last = scim_checks::find(tx, &scim.id)?;
        progress.check_is_old = wizard.is_scim_draft()
            && last.as_ref().and_then(|check| check.finished_at).is_some_and(|at| scim.updated_at > at);
        progress.checked = last.is_some_and(|check| check.passed == Some(true)) && !progress.check_is_old;
    }
    Ok(progress)
}
