//! A linear pass over the bytes before any parser sees them.
//!
//! roxmltree has no limits of its own (50,000 attributes on one element cost it seconds) and, like every parser,
//! opinions about corner cases of namespaces. What could cost too much, or be read differently by another parser,
//! is refused here: DOCTYPE (entities, defaults), encodings other than UTF-8, odd namespace declarations.

mod error;
mod limits;
mod references;
#[cfg(test)]
mod tests;

pub use error::PrescanError;
pub use limits::Limits;
use memchr::{memchr, memchr2, memmem};

/// Returns the text of the document, without a byte order mark, if a parser may see it.
///
/// # Errors
/// One variant per limit; see [`PrescanError`].
pub fn prescan<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, PrescanError> {
    if bytes.len() > limits.bytes {
        return Err(PrescanError::TooLarge { limit: limits.bytes, got: bytes.len() });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| PrescanError::Encoding)?;
    // A fold without an early exit, so that the compiler can take sixteen bytes at a time.
    let forbidden = |b: &u8| *b < 0x20 && !matches!(*b, b'\t' | b'\n' | b'\r');
    if bytes.iter().fold(false, |seen, b| seen | forbidden(b)) {
        return Err(PrescanError::ControlCharacter);
    }
    let mut scan = Scan {
        bytes,
        at: 0,
        limits,
        scopes: Vec::new(),
        in_scope: 0,
        elements: 0,
        declarations: 0,
        references: 0,
        work: 0,
    };
    scan.declaration()?;
    scan.content()?;
    Ok(text)
}

/// The pass itself.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    limits: &'a Limits,
    /// For each open element, how many namespaces it declared.
    scopes: Vec<usize>,
    in_scope: usize,
    elements: usize,
    declarations: usize,
    references: usize,
    work: usize,
}

impl<'a> Scan<'a> {
    /// `<?xml version="1.0" encoding="UTF-8"?>`, if there is one.
    fn declaration(&mut self) -> Result<(), PrescanError> {
        let rest = &self.bytes[self.at..];
        let Some(after) = rest.strip_prefix(b"<?xml") else { return Ok(()) };
        if !after.first().is_some_and(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let end = find(after, b"?>").ok_or(PrescanError::Declaration)?;
        let declared = std::str::from_utf8(&after[..end]).map_err(|_| PrescanError::Declaration)?;
        match pseudo_attribute(declared, "version") {
            Some("1.0") => {}
            _ => return Err(PrescanError::Declaration),
        }
        if declared.contains("encoding") {
            let encoding = pseudo_attribute(declared, "encoding").ok_or(PrescanError::Encoding)?;
            let is = |name: &str| encoding.eq_ignore_ascii_case(name);
            // Latin-1 and ASCII declared over pure ASCII mean the same bytes in UTF-8. Python writes `utf8` as it was told.
            let harmless = (is("ISO-8859-1") || is("US-ASCII")) && self.bytes.is_ascii();
            if !(is("UTF-8") || is("UTF8") || harmless) {
                return Err(PrescanError::Encoding);
            }
        }
        self.at += 5 + end + 2;
        Ok(())
    }

    fn content(&mut self) -> Result<(), PrescanError> {
        while let Some(offset) = memchr(b'<', &self.bytes[self.at..]) {
            self.references(self.at, &self.bytes[self.at..self.at + offset])?;
            self.at += offset + 1;
            match self.bytes.get(self.at) {
                Some(b'!') => self.bang()?,
                Some(b'?') => {
                    self.node()?;
                    self.skip_past(b"?>")?;
                }
                Some(b'/') => self.end_tag()?,
                Some(_) => self.start_tag()?,
                None => return Err(PrescanError::Malformed(self.at)),
            }
        }
        if self.scopes.is_empty() { Ok(()) } else { Err(PrescanError::Malformed(self.bytes.len())) }
    }

    /// A comment or CDATA; everything else that starts with `<!` belongs to a DOCTYPE.
    fn bang(&mut self) -> Result<(), PrescanError> {
        self.node()?;
        let rest = &self.bytes[self.at..];
        if rest.starts_with(b"!--") {
            self.at += 3;
            self.skip_past(b"-->")
        } else if rest.starts_with(b"![CDATA[") && !self.scopes.is_empty() {
            self.at += 8;
            self.skip_past(b"]]>")
        } else {
            Err(PrescanError::Doctype)
        }
    }

    fn end_tag(&mut self) -> Result<(), PrescanError> {
        let declared = self.scopes.pop().ok_or(PrescanError::Malformed(self.at))?;
        self.in_scope -= declared;
        self.skip_past(b">")
    }

    fn start_tag(&mut self) -> Result<(), PrescanError> {
        self.node()?;
        self.name()?;
        // The element's own name is looked up among the namespaces in scope, and so is each attribute with a prefix.
        let (mut attributes, mut declared, mut looked_up) = (0, 0, 1);
        let mut once = OnceAnElement::default();
        loop {
            let spaced = self.skip_whitespace();
            match self.bytes.get(self.at) {
                Some(b'>') => {
                    self.at += 1;
                    self.open(attributes, declared, looked_up)?;
                    self.scopes.push(declared);
                    return if self.scopes.len() > self.limits.depth {
                        Err(PrescanError::TooDeep(self.limits.depth))
                    } else {
                        Ok(())
                    };
                }
                Some(b'/') if self.bytes.get(self.at + 1) == Some(&b'>') => {
                    self.at += 2;
                    self.open(attributes, declared, looked_up)?;
                    self.in_scope -= declared;
                    return Ok(());
                }
                Some(_) if spaced => {
                    let (name, value) = self.attribute()?;
                    attributes += 1;
                    if attributes > self.limits.attributes {
                        return Err(PrescanError::TooManyAttributes(self.limits.attributes));
                    }
                    if is_declaration(name, value, &mut once)? {
                        declared += 1;
                    } else if name.contains(&b':') {
                        looked_up += 1;
                    }
                }
                _ => return Err(PrescanError::Malformed(self.at)),
            }
        }
    }

    /// Accounts for a node of the tree.
    fn node(&mut self) -> Result<(), PrescanError> {
        self.elements += 1;
        if self.elements > self.limits.elements { Err(PrescanError::TooComplex) } else { Ok(()) }
    }

    /// Accounts for an element: what is in scope now, and what the parser compares for it.
    fn open(&mut self, attributes: usize, declared: usize, looked_up: usize) -> Result<(), PrescanError> {
        self.in_scope += declared;
        if self.in_scope > self.limits.namespaces {
            return Err(PrescanError::TooManyNamespaces(self.limits.namespaces));
        }
        self.declarations += declared;
        self.work += attributes * attributes + (declared + looked_up) * self.in_scope;
        let complex = self.declarations > self.limits.declarations || self.work > self.limits.work;
        if complex { Err(PrescanError::TooComplex) } else { Ok(()) }
    }

    /// Accounts for the references in a text.
    fn references(&mut self, start: usize, text: &[u8]) -> Result<(), PrescanError> {
        self.references += references::count(start, text)?;
        if self.references > self.limits.references { Err(PrescanError::TooComplex) } else { Ok(()) }
    }

    fn attribute(&mut self) -> Result<(&'a [u8], &'a [u8]), PrescanError> {
        let name = self.name()?;
        self.skip_whitespace();
        if self.bytes.get(self.at) != Some(&b'=') {
            return Err(PrescanError::Malformed(self.at));
        }
        self.at += 1;
        self.skip_whitespace();
        let quote = match self.bytes.get(self.at) {
            Some(q @ (b'"' | b'\'')) => *q,
            _ => return Err(PrescanError::Malformed(self.at)),
        };
        let start = self.at + 1;
        let length = memchr2(quote, b'<', &self.bytes[start..])
            .filter(|length| self.bytes[start + length] == quote)
            .ok_or(PrescanError::Malformed(start))?;
        self.at = start + length + 1;
        let value = &self.bytes[start..start + length];
        self.references(start, value)?;
        Ok((name, value))
    }

    /// A qualified name: at most one colon, and something on both sides of it.
    fn name(&mut self) -> Result<&'a [u8], PrescanError> {
        let rest = &self.bytes[self.at..];
        let length = rest
            .iter()
            .position(|b| {
                matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'=' | b'/' | b'>' | b'<' | b'"' | b'\'')
            })
            .ok_or(PrescanError::Malformed(self.at))?;
        let name = &rest[..length];
        let colons = name.iter().filter(|b| **b == b':').count();
        if name.is_empty() || colons > 1 || name.starts_with(b":") || name.ends_with(b":") {
            return Err(PrescanError::Malformed(self.at));
        }
        self.at += length;
        Ok(name)
    }

    fn skip_whitespace(&mut self) -> bool {
        let start = self.at;
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.at > start
    }

    fn skip_past(&mut self, end: &[u8]) -> Result<(), PrescanError> {
        let found = find(&self.bytes[self.at..], end).ok_or(PrescanError::Malformed(self.at))?;
        self.at += found + end.len();
        Ok(())
    }
}

const XML_NAMESPACE: &[u8] = b"http://www.w3.org/XML/1998/namespace";

/// The declarations of which roxmltree does not see a second one on the same element.
#[derive(Default)]
struct OnceAnElement {
    default: bool,
    xml: bool,
}

/// Whether an attribute declares a namespace. roxmltree takes any `x:xmlns` for a default declaration and the last
/// of two default declarations for the one that counts; other parsers do not. The prefix `xml` may be declared as what it is
/// anyway (Namespaces in XML, section 3): Shibboleth and CAS write that into their metadata.
fn is_declaration(name: &[u8], value: &[u8], once: &mut OnceAnElement) -> Result<bool, PrescanError> {
    let seen = match name {
        b"xmlns" => &mut once.default,
        b"xmlns:xml" if value == XML_NAMESPACE => &mut once.xml,
        _ => return is_prefix_declaration(name, value),
    };
    if std::mem::replace(seen, true) { Err(PrescanError::NamespaceDeclaration) } else { Ok(true) }
}

fn is_prefix_declaration(name: &[u8], value: &[u8]) -> Result<bool, PrescanError> {
    if let Some(prefix) = name.strip_prefix(b"xmlns:") {
        if value.is_empty() || prefix == b"xmlns" || prefix == b"xml" {
            return Err(PrescanError::NamespaceDeclaration);
        }
        return Ok(true);
    }
    if name.ends_with(b":xmlns") { Err(PrescanError::NamespaceDeclaration) } else { Ok(false) }
}

/// The value of `name="..."` in an XML declaration.
fn pseudo_attribute<'a>(declared: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = declared.split_once(name)?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|q| matches!(q, '"' | '\''))?;
    value[1..].split_once(quote).map(|(value, _)| value)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memmem::find(haystack, needle)
}
