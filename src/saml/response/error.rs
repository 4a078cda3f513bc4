//! Every way in which a Response can fail, one variant per check. The code is stable (logs, alerts, tests); the
//! sentence is for the administrator of the connection and says what was wanted and what came.

use time::OffsetDateTime;

use crate::saml::{
    dsig::VerifyError,
    remark,
    xml::{ReadError, XmlError},
    xmlenc::DecryptError,
};

/// Why a Response is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum Rejection {
    #[error("the connection has no signing certificate; upload the identity provider's metadata again")]
    NoSigningKeys,
    #[error(transparent)]
    Xml(#[from] XmlError),
    #[error(transparent)]
    Read(#[from] ReadError),

    #[error("the message is <{got}>, not a SAML 2.0 Response")]
    NotAResponse { got: String },
    #[error("<{parent}> contains <{got}>, which does not belong there")]
    UnexpectedElement { parent: &'static str, got: String },
    #[error("<{parent}> contains text between its elements")]
    UnexpectedText { parent: &'static str },
    #[error("the {element} has no ID")]
    IdMissing { element: &'static str },
    #[error("the ID {id:?} occurs more than once")]
    IdRepeated { id: String },
    #[error("the message contains another Response inside")]
    NestedResponse,
    #[error("the {element} has version {got:?}, not 2.0")]
    Version { element: &'static str, got: String },
    #[error("{field} is {got:?}, which is not an instant in UTC such as 2026-01-31T12:00:00Z")]
    Instant { field: &'static str, got: String },
    #[error("the {element} was issued at {got}, which is in the future; check the clocks")]
    IssuedInFuture { element: &'static str, got: OffsetDateTime },

    #[error("the Response must have exactly one Status with one StatusCode")]
    StatusMalformed,
    #[error("the identity provider answered with status {}", said(.code, .subcode.as_deref(), .message.as_deref()))]
    Status { code: String, subcode: Option<String>, message: Option<String> },

    #[error("the Response is signed and must name its Destination, {wanted:?}")]
    DestinationMissing { wanted: String },
    #[error(
        "the Response is meant for {got:?}; this is {wanted:?}. Set the ACS URL at the identity provider"
    )]
    Destination { wanted: String, got: String },

    #[error("the {element} names no Issuer")]
    IssuerMissing { element: &'static str },
    #[error("the {element} comes from {got:?}; the connection expects {wanted:?}")]
    Issuer { element: &'static str, wanted: String, got: String },
    #[error("the Issuer of the {element} has the format {got:?}; only entity is possible")]
    IssuerFormat { element: &'static str, got: String },

    #[error("the {place} answers no request, but the login was started here")]
    InResponseToMissing { place: &'static str },
    #[error("the {place} answers the request {got:?}; this browser made {wanted:?}")]
    InResponseTo { place: &'static str, wanted: String, got: String },
    #[error("the {place} answers the request {got:?}, but none was made")]
    InResponseToUnexpected { place: &'static str, got: String },

    #[error("neither the Response nor the Assertion is signed; switch signing on at the identity provider")]
    SignatureMissing,
    #[error("the {element} has more than one signature")]
    SignatureRepeated { element: &'static str },
    #[error("a signature stands where it covers neither the Response nor the Assertion")]
    SignatureMisplaced,
    #[error("{element}: {fault}")]
    Signature { element: &'static str, fault: VerifyError },

    #[error("the Response contains no Assertion")]
    AssertionMissing,
    #[error("the Response contains {0} assertions; exactly one is accepted")]
    AssertionRepeated(usize),
    #[error("{element}: {fault}")]
    Encryption { element: &'static str, fault: DecryptError },

    #[error("the Assertion has no Subject")]
    SubjectMissing,
    #[error("the Subject has no NameID, and there is no attribute {wanted:?} in its place")]
    NameIdMissing { wanted: String },
    #[error("the NameID is empty, too long or null")]
    NameIdInvalid,
    #[error("the NameID is qualified for {got:?}, not for {wanted:?}")]
    SpNameQualifier { wanted: String, got: String },
    #[error("no SubjectConfirmation has the method bearer")]
    BearerMissing,
    #[error("the SubjectConfirmationData names no Recipient; it must be {wanted:?}")]
    RecipientMissing { wanted: String },
    #[error("the Recipient is {got:?}; this is {wanted:?}. Set the ACS URL at the identity provider")]
    Recipient { wanted: String, got: String },
    #[error("the SubjectConfirmationData has no NotOnOrAfter")]
    ConfirmationNotOnOrAfterMissing,
    #[error("the SubjectConfirmationData has a NotBefore, which a bearer confirmation must not have")]
    ConfirmationNotBefore,
    #[error("the SubjectConfirmationData expired at {not_on_or_after}; it is {now}")]
    ConfirmationExpired { not_on_or_after: OffsetDateTime, now: OffsetDateTime },

    #[error("the Assertion is valid from {not_before}; it is {now}. Check the clocks")]
    NotYetValid { not_before: OffsetDateTime, now: OffsetDateTime },
    #[error("the Assertion expired at {not_on_or_after}; it is {now}")]
    Expired { not_on_or_after: OffsetDateTime, now: OffsetDateTime },
    #[error("the Assertion has no AudienceRestriction; it must name {wanted:?}")]
    AudienceMissing { wanted: String },
    #[error("the Assertion is for {got:?}, not for {wanted:?}. Set the entity ID at the identity provider")]
    Audience { wanted: String, got: Vec<String> },
    #[error("the Assertion has the condition <{0}>, which is not understood, so it cannot be valid")]
    UnknownCondition(String),

    #[error("the Assertion has no AuthnStatement")]
    AuthnStatementMissing,
    #[error("the AuthnInstant is {got}, which is in the future; check the clocks")]
    AuthnInFuture { got: OffsetDateTime },
    #[error("the user signed in at {got}; a sign-in after {wanted} was asked for")]
    AuthnTooOld { wanted: OffsetDateTime, got: OffsetDateTime },
    #[error("the session at the identity provider ended at {not_on_or_after}; it is {now}")]
    SessionExpired { not_on_or_after: OffsetDateTime, now: OffsetDateTime },
    #[error("the user signed in by {got:?}; one of {wanted:?} was asked for")]
    AuthnContext { wanted: Vec<String>, got: Option<String> },

    #[error("the {0} is too long")]
    TooLong(&'static str),
    #[error("an Attribute has no Name")]
    AttributeNameMissing,
    #[error("the attribute {0:?} occurs more than once; which of them counts would be a guess")]
    AttributeRepeated(String),
    #[error("the attribute {0:?} has a null value")]
    AttributeNull(String),
}

impl Rejection {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSigningKeys => "no_signing_keys",
            Self::Xml(e) => e.code(),
            Self::Read(ReadError::CommentInText(_)) => "comment_in_text",
            Self::Read(ReadError::ElementInText(_)) => "element_in_text",
            Self::Read(ReadError::Repeated { .. }) => "element_repeated",
            Self::NotAResponse { .. } => "not_a_response",
            Self::UnexpectedElement { .. } => "unexpected_element",
            Self::UnexpectedText { .. } => "unexpected_text",
            Self::IdMissing { .. } => "id_missing",
            Self::IdRepeated { .. } => "id_repeated",
            Self::NestedResponse => "nested_response",
            Self::Version { .. } => "version",
            Self::Instant { .. } => "instant_malformed",
            Self::IssuedInFuture { .. } => "issued_in_future",
            Self::StatusMalformed => "status_malformed",
            Self::Status { .. } => "status_not_success",
            Self::DestinationMissing { .. } => "destination_missing",
            Self::Destination { .. } => "destination_mismatch",
            Self::IssuerMissing { .. } => "issuer_missing",
            Self::Issuer { .. } => "issuer_mismatch",
            Self::IssuerFormat { .. } => "issuer_format",
            Self::InResponseToMissing { .. } => "in_response_to_missing",
            Self::InResponseTo { .. } => "in_response_to_mismatch",
            Self::InResponseToUnexpected { .. } => "in_response_to_unexpected",
            Self::SignatureMissing => "signature_missing",
            Self::SignatureRepeated { .. } => "signature_repeated",
            Self::SignatureMisplaced => "signature_misplaced",
            Self::Signature { fault, .. } => fault.code(),
            Self::AssertionMissing => "assertion_missing",
            Self::AssertionRepeated(_) => "assertion_repeated",
            Self::Encryption { fault, .. } => fault.code(),
            Self::SubjectMissing => "subject_missing",
            Self::NameIdMissing { .. } => "name_id_missing",
            Self::NameIdInvalid => "name_id_invalid",
            Self::SpNameQualifier { .. } => "sp_name_qualifier_mismatch",
            Self::BearerMissing => "bearer_missing",
            Self::RecipientMissing { .. } => "recipient_missing",
            Self::Recipient { .. } => "recipient_mismatch",
            Self::ConfirmationNotOnOrAfterMissing => "confirmation_not_on_or_after_missing",
            Self::ConfirmationNotBefore => "confirmation_not_before",
            Self::ConfirmationExpired { .. } => "confirmation_expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::Expired { .. } => "expired",
            Self::AudienceMissing { .. } => "audience_missing",
            Self::Audience { .. } => "audience_mismatch",
            Self::UnknownCondition(_) => "unknown_condition",
            Self::AuthnStatementMissing => "authn_statement_missing",
            Self::AuthnInFuture { .. } => "authn_in_future",
            Self::AuthnTooOld { .. } => "authn_too_old",
            Self::SessionExpired { .. } => "session_expired",
            Self::AuthnContext { .. } => "authn_context_mismatch",
            Self::TooLong(_) => "value_too_long",
            Self::AttributeNameMissing => "attribute_name_missing",
            Self::AttributeRepeated(_) => "attribute_repeated",
            Self::AttributeNull(_) => "attribute_null",
        }
    }
}

/// What the provider says of a failure, in the order of the elements. All of it is the provider's own words: traces keep it,
/// and whoever sets the connection up reads it.
fn said(code: &str, subcode: Option<&str>, message: Option<&str>) -> String {
    let codes: Vec<String> = std::iter::once(code).chain(subcode).map(remark).collect();
    let codes = codes.join(", ");
    match message.map(remark).filter(|message| !message.is_empty()) {
        Some(message) => format!("{codes}, and the message: {message}"),
        None => codes,
    }
}
