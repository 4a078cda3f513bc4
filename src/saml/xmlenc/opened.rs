//! Decrypted content as a tree of its own. It is parsed once, inside a wrapper that declares the namespaces in scope where
//! the ciphertext stood, so that prefixes mean what they would have meant there.

use roxmltree::Document;

use super::error::DecryptError;
use crate::saml::{
    names::ns,
    xml::{Element, Limits, Scanned, write::escape_attribute},
};

/// What a ciphertext decrypted to, not yet parsed.
pub struct Plaintext {
    text: Scanned<'static>,
    covered: bool,
}

/// The tree of a decrypted element.
#[derive(Debug)]
pub struct Opened<'i> {
    document: Document<'i>,
    covered: bool,
}

impl Plaintext {
    /// `data` is the EncryptedData that the content takes the place of. The limits are those of a message.
    pub(super) fn new(data: Element<'_, '_>, content: &[u8], covered: bool) -> Result<Self, DecryptError> {
        let content = std::str::from_utf8(content).map_err(|_| DecryptError::Failed)?;
        let mut xml = String::with_capacity(content.len() + 512);
        xml.push_str("<plaintext");
        let scope = data.parent_element().unwrap_or(data);
        for namespace in scope.namespaces().filter(|n| n.uri() != ns::XML) {
            xml.push_str(" xmlns");
            if let Some(prefix) = namespace.name() {
                xml.push(':');
                xml.push_str(prefix);
            }
            xml.push_str("=\"");
            escape_attribute(namespace.uri(), &mut xml);
            xml.push('"');
        }
        xml.push('>');
        xml.push_str(without_declaration(content));
        xml.push_str("</plaintext>");
        let text = Scanned::scan(xml.as_bytes(), &Limits::MESSAGE).map_err(|_| DecryptError::Failed)?;
        Ok(Self { text: text.into_owned(), covered })
    }

    /// Parses, once.
    ///
    /// # Errors
    /// Only [`DecryptError::Failed`]: what is wrong inside is nobody's business (R26).
    pub fn open(&self) -> Result<Opened<'_>, DecryptError> {
        let document = self.text.tree().map_err(|_| DecryptError::Failed)?;
        // One element and nothing else: a text beside it, or a second element, is another content.
        let blank =
            |node: &Element<'_, '_>| node.is_text() && node.text().is_some_and(|t| t.trim().is_empty());
        let mut content = document.root_element().children().filter(|node| !blank(node));
        let alone = matches!((content.next(), content.next()), (Some(only), None) if only.is_element());
        if alone { Ok(Opened { document, covered: self.covered }) } else { Err(DecryptError::Failed) }
    }
}

impl<'i> Opened<'i> {
    /// The element that was encrypted.
    #[must_use]
    pub fn element<'a>(&'a self) -> Element<'a, 'i> {
        let wrapper = self.document.root_element();
        // `open` has seen it. The wrapper, which is no element of SAML, would be refused as one.
        wrapper.first_element_child().unwrap_or(wrapper)
    }

    /// Whether a verified signature covers the ciphertext.
    pub(in crate::saml) fn is_covered(&self) -> bool {
        self.covered
    }
}

impl std::fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plaintext").field("covered", &self.covered).finish_non_exhaustive()
    }
}

/// Some providers encrypt a whole document. Its declaration, if it says what is the case anyway, is left out.
fn without_declaration(content: &str) -> &str {
    let content = content.strip_prefix('\u{feff}').unwrap_or(content);
    match content.strip_prefix("<?xml ").and_then(|rest| rest.split_once("?>")) {
        Some((declared, rest))
            if !declared.contains("encoding") || declared.to_ascii_lowercase().contains("utf-8") =>
        {
            rest
        }
        _ => content,
    }
}
