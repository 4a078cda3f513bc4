//! Projects, organizations, domains, clients and keys: what the operator sets up.

mod clients;
mod domains;
mod keys;
mod organizations;
mod projects;
mod sessions;
mod unlink;
mod user_status;
mod users;

pub use crate::store::{projects::Project, sessions::Session};
pub use clients::{NewClient, add_redirect_uri, create_client, list_clients, rotate_client_secret};
pub use domains::{add_domain, list_domains, remove_domain};
pub use keys::{create_backend_api_key, create_scim_api_key, list_backend_api_keys, revoke_backend_api_key};
pub use organizations::{
    NewOrganization, OrganizationUpdate, create_organization, list_organizations, set_organization_status,
    update_organization,
};
pub use projects::{NewProject, check_signing_keys, create_project, find_project, list_projects};
pub use sessions::{Whose, end_all_sessions, end_session, list_sessions, live_sessions};
pub use unlink::unlink_user;
pub use user_status::{activate_user, deactivate_user, delete_user};
pub use users::{ListedUser, list_users};

use crate::{service::signing::SigningError, store::StoreError};

/// Why something could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// There is no such thing, or it is another project's.
    #[error("there is no {0} of this id")]
    NotFound(&'static str),
    /// There is none of this name or id where it was looked for.
    #[error("there is no {what} of the name or id {named:?} in {within}")]
    NoneNamed {
        /// What was looked for.
        what: &'static str,
        /// As it was given.
        named: String,
        /// Where it was looked for.
        within: String,
    },
    /// What was to be made is there already; the text says what is.
    #[error("{0} already")]
    Exists(String),
    /// The input cannot be used; the text says why, and what would do.
    #[error("{0}")]
    Invalid(String),
    /// Signing keys could not be made.
    #[error("the signing keys could not be made")]
    Signing(#[from] SigningError),
    /// The database.
    #[error("database")]
    Store(#[from] StoreError),
}

/// Turns a conflict on a unique key into what is there already, such as "the project has a role admin".
pub(in crate::service) fn exists(what: impl Into<String>) -> impl FnOnce(StoreError) -> DirectoryError {
    |error| match error {
        StoreError::Conflict(_) => DirectoryError::Exists(what.into()),
        other => other.into(),
    }
}

/// A display name: not empty, at most 200 characters, on one line.
pub(in crate::service) fn display_name(text: &str) -> Result<String, DirectoryError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err(DirectoryError::Invalid("a display name has 1 to 200 characters on one line".into()));
    }
    Ok(text.to_owned())
}
