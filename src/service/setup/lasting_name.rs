//! What an administrator can do about a name that the provider makes up anew at each sign-in (R2): ask it for one that
//! stays.

use super::{
    Capability, SetupError, Wizard,
    draft::{By, edit_saml},
    report::Report,
    session::for_change,
};
use crate::{
    model::{ids::ProjectId, secret::Secret},
    saml::names::name_id,
    service::{
        Context,
        connections::{Options, insist_on_name},
    },
    store::Tx,
};

/// Whether the pages offer to ask for a name that stays, or to ask for none in particular again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameOffer {
    /// The last test brought a name that does not stay, and no format is asked for.
    AskForLasting,
    /// A name that stays is asked for, and the last test failed: perhaps over that.
    AskForAny,
}

impl NameOffer {
    /// What the form says.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AskForLasting => "lasting",
            Self::AskForAny => "any",
        }
    }

    /// What the draft and its last test call for. A persistent name that fails may be given up, whoever asked for it: it is
    /// a draft. Other formats are the operator's business.
    pub fn of(wizard: &Wizard, report: &Report) -> Option<Self> {
        let connection = wizard.saml().ok().filter(|_| wizard.is_saml_draft())?;
        match Options::of(connection).name_id_format.as_deref() {
            None if report.code.as_deref() == Some("transient_name_id") => Some(Self::AskForLasting),
            Some(name_id::PERSISTENT) if !report.passed => Some(Self::AskForAny),
            _ => None,
        }
    }
}

/// Does what was offered: the draft's requests ask for a persistent NameID (Core 8.3.7), or for no format any more.
pub async fn ask_for_name(
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
    offer: NameOffer,
    request_id: &str,
) -> Result<(), SetupError> {
    let (own, project, session, request) =
        (cx.clone(), project.clone(), session.clone(), request_id.to_owned());
    let write = move |tx: &mut Tx<'_>| {
        let wizard = for_change(tx, &own, &project, &session, Capability::ConfigureSaml)?;
        let format = match offer {
            NameOffer::AskForLasting => Some(name_id::PERSISTENT),
            NameOffer::AskForAny => None,
        };
        let by = By { cx: &own, project: &project, request: &request };
        edit_saml(tx, &by, &wizard, |_, connection| Ok(insist_on_name(connection, format)?))
    };
    cx.store.write(write).await
}
