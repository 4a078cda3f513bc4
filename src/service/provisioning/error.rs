//! Why provisioning refuses.

use crate::{
    model::Timestamp,
    scim::{ScimError, filter::FilterError},
    store::StoreError,
};

/// Why a provisioning request is refused or fails. The texts are for the admin of the identity provider.
#[derive(Debug, thiserror::Error)]
pub enum ProvisioningError {
    /// The protocol refuses it.
    #[error(transparent)]
    Protocol(#[from] ScimError),
    /// The id in the path is unknown, deleted, or not this connection's (R20).
    #[error("there is no resource with this id")]
    NotFound,
    /// A name or address is taken.
    #[error("{0}")]
    Conflict(&'static str),
    /// An administrator of the organization has deactivated the user, and SCIM does not undo that (R3). No value is taken: a
    /// client that looks for another name would look in vain.
    #[error(
        "this user was deactivated by an administrator of the organization, who alone can activate it again"
    )]
    DeactivatedByAdministrator,
    /// An id in the body is unknown or foreign, which is the same to the client (R22).
    #[error("{0} names no user or group of this connection")]
    UnknownReference(&'static str),
    /// A manager that is nobody, or somebody else's (R22).
    #[error("the manager is no user of this organization")]
    UnknownManager,
    /// A group would contain itself.
    #[error("a group cannot contain itself, nor a group that contains it")]
    Cycle,
    /// Groups of one bulk request that would contain each other (RFC 7644 section 3.7.1).
    #[error(
        "the operations refer to each other in a circle that cannot be closed: a group cannot contain itself"
    )]
    CircularReference,
    /// Groups would contain each other on more levels than are walked.
    #[error("groups can contain each other on at most {0} levels")]
    TooDeep(usize),
    /// More members than one request may name, or more that do not exist yet than a group keeps.
    #[error("{0}")]
    TooManyMembers(&'static str),
    /// No index answers the filter, and there are too many resources to look at each.
    #[error(
        "no index answers the filter or the order, and there are too many resources to look at each; \
         add `userName eq` or `externalId eq`"
    )]
    TooManyResults,
    /// A resource would be larger than is kept.
    #[error("what is kept of the resource would take more than {0} bytes")]
    TooLarge(usize),
    /// The client's `If-Match` is of another version.
    #[error("the resource has changed since it was read")]
    Stale,
    /// A deactivation waits for an administrator.
    #[error(transparent)]
    Held(#[from] Held),
    /// The database.
    #[error("database")]
    Store(#[source] StoreError),
}

/// A deactivation was not made: so many came at once that an administrator must let them through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "many users are being deactivated at once, and the connection holds such changes until an administrator lets \
     them through; the sessions of this user have ended, and the change can be sent again"
)]
pub struct Held {
    /// When the hold ends by itself.
    pub until: Timestamp,
    /// When this was said.
    pub now: Timestamp,
}

impl Held {
    /// In how many seconds to ask again: providers should not wait for the end of a hold that may be released before.
    pub fn retry_after(&self) -> i64 {
        const SOON: i64 = 15 * 60;
        (self.until.seconds() - self.now.seconds()).clamp(1, SOON)
    }
}

impl ProvisioningError {
    /// The `scimType` on the wire (RFC 7644 table 9).
    pub fn scim_type(&self) -> Option<&'static str> {
        match self {
            Self::Protocol(error) => Some(error.scim_type()),
            Self::Conflict(_) => Some("uniqueness"),
            Self::UnknownReference(_) | Self::UnknownManager | Self::Cycle | Self::TooDeep(_) => {
                Some("invalidValue")
            }
            Self::TooManyResults | Self::TooManyMembers(_) => Some("tooMany"),
            Self::NotFound
            | Self::CircularReference
            | Self::DeactivatedByAdministrator
            | Self::Stale
            | Self::TooLarge(_)
            | Self::Held(_)
            | Self::Store(_) => None,
        }
    }
}

impl From<FilterError> for ProvisioningError {
    fn from(error: FilterError) -> Self {
        Self::Protocol(error.into())
    }
}

/// A unique key that another request took first is a conflict like any other, and a row that another request
/// removed in between is an unknown reference.
impl From<StoreError> for ProvisioningError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(_) => Self::Conflict(TAKEN),
            StoreError::ForeignKey(_) => Self::UnknownReference("a member"),
            other => Self::Store(other),
        }
    }
}

/// The answer where only the database knows what is taken.
pub(super) const TAKEN: &str =
    "the userName or the login address belongs to another user of this organization";
