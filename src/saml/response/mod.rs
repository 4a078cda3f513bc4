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
mod validate;

pub use assertion::{Attribute, NameId, VerifiedAssertion};
pub use error::Rejection;
pub use expected::{Expected, PendingRequest, Solicitation};
pub use field::ProviderField;
pub use validate::{Traced, Warning, validate, validate_traced};

use crate::saml::xml::{Limits, Scanned, tree};

/// What a Response says that it answers, before anything about it is known: for choosing between a solicited and an
/// unsolicited login (R7, R8), never for trusting it.
///
/// # Errors
/// Bytes that are not a Response.
pub fn claimed_request(bytes: &[u8]) -> Result<Option<String>, Rejection> {
    let text = Scanned::scan(bytes, &Limits::MESSAGE)?;
    let doc = text.tree()?;
    let root = parse::root(&doc)?;
    Ok(tree::attribute(root, "InResponseTo").map(str::to_owned))
}
