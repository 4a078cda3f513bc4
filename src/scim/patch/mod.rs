//! PATCH (RFC 7644 section 3.5.2): the operations parsed against the attribute table, then applied in order to a
//! copy, so that a failure leaves nothing changed. The members of a group are never loaded: a patch of a group
//! becomes a plan ([`GroupPatch`]) of set-based changes.

mod apply;
mod elements;
mod group;
mod path;

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "`json!` in a call reads best by value")]
mod tests;

use std::collections::HashSet;

use serde_json::{Map, Value};

pub use apply::{Absent, Applied, apply};
pub use group::{GroupPatch, MemberChange, plan_group};
use path::Target;

use super::{
    ScimError,
    error::quoted,
    filter::Tolerances,
    resource::check_schemas,
    schema::{Mutability, ResourceType},
};

/// The URN of a patch body.
pub const PATCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// The most operations in one request.
pub const MAX_OPERATIONS: usize = 1_000;

/// A patch request whose operations and paths make sense for the resource type.
#[derive(Clone, Debug)]
pub struct Patch {
    resource_type: &'static ResourceType,
    operations: Vec<Operation>,
    tolerated: Tolerances,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Add,
    Remove,
    Replace,
}

/// One change of one target. An operation without path has been split into one for each attribute.
#[derive(Clone, Debug)]
struct Operation {
    /// The position in the request, for messages.
    index: usize,
    op: Op,
    target: Target,
    /// Null where there is none.
    value: Value,
}

impl Patch {
    /// Checks the body of a PATCH.
    pub fn parse(resource_type: &'static ResourceType, body: &Value) -> Result<Self, ScimError> {
        let body = body.as_object().ok_or(ScimError::NotAnObject)?;
        check_schemas(body, PATCH_URN)?;
        let list = member(body, "Operations").and_then(Value::as_array).filter(|list| !list.is_empty());
        let list = list.ok_or(ScimError::OperationsMissing)?;
        if list.len() > MAX_OPERATIONS {
            return Err(ScimError::TooManyOperations(MAX_OPERATIONS));
        }
        let mut patch =
            Self { resource_type, operations: Vec::with_capacity(list.len()), tolerated: Tolerances::new() };
        for (index, item) in list.iter().enumerate() {
            patch.parse_operation(index, item)?;
        }
        Ok(patch)
    }

    /// What the selections in its paths have beside the grammar.
    pub fn tolerated(&self) -> &Tolerances {
        &self.tolerated
    }

    /// Whether an operation is about the attribute of the base schema.
    pub fn names(&self, name: &str) -> bool {
        self.operations.iter().any(|operation| operation.is_about(name))
    }

    /// Whether no operation is about anything else.
    pub fn names_only(&self, name: &str) -> bool {
        self.operations.iter().all(|operation| operation.is_about(name))
    }
}

impl Operation {
    fn is_about(&self, name: &str) -> bool {
        matches!(&self.target, Target::Attribute(at) if at.extension.is_none() && at.attribute.name == name)
    }
}

impl Patch {
    fn parse_operation(&mut self, index: usize, item: &Value) -> Result<(), ScimError> {
        let item = item.as_object().ok_or(ScimError::BadOperation(index))?;
        let op = member(item, "op")
            .and_then(Value::as_str)
            .and_then(parse_op)
            .ok_or(ScimError::BadOperation(index))?;
        let path = match member(item, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(path)) => Some(path.trim()),
            Some(other) => {
                return Err(ScimError::BadPath {
                    path: quoted(&other.to_string()),
                    reason: "it is not a text",
                });
            }
        };
        let value = member(item, "value");
        if value.is_none() && op != Op::Remove {
            return Err(ScimError::BadOperationValue(index));
        }
        let value = value.cloned().unwrap_or_default();
        let Some(path) = path.filter(|path| !path.is_empty()) else {
            return self.split(index, op, value);
        };
        let target = path::parse(self.resource_type, path, &mut self.tolerated)?;
        self.operations.push(Operation { index, op, target, value });
        Ok(())
    }

    /// An operation without path names its attributes in the value (RFC 7644 sections 3.5.2.1 and 3.5.2.3).
    fn split(&mut self, index: usize, op: Op, value: Value) -> Result<(), ScimError> {
        if op == Op::Remove {
            return Err(ScimError::RemoveWithoutPath);
        }
        let Value::Object(attributes) = value else { return Err(ScimError::BadOperationValue(index)) };
        let mut seen = HashSet::new();
        for (name, value) in attributes {
            if !seen.insert(name.to_ascii_lowercase()) {
                return Err(ScimError::AttributeTwice(quoted(&name)));
            }
            if let Some(target) = named_target(self.resource_type, &name, &mut self.tolerated)? {
                self.operations.push(Operation { index, op, target, value });
            }
        }
        Ok(())
    }
}

/// What a key of such a value stands for; `None` for `schemas` and for what the base schema does not know, which
/// is ignored as it is in a create.
fn named_target(
    resource_type: &'static ResourceType,
    name: &str,
    met: &mut Tolerances,
) -> Result<Option<Target>, ScimError> {
    if name.eq_ignore_ascii_case("schemas") {
        return Ok(None);
    }
    if let Some(attribute) = resource_type.core_attribute(name) {
        return match attribute.mutability {
            Mutability::ReadOnly => Err(ScimError::ReadOnly(attribute.name.to_owned())),
            _ => path::parse(resource_type, attribute.name, met).map(Some),
        };
    }
    if let Some(schema) = resource_type.extension(name) {
        return Ok(Some(Target::Extension(schema)));
    }
    if resource_type.is_ours(name) {
        return Err(ScimError::UnknownPath(quoted(name)));
    }
    Ok(name.contains(':').then(|| Target::foreign_extension(name)))
}

fn parse_op(text: &str) -> Option<Op> {
    match text {
        "add" => Some(Op::Add),
        "remove" => Some(Op::Remove),
        "replace" => Some(Op::Replace),
        _ => None,
    }
}

/// The member of a message, its name in any case.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v))
}
