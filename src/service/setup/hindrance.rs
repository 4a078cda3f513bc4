//! Why a real login would be refused although the provider is right, for whoever holds a set-up link.

use crate::{
    model::{EmailAddress, login::LoginRefusal},
    service::sso::{Conflict, PolicyRefusal, Refusal},
};

/// Why, and what to do.
pub(super) fn explained(refusal: &Refusal, email: Option<&EmailAddress>) -> (String, String) {
    let domain = email.map(EmailAddress::domain).unwrap_or_default();
    let (why, fix) = match refusal {
        Refusal::IdentityConflict(Conflict::DomainNotProved) => (
            format!("the domain {domain} of the address is not proved for your organization"),
            format!("Ask whoever sent you this link to add the domain {domain}, if it is yours."),
        ),
        Refusal::IdentityConflict(Conflict::NoEmail) => {
            ("no email address came".to_owned(), "Let the provider send the address as an attribute.".to_owned())
        }
        Refusal::Policy(PolicyRefusal(LoginRefusal::MethodNotAllowed)) => (
            "your organization does not allow single sign-on".to_owned(),
            "Ask whoever sent you this link to allow it.".to_owned(),
        ),
        Refusal::Policy(PolicyRefusal(LoginRefusal::SecondFactorRequired)) => (
            "your organization requires a second factor, and the provider did not say that one was used".to_owned(),
            "Let the provider ask for a second factor, and ask whoever sent you this link which AuthnContext counts as one."
                .to_owned(),
        ),
        other => (other.to_string(), "Ask whoever sent you this link.".to_owned()),
    };
    (format!("{} ({}).", super::capitalised(&why).trim_end_matches('.'), refusal.code()), fix)
}
