//! Signing in through a SAML identity provider: the browser is sent there with a request ([`start()`]), and what comes back
//! becomes a session ([`consume()`]).

mod amr;
mod attributes;
mod consent;
mod consume;
pub(crate) mod explain;
mod groups;
mod logout;
mod matching;
mod refusal;
mod roles;
mod session_key;
mod start;
mod subject;
mod trace;
mod wishes;

/// A session that has ended.
pub use crate::store::sessions::Session as EndedSession;
pub use consent::{Consent, consent};
pub use consume::{Consumed, Posted, consume};
pub use logout::{LoggedOut, LogoutError, LogoutMessage, begin_logout, consume_logout};
pub use refusal::{Conflict, PolicyRefusal, Reached, Refusal, SsoError};
pub use start::{Asked, Carrier, Departure, start};
pub use trace::{OUTCOMES, Refused, TraceBudget, TraceEntry, TraceQuery, keep_trace, refused, traces};
pub(in crate::service) use trace::{TEST_FAILED, TEST_PASSED};

pub(crate) use attributes::Profile;
pub(crate) use consume::{Validated, validate};
pub(crate) use matching::hindrance;
pub(crate) use start::{carry, has_endpoint};
pub(crate) use wishes::{Wishes, check_metadata};

use crate::{saml::VerifiedAssertion, store::saml_connections::SamlConnection};

/// Who a verified assertion is about, as a login would read it, or why a login could not tell.
pub(crate) fn recognise(
    assertion: &VerifiedAssertion,
    connection: &SamlConnection,
) -> Result<Profile, Refusal> {
    subject::subject(assertion, connection)?;
    Ok(attributes::profile(assertion, connection))
}
