//! Changes to the elements of a multi-valued attribute.

use serde_json::{Map, Value};

use super::{
    Op,
    apply::{Absent, merge},
    path::AttributeTarget,
};
use crate::scim::{
    ScimError,
    filter::{CompareOp, CompareValue, Filter, element_matches},
    resource::{MAX_VALUES, check_primaries, value},
    schema::Attribute,
};

/// How many comparisons of elements one patch may cost; two of whole elements count as one of a filter's terms. A patch
/// of an honest provider needs a few dozen, and adding as many elements as there may be is still within it.
const MAX_COMPARISONS: usize = 100_000;

/// What is carried from one operation to the next.
pub(super) struct Elements {
    absent: Absent,
    comparisons: usize,
    pub(super) created_absent: bool,
}

impl Elements {
    pub(super) fn new(absent: Absent) -> Self {
        Self { absent, comparisons: 0, created_absent: false }
    }

    /// The elements after the operation.
    pub(super) fn change(
        &mut self,
        before: Vec<Value>,
        target: &AttributeTarget,
        op: Op,
        given: &Value,
    ) -> Result<Vec<Value>, ScimError> {
        let primaries: Vec<Value> = before.iter().filter(|element| is_primary(element)).cloned().collect();
        let mut after = match (&target.filter, target.sub) {
            (Some(filter), _) => self.selected(before, filter, target, op, given)?,
            (None, Some(sub)) => {
                self.charge(before.len(), target)?;
                every(before, target, sub, op, given)?
            }
            (None, None) => self.whole(before, target, op, given)?,
        };
        if after.len() > MAX_VALUES {
            return Err(ScimError::TooManyValues(target.attribute.name.to_owned()));
        }
        hand_over_primary(&mut after, &primaries);
        check_primaries(&after, target.attribute.name)?;
        Ok(after)
    }

    /// The elements that the filter selects.
    fn selected(
        &mut self,
        mut elements: Vec<Value>,
        filter: &Filter,
        target: &AttributeTarget,
        op: Op,
        given: &Value,
    ) -> Result<Vec<Value>, ScimError> {
        self.charge(elements.len() * terms(filter), target)?;
        let hits: Vec<bool> =
            elements.iter().map(|element| element_matches(filter, target.attribute, element)).collect();
        if !hits.contains(&true) && op != Op::Remove {
            let seed = (self.absent == Absent::Create).then(|| seed(filter)).flatten();
            let seed = seed.ok_or_else(|| ScimError::NoTarget(target.path.clone()))?;
            let created = changed(Some(Value::Object(seed)), target, Op::Add, given)?;
            // Only the selection's own terms: there is nothing to create.
            let created = created.filter(|element| target.sub.is_some() || !is_only_a_label(element));
            self.created_absent |= created.is_some();
            elements.extend(created);
            return Ok(elements);
        }
        let mut after = Vec::with_capacity(elements.len());
        for (element, hit) in elements.into_iter().zip(hits) {
            if hit {
                after.extend(changed(Some(element), target, op, given)?);
            } else {
                after.push(element);
            }
        }
        Ok(after)
    }

    /// The attribute as a whole.
    fn whole(
        &mut self,
        before: Vec<Value>,
        target: &AttributeTarget,
        op: Op,
        given: &Value,
    ) -> Result<Vec<Value>, ScimError> {
        let attribute = target.attribute;
        if op == Op::Remove && given.is_null() {
            return Ok(Vec::new());
        }
        let list = match given {
            Value::Array(_) | Value::Null => given.clone(),
            single => Value::Array(vec![single.clone()]),
        };
        let given = match value(attribute, &list, attribute.name)? {
            Some(Value::Array(given)) => given,
            _ => Vec::new(),
        };
        match op {
            Op::Replace => Ok(given),
            // Entra names what to remove in the value. It never means all of them.
            Op::Remove => {
                self.charge((before.len() * given.len()).div_ceil(2), target)?;
                Ok(before.into_iter().filter(|old| !given.iter().any(|new| names(new, old))).collect())
            }
            Op::Add => {
                let mut after = before;
                for new in given {
                    self.charge(after.len().div_ceil(2), target)?;
                    match after.iter_mut().find(|old| same(old, &new)) {
                        Some(old) => update(old, new),
                        None => after.push(new),
                    }
                }
                Ok(after)
            }
        }
    }

    /// Counts comparisons before they are made: all of this happens while a row is locked.
    fn charge(&mut self, comparisons: usize, target: &AttributeTarget) -> Result<(), ScimError> {
        self.comparisons += comparisons;
        if self.comparisons > MAX_COMPARISONS {
            return Err(ScimError::TooManyValues(target.path.clone()));
        }
        Ok(())
    }
}

/// One selected element after the operation; `None` where it is gone.
fn changed(
    before: Option<Value>,
    target: &AttributeTarget,
    op: Op,
    given: &Value,
) -> Result<Option<Value>, ScimError> {
    let attribute = target.attribute;
    let Some(sub) = target.sub else {
        return match (op, given) {
            (Op::Remove, _) => Ok(None),
            (Op::Add, Value::Object(given)) => merge(before, attribute, given, attribute.name),
            // A list of one stands for the one.
            (_, Value::Array(items)) if items.len() == 1 => {
                changed(before, target, op, items.first().unwrap_or(&Value::Null))
            }
            _ => element(attribute, given, attribute.name),
        };
    };
    let given = if op == Op::Remove { Value::Null } else { given.clone() };
    let cleared = given.is_null();
    let after = merge(before, attribute, &Map::from_iter([(sub.name.to_owned(), given)]), attribute.name)?;
    Ok(after.filter(|element| !cleared || !is_only_a_label(element)))
}

/// A sub-attribute of every element; where there is none, of a first one.
fn every(
    elements: Vec<Value>,
    target: &AttributeTarget,
    sub: &Attribute,
    op: Op,
    given: &Value,
) -> Result<Vec<Value>, ScimError> {
    if elements.is_empty() && op != Op::Remove {
        let first = Map::from_iter([(sub.name.to_owned(), given.clone())]);
        return Ok(element(target.attribute, &Value::Object(first), target.attribute.name)?
            .into_iter()
            .collect());
    }
    let changes = elements.into_iter().map(|element| changed(Some(element), target, op, given));
    changes.filter_map(Result::transpose).collect()
}

/// One element of the attribute, checked.
pub(super) fn element(attribute: &Attribute, given: &Value, path: &str) -> Result<Option<Value>, ScimError> {
    let single = Attribute { multi_valued: false, ..*attribute };
    value(&single, given, path)
}

/// The same type and value; or all the same where there is no value.
fn same(a: &Value, b: &Value) -> bool {
    match (a.get("value"), b.get("value")) {
        (Some(x), Some(y)) => x == y && a.get("type") == b.get("type"),
        _ => a == b,
    }
}

/// Whether what is listed for removal names the element: by its value, and its type where given.
fn names(listed: &Value, element: &Value) -> bool {
    match listed.get("value") {
        Some(value) => {
            element.get("value") == Some(value)
                && listed.get("type").is_none_or(|kind| element.get("type") == Some(kind))
        }
        None => listed == element,
    }
}

fn update(old: &mut Value, new: Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => old.extend(new),
        (old, new) => *old = new,
    }
}

/// The element that a selection describes: its equality terms, where it has nothing else. They must say which of several
/// it is to be, such as the work address: whoever selects a value that is not there is mistaken about what is.
fn seed(filter: &Filter) -> Option<Map<String, Value>> {
    match filter {
        Filter::Compare { path, op: CompareOp::Eq, value } if path.name != "value" => {
            let value = match value {
                CompareValue::Bool(value) => Value::Bool(*value),
                CompareValue::Number(value) => Value::Number(value.clone()),
                CompareValue::String(value) => Value::String(value.clone()),
                CompareValue::Null => return None,
            };
            Some(Map::from_iter([(path.name.clone(), value)]))
        }
        Filter::And(members) => {
            let parts: Option<Vec<_>> = members.iter().map(seed).collect();
            Some(parts?.into_iter().flatten().collect())
        }
        _ => None,
    }
}

fn terms(filter: &Filter) -> usize {
    match filter {
        Filter::And(members) | Filter::Or(members) => members.iter().map(terms).sum(),
        Filter::Not(inner) | Filter::ValuePath { filter: inner, .. } => terms(inner),
        Filter::Present(_) | Filter::Compare { .. } => 1,
    }
}

/// Where an operation made another element primary, the one before is primary no more (RFC 7644 section 3.5.2).
fn hand_over_primary(elements: &mut [Value], before: &[Value]) {
    let is_new = |element: &Value| is_primary(element) && !before.contains(element);
    if elements.iter().filter(|element| is_new(element)).count() != 1 {
        return;
    }
    for element in elements.iter_mut().filter(|element| is_primary(element) && before.contains(element)) {
        if let Some(members) = element.as_object_mut() {
            members.insert("primary".to_owned(), Value::Bool(false));
        }
    }
}

fn is_primary(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

/// What is left of an element once its value was cleared: a type and a mark say nothing by themselves.
fn is_only_a_label(element: &Value) -> bool {
    element.as_object().is_some_and(|members| members.keys().all(|name| name == "type" || name == "primary"))
}
