//! Values against the attribute table: types, canonical names, one state for null, empty and absent, and the
//! rules of multi-valued attributes (RFC 7643 sections 2.3 to 2.5).

use std::collections::HashSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use crate::scim::{
    ScimError,
    error::quoted,
    filter::instant,
    fold::fold,
    schema::{Attribute, Kind, ResourceType},
};

/// The most elements of one multi-valued attribute, and the most parts of all extensions that no schema describes. Members
/// of a group are not counted here.
pub const MAX_VALUES: usize = 500;
/// The longest text in bytes. Names are in indexes, and an index entry has its limit (2,704 bytes on PostgreSQL).
const MAX_TEXT: usize = 1024;
/// The longest text after folding: one character can fold to eighteen.
const MAX_FOLDED: usize = 2048;
/// The longest reference or binary in bytes.
const MAX_LONG_TEXT: usize = 64 * 1024;

/// The writable attributes of a body.
///
/// Read-only attributes and unknown attributes of the base schema are left out; unknown extensions are kept. What only
/// looks like one, a schema of ours misspelled or followed by an attribute, is refused.
pub(super) fn attributes(
    resource_type: &'static ResourceType,
    body: &Map<String, Value>,
) -> Result<Map<String, Value>, ScimError> {
    let mut out = Map::new();
    let mut seen = HashSet::new();
    for (name, given) in body {
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(ScimError::AttributeTwice(quoted(name)));
        }
        if let Some(attribute) = resource_type.core_attribute(name) {
            if attribute.is_writable() && !super::member::is_members(resource_type, attribute) {
                insert(&mut out, attribute.name, value(attribute, given, attribute.name)?);
            }
        } else if let Some(schema) = resource_type.extension(name) {
            insert(&mut out, schema.id, extension(schema.id, schema.attributes, given)?);
        } else if name.contains(':') {
            if resource_type.is_ours(name) {
                return Err(ScimError::UnknownKey(quoted(name)));
            }
            insert(&mut out, name, foreign(given).filter(Value::is_object));
        }
    }
    check_required(resource_type, &out)?;
    check_foreign(resource_type, &out)?;
    Ok(out)
}

/// The parts of all extensions that no schema describes are as few as the values of an attribute: every list and
/// projection looks at each.
pub(in crate::scim) fn check_foreign(
    resource_type: &ResourceType,
    attributes: &Map<String, Value>,
) -> Result<(), ScimError> {
    let mut parts = 0;
    for (name, value) in attributes.iter().filter(|(name, _)| name.contains(':')) {
        if resource_type.extension(name).is_none() {
            parts += value.as_object().map_or(1, Map::len);
        }
        if parts > MAX_VALUES {
            return Err(ScimError::TooManyValues(quoted(name)));
        }
    }
    Ok(())
}

fn extension(urn: &str, table: &'static [Attribute], given: &Value) -> Result<Option<Value>, ScimError> {
    match given {
        Value::Null => Ok(None),
        Value::Object(members) => complex(table, members, urn, ':'),
        _ => Err(ScimError::WrongType { path: urn.to_owned(), kind: Kind::Complex.as_str() }),
    }
}

/// A required attribute must be there, with more than blanks in it.
pub(in crate::scim) fn check_required(
    resource_type: &'static ResourceType,
    attributes: &Map<String, Value>,
) -> Result<(), ScimError> {
    for attribute in resource_type.schema.attributes.iter().filter(|attribute| attribute.required) {
        let given = attributes.get(attribute.name);
        if given.is_none_or(|given| given.as_str().is_some_and(|text| text.trim().is_empty())) {
            return Err(ScimError::RequiredMissing(attribute.name.to_owned()));
        }
    }
    Ok(())
}

/// The whole value of an attribute; `None` where it is unset.
pub(in crate::scim) fn value(
    attribute: &Attribute,
    given: &Value,
    path: &str,
) -> Result<Option<Value>, ScimError> {
    if !attribute.multi_valued {
        return element(attribute, given, path);
    }
    let items = match given {
        Value::Null => return Ok(None),
        Value::Array(items) => items,
        _ => return Err(ScimError::WrongType { path: path.to_owned(), kind: "array" }),
    };
    let mut elements = Vec::with_capacity(items.len());
    for item in items {
        elements.extend(element(attribute, item, path)?);
    }
    multi_valued(elements, path)
}

/// The rules for the elements together: no two with the same type and value, at most one primary, and not more
/// than the limit.
fn multi_valued(mut elements: Vec<Value>, path: &str) -> Result<Option<Value>, ScimError> {
    if elements.len() > MAX_VALUES {
        return Err(ScimError::TooManyValues(path.to_owned()));
    }
    let mut seen = HashSet::new();
    elements.retain(|element| seen.insert(identity(element)));
    check_primaries(&elements, path)?;
    Ok((!elements.is_empty()).then_some(Value::Array(elements)))
}

/// What makes an element the same as another: type and value, or all of it where it has no value.
fn identity(element: &Value) -> String {
    match element.get("value") {
        Some(value) => format!("{value} {}", element.get("type").unwrap_or(&Value::Null)),
        None => element.to_string(),
    }
}

/// At most one element is primary.
pub(in crate::scim) fn check_primaries(elements: &[Value], path: &str) -> Result<(), ScimError> {
    let primaries = elements.iter().filter(|element| element.get("primary") == Some(&Value::Bool(true)));
    if primaries.count() > 1 { Err(ScimError::SeveralPrimaries(path.to_owned())) } else { Ok(()) }
}

/// One element of a multi-valued attribute, or the value of a single-valued one.
fn element(attribute: &Attribute, given: &Value, path: &str) -> Result<Option<Value>, ScimError> {
    let wrong = || ScimError::WrongType { path: path.to_owned(), kind: attribute.kind.as_str() };
    match (attribute.kind, given) {
        (_, Value::Null) => return Ok(None),
        (_, Value::Array(items)) if items.is_empty() => return Ok(None),
        (Kind::Complex, Value::Object(members)) => {
            return complex(attribute.sub_attributes, members, path, '.');
        }
        (Kind::Boolean, Value::Bool(_)) | (Kind::Decimal, Value::Number(_)) => {}
        (Kind::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {}
        (Kind::String, Value::String(text)) => check_text(text, MAX_TEXT, path)?,
        (Kind::Reference, Value::String(text)) => check_text(text, MAX_LONG_TEXT, path)?,
        (Kind::DateTime, Value::String(text)) if instant(text).is_some() => {}
        (Kind::Binary, Value::String(text)) => {
            check_text(text, MAX_LONG_TEXT, path)?;
            STANDARD.decode(text).map_err(|_| wrong())?;
        }
        // A list of plain texts where objects with a `value` belong.
        (Kind::Complex, Value::String(_)) if attribute.multi_valued => {
            let Some(sub) = attribute.sub_attribute("value") else { return Err(wrong()) };
            let Some(plain) = element(sub, given, path)? else { return Ok(None) };
            return Ok(Some(Value::Object(Map::from_iter([(sub.name.to_owned(), plain)]))));
        }
        _ => return Err(wrong()),
    }
    Ok(Some(given.clone()))
}

fn complex(
    table: &'static [Attribute],
    members: &Map<String, Value>,
    path: &str,
    separator: char,
) -> Result<Option<Value>, ScimError> {
    let mut out = Map::new();
    let mut seen = HashSet::new();
    for (name, given) in members {
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(ScimError::AttributeTwice(quoted(&format!("{path}{separator}{name}"))));
        }
        let Some(sub) = table.iter().find(|sub| sub.name.eq_ignore_ascii_case(name)) else { continue };
        if sub.is_writable() {
            insert(&mut out, sub.name, value(sub, given, &format!("{path}{separator}{}", sub.name))?);
        }
    }
    Ok((!out.is_empty()).then_some(Value::Object(out)))
}

fn check_text(text: &str, limit: usize, path: &str) -> Result<(), ScimError> {
    let too_long =
        text.len() > limit || (!text.is_ascii() && limit == MAX_TEXT && fold(text).len() > MAX_FOLDED);
    if too_long || text.contains('\0') { Err(ScimError::BadText(path.to_owned())) } else { Ok(()) }
}

/// A value of an extension that no schema describes, without its empty parts.
pub(in crate::scim) fn foreign(given: &Value) -> Option<Value> {
    match given {
        Value::Null => None,
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().filter_map(foreign).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(members) => {
            let members: Map<String, Value> =
                members.iter().filter_map(|(name, value)| Some((name.clone(), foreign(value)?))).collect();
            (!members.is_empty()).then_some(Value::Object(members))
        }
        plain => Some(plain.clone()),
    }
}

fn insert(out: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        out.insert(name.to_owned(), value);
    }
}
