//! How far a set-up is, by what its drafts hold and not by which page was opened.

use super::{Wizard, test_login::read_report};
use crate::{
    service::Context,
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
    /// The last one that did passed, a real one would have let that person in, and nothing was changed after it.
    pub passed: bool,
    /// The last one passed, and a real one would not have let that person in.
    pub hindered: bool,
    /// The draft was changed after its last test, which says nothing of it any more.
    pub test_is_old: bool,
    /// There is a token that lives.
    pub token: bool,
    /// The provider has used that token.
    pub token_used: bool,
    /// A check of provisioning came to its end.
    pub was_checked: bool,
    /// The last check of provisioning passed, and nothing was changed after it.
    pub checked: bool,
    /// The draft was changed after its last check.
    pub check_is_old: bool,
}

/// How far it is.
pub(super) fn progress(tx: &mut Tx<'_>, cx: &Context, wizard: &Wizard) -> Result<Progress, StoreError> {
    let now = cx.now();
    let mut progress = Progress { chosen: wizard.link.provider.is_some(), ..Progress::default() };
    if let Some(saml) = &wizard.saml {
        let last = saml_test_logins::last_completed(tx, &saml.id)?;
        progress.described = !saml.idp_entity_id.is_empty();
        progress.tested = last.is_some();
        // To put it into use is a change too, and one that no test need be repeated for.
        progress.test_is_old = wizard.is_saml_draft()
            && last.as_ref().and_then(|test| test.completed_at).is_some_and(|at| saml.updated_at > at);
        let passed = last.filter(|test| test.passed == Some(true) && !progress.test_is_old);
        // A report that does not open says nothing, good or bad.
        let report = passed.as_ref().and_then(|test| read_report(cx, test));
        progress.hindered = report.as_ref().is_some_and(|report| report.hindrance.is_some());
        progress.passed = report.is_some_and(|report| report.hindrance.is_none());
    }
    if let Some(scim) = &wizard.scim {
        let keys = scim_connections::keys_of_link(tx, &wizard.link.id)?;
        let lives = keys.iter().find(|key| key.is_live(now));
        progress.token = lives.is_some();
        progress.token_used = lives.is_some_and(|key| key.last_used_at.is_some());
        let last = scim_checks::find(tx, &scim.id)?;
        progress.check_is_old = wizard.is_scim_draft()
            && last.as_ref().and_then(|check| check.finished_at).is_some_and(|at| scim.updated_at > at);
        progress.was_checked = last.as_ref().is_some_and(|check| check.passed.is_some());
        progress.checked = last.is_some_and(|check| check.passed == Some(true)) && !progress.check_is_old;
    }
    Ok(progress)
}
