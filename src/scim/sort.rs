//! Order (RFC 7644 section 3.4.2.3), over resources in memory. What the store sorts by its indexes must come out alike.

use std::cmp::Ordering;

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{
    ScimError,
    filter::{AttrPath, instant},
    fold::fold,
    list::SortBy,
    schema::{Kind, Resolved, ResourceType, Returned},
};

/// An order that fits a resource type. Only [`SortBy::bind`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct BoundSort {
    found: Resolved,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// What one resource is sorted by. Missing values come after all others, and so first in descending order.
#[derive(Clone, Debug, PartialEq)]
pub enum SortKey {
    /// False before true.
    Bool(bool),
    /// By value.
    Number(f64),
    /// By code point, folded where case does not count.
    Text(String),
    /// As instants.
    Instant(OffsetDateTime),
    /// No value.
    Missing,
}

impl SortBy {
    /// Checks the order against the table. A complex attribute stands for its `value`.
    pub fn bind(&self, resource_type: &'static ResourceType) -> Result<BoundSort, ScimError> {
        let refuse = || ScimError::NotSortable(super::error::quoted(&self.path.to_string()));
        let mut found = resource_type.find(&self.path).ok_or_else(refuse)?;
        if found.leaf().kind == Kind::Complex {
            found.sub = Some(found.attribute.sub_attribute("value").ok_or_else(refuse)?);
        }
        if found.leaf().returned == Returned::Never || found.leaf().kind == Kind::Binary {
            return Err(refuse());
        }
        Ok(BoundSort { found, descending: self.descending })
    }
}

impl BoundSort {
    /// The path in canonical spelling.
    pub fn path(&self) -> AttrPath {
        self.found.path()
    }

    /// The key of a resource in the form in which it is shown.
    pub fn key(&self, resource: &Map<String, Value>) -> SortKey {
        let home = match self.found.extension {
            None => Some(resource),
            Some(schema) => resource.get(schema.id).and_then(Value::as_object),
        };
        let value = home.and_then(|home| home.get(self.found.attribute.name)).and_then(chosen);
        let value = match self.found.sub {
            None => value,
            Some(sub) => value.and_then(|value| value.get(sub.name)).and_then(chosen),
        };
        value.map_or(SortKey::Missing, |value| self.key_of(value))
    }

    fn key_of(&self, value: &Value) -> SortKey {
        let leaf = self.found.leaf();
        match value {
            Value::Bool(value) => SortKey::Bool(*value),
            Value::Number(value) => value.as_f64().map_or(SortKey::Missing, SortKey::Number),
            Value::String(text) if leaf.kind == Kind::DateTime => {
                instant(text).map_or(SortKey::Missing, SortKey::Instant)
            }
            Value::String(text) if leaf.case_exact => SortKey::Text(text.clone()),
            Value::String(text) => SortKey::Text(fold(text)),
            _ => SortKey::Missing,
        }
    }

    /// Which of two keys comes first, in the wanted direction.
    pub fn compare(&self, a: &SortKey, b: &SortKey) -> Ordering {
        let order = match (a, b) {
            (SortKey::Bool(a), SortKey::Bool(b)) => a.cmp(b),
            (SortKey::Number(a), SortKey::Number(b)) => a.total_cmp(b),
            (SortKey::Text(a), SortKey::Text(b)) => a.cmp(b),
            (SortKey::Instant(a), SortKey::Instant(b)) => a.cmp(b),
            (a, b) => (*a == SortKey::Missing).cmp(&(*b == SortKey::Missing)),
        };
        if self.descending { order.reverse() } else { order }
    }
}

/// The primary element of a list, else the first.
fn chosen(value: &Value) -> Option<&Value> {
    match value {
        Value::Array(items) => {
            let primary = items.iter().find(|item| item.get("primary") == Some(&Value::Bool(true)));
            primary.or_else(|| items.first())
        }
        single => Some(single),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::schema::{ENTERPRISE_URN, USER};

    fn sorted(path: &str, descending: bool, users: &[Value]) -> Vec<usize> {
        let sort = SortBy { path: AttrPath::parse(path).unwrap(), descending }.bind(&USER).unwrap();
        let keys: Vec<SortKey> = users.iter().map(|user| sort.key(user.as_object().unwrap())).collect();
        let mut order: Vec<usize> = (0..users.len()).collect();
        order.sort_by(|a, b| sort.compare(&keys[*a], &keys[*b]).then(a.cmp(b)));
        order
    }

    #[test]
    fn scim_065_missing_values_come_last_and_in_descending_order_first() {
        let users = [json!({ "title": "b" }), json!({}), json!({ "title": "A" }), json!({ "title": null })];
        assert_eq!(sorted("title", false, &users), [2, 0, 1, 3]);
        assert_eq!(sorted("title", true, &users), [1, 3, 0, 2]);
    }

    #[test]
    fn scim_065_a_list_is_sorted_by_its_primary_element_else_its_first() {
        let users = [
            json!({ "emails": [{ "value": "a" }, { "value": "z", "primary": true }] }),
            json!({ "emails": [{ "value": "m" }, { "value": "a" }] }),
        ];
        assert_eq!(sorted("emails", false, &users), [1, 0]);
        assert_eq!(sorted("emails.value", true, &users), [0, 1]);
    }

    #[test]
    fn scim_065_an_attribute_of_an_extension_is_found_by_its_name() {
        let of = |name: &str| json!({ ENTERPRISE_URN: { "department": name, "manager": { "value": name } } });
        let users = [of("b"), of("a"), json!({})];
        for path in ["department", "Manager", "manager.value"] {
            assert_eq!(sorted(path, false, &users), [1, 0, 2], "{path}");
        }
    }

    #[test]
    fn scim_065_what_has_no_order_is_refused() {
        for path in ["name", "nothing", "password", "x509Certificates.value"] {
            let sort = SortBy { path: AttrPath::parse(path).unwrap(), descending: false };
            assert_eq!(sort.bind(&USER).unwrap_err().scim_type(), "invalidValue", "{path}");
        }
    }
}
