//! The operations of a PATCH.

use serde_json::{Map, Value};

use super::{
    Rewrite, Rewrites,
    body::{name_schemas, rewrite_values},
    keys::{self, Located, locate, rewrite_path},
    urns, values,
};
use crate::scim::{
    patch::PATCH_URN,
    schema::{Mutability, ResourceType},
};

/// Rewrites the body of a PATCH of the resource with that id into what the strict core takes.
pub fn rewrite_patch(resource_type: &'static ResourceType, id: &str, body: &mut Value) -> Rewrites {
    let mut used = Rewrites::new();
    if let Value::Object(body) = body {
        name_schemas(PATCH_URN, body, &mut used);
    }
    let list = body.as_object_mut().and_then(|body| {
        body.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("Operations")).map(|(_, list)| list)
    });
    let Some(Value::Array(list)) = list else { return used };
    let mut rewritten = Vec::with_capacity(list.len());
    for mut item in std::mem::take(list) {
        let more = match &mut item {
            Value::Object(operation) => rewrite_operation(resource_type, id, operation, &mut used),
            _ => Vec::new(),
        };
        rewritten.push(item);
        rewritten.extend(more);
    }
    *list = rewritten;
    used
}

/// Rewrites one operation, and gives those that were split off.
fn rewrite_operation(
    resource_type: &'static ResourceType,
    id: &str,
    operation: &mut Map<String, Value>,
    used: &mut Rewrites,
) -> Vec<Value> {
    lower_names(operation);
    if let Some(Value::String(op)) = operation.get_mut("op")
        && op.bytes().any(|byte| byte.is_ascii_uppercase())
    {
        op.make_ascii_lowercase();
        used.insert(Rewrite::CapitalOperation);
    }
    let op = operation.get("op").cloned().unwrap_or_default();
    let path = operation.get("path").and_then(Value::as_str).map(str::trim).filter(|path| !path.is_empty());
    let Some(path) = path else {
        return match operation.get_mut("value") {
            Some(Value::Object(value)) => rewrite_map(resource_type, id, &op, value, used),
            _ => Vec::new(),
        };
    };
    let names_schemas = path.eq_ignore_ascii_case("schemas") && op != "remove";
    if names_schemas && operation.get("value").is_some_and(|value| are_known(resource_type, value)) {
        // They are told of what is there, and follow it.
        operation.remove("path");
        operation.insert("value".to_owned(), Value::Object(Map::new()));
        used.insert(Rewrite::EchoedReadOnly);
        return Vec::new();
    }
    let mut path = rewrite_path(resource_type, path, used);
    if let Some(target) = locate(resource_type, &path)
        && let Some(value) = operation.get_mut("value")
    {
        rewrite_at(&target, &op, value, used);
        if op != "remove" && is_value_of_selected(&target, value) {
            path.push_str(".value");
            if value.as_str() == Some("") {
                *value = Value::Null;
            }
            used.insert(Rewrite::PlainForComplex);
        }
    }
    operation.insert("path".to_owned(), Value::String(path));
    Vec::new()
}

/// Whether a text stands where a selected element belongs, `emails[type eq "work"]`: it can only be meant as its `value`.
fn is_value_of_selected(target: &Located, value: &Value) -> bool {
    let attribute = target.found.attribute;
    let is_whole = target.selects && target.found.sub.is_none();
    is_whole && value.is_string() && attribute.sub_attribute("value").is_some()
}

/// Whether the URNs are those of the type and of its extensions.
fn are_known(resource_type: &'static ResourceType, value: &Value) -> bool {
    let is_known = |urn: &Value| {
        urn.as_str().is_some_and(|urn| {
            urn.eq_ignore_ascii_case(resource_type.schema.id) || resource_type.extension(urn).is_some()
        })
    };
    match value {
        Value::Array(urns) => urns.iter().all(is_known),
        one => is_known(one),
    }
}

/// The members of an operation in lower case; the names of RFC 7643 are case-insensitive.
fn lower_names(operation: &mut Map<String, Value>) {
    for name in ["op", "path", "value"] {
        let other = operation.keys().find(|key| key.eq_ignore_ascii_case(name) && *key != name).cloned();
        if let Some(value) =
            other.filter(|_| !operation.contains_key(name)).and_then(|key| operation.remove(&key))
        {
            operation.insert(name.to_owned(), value);
        }
    }
}

/// The value of an operation with a path.
fn rewrite_at(target: &Located, op: &Value, value: &mut Value, used: &mut Rewrites) {
    match target.found.sub {
        Some(sub) => values::rewrite(sub, value, used),
        None if target.selects => values::element(target.found.attribute, value, used),
        None => values::rewrite(target.found.attribute, value, used),
    }
    let lists = op == "remove" && target.found.sub.is_none() && !target.selects && !value.is_null();
    if lists && target.found.attribute.multi_valued {
        used.insert(Rewrite::RemoveWithValue);
    }
}

/// The value of an operation without path. Keys that are paths become operations of their own.
fn rewrite_map(
    resource_type: &'static ResourceType,
    id: &str,
    op: &Value,
    value: &mut Map<String, Value>,
    used: &mut Rewrites,
) -> Vec<Value> {
    urns::rename_keys(resource_type, value, used);
    keys::unwrap_core(resource_type, value, used);
    drop_echoes(resource_type, id, value, used);
    if keys::are_too_many(value) {
        return Vec::new();
    }
    let is_path = |(key, given): &(&String, &Value)| is_path(resource_type, key, given);
    let paths: Vec<String> = value.iter().filter(is_path).map(|(key, _)| key.clone()).collect();
    let mut split_off = Vec::with_capacity(paths.len());
    for key in paths {
        let mut part = value.remove(&key).unwrap_or_default();
        let path = rewrite_path(resource_type, &key, used);
        if let Some(target) = locate(resource_type, &path) {
            rewrite_at(&target, op, &mut part, used);
        }
        if key.contains(['.', ':', '[']) {
            used.insert(Rewrite::KeyAsPath);
        }
        split_off.push(serde_json::json!({ "op": op, "path": path, "value": part }));
    }
    rewrite_values(resource_type, value, used);
    split_off
}

/// Read-only attributes as the client has read them. An `id` that is another one stays, and is refused.
fn drop_echoes(
    resource_type: &'static ResourceType,
    id: &str,
    value: &mut Map<String, Value>,
    used: &mut Rewrites,
) {
    let before = value.len();
    value.retain(|name, given| match resource_type.core_attribute(name) {
        Some(attribute) if attribute.name == "id" => given.as_str() != Some(id),
        Some(attribute) => attribute.mutability != Mutability::ReadOnly,
        None => true,
    });
    if value.len() != before {
        used.insert(Rewrite::EchoedReadOnly);
    }
}

/// Whether a key is a path, or an attribute that belongs into an extension. A whole extension and what nobody
/// knows are not.
fn is_path(resource_type: &'static ResourceType, key: &str, given: &Value) -> bool {
    if resource_type.core_attribute(key).is_some() || resource_type.extension(key).is_some() {
        return false;
    }
    locate(resource_type, key).is_some()
        || resource_type.home_of(key.split('.').next().unwrap_or(key)).is_some()
        || keys::elsewhere(resource_type, key, given).is_some()
}
