//! Why a logout message is refused.

use time::OffsetDateTime;

use crate::saml::{
    response::Rejection,
    xml::{ReadError, XmlError},
};

/// Why a logout message is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum LogoutRejection {
    #[error(transparent)]
    Message(#[from] Rejection),
    #[error("the message is <{got}>, not a SAML 2.0 {wanted}")]
    OtherMessage { wanted: &'static str, got: String },
    #[error("the {element} is not signed; every logout message must be")]
    Unsigned { element: &'static str },
    #[error("the {element} came in a URL with a signature inside; there the query is signed instead")]
    SignatureInside { element: &'static str },
    #[error("the {element} must name its Destination, {wanted:?}")]
    DestinationMissing { element: &'static str, wanted: String },
    #[error(
        "the {element} is meant for {got:?}; this is {wanted:?}. Set the logout URL at the identity provider"
    )]
    Destination { element: &'static str, wanted: String, got: String },
    #[error("the {element} was issued at {issued_at}, too long ago; it is {now}")]
    Stale { element: &'static str, issued_at: OffsetDateTime, now: OffsetDateTime },
    #[error("the LogoutRequest lost its meaning at {not_on_or_after}; it is {now}")]
    Expired { not_on_or_after: OffsetDateTime, now: OffsetDateTime },
    #[error("the LogoutRequest names nobody")]
    NameIdMissing,
    #[error("the LogoutRequest names more than {0} sessions")]
    TooManySessions(usize),
    #[error("a SessionIndex is empty or too long")]
    SessionIndex,
    #[error("the LogoutResponse answers {got:?}; the request was {wanted:?}")]
    InResponseTo { wanted: String, got: Option<String> },
}

impl LogoutRejection {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Message(rejection) => rejection.code(),
            Self::OtherMessage { .. } => "logout_other_message",
            Self::Unsigned { .. } => "logout_unsigned",
            Self::SignatureInside { .. } => "logout_signature_inside",
            Self::DestinationMissing { .. } => "logout_destination_missing",
            Self::Destination { .. } => "logout_destination_mismatch",
            Self::Stale { .. } => "logout_stale",
            Self::Expired { .. } => "logout_expired",
            Self::NameIdMissing => "logout_name_id_missing",
            Self::TooManySessions(_) => "logout_too_many_sessions",
            Self::SessionIndex => "logout_session_index",
            Self::InResponseTo { .. } => "logout_in_response_to_mismatch",
        }
    }
}

impl From<XmlError> for LogoutRejection {
    fn from(fault: XmlError) -> Self {
        Self::Message(fault.into())
    }
}

impl From<ReadError> for LogoutRejection {
    fn from(fault: ReadError) -> Self {
        Self::Message(fault.into())
    }
}
