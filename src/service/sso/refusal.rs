//! Why a login through SAML is refused. The code goes to the log, the sentence into the login trace for the
//! administrator; the browser sees a reference id.

use crate::{
    model::{ConnectionStatus, Timestamp, login::LoginRefusal},
    saml::{
        binding::BindingError,
        dsig::{SignError, VerifyError},
        response::{Rejection, Warning},
    },
    service::{
        connections::SpKeyError,
        login::{CompleteError, WayBack},
    },
    store::StoreError,
};

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The connection is switched off, or has no endpoint that we can send a request to.
    #[error("the connection is not in use")]
    ConnectionNotUsable,
    /// The connection is a draft: what came is no test of the browser that it came from.
    #[error("the connection is still being set up, and this is no test sign-in that this browser began")]
    ConnectionDraft,
    /// The provider's metadata ended long ago, and no newer could be had (R24).
    #[error("the provider's metadata ended on {0}, and no newer was found; hand over its present metadata")]
    MetadataEnded(Timestamp),
    /// The flow is unknown, expired, ended, or another browser's (R7).
    #[error("this browser has no such login in progress; it expired, ended, or began in another browser")]
    NoLoginInProgress,
    /// The response answers a request, but the browser brought no flow cookie (R7).
    #[error("the response answers a request, but this browser began none (no flow cookie)")]
    FlowCookieMissing,
    /// The response answers a request that this browser did not make, or has already used (R7).
    #[error("the response answers {0:?}, which is no open request of this browser and connection")]
    RequestUnknown(String),
    /// A response without a request, a second time within ten minutes (R8).
    #[error("the response answers no request; logins that start at the provider are off")]
    Unsolicited,
    /// The person did not consent in time, or consented in another browser (R8).
    #[error("no login of this browser waits for consent")]
    NothingToConsentTo,
    /// The session at the provider was logged out before (Core 3.7.3.1), or the assertion is so old that nobody knows.
    #[error(
        "the session at the identity provider has been logged out, or its assertion is more than a day old"
    )]
    SessionLoggedOut,
    /// The message could not be unpacked.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// A check of the response failed.
    #[error("{rejection}")]
    Response {
        /// The check that failed.
        rejection: Rejection,
        /// How far it had come.
        reached: Box<Reached>,
    },
    /// The assertion was used before.
    #[error("the assertion was used before")]
    Replayed,
    /// A certificate of the connection cannot be read.
    #[error("a stored certificate of the connection cannot be read")]
    StoredCertificate,
    /// A transient NameID and no stable attribute: there is nothing to know the person by (R2).
    #[error("the NameID is transient, so the connection needs an attribute that identifies people")]
    TransientNameId,
    /// The attribute that identifies people is missing or has several values (R2).
    #[error(
        "the attribute {name:?}, which identifies people on this connection, must have exactly one value"
    )]
    SubjectAttribute {
        /// The attribute.
        name: String,
        /// How many values came.
        values: usize,
    },
    /// What the person is known by is too long to be kept and looked up.
    #[error("what identifies the person is too long")]
    SubjectTooLong,
    /// R1's last line: there may be such a user, but nothing proves that it is this one.
    #[error("{0}; whose account it is must be settled by the operator")]
    IdentityConflict(Conflict),
    /// The user was deleted (R3).
    #[error("the user was deleted; a login does not bring anyone back")]
    UserDeleted,
    /// The policy says no.
    #[error("{0}")]
    Policy(#[from] PolicyRefusal),
}

/// How far a response came that was refused, for the login trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reached {
    /// The checks that passed.
    pub passed: Vec<&'static str>,
    /// What should be mended besides.
    pub warnings: Vec<Warning>,
}

/// Why an external login cannot be matched to a user (R1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Nothing to match by.
    #[error("the assertion carries no email address")]
    NoEmail,
    /// The organization does not speak for the address.
    #[error("the organization has not proved the domain of the address")]
    DomainNotProved,
    /// The address is an owner's.
    #[error("the address belongs to an owner, whom an address alone does not identify")]
    Owner,
    /// The user already signs in on this connection as somebody else.
    #[error("the user with this address already signs in on this connection under another identifier")]
    AlreadyLinked,
    /// More than one user has the address.
    #[error("several users have this address, which says nothing of who signs in")]
    SharedAddress,
    /// Several users carry the paired identifier.
    #[error("several users have the identifier that the connection is paired by")]
    Ambiguous,
    /// Nobody, and no account may be made.
    #[error("there is no user for this login, and the connection does not create accounts")]
    NoUser,
}

/// The organization's policy refused, wrapped because it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct PolicyRefusal(pub LoginRefusal);

/// Why a use-case of this area did not end well.
#[derive(Debug, thiserror::Error)]
pub enum SsoError {
    /// There is no such connection in this project.
    #[error("there is no such connection")]
    NotFound,
    /// Refused.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// Refused, in a login that this browser had begun.
    #[error("refused: {refusal}")]
    RefusedInFlow {
        /// Why.
        refusal: Refusal,
        /// Where the host app can be told, if one began it.
        back: Option<Box<WayBack>>,
    },
    /// A failure of ours.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// A request could not be written.
    #[error("the request could not be written")]
    Request(#[from] std::io::Error),
    /// A message could not be signed.
    #[error("the message could not be signed")]
    Sign(#[from] SignError),
    /// Our keys cannot be used.
    #[error("our keys for SAML cannot be used")]
    Keys(#[from] SpKeyError),
}

impl SsoError {
    /// A refusal in a login of this browser.
    pub(super) fn refused_in(refusal: Refusal, back: Option<WayBack>) -> Self {
        Self::RefusedInFlow { refusal, back: back.map(Box::new) }
    }

    /// Whether an answer to a pending request, from the right issuer, would pass its signature's check if the provider had another
    /// key (R24). A weak or broken signature stays one, and does not use up the fetch that somebody else may need.
    pub(super) fn is_bad_signature_on_an_answer(&self) -> bool {
        let Self::RefusedInFlow { refusal: Refusal::Response { rejection, .. }, .. } = self else {
            return false;
        };
        let Rejection::Signature { fault, .. } = rejection else { return false };
        matches!(fault, VerifyError::Value(_) | VerifyError::KeyKind(_) | VerifyError::NoKeys)
    }

    /// This error, knowing the way back.
    pub(super) fn in_flow(self, back: Option<WayBack>) -> Self {
        match self {
            Self::Refused(refusal) => Self::refused_in(refusal, back),
            other => other,
        }
    }
}

impl Refusal {
    /// Why a connection of this status takes no login.
    pub(super) const fn of_status(status: ConnectionStatus) -> Self {
        match status {
            ConnectionStatus::Draft => Self::ConnectionDraft,
            _ => Self::ConnectionNotUsable,
        }
    }

    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ConnectionNotUsable | Self::ConnectionDraft => "connection_not_usable",
            Self::MetadataEnded(_) => "metadata_ended",
            Self::NoLoginInProgress => "no_login_in_progress",
            Self::FlowCookieMissing => "flow_cookie_missing",
            Self::RequestUnknown(_) => "request_unknown",
            Self::Unsolicited => "unsolicited_response",
            Self::NothingToConsentTo => "nothing_to_consent_to",
            Self::SessionLoggedOut => "session_logged_out",
            Self::Binding(fault) => fault.code(),
            Self::Response { rejection, .. } => rejection.code(),
            Self::Replayed => "assertion_replayed",
            Self::StoredCertificate => "certificate_unreadable",
            Self::TransientNameId => "transient_name_id",
            Self::SubjectAttribute { .. } => "subject_attribute",
            Self::SubjectTooLong => "subject_too_long",
            Self::IdentityConflict(_) => "identity_conflict",
            Self::UserDeleted => "user_deleted",
            Self::Policy(refusal) => refusal.0.code(),
        }
    }

    /// Whether the message itself is broken, rather than what it says.
    pub fn is_malformed(&self) -> bool {
        let broken =
            |rejection: &Rejection| matches!(rejection, Rejection::Xml(_) | Rejection::NotAResponse { .. });
        matches!(self, Self::Binding(_))
            || matches!(self, Self::Response { rejection, .. } if broken(rejection))
    }

    /// The checks that passed before this one failed, for the login trace.
    pub fn passed(&self) -> &[&'static str] {
        if let Self::Response { reached, .. } = self { &reached.passed } else { &[] }
    }

    /// What should be mended besides, for the same.
    pub fn warnings(&self) -> &[Warning] {
        if let Self::Response { reached, .. } = self { &reached.warnings } else { &[] }
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Response { rejection, reached: Box::default() }
    }
}

impl From<Refusal> for SsoError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<CompleteError> for SsoError {
    fn from(error: CompleteError) -> Self {
        match error {
            CompleteError::Refused(refusal) => Self::Refused(PolicyRefusal(refusal).into()),
            CompleteError::FlowEnded => Self::Refused(Refusal::NoLoginInProgress),
            CompleteError::Store(error) => Self::Store(error),
        }
    }
}
