//! A Response becomes a [`VerifiedAssertion`], or a [`Rejection`] that names the check that failed.

mod assertion;
pub(super) mod common;
mod error;
mod expected;
mod field;
mod field_checks;
mod message_checks;
pub(super) mod parse;
pub(super) mod read;
mod received;
mod validate;

pub use assertion::{Attribute, NameId, VerifiedAssertion};
pub use error::Rejection;
pub use expected::{Expected, PendingRequest, Solicitation};
pub use field::ProviderField;
pub use received::{Received, scan};
pub use validate::{Traced, Warning, validate, validate_traced};
