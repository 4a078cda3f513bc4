//! Schemas that an organization registers (RFC 7643 section 7), read from the JSON that discovery will show again.
//!
//! What the server does not enforce is refused rather than promised: uniqueness, required and read-only attributes.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    Attribute, Kind, Mutability, RESOURCE_TYPES, Returned, Schema,
    attribute::{KINDS, MUTABILITIES, RETURNED},
    common,
};

/// The most attributes of one schema, and the most sub-attributes of one of them.
const MAX_ATTRIBUTES: usize = 100;
/// The longest URN, name or text in bytes.
const MAX_TEXT: usize = 500;

/// Why a schema cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {reason}")]
pub struct InvalidSchema {
    /// The attribute, or the member of the schema.
    at: String,
    reason: &'static str,
}

/// A schema that has passed the checks, not yet part of a resource type.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    urn: String,
    /// `User` or `Group`.
    resource_type: &'static str,
    /// The JSON it was read from.
    json: Value,
}

impl Definition {
    /// Reads a schema: `id`, `name`, `description`, `attributes`, and `resourceType`, which is User if absent.
    pub fn parse(json: &Value) -> Result<Self, InvalidSchema> {
        let object = json.as_object().ok_or_else(|| fault("schema", "must be a JSON object"))?;
        let urn = text(object, "id")?.ok_or_else(|| fault("id", "must be the URN of the schema"))?;
        check_urn(urn)?;
        let wanted = text(object, "resourceType")?.unwrap_or("User");
        let resource_type = RESOURCE_TYPES.iter().find(|kind| kind.name == wanted);
        let resource_type = resource_type.ok_or_else(|| fault("resourceType", "must be User or Group"))?.name;
        let definition = Self { urn: urn.to_owned(), resource_type, json: json.clone() };
        definition.attributes()?;
        Ok(definition)
    }

    /// The URN as it was written.
    pub fn urn(&self) -> &str {
        &self.urn
    }

    /// `User` or `Group`.
    pub fn resource_type(&self) -> &'static str {
        self.resource_type
    }

    /// What to store.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// The schema in the form of the tables, for the rest of the process's life.
    pub(super) fn leak(&self) -> &'static Schema {
        let member = |name: &str| self.json.get(name).and_then(Value::as_str).unwrap_or_default();
        let name = if member("name").is_empty() { &self.urn } else { member("name") };
        Box::leak(Box::new(Schema {
            id: leak_text(&self.urn),
            name: leak_text(name),
            description: leak_text(member("description")),
            // Checked by `parse`.
            attributes: Vec::leak(self.attributes().unwrap_or_default().iter().map(Draft::leak).collect()),
        }))
    }

    fn attributes(&self) -> Result<Vec<Draft>, InvalidSchema> {
        drafts(self.json.get("attributes"), "attributes", true)
    }
}

/// An attribute as it was read.
#[derive(Clone, Debug)]
struct Draft {
    name: String,
    kind: Kind,
    multi_valued: bool,
    description: String,
    canonical_values: Vec<String>,
    case_exact: bool,
    mutability: Mutability,
    returned: Returned,
    reference_types: Vec<String>,
    sub_attributes: Vec<Draft>,
}

impl Draft {
    fn leak(&self) -> Attribute {
        let mut attribute = Attribute::new(leak_text(&self.name), self.kind, leak_text(&self.description));
        attribute.multi_valued = self.multi_valued;
        attribute.canonical_values = leak_texts(&self.canonical_values);
        attribute.case_exact = self.case_exact;
        attribute.mutability = self.mutability;
        attribute.returned = self.returned;
        attribute.reference_types = leak_texts(&self.reference_types);
        attribute.sub_attributes = Vec::leak(self.sub_attributes.iter().map(Self::leak).collect());
        attribute
    }
}

fn drafts(list: Option<&Value>, at: &str, may_nest: bool) -> Result<Vec<Draft>, InvalidSchema> {
    let list = list.and_then(Value::as_array).filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| fault(at, "must be a non-empty array"))?;
    if list.len() > MAX_ATTRIBUTES {
        return Err(fault(at, "has more than 100 attributes"));
    }
    let mut seen = HashSet::new();
    let mut drafts = Vec::with_capacity(list.len());
    for item in list {
        let draft = draft(item, at, may_nest)?;
        if !seen.insert(draft.name.to_ascii_lowercase()) {
            return Err(fault(&draft.name, "is defined twice"));
        }
        drafts.push(draft);
    }
    Ok(drafts)
}

fn draft(item: &Value, at: &str, may_nest: bool) -> Result<Draft, InvalidSchema> {
    let item = item.as_object().ok_or_else(|| fault(at, "must hold objects"))?;
    let name = text(item, "name")?.ok_or_else(|| fault(at, "an attribute has no name"))?;
    check_name(name)?;
    let kind = one_of(item, "type", KINDS, Kind::as_str, Kind::String, name)?;
    if kind == Kind::Complex && !may_nest {
        return Err(fault(name, "a sub-attribute cannot be complex (RFC 7643 section 2.3.8)"));
    }
    if flag(item, "required", name)? {
        return Err(fault(name, "`required` is not enforced for extensions; leave it false"));
    }
    if text(item, "uniqueness")?.is_some_and(|uniqueness| uniqueness != "none") {
        return Err(fault(name, "`uniqueness` is not enforced for extensions; leave it none"));
    }
    let mutability =
        one_of(item, "mutability", MUTABILITIES, Mutability::as_str, Mutability::ReadWrite, name)?;
    if !matches!(mutability, Mutability::ReadWrite) {
        return Err(fault(name, "`mutability` must be readWrite: others are not enforced for extensions"));
    }
    let sub_attributes = match kind {
        Kind::Complex => drafts(item.get("subAttributes"), name, false)?,
        _ => Vec::new(),
    };
    Ok(Draft {
        name: name.to_owned(),
        kind,
        multi_valued: flag(item, "multiValued", name)?,
        description: text(item, "description")?.unwrap_or_default().to_owned(),
        canonical_values: texts(item, "canonicalValues", name)?,
        case_exact: flag(item, "caseExact", name)? || matches!(kind, Kind::Reference | Kind::Binary),
        mutability,
        returned: one_of(item, "returned", RETURNED, Returned::as_str, Returned::Default, name)?,
        reference_types: texts(item, "referenceTypes", name)?,
        sub_attributes,
    })
}

/// A URN of its own: not one of the standard's, which mean what the standard says.
fn check_urn(urn: &str) -> Result<(), InvalidSchema> {
    let plain = urn.bytes().all(|b| b.is_ascii_alphanumeric() || b":._-/~%+".contains(&b));
    if urn.len() < 8 || urn.get(..4).is_none_or(|start| !start.eq_ignore_ascii_case("urn:")) || !plain {
        return Err(fault("id", "must be a URN such as urn:example:scim:schemas:2.0:User"));
    }
    let lower = urn.to_ascii_lowercase();
    let reserved = lower.starts_with("urn:ietf:params:scim:api:")
        || lower.starts_with("urn:ietf:params:scim:schemas:core:")
        || lower.starts_with("urn:ietf:params:scim:schemas:extension:enterprise:")
        || lower.starts_with("urn:scim:schemas:");
    if reserved { Err(fault("id", "is a URN of the standard")) } else { Ok(()) }
}

/// ATTRNAME (RFC 7643 section 2.1). A common attribute of the same name would be ambiguous to a reader.
fn check_name(name: &str) -> Result<(), InvalidSchema> {
    let rest = name.strip_prefix('$').unwrap_or(name);
    let good = rest.starts_with(|c: char| c.is_ascii_alphabetic())
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !good {
        return Err(fault(name, "is no attribute name"));
    }
    if common::attribute(name).is_some() {
        return Err(fault(name, "is the name of a common attribute"));
    }
    Ok(())
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, InvalidSchema> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= MAX_TEXT && !text.contains('\0') => Ok(Some(text)),
        Some(_) => Err(fault(name, "must be a text of at most 500 bytes")),
    }
}

fn texts(object: &Map<String, Value>, name: &str, at: &str) -> Result<Vec<String>, InvalidSchema> {
    let Some(list) = object.get(name).filter(|list| !list.is_null()) else { return Ok(Vec::new()) };
    let texts = list.as_array().filter(|list| list.len() <= MAX_ATTRIBUTES).and_then(|list| {
        list.iter().map(|text| text.as_str().filter(|t| t.len() <= MAX_TEXT).map(str::to_owned)).collect()
    });
    texts.ok_or_else(|| fault(at, "canonicalValues and referenceTypes must be short arrays of texts"))
}

fn flag(object: &Map<String, Value>, name: &str, at: &str) -> Result<bool, InvalidSchema> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(fault(at, "required, multiValued and caseExact must be true or false")),
    }
}

fn one_of<T: Copy>(
    object: &Map<String, Value>,
    member: &str,
    all: &[T],
    name: fn(T) -> &'static str,
    default: T,
    at: &str,
) -> Result<T, InvalidSchema> {
    let Some(given) = text(object, member)? else { return Ok(default) };
    let found = all.iter().copied().find(|one| name(*one) == given);
    found.ok_or_else(|| fault(at, "has an unknown type, mutability or returned"))
}

fn fault(at: &str, reason: &'static str) -> InvalidSchema {
    InvalidSchema { at: crate::scim::error::quoted(at), reason }
}

fn leak_text(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn leak_texts(texts: &[String]) -> &'static [&'static str] {
    Vec::leak(texts.iter().map(|text| leak_text(text)).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(json: &Value) -> String {
        Definition::parse(json).unwrap_err().to_string()
    }

    #[test]
    fn scim_086_a_schema_is_read_with_its_types() {
        let definition = Definition::parse(&json!({
            "id": "urn:acme:2.0:User", "name": "Acme", "attributes": [
                { "name": "badge", "type": "integer" },
                { "name": "desks", "type": "complex", "multiValued": true,
                  "subAttributes": [{ "name": "value", "caseExact": true }] }
            ]
        }))
        .unwrap();
        let schema = definition.leak();
        assert_eq!(schema.attribute("BADGE").map(|a| a.kind), Some(Kind::Integer));
        assert!(schema.attribute("desks").unwrap().sub_attribute("value").unwrap().case_exact);
    }

    #[test]
    fn scim_086_what_is_not_enforced_is_not_promised() {
        let with = |attribute: Value| json!({ "id": "urn:acme:2.0:User", "attributes": [attribute] });
        for (attribute, part) in [
            (json!({ "name": "a", "required": true }), "required"),
            (json!({ "name": "a", "uniqueness": "server" }), "uniqueness"),
            (json!({ "name": "a", "mutability": "readOnly" }), "mutability"),
            (json!({ "name": "a", "type": "money" }), "unknown type"),
            (json!({ "name": "1a" }), "no attribute name"),
            (json!({ "name": "ID" }), "common attribute"),
            (json!({ "name": "a", "type": "complex" }), "non-empty array"),
            (
                json!({ "name": "a", "type": "complex", "subAttributes": [{ "name": "b", "type": "complex" }] }),
                "cannot be complex",
            ),
        ] {
            assert!(
                refused(&with(attribute.clone())).contains(part),
                "{attribute}: {}",
                refused(&with(attribute.clone()))
            );
        }
        let twice = json!({ "id": "urn:acme:x", "attributes": [{ "name": "a" }, { "name": "A" }] });
        assert!(refused(&twice).contains("twice"));
        for urn in ["acme", "urn:ietf:params:scim:schemas:core:2.0:User", "urn:a b:c:d"] {
            assert!(
                refused(&json!({ "id": urn, "attributes": [{ "name": "a" }] })).starts_with("id:"),
                "{urn}"
            );
        }
    }
}
