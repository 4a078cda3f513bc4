//! Values in forms that are nearly right, brought into the attribute's form.

use serde_json::{Map, Number, Value};

use super::{Rewrite, Rewrites};
use crate::scim::schema::{Attribute, Kind};

/// The value of an attribute.
pub(super) fn rewrite(attribute: &Attribute, value: &mut Value, used: &mut Rewrites) {
    if !attribute.multi_valued {
        unwrap_list(attribute, value, used);
        return element(attribute, value, used);
    }
    unwrap_values(attribute, value, used);
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(|item| element(attribute, item, used));
            keep_first_primary(items, used);
        }
        single => element(attribute, single, used),
    }
}

/// One element of a multi-valued attribute, or a single value.
pub(super) fn element(attribute: &Attribute, value: &mut Value, used: &mut Rewrites) {
    match (attribute.kind, &mut *value) {
        (Kind::Boolean, Value::String(text)) => {
            if let Some(truth) = truth(text) {
                *value = Value::Bool(truth);
                used.insert(Rewrite::BooleanText);
            }
        }
        (Kind::String, Value::Number(number)) if is_exact(number) => {
            *value = Value::String(number.to_string());
            used.insert(Rewrite::NumberText);
        }
        (Kind::Integer | Kind::Decimal, Value::String(text)) => {
            if let Some(number) = number(text, attribute.kind) {
                *value = Value::Number(number);
                used.insert(Rewrite::NumberText);
            }
        }
        (Kind::Binary, Value::String(text)) => {
            if let Some(plain) = tightened(text) {
                *text = plain;
                used.insert(Rewrite::LooseBinary);
            }
        }
        (Kind::Complex, Value::String(text)) if !attribute.multi_valued => {
            if let Some(sub) = attribute.sub_attribute("value") {
                let text = std::mem::take(text);
                *value = if text.is_empty() {
                    Value::Null
                } else {
                    Value::Object(Map::from_iter([(sub.name.to_owned(), Value::String(text))]))
                };
                used.insert(Rewrite::PlainForComplex);
            }
        }
        (Kind::Complex, Value::Object(members)) => {
            let is_empty_value = |v: Option<&Value>| v.is_some_and(|v| v.as_str() == Some(""));
            if !attribute.multi_valued && is_empty_value(members.get("value")) {
                *value = Value::Null;
                used.insert(Rewrite::PlainForComplex);
                return;
            }
            for (name, part) in members {
                if let Some(sub) = attribute.sub_attribute(name) {
                    rewrite(sub, part, used);
                }
            }
        }
        _ => {}
    }
}

/// Whether a number is written here as it was sent. Larger ones were rounded when they were read, so that two identifiers
/// would become one.
fn is_exact(number: &Number) -> bool {
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|number| number.abs() < WHOLE)
}

fn number(text: &str, kind: Kind) -> Option<Number> {
    let number: Number = text.trim().parse().ok()?;
    (kind == Kind::Decimal || number.is_i64() || number.is_u64()).then_some(number)
}

/// Base64 without the white space of a file, and with its padding, where that is not how it came.
fn tightened(text: &str) -> Option<String> {
    let mut plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    if !plain.contains('=') && plain.len() % 4 > 1 {
        plain.extend(std::iter::repeat_n('=', 4 - plain.len() % 4));
    }
    (plain != text).then_some(plain)
}

fn truth(text: &str) -> Option<bool> {
    match () {
        () if text.eq_ignore_ascii_case("true") => Some(true),
        () if text.eq_ignore_ascii_case("false") => Some(false),
        () => None,
    }
}

/// `[x]` for `x`, and `[{"value": x}]` for a plain `x`.
fn unwrap_list(attribute: &Attribute, value: &mut Value, used: &mut Rewrites) {
    while let Value::Array(items) = value
        && items.len() == 1
    {
        let mut only = items.remove(0);
        if attribute.kind != Kind::Complex
            && let Some(inner) = only.get_mut("value")
        {
            only = inner.take();
        }
        *value = only;
        used.insert(Rewrite::ListOfOne);
    }
}

/// `[[x, y]]` and `{"members": [x, y]}` for the `members` `[x, y]`.
fn unwrap_values(attribute: &Attribute, value: &mut Value, used: &mut Rewrites) {
    if let Value::Object(parts) = value
        && parts.len() == 1
        && let Some((name, inner)) = parts.iter_mut().next()
        && name.eq_ignore_ascii_case(attribute.name)
        && attribute.sub_attribute(name).is_none()
    {
        *value = inner.take();
        used.insert(Rewrite::WrappedValue);
    }
    if let Value::Array(items) = value
        && let [Value::Array(inner)] = items.as_mut_slice()
    {
        *items = std::mem::take(inner);
        used.insert(Rewrite::ListOfOne);
    }
}

fn keep_first_primary(items: &mut [Value], used: &mut Rewrites) {
    let primaries = items.iter_mut().filter(|item| item.get("primary") == Some(&Value::Bool(true)));
    for item in primaries.skip(1) {
        if let Some(members) = item.as_object_mut() {
            members.insert("primary".to_owned(), Value::Bool(false));
            used.insert(Rewrite::SeveralPrimaries);
        }
    }
}
