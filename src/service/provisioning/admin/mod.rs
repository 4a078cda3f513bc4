//! What administrators do and see: connections, tokens, schemas, the log of requests, checks.

pub mod check;
pub mod connections;
pub mod keys;
pub mod oauth;
pub mod preview;
pub mod rehearsal;
pub mod schemas;
mod target;
pub mod traces;

pub use super::hold::Verdict;

use crate::{scim::schema::InvalidSchema, store::StoreError};

/// Why an administrator's request is refused.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no such thing, or it is another organization's.
    #[error("there is no {0} of this id")]
    NotFound(&'static str),
    /// The input cannot be used; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// The schema cannot be registered.
    #[error("the schema cannot be registered: {0}")]
    Schema(#[from] InvalidSchema),
    /// The database.
    #[error("database")]
    Store(#[from] StoreError),
}

/// A display name: not empty, at most 200 characters, on one line.
fn display_name(text: &str) -> Result<String, AdminError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err(AdminError::Invalid("a display name has 1 to 200 characters on one line".into()));
    }
    Ok(text.to_owned())
}
