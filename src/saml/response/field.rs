//! Which setting at the identity provider a failed check is about, so that the administrator can be told its name there.

use super::error::Rejection;
use crate::saml::{
    dsig::{SignatureError, VerifyError},
    xmlenc::DecryptError,
};

/// A setting at the identity provider. What it is called there is data of that provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderField {
    /// Where responses go: the ACS URL.
    AcsUrl,
    /// Our entity ID: the audience.
    SpEntityId,
    /// The provider's own entity ID, as its metadata names it.
    IdpEntityId,
    /// The provider's certificates, as its metadata holds them.
    Certificates,
    /// What is signed.
    Signing,
    /// The algorithm it is signed with.
    SignatureAlgorithm,
    /// Our certificate that it encrypts to.
    EncryptionCertificate,
    /// The algorithm it encrypts with.
    EncryptionAlgorithm,
    /// The format and the source of the NameID.
    NameId,
    /// The attributes it sends.
    Attributes,
    /// How people must sign in there.
    AuthnContext,
    /// The clock of its machine.
    Clock,
}

impl ProviderField {
    /// The stable name, by which provider data is keyed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AcsUrl => "acs_url",
            Self::SpEntityId => "entity_id",
            Self::IdpEntityId => "idp_entity_id",
            Self::Certificates => "certificates",
            Self::Signing => "signing",
            Self::SignatureAlgorithm => "signature_algorithm",
            Self::EncryptionCertificate => "encryption_certificate",
            Self::EncryptionAlgorithm => "encryption_algorithm",
            Self::NameId => "name_id",
            Self::Attributes => "attributes",
            Self::AuthnContext => "authn_context",
            Self::Clock => "clock",
        }
    }
}

impl Rejection {
    /// The setting at the provider that most likely wants correcting; none where the message was tampered with, or is
    /// none that a provider sends.
    #[must_use]
    pub fn provider_field(&self) -> Option<ProviderField> {
        Some(match self {
            Self::Destination { .. }
            | Self::DestinationMissing { .. }
            | Self::Recipient { .. }
            | Self::RecipientMissing { .. } => ProviderField::AcsUrl,
            Self::Audience { .. } | Self::AudienceMissing { .. } | Self::SpNameQualifier { .. } => {
                ProviderField::SpEntityId
            }
            Self::Issuer { .. } | Self::IssuerMissing { .. } => ProviderField::IdpEntityId,
            Self::NoSigningKeys => ProviderField::Certificates,
            Self::SignatureMissing => ProviderField::Signing,
            Self::Signature { fault, .. } => return of_signature(fault),
            Self::Encryption { fault, .. } => return of_encryption(fault),
            Self::NameIdMissing { .. } | Self::NameIdInvalid => ProviderField::NameId,
            Self::AttributeNameMissing | Self::AttributeRepeated(_) | Self::AttributeNull(_) => {
                ProviderField::Attributes
            }
            Self::AuthnContext { .. } | Self::AuthnTooOld { .. } => ProviderField::AuthnContext,
            Self::IssuedInFuture { .. }
            | Self::AuthnInFuture { .. }
            | Self::NotYetValid { .. }
            | Self::Expired { .. }
            | Self::ConfirmationExpired { .. } => ProviderField::Clock,
            Self::Xml(_)
            | Self::Read(_)
            | Self::NotAResponse { .. }
            | Self::UnexpectedElement { .. }
            | Self::UnexpectedText { .. }
            | Self::IdMissing { .. }
            | Self::IdRepeated { .. }
            | Self::NestedResponse
            | Self::Version { .. }
            | Self::Instant { .. }
            | Self::StatusMalformed
            | Self::Status { .. }
            | Self::IssuerFormat { .. }
            | Self::InResponseToMissing { .. }
            | Self::InResponseTo { .. }
            | Self::InResponseToUnexpected { .. }
            | Self::SignatureRepeated { .. }
            | Self::SignatureMisplaced
            | Self::AssertionMissing
            | Self::AssertionRepeated(_)
            | Self::SubjectMissing
            | Self::BearerMissing
            | Self::ConfirmationNotOnOrAfterMissing
            | Self::ConfirmationNotBefore
            | Self::UnknownCondition(_)
            | Self::AuthnStatementMissing
            | Self::SessionExpired { .. }
            | Self::TooLong(_) => return None,
        })
    }
}

fn of_signature(fault: &VerifyError) -> Option<ProviderField> {
    match fault {
        VerifyError::NoKeys | VerifyError::KeyKind(_) | VerifyError::Value(_) => {
            Some(ProviderField::Certificates)
        }
        VerifyError::Signature(
            SignatureError::WeakAlgorithm(_)
            | SignatureError::Algorithm(_)
            | SignatureError::PssParameters(_)
            | SignatureError::Transform(_),
        ) => Some(ProviderField::SignatureAlgorithm),
        VerifyError::Signature(
            SignatureError::Malformed(_)
            | SignatureError::Comment
            | SignatureError::Reference(_)
            | SignatureError::Base64(_),
        )
        | VerifyError::WrongElement { .. }
        | VerifyError::Digest
        | VerifyError::C14n(_) => None,
    }
}

fn of_encryption(fault: &DecryptError) -> Option<ProviderField> {
    match fault {
        DecryptError::Algorithm(_) | DecryptError::Rsa15 | DecryptError::TripleDes => {
            Some(ProviderField::EncryptionAlgorithm)
        }
        DecryptError::Unauthenticated => Some(ProviderField::Signing),
        DecryptError::KeyMissing
        | DecryptError::TooManyKeys(_)
        | DecryptError::NoKeys
        | DecryptError::Failed => Some(ProviderField::EncryptionCertificate),
        DecryptError::Malformed(_) | DecryptError::CipherReference | DecryptError::TooMany(_) => None,
    }
}
