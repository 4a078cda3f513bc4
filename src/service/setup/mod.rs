//! A customer's administrator, who has no account, sets a connection up, or one of each kind (R23, decision 007): a link
//! that is exchanged for a session in one browser, with named capabilities, over connections that are drafts. It drafts
//! and tests; the operator or an owner makes it live. It reads no user, and its test logins make none.

mod activation;
mod checks;
mod choice;
mod draft;
mod drafts;
mod hindrance;
mod lasting_name;
mod links;
mod manage;
mod people;
mod preview;
mod progress;
mod provisioning;
mod report;
mod session;
mod test_login;
mod tested;
mod tried;
mod understanding;

pub use super::connections::ProviderFields;
pub use activation::{
    ReviewedSaml, ReviewedScim, Reviews, activate_saml, activate_scim, review_organization, review_saml,
    review_scim,
};
pub use choice::{Choices, choices, choose};
pub use draft::{DraftInput, Given, choose_provider, give_metadata};
pub use lasting_name::{NameOffer, ask_for_name};
pub use links::{LINK_LIFETIME, MadeLink, NewSetupLink, Part, create_setup_link};
pub use manage::{LinkProgress, LinkState, list_setup_links, revoke_setup_link, setup_progress};
pub use people::Arriving;
pub use preview::{Arrivals, preview};
pub use progress::Progress;
pub use provisioning::{
    LiveView, Provisioning, SeenRequest, SeenRewrite, TokenShown, admit_check, last_check, live_view,
    make_token, provisioning,
};
pub use report::{CheckLine, CheckState, Person, Report};
pub use session::{Opened, Wizard, open, wizard};
pub use test_login::{Answer, Begun, Ended, TEST_SECONDS, begin, last_report, receive};
pub use tested::Tested;
pub use tried::Untried;
pub use understanding::{Certificate, Notice, Understanding, understanding};

pub use crate::store::setup_links::SetupLink;
use crate::{
    saml::{
        metadata::MetadataError,
        xml::{PrescanError, XmlError},
    },
    service::{connections::ConnectionError, egress::EgressError, sso::explain::capitalised},
    store::StoreError,
};

/// What a link may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Draft the connection: choose the provider, hand metadata over.
    ConfigureSaml,
    /// Run test logins.
    TestSaml,
    /// Draft the SCIM connection: choose the provider, make a token.
    ConfigureScim,
    /// Check the SCIM connection, preview a sync, watch the requests.
    TestScim,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ConfigureSaml, Self::TestSaml, Self::ConfigureScim, Self::TestScim];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConfigureSaml => "saml.configure",
            Self::TestSaml => "saml.test",
            Self::ConfigureScim => "scim.configure",
            Self::TestScim => "scim.test",
        }
    }

    const fn is_of_saml(self) -> bool {
        matches!(self, Self::ConfigureSaml | Self::TestSaml)
    }
}

/// Why something cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// There is no such link.
    #[error("this set-up link is unknown; please check that it was copied whole")]
    LinkUnknown,
    /// Its time is over, or it was revoked.
    #[error("this set-up link has ended; please ask for a new one")]
    LinkEnded,
    /// Another browser has begun to use it.
    #[error(
        "this set-up link is in use in another browser; go on there, or ask whoever sent it for a new link to the same \
         connection, so that nothing is done twice"
    )]
    LinkInUse,
    /// The browser has no session of a link, or it has ended.
    #[error("this set-up has ended in this browser; please open your set-up link again")]
    NoSession,
    /// The link is not for a connection of this kind.
    #[error("this set-up link is not for that")]
    NotPart,
    /// The link has not this capability.
    #[error("this set-up link does not allow that")]
    NotAllowed,
    /// The connection is in use; a link never changes one that is.
    #[error("this connection is live; a set-up link cannot change it any more")]
    ConnectionNotDraft,
    /// What is to go live is not what was looked at.
    #[error("the connection was changed after it was looked at; look at it again")]
    ChangedSinceReview,
    /// What is to go live is not known to work.
    #[error(transparent)]
    Untried(#[from] Untried),
    /// The customer is switched off, and with it all that is set up for it.
    #[error("this organization is switched off, and nothing is set up for it meanwhile")]
    OrganizationDisabled,
    /// Something typed cannot be used; the text says what would do.
    #[error("{0}")]
    Invalid(String),
    /// The metadata cannot be used. The sentence quotes nothing of a fetched document (R25).
    #[error("{sentence}")]
    Metadata {
        /// For the administrator.
        sentence: String,
        /// The stable reason code.
        code: &'static str,
    },
    /// A test needs what is not there yet.
    #[error("{0}")]
    NotReady(&'static str),
    /// The organization or connection that a link is to be made for.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// The database.
    #[error("database")]
    Store(#[from] StoreError),
    /// A report could not be kept or a request not be written.
    #[error("internal: {0}")]
    Internal(String),
}

impl SetupError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::LinkUnknown => "setup_link_unknown",
            Self::LinkEnded => "setup_link_ended",
            Self::LinkInUse => "setup_link_in_use",
            Self::NoSession => "setup_session_missing",
            Self::NotPart => "setup_not_part",
            Self::NotAllowed => "setup_not_allowed",
            Self::ConnectionNotDraft => "connection_not_draft",
            Self::ChangedSinceReview => "connection_changed_since_review",
            Self::Untried(_) => "connection_untried",
            Self::OrganizationDisabled => "setup_organization_disabled",
            Self::Invalid(_) => "invalid_input",
            Self::Metadata { code, .. } => code,
            Self::NotReady(_) => "setup_not_ready",
            Self::Connection(_) => "connection_unusable",
            Self::Store(_) | Self::Internal(_) => "server_error",
        }
    }

    /// Metadata that an administrator uploaded or pasted: it may be quoted back.
    fn uploaded(error: &MetadataError) -> Self {
        let sentence = match error {
            MetadataError::Html => {
                "This is a web page, not metadata. The provider may have asked for a sign-in when \
                                    it was downloaded; sign in there, and download it again."
                    .into()
            }
            MetadataError::Xml(XmlError::Prescan(PrescanError::Encoding)) => {
                "This file is not saved as UTF-8 (an editor may have called it Unicode). Download it again and upload it \
                 without opening it, or save it as UTF-8."
                    .into()
            }
            MetadataError::Certificate => "This is a certificate. The metadata file contains it and more; if there is no \
                                           metadata, enter the fields below and give the certificate there."
                .into(),
            other => capitalised(&other.to_string()),
        };
        Self::Metadata { sentence, code: error.code() }
    }

    /// What we hand out came back: it belongs into the provider.
    fn ours(what: &str) -> Self {
        let sentence = format!(
            "This is our own {what}, which belongs into your identity provider. What is needed here is the one that your \
             identity provider shows."
        );
        Self::Metadata { sentence, code: "metadata_is_ours" }
    }

    /// Metadata that we fetched: nothing of it may be quoted, or the page would read addresses for a stranger (R25).
    fn fetched(error: &MetadataError) -> Self {
        let sentence = match error {
            MetadataError::Html
            | MetadataError::Json
            | MetadataError::Certificate
            | MetadataError::PrivateKey
            | MetadataError::Pdf
            | MetadataError::Archive
            | MetadataError::Empty
            | MetadataError::BreaksOff
            | MetadataError::ServiceProvider
            | MetadataError::NoIdp
            | MetadataError::SeveralRoles
            | MetadataError::NoSsoEndpoint
            | MetadataError::SignatureMissing
            | MetadataError::NoSigningKey => capitalised(&error.to_string()),
            _ => "What is at that address cannot be used as SAML metadata.".into(),
        };
        Self::Metadata { sentence, code: error.code() }
    }

    /// Nothing about names and addresses inside our network can be told apart by it (R25).
    fn unreachable(error: &EgressError) -> Self {
        let (sentence, code) = match error {
            EgressError::Url(_) => ("Only https addresses can be fetched.", "metadata_url_scheme"),
            EgressError::Status(_) => (
                "The server at that address answered with an error. It may ask for a sign-in; then upload the file.",
                "metadata_url_status",
            ),
            EgressError::TooLarge(_) => {
                ("What is at that address is too large to be metadata.", "metadata_too_large")
            }
            EgressError::Unresolved(_) | EgressError::NotPublic(_) | EgressError::Unreachable(_) => (
                "That address cannot be reached from here. It must be public; if it is inside your network, upload the \
                 file instead.",
                "metadata_url_unreachable",
            ),
        };
        Self::Metadata { sentence: sentence.into(), code }
    }
}
