//! The body of a create or replace.

use serde_json::{Map, Value};

use super::{Rewrite, Rewrites, keys, urns, values};
use crate::scim::{list::SEARCH_URN, schema::ResourceType};

/// Rewrites the body of a create or replace into what the strict core takes.
pub fn rewrite_body(resource_type: &'static ResourceType, body: &mut Value) -> Rewrites {
    let mut used = Rewrites::new();
    let Value::Object(body) = body else { return used };
    name_schemas(resource_type.schema.id, body, &mut used);
    if let Some(Value::Array(schemas)) = body.get_mut("schemas") {
        for schema in schemas {
            if let Some((urn, rewrite)) = schema.as_str().and_then(|urn| urns::meant(resource_type, urn)) {
                *schema = Value::from(urn);
                used.insert(rewrite);
            }
        }
    }
    urns::rename_keys(resource_type, body, &mut used);
    keys::unwrap_core(resource_type, body, &mut used);
    keys::follow_paths(resource_type, body, &mut used);
    move_into_extensions(resource_type, body, &mut used);
    rewrite_values(resource_type, body, &mut used);
    used
}

/// Rewrites a message that is no resource, a search or a bulk request, into what the strict core takes.
pub fn rewrite_message(urn: &'static str, body: &mut Value) -> Rewrites {
    let mut used = Rewrites::new();
    if let Value::Object(body) = body {
        name_schemas(urn, body, &mut used);
        if urn == SEARCH_URN {
            number_texts(body, &mut used);
        }
    }
    used
}

/// The numbers of a search, which are texts in a query.
fn number_texts(body: &mut Map<String, Value>, used: &mut Rewrites) {
    let is_number =
        |name: &str| ["startIndex", "count"].into_iter().any(|number| name.eq_ignore_ascii_case(number));
    for (_, value) in body.iter_mut().filter(|(name, _)| is_number(name)) {
        if let Some(number) = value.as_str().and_then(|text| text.trim().parse::<i64>().ok()) {
            *value = number.into();
            used.insert(Rewrite::NumberText);
        }
    }
}

/// An empty list of schemas, or none, can only mean that of the message: the endpoint says which.
pub(super) fn name_schemas(urn: &'static str, body: &mut Map<String, Value>, used: &mut Rewrites) {
    let name = body.keys().find(|name| name.eq_ignore_ascii_case("schemas")).cloned();
    let listed = body.entry(name.unwrap_or_else(|| "schemas".to_owned())).or_insert(Value::Null);
    let rewrite = match listed {
        Value::Null => Rewrite::NoSchemas,
        Value::Array(list) if list.is_empty() => Rewrite::EmptySchemas,
        _ => return,
    };
    *listed = Value::Array(vec![urn.into()]);
    used.insert(rewrite);
}

/// Every value of the map, those inside of extensions included.
pub(super) fn rewrite_values(
    resource_type: &'static ResourceType,
    attributes: &mut Map<String, Value>,
    used: &mut Rewrites,
) {
    for (name, value) in attributes {
        if let Some(attribute) = resource_type.core_attribute(name) {
            if attribute.is_writable() {
                values::rewrite(attribute, value, used);
            }
        } else if let (Some(schema), Value::Object(parts)) = (resource_type.extension(name), value) {
            for (name, value) in parts {
                if let Some(attribute) = schema.attribute(name) {
                    values::rewrite(attribute, value, used);
                }
            }
        }
    }
}

/// `department` and `manager` beside `userName`. A value that the extension has already stays.
fn move_into_extensions(
    resource_type: &'static ResourceType,
    body: &mut Map<String, Value>,
    used: &mut Rewrites,
) {
    let strays: Vec<_> = body
        .keys()
        .filter(|name| resource_type.core_attribute(name).is_none())
        .filter_map(|name| Some((name.clone(), resource_type.home_of(name)?.id)))
        .collect();
    for (name, urn) in strays {
        let Some(value) = body.remove(&name) else { continue };
        let extension = body.entry(urn).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(extension) = extension
            && !extension.keys().any(|key| key.eq_ignore_ascii_case(&name))
        {
            extension.insert(name, value);
            used.insert(Rewrite::ExtensionAtTopLevel);
        }
    }
}
