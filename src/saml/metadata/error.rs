//! Why metadata cannot be used. The reader is an administrator who uploaded the wrong file, so the sentences say
//! what the file is and what to upload instead.

use time::OffsetDateTime;

use crate::saml::{
    dsig::{KeyError, VerifyError},
    xml::{ReadError, XmlError},
};

/// Why metadata cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum MetadataError {
    #[error("this is a web page, not metadata; the provider may ask for a login at that address")]
    Html,
    #[error(
        "this is JSON, as OpenID Connect has it; SAML metadata is XML, and providers offer it with an application of the type SAML"
    )]
    Json,
    #[error("this is a certificate; the identity provider's metadata file contains it and more")]
    Certificate,
    #[error(
        "this is a private key, which nobody but its owner may see; whoever has it should be told that it was sent here"
    )]
    PrivateKey,
    #[error("this is a PDF; what is needed is the metadata itself, a file that ends with .xml")]
    Pdf,
    #[error(
        "this is an archive, such as a ZIP file or an Office document; unpack it, and give the file that ends with .xml"
    )]
    Archive,
    #[error("the file is empty")]
    Empty,
    #[error("this breaks off before its end; copy the whole of it, or download the file again")]
    BreaksOff,
    #[error("this is not XML")]
    NotXml,
    #[error(transparent)]
    Xml(#[from] XmlError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("this is <{got}>, not SAML metadata")]
    NotMetadata { got: String },
    #[error("this is the metadata of a service provider; the identity provider's is needed")]
    ServiceProvider,
    #[error("the metadata contains no SAML 2.0 identity provider")]
    NoIdp,
    #[error("the metadata contains {count} identity providers; one is needed: {}", quoted(.entity_ids))]
    Several { count: usize, entity_ids: Vec<String> },
    #[error("the metadata contains no identity provider {0:?}")]
    NotListed(String),
    #[error("the metadata contains the identity provider {0:?} more than once")]
    Duplicate(String),
    #[error("the metadata is not signed, but the connection expects it to be")]
    SignatureMissing,
    #[error("the signature on the metadata does not count: {0}")]
    Signature(VerifyError),
    #[error("the entity ID is missing or longer than 1024 characters")]
    EntityId,
    #[error("the metadata has two identity provider roles; one is needed")]
    SeveralRoles,
    #[error("validUntil is {got:?}, which is not an instant in UTC")]
    ValidUntil { got: String },
    #[error(
        "the metadata expired at {valid_until}; download it again (Shibboleth writes into a new file the moment at which it made it: give validUntil there another value)"
    )]
    Expired { valid_until: OffsetDateTime },
    #[error("the identity provider has no single sign-on endpoint for HTTP-Redirect or HTTP-POST")]
    NoSsoEndpoint,
    #[error("the endpoint {0:?} is not an https address")]
    Endpoint(String),
    #[error("the metadata has no signing certificate")]
    NoSigningKey,
    #[error(
        "the metadata has a signing key without a certificate; let the identity provider sign with a certificate"
    )]
    KeyWithoutCertificate,
    #[error("the metadata has more than {0} signing certificates; leave out those that are no longer used")]
    TooManyKeys(usize),
    #[error("the metadata has no usable signing certificate: {0}")]
    SigningKey(KeyError),
}

impl MetadataError {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Html => "metadata_is_html",
            Self::Json => "metadata_is_json",
            Self::Certificate => "metadata_is_certificate",
            Self::PrivateKey => "metadata_is_private_key",
            Self::Pdf => "metadata_is_pdf",
            Self::Archive => "metadata_is_archive",
            Self::Empty => "metadata_empty",
            Self::BreaksOff => "metadata_breaks_off",
            Self::NotXml => "metadata_not_xml",
            Self::Xml(e) => e.code(),
            Self::Read(_) => "metadata_malformed",
            Self::NotMetadata { .. } => "metadata_other_document",
            Self::ServiceProvider => "metadata_of_service_provider",
            Self::NoIdp => "metadata_no_idp",
            Self::Several { .. } => "metadata_several_idps",
            Self::NotListed(_) => "metadata_idp_not_listed",
            Self::Duplicate(_) => "metadata_duplicate_entity",
            Self::SignatureMissing => "metadata_unsigned",
            Self::Signature(e) => e.code(),
            Self::EntityId => "metadata_entity_id",
            Self::SeveralRoles => "metadata_several_roles",
            Self::ValidUntil { .. } => "metadata_valid_until",
            Self::Expired { .. } => "metadata_expired",
            Self::NoSsoEndpoint => "metadata_no_sso_endpoint",
            Self::Endpoint(_) => "metadata_endpoint",
            Self::NoSigningKey => "metadata_no_signing_key",
            Self::KeyWithoutCertificate => "metadata_key_without_certificate",
            Self::TooManyKeys(_) => "metadata_too_many_keys",
            Self::SigningKey(e) => e.code(),
        }
    }
}

/// Entity IDs as whoever wrote the document wrote them: none of them makes a line of its own, and none is endless.
fn quoted(entity_ids: &[String]) -> String {
    let each = entity_ids.iter().map(|id| format!("{:?}", id.chars().take(200).collect::<String>()));
    each.collect::<Vec<_>>().join(", ")
}
