//! The operations applied, in order, to a copy of what the client has written so far.

use serde_json::{Map, Value};

use super::{
    Op, Operation, Patch,
    elements::{self, Elements},
    path::{AttributeTarget, Target},
};
use crate::scim::{
    ScimError,
    filter::AttrPath,
    resource::{Resource, foreign, value},
    schema::{Attribute, Kind},
};

/// What to do where a path selects an element that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// Create it from the equality terms of the selection, as Entra and Okta rely on.
    Create,
    /// Refuse with `noTarget` (RFC 7644 section 3.5.2.3).
    Refuse,
}

/// The outcome of a patch.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The resource afterwards, equal to the one before if nothing changed.
    pub resource: Resource,
    /// Whether an element was created because a path selected one that did not exist.
    pub created_absent: bool,
}

/// Applies a patch. Either all of it, or nothing.
pub fn apply(resource: &Resource, patch: &Patch, absent: Absent) -> Result<Applied, ScimError> {
    run(resource, &patch.operations, absent)
}

pub(super) fn run(
    resource: &Resource,
    operations: &[Operation],
    absent: Absent,
) -> Result<Applied, ScimError> {
    let mut state = Elements::new(absent);
    let mut attributes = resource.attributes().clone();
    for operation in operations {
        match &operation.target {
            Target::Attribute(target) => attribute(&mut attributes, target, operation, &mut state)?,
            Target::Extension(schema) => extension(&mut attributes, schema, operation, &mut state)?,
            Target::Foreign { whole, urn, name } => {
                in_foreign(&mut attributes, whole, urn, name.as_ref(), operation)?
            }
            Target::Dropped => {}
        }
    }
    let resource = resource.patched(attributes)?;
    Ok(Applied { resource, created_absent: state.created_absent })
}

/// A whole extension: its attributes one by one, as add and replace merge (RFC 7644 section 3.5.2.3).
fn extension(
    attributes: &mut Map<String, Value>,
    schema: &'static crate::scim::schema::Schema,
    operation: &Operation,
    state: &mut Elements,
) -> Result<(), ScimError> {
    let given = match &operation.value {
        _ if operation.op == Op::Remove => None,
        Value::Null => None,
        Value::Object(given) => Some(given),
        _ => return Err(ScimError::WrongType { path: schema.id.to_owned(), kind: Kind::Complex.as_str() }),
    };
    let Some(given) = given else {
        attributes.remove(schema.id);
        return Ok(());
    };
    for (name, value) in given {
        let Some(attribute_in) = schema.attribute(name).filter(|attribute| attribute.is_writable()) else {
            continue;
        };
        let target = AttributeTarget {
            extension: Some(schema),
            attribute: attribute_in,
            filter: None,
            sub: None,
            path: format!("{}:{}", schema.id, attribute_in.name),
        };
        let part = Operation {
            index: operation.index,
            op: operation.op,
            target: Target::Dropped,
            value: value.clone(),
        };
        attribute(attributes, &target, &part, state)?;
    }
    Ok(())
}

/// One attribute, in the base schema or in an extension of the table.
fn attribute(
    attributes: &mut Map<String, Value>,
    target: &AttributeTarget,
    operation: &Operation,
    state: &mut Elements,
) -> Result<(), ScimError> {
    let Some(schema) = target.extension else { return in_home(attributes, target, operation, state) };
    let mut home = match attributes.remove(schema.id) {
        Some(Value::Object(home)) => home,
        _ => Map::new(),
    };
    in_home(&mut home, target, operation, state)?;
    if !home.is_empty() {
        attributes.insert(schema.id.to_owned(), Value::Object(home));
    }
    Ok(())
}

fn in_home(
    home: &mut Map<String, Value>,
    target: &AttributeTarget,
    operation: &Operation,
    state: &mut Elements,
) -> Result<(), ScimError> {
    let name = target.attribute.name;
    if target.attribute.multi_valued {
        let before = match home.remove(name) {
            Some(Value::Array(elements)) => elements,
            _ => Vec::new(),
        };
        let after = state.change(before, target, operation.op, &operation.value)?;
        if !after.is_empty() {
            home.insert(name.to_owned(), Value::Array(after));
        }
        return Ok(());
    }
    let before = home.remove(name);
    let after = match target.sub {
        None => single(before, target, operation)?,
        Some(sub) => {
            let part = Map::from_iter([(sub.name.to_owned(), unless_removed(operation))]);
            merge(before, target.attribute, &part, name)?
        }
    };
    home.extend(after.map(|value| (name.to_owned(), value)));
    Ok(())
}

/// Null where the operation removes: null, empty and absent are one state.
fn unless_removed(operation: &Operation) -> Value {
    if operation.op == Op::Remove { Value::Null } else { operation.value.clone() }
}

/// A single-valued attribute as a whole.
fn single(
    before: Option<Value>,
    target: &AttributeTarget,
    operation: &Operation,
) -> Result<Option<Value>, ScimError> {
    let attribute = target.attribute;
    match (&operation.value, operation.op) {
        (_, Op::Remove) if attribute.required => Err(ScimError::RequiredRemoved(attribute.name.to_owned())),
        (_, Op::Remove) => Ok(None),
        (Value::Object(given), _) if attribute.kind == Kind::Complex => {
            merge(before, attribute, given, attribute.name)
        }
        (given, _) => value(attribute, given, attribute.name),
    }
}

/// The sub-attributes that are given replace those that were there; null removes one (RFC 7644 section 3.5.2.3).
pub(super) fn merge(
    before: Option<Value>,
    attribute: &Attribute,
    given: &Map<String, Value>,
    path: &str,
) -> Result<Option<Value>, ScimError> {
    let mut merged = match before {
        Some(Value::Object(before)) => before,
        _ => Map::new(),
    };
    // Checked as a whole first: a sub-attribute in two spellings is refused.
    let checked = elements::element(attribute, &Value::Object(given.clone()), path)?;
    for name in given.keys() {
        let Some(sub) = attribute.sub_attribute(name).filter(|sub| sub.is_writable()) else { continue };
        match checked.as_ref().and_then(|checked| checked.get(sub.name)) {
            Some(value) => merged.insert(sub.name.to_owned(), value.clone()),
            None => merged.remove(sub.name),
        };
    }
    Ok((!merged.is_empty()).then_some(Value::Object(merged)))
}

/// An extension that no table describes is kept as it comes, so add and replace both set.
fn in_foreign(
    attributes: &mut Map<String, Value>,
    whole: &str,
    urn: &str,
    name: Option<&AttrPath>,
    operation: &Operation,
) -> Result<(), ScimError> {
    let new = foreign(&unless_removed(operation));
    // A bare URN reads like an attribute of a shorter one, unless that extension is there.
    let is_there = |urn: &str| attributes.contains_key(urn);
    let path = match name {
        Some(path) if !is_there(whole) && (is_there(urn) || !is_extension(path, new.as_ref())) => path,
        _ => return merge_foreign(attributes, whole, new),
    };
    let mut home = match attributes.remove(urn) {
        Some(Value::Object(home)) => home,
        _ => Map::new(),
    };
    match &path.sub {
        None => set(&mut home, &path.name, new),
        Some(sub) => {
            let mut inner = match home.remove(&path.name) {
                Some(Value::Object(inner)) => inner,
                _ => Map::new(),
            };
            set(&mut inner, sub, new);
            set(&mut home, &path.name, (!inner.is_empty()).then_some(Value::Object(inner)));
        }
    }
    set(attributes, urn, (!home.is_empty()).then_some(Value::Object(home)));
    Ok(())
}

/// Whether the last part of a URN is rather the end of it, `User`, than an attribute, whose name begins small: its value is
/// an object.
fn is_extension(path: &AttrPath, new: Option<&Value>) -> bool {
    path.sub.is_none()
        && path.name.starts_with(|c: char| c.is_ascii_uppercase())
        && new.is_some_and(Value::is_object)
}

fn merge_foreign(
    attributes: &mut Map<String, Value>,
    urn: &str,
    new: Option<Value>,
) -> Result<(), ScimError> {
    match (attributes.get_mut(urn), new) {
        (_, None) => {
            attributes.remove(urn);
        }
        (Some(Value::Object(before)), Some(Value::Object(new))) => before.extend(new),
        (_, Some(new @ Value::Object(_))) => {
            attributes.insert(urn.to_owned(), new);
        }
        _ => {
            return Err(ScimError::WrongType {
                path: crate::scim::error::quoted(urn),
                kind: Kind::Complex.as_str(),
            });
        }
    }
    Ok(())
}

fn set(home: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => home.insert(name.to_owned(), value),
        None => home.remove(name),
    };
}
