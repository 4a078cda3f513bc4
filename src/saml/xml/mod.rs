//! XML as SAML needs it: a byte pre-scan that bounds the cost, one parse, strict reading, escaped writing.

pub mod instant;
pub mod prescan;
pub mod tree;
pub mod write;

pub use prescan::{Limits, PrescanError, prescan};
pub use tree::{Element, ReadError};
pub use write::Writer;

use std::borrow::Cow;

use memchr::memchr;

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

/// The text of a document that a parser may see.
#[derive(Debug)]
pub struct Scanned<'a>(Cow<'a, str>);

impl<'a> Scanned<'a> {
    /// Scans the bytes, and makes every line end a line feed, as XML 1.0 wants before anything else (section 2.11):
    /// roxmltree does it itself, but leaves a carriage return that stands behind a reference.
    ///
    /// # Errors
    /// Whatever [`prescan()`] refuses.
    pub fn scan(bytes: &'a [u8], limits: &Limits) -> Result<Self, XmlError> {
        let text = prescan(bytes, limits)?;
        if memchr(b'\r', text.as_bytes()).is_none() {
            return Ok(Self(Cow::Borrowed(text)));
        }
        Ok(Self(Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))))
    }

    /// The same, of its own.
    #[must_use]
    pub fn into_owned(self) -> Scanned<'static> {
        Scanned(Cow::Owned(self.0.into_owned()))
    }

    /// Parses, once: everything that is verified is read from the tree returned.
    ///
    /// # Errors
    /// What is not well formed.
    pub fn tree(&self) -> Result<roxmltree::Document<'_>, XmlError> {
        roxmltree::Document::parse(&self.0).map_err(|e| XmlError::NotWellFormed(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_line_feeds() {
        let xml = b"<a b='x\r\ny\rz'>&amp;\r<c>&#13;\r\n</c>\r\r\n<?p x\ry?><![CDATA[\r]]></a>";
        let scanned = Scanned::scan(xml, &Limits::MESSAGE).unwrap();
        let doc = scanned.tree().unwrap();
        let read: String = doc.descendants().filter(|n| n.is_text()).filter_map(|n| n.text()).collect();
        assert_eq!(read, "&\n\r\n\n\n\n");
        assert_eq!(doc.root_element().attribute("b"), Some("x y z"));
        let pi = doc.descendants().find_map(|n| n.pi()).unwrap();
        assert_eq!(pi.value, Some("x\ny"));
    }
}
