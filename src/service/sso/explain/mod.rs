//! From a failed check to what was wanted, what came, and the field to correct, by the name that the provider gives it: for
//! the report of a test sign-in, and for the trace of a login.

mod compared;
mod fix;
#[cfg(test)]
mod tests;

use super::{Conflict, Refusal};
use crate::{
    saml::response::Rejection,
    service::providers::{GENERIC, Provider},
};

/// What to do about a failed check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Explained {
    /// What was wanted.
    pub wanted: Option<String>,
    /// What came.
    pub got: Option<String>,
    /// What to correct, and how.
    pub fix: Option<String>,
}

/// Explains a refusal.
pub(crate) fn refusal(refusal: &Refusal, provider: &Provider) -> Explained {
    let name = name(provider);
    let compared = |wanted: String, got: &str, fix: String| Explained {
        wanted: Some(wanted),
        got: Some(short(got)),
        fix: Some(capitalised(&fix)),
    };
    let fix = |fix: String| Explained { fix: Some(capitalised(&fix)), ..Explained::default() };
    match refusal {
        Refusal::Response { rejection, .. } => rejected(rejection, provider),
        Refusal::TransientNameId => fix(fix::name_id(provider)),
        Refusal::SubjectAttribute { name: attribute, values } => compared(
            format!("one value of {attribute}"),
            &match values {
                0 => "missing".to_owned(),
                1 => "an empty value".to_owned(),
                several => format!("{several} values"),
            },
            format!("let {name} send the attribute {attribute}, with one value"),
        ),
        Refusal::SubjectTooLong => fix(format!("let {name} send a shorter identifier of people")),
        Refusal::ConnectionNotUsable => {
            fix("put the connection into use, with metadata that names an endpoint".into())
        }
        Refusal::ConnectionDraft => fix(format!(
            "begin the test with Test sign-in on the set-up page, and come back from {name} within ten minutes; or put the \
             connection into use"
        )),
        Refusal::MetadataEnded(end) => compared(
            "metadata that is still good".into(),
            &format!("metadata that ended on {end}"),
            format!("hand over the present metadata of {name}"),
        ),
        Refusal::StoredCertificate => fix(format!("hand over the metadata of {name} again")),
        Refusal::Binding(_) => {
            fix(format!("let {name} answer by HTTP-POST; if it does, something on the way changed the form"))
        }
        Refusal::Unsolicited => {
            fix(format!("let people begin at the application, or allow sign-ins that begin at {name}"))
        }
        Refusal::NoLoginInProgress
        | Refusal::FlowCookieMissing
        | Refusal::RequestUnknown(_)
        | Refusal::NothingToConsentTo
        | Refusal::SessionLoggedOut
        | Refusal::Replayed => fix("sign in again, from the beginning and in one browser".into()),
        Refusal::IdentityConflict(Conflict::NoEmail) => {
            fix(format!("let {name} send the email address as an attribute"))
        }
        Refusal::IdentityConflict(Conflict::DomainNotProved) => {
            fix("add the domain to the organization, if it is the organization's".into())
        }
        // The sentence of each says what there is to say; nothing at the provider is wrong.
        Refusal::IdentityConflict(
            Conflict::Owner
            | Conflict::AlreadyLinked
            | Conflict::SharedAddress
            | Conflict::Ambiguous
            | Conflict::NoUser,
        )
        | Refusal::UserDeleted
        | Refusal::Policy(_) => Explained::default(),
    }
}

fn rejected(rejection: &Rejection, provider: &Provider) -> Explained {
    let (wanted, got) = compared::compared(rejection);
    let fix = capitalised(&fix::fix(rejection, provider));
    Explained { wanted: Some(wanted), got: Some(got), fix: Some(fix) }
}

/// The provider's name, in a sentence.
pub(crate) fn name(provider: &Provider) -> &str {
    if provider.id == GENERIC { "the identity provider" } else { &provider.name }
}

/// Sentences of errors begin small, because they are often put behind others.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let sentence: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    if sentence.ends_with('.') { sentence } else { sentence + "." }
}

/// What anybody may have made a megabyte long.
pub(crate) fn short(text: &str) -> String {
    const MOST: usize = 300;
    if text.chars().count() <= MOST {
        text.to_owned()
    } else {
        text.chars().take(MOST).collect::<String>() + "\u{2026}"
    }
}
