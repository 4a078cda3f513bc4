//! A linear pass over the bytes before any parser sees them.
//!
//! roxmltree has no limits of its own (50,000 attributes on one element cost it seconds) and, like every parser,
//! opinions about corner cases of namespaces. What could cost too much, or be read differently by another parser,
//! is refused here: DOCTYPE (entities, defaults), encodings other than UTF-8, odd namespace declarations.

use memchr::{memchr, memchr2, memmem};

/// What a document may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Nested elements.
    pub depth: usize,
    /// Attributes on one element, namespace declarations included.
    pub attributes: usize,
    /// Namespace declarations in scope at any element.
    pub namespaces: usize,
    /// Elements, comments, processing instructions and CDATA sections in all: each becomes a node of the tree.
    pub elements: usize,
    /// Namespace declarations in all: the parser keeps the distinct ones in a sorted list, and to put one in front moves
    /// all the others.
    pub declarations: usize,
    /// Comparisons that the parser will make for duplicate attributes and for namespaces, in all.
    pub work: usize,
}

impl Limits {
    /// Protocol messages: 1 MB.
    pub const MESSAGE: Limits = Limits {
        bytes: 1 << 20,
        depth: 64,
        attributes: 256,
        namespaces: 64,
        elements: 20_000,
        declarations: 12_000,
        work: 1_200_000,
    };
    /// Metadata, which an administrator uploads or the egress client fetched: 5 MB.
    pub const METADATA: Limits = Limits {
        bytes: 5 << 20,
        elements: 150_000,
        declarations: 30_000,
        work: 10_000_000,
        ..Limits::MESSAGE
    };
}

/// Why bytes were refused before parsing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrescanError {
    /// More bytes than [`Limits::bytes`].
    #[error("the document has {got} bytes; at most {limit} are read")]
    TooLarge {
        /// The limit.
        limit: usize,
        /// The size.
        got: usize,
    },
    /// Not UTF-8, or declared to be something else.
    #[error("the document must be UTF-8")]
    Encoding,
    /// An XML declaration that is malformed or of another version than 1.0.
    #[error("the XML declaration is malformed or not of version 1.0")]
    Declaration,
    /// A document type declaration: entities, defaults, external fetches.
    #[error("a document type declaration (DOCTYPE) is not accepted")]
    Doctype,
    /// A character that XML 1.0 forbids.
    #[error("the document contains a control character")]
    ControlCharacter,
    /// Nested too deep.
    #[error("elements are nested deeper than {0}")]
    TooDeep(usize),
    /// Too many attributes on one element.
    #[error("an element has more than {0} attributes")]
    TooManyAttributes(usize),
    /// Too many namespace declarations in scope.
    #[error("more than {0} namespace declarations are in scope")]
    TooManyNamespaces(usize),
    /// Too many elements, or too costly in all.
    #[error("the document is too complex")]
    TooComplex,
    /// A namespace declaration that parsers read differently.
    #[error("a namespace declaration is malformed")]
    NamespaceDeclaration,
    /// Markup that is cut off or malformed.
    #[error("the markup is malformed at byte {0}")]
    Malformed(usize),
}

impl PrescanError {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            PrescanError::TooLarge { .. } => "xml_too_large",
            PrescanError::Encoding => "xml_encoding",
            PrescanError::Declaration => "xml_declaration",
            PrescanError::Doctype => "xml_doctype",
            PrescanError::ControlCharacter => "xml_control_character",
            PrescanError::TooDeep(_) => "xml_too_deep",
            PrescanError::TooManyAttributes(_) => "xml_too_many_attributes",
            PrescanError::TooManyNamespaces(_) => "xml_too_many_namespaces",
            PrescanError::TooComplex => "xml_too_complex",
            PrescanError::NamespaceDeclaration => "xml_namespace_declaration",
            PrescanError::Malformed(_) => "xml_not_well_formed",
        }
    }
}

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
    let mut scan =
        Scan { bytes, at: 0, limits, scopes: Vec::new(), in_scope: 0, elements: 0, declarations: 0, work: 0 };
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
            // Latin-1 and ASCII declared over pure ASCII mean the same bytes in UTF-8.
            let harmless = (is("ISO-8859-1") || is("US-ASCII")) && self.bytes.is_ascii();
            if !(is("UTF-8") || harmless) {
                return Err(PrescanError::Encoding);
            }
        }
        self.at += 5 + end + 2;
        Ok(())
    }

    fn content(&mut self) -> Result<(), PrescanError> {
        while let Some(offset) = memchr(b'<', &self.bytes[self.at..]) {
            check_references(self.at, &self.bytes[self.at..self.at + offset])?;
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
        let (mut attributes, mut declared, mut looked_up, mut default_seen) = (0, 0, 1, false);
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
                    if is_declaration(name, value, &mut default_seen)? {
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
        check_references(start, value)?;
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

const ENTITIES: [&[u8]; 5] = [b"amp;", b"lt;", b"gt;", b"quot;", b"apos;"];

/// Character references name characters of XML: roxmltree reads `&#xD800;` as U+FFFD, which is another document.
fn check_references(start: usize, span: &[u8]) -> Result<(), PrescanError> {
    let mut rest = span;
    while let Some(at) = memchr(b'&', rest) {
        rest = &rest[at + 1..];
        let Some(number) = rest.strip_prefix(b"#") else {
            // Without a DOCTYPE there are these and no others.
            if ENTITIES.iter().any(|name| rest.starts_with(name)) {
                continue;
            }
            return Err(PrescanError::Malformed(start));
        };
        rest = number;
        // Ten digits are more than any character needs.
        let end = rest.iter().take(12).position(|b| *b == b';').ok_or(PrescanError::Malformed(start))?;
        let digits = std::str::from_utf8(&rest[..end]).unwrap_or_default();
        let code = match digits.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        let character = code.ok().and_then(char::from_u32).ok_or(PrescanError::Malformed(start))?;
        let allowed = matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..);
        if !allowed || digits.starts_with('+') || digits.starts_with("x+") {
            return Err(PrescanError::Malformed(start));
        }
    }
    Ok(())
}

/// Whether an attribute declares a namespace. roxmltree takes any `x:xmlns` for a default declaration and the last
/// of two default declarations for the one that counts; other parsers do not.
fn is_declaration(name: &[u8], value: &[u8], default_seen: &mut bool) -> Result<bool, PrescanError> {
    if name == b"xmlns" {
        if std::mem::replace(default_seen, true) {
            return Err(PrescanError::NamespaceDeclaration);
        }
        return Ok(true);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn code(xml: &[u8]) -> &'static str {
        prescan(xml, &Limits::MESSAGE).map_or_else(|e| e.code(), |_| "ok")
    }

    #[test]
    fn accepts_what_is_utf8_in_fact() {
        for xml in [
            &b"\xef\xbb\xbf<?xml version=\"1.0\"?><a/>"[..],
            b"<?xml version='1.0' encoding='utf-8' standalone='yes'?><a b='1>2'>x<!-- <<a --><![CDATA[<a>]]></a>",
            b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
            b"<?xml version='1.0' encoding='us-ascii'?><a/>",
            b"<?xml-stylesheet href='x'?><a><?p </a><b> ?></a>",
        ] {
            assert_eq!(code(xml), "ok");
        }
    }

    #[test]
    fn refuses_other_encodings() {
        assert_eq!(code("<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>".as_bytes()), "xml_encoding");
        assert_eq!(code(b"<?xml version='1.0' encoding='UTF-7'?><a/>"), "xml_encoding");
        assert_eq!(code(b"\xff\xfe<\0a\0/\0>\0"), "xml_encoding");
        assert_eq!(code(b"<a>\xc0\xaf</a>"), "xml_encoding");
        assert_eq!(code(b"<a>\xed\xa0\x80</a>"), "xml_encoding");
        assert_eq!(code(b"\0\0\0<\0\0\0a"), "xml_control_character");
    }

    #[test]
    fn refuses_other_declarations() {
        for xml in ["<?xml version='1.1'?><a/>", "<?xml version=x1.0x?><a/>", "<?xml ?><a/>"] {
            assert_eq!(code(xml.as_bytes()), "xml_declaration", "{xml}");
        }
    }

    #[test]
    fn refuses_doctype_wherever_it_stands() {
        assert_eq!(code(b"<!DOCTYPE a><a/>"), "xml_doctype");
        assert_eq!(code(b"<?xml version='1.0'?>\n<!doctype a []><a/>"), "xml_doctype");
        assert_eq!(code(b"<a><!ENTITY x 'y'></a>"), "xml_doctype");
        assert_eq!(code(b"<![CDATA[x]]><a/>"), "xml_doctype");
    }

    #[test]
    fn refuses_declarations_that_parsers_read_differently() {
        for xml in [
            "<a xmlns='x' xmlns='y'/>",
            "<a xmlns:b=''/>",
            "<a b:xmlns='x'/>",
            "<a xmlns:xmlns='x'/>",
            "<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>",
        ] {
            assert_eq!(code(xml.as_bytes()), "xml_namespace_declaration", "{xml}");
        }
        for xml in [
            "<:a/>",
            "<a:/>",
            "<a:b:c/>",
            "<a b",
            "<a b=c/>",
            "<a b='<'/>",
            "</a>",
            "<a>",
            "<a b=''c=''/>",
            "<a b''c'/>",
            "<a =''/>",
            "< a/>",
            "<a /x>",
        ] {
            assert_eq!(code(xml.as_bytes()), "xml_not_well_formed", "{xml}");
        }
    }

    #[test]
    fn references_name_characters() {
        assert_eq!(
            code(b"<a b='&#x9;&#10;&amp;'>&lt;&gt;&quot;&apos;&#x1F600;&#xFFFD;<![CDATA[&#0;]]></a>"),
            "ok"
        );
        for bad in [
            "&#0;",
            "&#xD800;",
            "&#xFFFE;",
            "&#x110000;",
            "&#;",
            "&#x;",
            "&#+9;",
            "&#x+9;",
            "&#99999999999999;",
            "&#9",
            "&",
            "&&amp;",
            "&nbsp;",
            "&amp",
        ] {
            assert_eq!(code(format!("<a>{bad}</a>").as_bytes()), "xml_not_well_formed", "{bad}");
            assert_eq!(code(format!("<a b='{bad}'/>").as_bytes()), "xml_not_well_formed", "{bad}");
        }
    }

    #[test]
    fn bounds_are_exact() {
        let nested = |n: usize| "<a>".repeat(n) + &"</a>".repeat(n);
        assert_eq!(code(nested(64).as_bytes()), "ok");
        assert_eq!(code(nested(65).as_bytes()), "xml_too_deep");
        let attributes =
            |n: usize| format!("<a{}/>", (0..n).map(|i| format!(" a{i}=''")).collect::<String>());
        assert_eq!(code(attributes(256).as_bytes()), "ok");
        assert_eq!(code(attributes(257).as_bytes()), "xml_too_many_attributes");
        let spaces =
            |n: usize| format!("<a{}/>", (0..n).map(|i| format!(" xmlns:a{i}='u'")).collect::<String>());
        assert_eq!(code(spaces(64).as_bytes()), "ok");
        assert_eq!(code(spaces(65).as_bytes()), "xml_too_many_namespaces");
        let dense = format!("<r>{}</r>", attributes(200).repeat(100));
        assert_eq!(code(dense.as_bytes()), "xml_too_complex");
        assert_eq!(code(&vec![b' '; (1 << 20) + 1]), "xml_too_large");
    }

    #[test]
    fn whatever_becomes_a_node_is_counted() {
        for node in ["<a/>", "<!---->", "<?p?>", "<![CDATA[]]>"] {
            let nodes = |n: usize| format!("<r>{}</r>", node.repeat(n));
            assert_eq!(code(nodes(19_999).as_bytes()), "ok", "{node}");
            assert_eq!(code(nodes(20_000).as_bytes()), "xml_too_complex", "{node}");
        }
    }

    /// The parser compares each name that may have a namespace with the prefixes in scope, and keeps each declaration.
    #[test]
    fn whatever_is_looked_up_is_counted() {
        let spaces: String = (0..50).map(|n| format!(" xmlns:n{n}='u'")).collect();
        // At the root itself 50 attributes, 50 declarations and one name.
        let root = 50 * 50 + 51 * 50;
        for (child, cost) in
            [("<a/>", 50), ("<n1:a/>", 50), ("<a n1:b='' n2:b=''/>", 4 + 150), ("<a b=''/>", 51)]
        {
            let document = |n: usize| format!("<r{spaces}>{}</r>", child.repeat(n));
            let most = (1_200_000 - root) / cost;
            let nodes = most.min(19_999);
            assert_eq!(code(document(nodes).as_bytes()), "ok", "{child}");
            assert_eq!(code(document(nodes + 1).as_bytes()), "xml_too_complex", "{child}");
        }
        let declarations = |n: usize| format!("<r>{}</r>", "<a xmlns='u'/>".repeat(n));
        assert_eq!(code(declarations(12_000).as_bytes()), "ok");
        assert_eq!(code(declarations(12_001).as_bytes()), "xml_too_complex");
    }
}
