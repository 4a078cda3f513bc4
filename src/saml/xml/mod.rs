//! XML as SAML needs it: a byte pre-scan that bounds the cost, one parse, strict reading, escaped writing.

pub mod instant;
pub mod prescan;
pub mod tree;
pub mod write;

pub use prescan::{Limits, PrescanError, prescan};
pub use tree::{Element, ReadError};
pub use write::Writer;

/// Why bytes did not become a tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Refused before parsing.
    #[error(transparent)]
    Prescan(#[from] PrescanError),
    /// Not well formed.
    #[error("the XML is not well formed: {0}")]
    NotWellFormed(String),
}

impl XmlError {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            XmlError::Prescan(e) => e.code(),
            XmlError::NotWellFormed(_) => "xml_not_well_formed",
        }
    }
}

/// Scans and parses, once. Everything that is verified is read from the tree returned.
///
/// # Errors
/// Whatever [`prescan()`] refuses, and anything that is not well formed.
pub fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<roxmltree::Document<'a>, XmlError> {
    let text = prescan(bytes, limits)?;
    roxmltree::Document::parse(text).map_err(|e| XmlError::NotWellFormed(e.to_string()))
}
