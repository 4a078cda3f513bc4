//! A Response as it came: read once, first for what it says that it answers, then for its validation. To read it twice is
//! to let whoever sends it spend twice as much of our time.

use super::{Expected, Rejection, Traced, parse, read, validate};
use crate::saml::{
    xml::{Limits, Scanned, tree},
    xmlenc,
};

/// The text of a message that is within the limits.
///
/// # Errors
/// What the pre-scan refuses.
pub fn scan(bytes: &[u8]) -> Result<Scanned<'_>, Rejection> {
    Ok(Scanned::scan(bytes, &Limits::MESSAGE)?)
}

/// A message that is well formed. Nothing in it is verified.
#[derive(Debug)]
pub struct Received<'i>(roxmltree::Document<'i>);

impl<'i> Received<'i> {
    /// Reads a scanned message.
    ///
    /// # Errors
    /// What is not well formed.
    pub fn read(text: &'i Scanned<'_>) -> Result<Self, Rejection> {
        Ok(Self(text.tree()?))
    }

    /// What a Response says that it answers, before anything about it is known: for choosing between a solicited and an
    /// unsolicited login (R7, R8), never for trusting it.
    ///
    /// # Errors
    /// A document that is no Response.
    pub fn claimed_request(&self) -> Result<Option<String>, Rejection> {
        let root = parse::root(&self.0)?;
        Ok(tree::attribute(root, "InResponseTo").filter(|id| !id.is_empty()).map(str::to_owned))
    }

    /// Who a Response says that it is from, before anything about it is known: for what a person is told, never for trusting it.
    #[must_use]
    pub fn claimed_issuer(&self) -> Option<String> {
        let issuer = read::issuer(parse::root(&self.0).ok()?).ok()??;
        Some(issuer.value)
    }

    /// As [`xmlenc::may_be_in`].
    #[must_use]
    pub fn may_be_encrypted(&self) -> bool {
        xmlenc::may_be_in(self.0.input_text().as_bytes())
    }

    /// Validates it, and tells which checks passed.
    #[must_use]
    pub fn validate_traced(&self, expected: &Expected<'_>) -> Traced {
        validate::traced(&self.0, expected)
    }
}
