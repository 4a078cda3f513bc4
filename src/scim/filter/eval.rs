//! The evaluation of a bound filter over one resource in memory. It is the meaning of a filter: what the store
//! compiles to SQL must give the same answer.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{AttrPath, BoundFilter, CompareOp, CompareValue, Filter, instant};
use crate::scim::{
    fold::fold,
    schema::{Attribute, Kind, ResourceType},
};

/// Whether the resource, in the form in which it is shown, matches.
pub fn matches(
    filter: &BoundFilter,
    resource_type: &'static ResourceType,
    resource: &Map<String, Value>,
) -> bool {
    run(filter.ast(), &|path: &AttrPath| {
        let found = resource_type.resolve(path)?;
        let home = match found.extension {
            None => Some(resource),
            Some(schema) => resource.get(schema.id).and_then(Value::as_object),
        };
        let values = home.and_then(|home| home.get(found.attribute.name)).map(elements).unwrap_or_default();
        let leaves = match found.sub {
            None => values,
            Some(sub) => values.into_iter().filter_map(|value| value.get(sub.name)).collect(),
        };
        Some((found.leaf(), leaves))
    })
}

/// Whether one element of the multi-valued attribute matches a filter bound to that attribute.
pub(in crate::scim) fn element_matches(
    filter: &Filter,
    attribute: &'static Attribute,
    element: &Value,
) -> bool {
    run(filter, &|path: &AttrPath| {
        let sub = attribute.sub_attribute(&path.name)?;
        Some((sub, element.get(sub.name).into_iter().collect()))
    })
}

/// The attribute at the end of a path and the values found there.
type Found<'a> = Option<(&'static Attribute, Vec<&'a Value>)>;

fn run<'a>(filter: &Filter, find: &dyn Fn(&AttrPath) -> Found<'a>) -> bool {
    match filter {
        Filter::And(members) => members.iter().all(|member| run(member, find)),
        Filter::Or(members) => members.iter().any(|member| run(member, find)),
        Filter::Not(inner) => !run(inner, find),
        Filter::Present(path) => find(path).is_some_and(|(_, values)| values.into_iter().any(is_present)),
        Filter::ValuePath { path, filter } => find(path).is_some_and(|(attribute, values)| {
            values.into_iter().any(|element| element_matches(filter, attribute, element))
        }),
        Filter::Compare { path, op, value } => {
            find(path).is_some_and(|(attribute, values)| compare_any(attribute, &values, *op, value))
        }
    }
}

fn elements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        single => vec![single],
    }
}

/// Null, empty text, an empty array and an empty object are no value.
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(is_present),
        Value::Object(members) => members.values().any(is_present),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// A multi-valued attribute matches if one of its values does. Where there is none, `eq null` and `ne` with any
/// value hold.
fn compare_any(attribute: &Attribute, values: &[&Value], op: CompareOp, wanted: &CompareValue) -> bool {
    let absent = !values.iter().any(|value| is_present(value));
    match (wanted, op) {
        (CompareValue::Null, CompareOp::Ne) => !absent,
        (CompareValue::Null, _) => absent,
        (_, CompareOp::Ne) if absent => true,
        _ => values.iter().any(|value| compare(attribute, value, op, wanted)),
    }
}

fn compare(attribute: &Attribute, value: &Value, op: CompareOp, wanted: &CompareValue) -> bool {
    match (value, wanted) {
        (Value::Bool(a), CompareValue::Bool(b)) => ordered(op, a.cmp(b)),
        (Value::Number(a), CompareValue::Number(b)) => numbers(a, b).is_some_and(|order| ordered(op, order)),
        (Value::String(a), CompareValue::String(b)) => texts(attribute, a, op, b),
        _ => op == CompareOp::Ne,
    }
}

/// Whole numbers are compared as such: a float holds only 53 bits of them.
fn numbers(a: &serde_json::Number, b: &serde_json::Number) -> Option<Ordering> {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

fn texts(attribute: &Attribute, a: &str, op: CompareOp, b: &str) -> bool {
    if attribute.kind == Kind::DateTime
        && !matches!(op, CompareOp::Co | CompareOp::Sw | CompareOp::Ew)
        && let (Some(a), Some(b)) = (instant(a), instant(b))
    {
        return ordered(op, a.cmp(&b));
    }
    let (a, b) = if attribute.case_exact { (a.to_owned(), b.to_owned()) } else { (fold(a), fold(b)) };
    match op {
        CompareOp::Co => a.contains(&b),
        CompareOp::Sw => a.starts_with(&b),
        CompareOp::Ew => a.ends_with(&b),
        _ => ordered(op, a.cmp(&b)),
    }
}

fn ordered(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{bind, parse};
    use super::*;
    use crate::scim::schema::USER;

    fn user() -> Value {
        json!({
            "id": "u1", "externalId": "Ext", "userName": "BJensen", "active": true, "title": "",
            "name": { "familyName": "Jensen" },
            "emails": [
                { "value": "b@work.example", "type": "work", "primary": true },
                { "value": "b@home.example", "type": "home" }
            ],
            "meta": { "created": "2026-01-01T12:00:00Z" },
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "manager": { "value": "u2" } }
        })
    }

    fn hit(text: &str) -> bool {
        let filter = bind(&parse(text).unwrap(), &USER).unwrap();
        matches(&filter, &USER, user().as_object().unwrap())
    }

    #[test]
    fn scim_027_case_counts_only_where_the_table_says_so() {
        assert!(hit("userName eq \"bJENSEN\""));
        assert!(hit("externalId eq \"Ext\"") && !hit("externalId eq \"ext\""));
        assert!(hit("userName sw \"bj\"") && hit("userName ew \"SEN\"") && hit("userName co \"jens\""));
    }

    #[test]
    fn scim_059_a_value_path_binds_to_one_element() {
        assert!(hit("emails[type eq \"work\" and value co \"work\"]"));
        assert!(!hit("emails[type eq \"work\" and value co \"home\"]"));
        assert!(hit("emails.type eq \"work\" and emails.value co \"home\""));
        assert!(hit("emails[primary eq \"True\"].value eq \"b@work.example\""));
        assert!(hit("emails eq \"b@home.example\""));
    }

    #[test]
    fn scim_060_empty_is_absent() {
        assert!(!hit("title pr") && hit("title eq null") && hit("nickName eq null"));
        assert!(hit("name pr") && !hit("ims pr") && hit("userName ne null"));
        assert!(hit("nickName ne \"x\""), "absent differs from any value");
    }

    #[test]
    fn scim_061_times_are_instants() {
        assert!(hit("meta.created eq \"2026-01-01T13:00:00+01:00\""));
        assert!(
            hit("meta.created gt \"2025-12-31T23:59:59Z\"")
                && !hit("meta.created lt \"2025-12-31T23:59:59Z\"")
        );
    }

    #[test]
    fn connectives_and_extensions() {
        assert!(hit("not (userName eq \"x\") and (active eq false or active eq true)"));
        assert!(hit("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq \"u2\""));
    }
}
