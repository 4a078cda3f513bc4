//! Attribute paths (RFC 7644 section 3.10).

use std::fmt;

/// `[urn:]name[.sub]`, as written. [`ResourceType::resolve`](crate::scim::schema::ResourceType::resolve) says
/// what it means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttrPath {
    /// The URN of the schema.
    pub schema: Option<String>,
    /// The attribute.
    pub name: String,
    /// The sub-attribute.
    pub sub: Option<String>,
}

impl AttrPath {
    /// A path without schema and sub-attribute.
    pub fn name(name: &str) -> Self {
        Self { schema: None, name: name.to_owned(), sub: None }
    }

    /// A path without schema.
    pub fn sub(name: &str, sub: &str) -> Self {
        Self { schema: None, name: name.to_owned(), sub: Some(sub.to_owned()) }
    }

    /// Splits the text. What stands before the last colon is the schema, as attribute names have none. The error
    /// is the reason.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (schema, rest) = match text.rsplit_once(':') {
            Some((schema, rest)) if is_urn(schema) => (Some(schema.to_owned()), rest),
            Some(_) => return Err("a schema URN"),
            None => (None, text),
        };
        let (name, sub) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (rest, None),
        };
        if !is_name(name) || !sub.is_none_or(is_name) {
            return Err("an attribute name");
        }
        Ok(Self { schema, name: name.to_owned(), sub: sub.map(str::to_owned) })
    }
}

fn is_urn(text: &str) -> bool {
    text.len() > 4
        && text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
        && text.bytes().all(is_path_byte)
}

/// ATTRNAME of the grammar, and `$ref`.
fn is_name(text: &str) -> bool {
    let text = text.strip_prefix('$').unwrap_or(text);
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The bytes that a path may hold; it ends before any other.
pub(super) fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b':' | b'.' | b'-' | b'_' | b'$' | b'/' | b'%' | b'+' | b'~')
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(&self.name)?;
        if let Some(sub) = &self.sub {
            write!(f, ".{sub}")?;
        }
        Ok(())
    }
}
