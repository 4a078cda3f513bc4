//! A patch of a group as a plan: its attributes, and its members as set-based changes in order, so that nobody
//! has to load a hundred thousand members to add one, and no write can lose what another one added.

use serde_json::Value;

use super::{
    Absent, Op, Operation, Patch,
    apply::run,
    path::{AttributeTarget, Target},
};
use crate::scim::{
    ScimError,
    filter::{CompareOp, CompareValue, Filter, FilterError},
    resource::{Member, MemberKind, Resource, is_members, member_list},
};

/// One change to the members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// These become members; those that are already stay.
    Add(Vec<Member>),
    /// These are members no more; those that were none are no error.
    Remove(Vec<Member>),
    /// Nobody is a member.
    Clear,
    /// Exactly these are members.
    Replace(Vec<Member>),
}

/// What a patch does to a group.
#[derive(Clone, Debug)]
pub struct GroupPatch {
    /// The group's attributes afterwards, equal to those before if none changed.
    pub resource: Resource,
    /// The changes to the members, in order.
    pub members: Vec<MemberChange>,
}

impl Patch {
    /// Whom it makes members, as far as that can be read: what cannot is refused where the patch is planned.
    pub fn members_named(&self) -> Vec<Member> {
        let made = self.of_members().filter(|operation| operation.op != Op::Remove);
        made.flat_map(|operation| member_list(&operation.value).unwrap_or_default()).collect()
    }

    /// Whether all that it says of members is who they are altogether.
    pub fn replaces_members(&self) -> bool {
        self.of_members().all(|operation| operation.op == Op::Replace)
    }

    fn of_members(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|operation| {
            matches!(&operation.target, Target::Attribute(at) if is_members(self.resource_type, at.attribute))
        })
    }
}

/// Plans a patch of the group.
pub fn plan_group(resource: &Resource, patch: &Patch, absent: Absent) -> Result<GroupPatch, ScimError> {
    let (mut members, mut rest) = (Vec::new(), Vec::new());
    for operation in &patch.operations {
        match &operation.target {
            Target::Attribute(target) if is_members(patch.resource_type, target.attribute) => {
                push(&mut members, member_change(operation, target)?);
            }
            _ => rest.push(operation.clone()),
        }
    }
    Ok(GroupPatch { resource: run(resource, &rest, absent)?.resource, members })
}

fn member_change(operation: &Operation, target: &AttributeTarget) -> Result<Option<MemberChange>, ScimError> {
    if target.sub.is_some() {
        return Err(ScimError::Immutable(target.path.clone()));
    }
    let value = &operation.value;
    Ok(match (operation.op, &target.filter) {
        (Op::Remove, Some(filter)) => Some(MemberChange::Remove(selected(filter)?)),
        (_, Some(_)) => return Err(ScimError::Immutable(target.path.clone())),
        (Op::Remove, None) if value.is_null() => Some(MemberChange::Clear),
        // An empty list names nobody: Entra sends one, and it must not empty the group.
        (Op::Remove, None) => Some(MemberChange::Remove(member_list(value)?)),
        (Op::Add, None) => Some(MemberChange::Add(member_list(value)?)),
        (Op::Replace, None) if is_empty(value) => Some(MemberChange::Clear),
        (Op::Replace, None) => Some(MemberChange::Replace(member_list(value)?)),
    }
    .filter(
        |change| !matches!(change, MemberChange::Add(list) | MemberChange::Remove(list) if list.is_empty()),
    ))
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// The members that a selection names: `value eq "id"`, of which the type may be said as well, or several of them joined by
/// `or`.
fn selected(filter: &Filter) -> Result<Vec<Member>, ScimError> {
    match filter {
        Filter::Compare { path, op: CompareOp::Eq, value: CompareValue::String(id) }
            if path.name == "value" =>
        {
            Ok(vec![Member { value: id.clone(), only: None }])
        }
        Filter::And(parts) => {
            let rest: Vec<&Filter> = parts.iter().filter(|part| asked_type(part).is_none()).collect();
            let [one] = rest[..] else { return Err(unsupported()) };
            let list = selected(one)?;
            let member = match &list[..] {
                [] => return Ok(list),
                [member] => member,
                _ => return Err(unsupported()),
            };
            let kinds = parts.iter().filter_map(asked_type).map(kind).chain(member.only.map(Some));
            let kinds: Vec<Option<MemberKind>> = kinds.collect();
            let only = kinds.first().copied().flatten();
            // Nobody is of two types, or of one that is none.
            let is_one = kinds.iter().all(|kind| kind.is_some() && *kind == only);
            Ok(is_one.then(|| Member { only, ..member.clone() }).into_iter().collect())
        }
        Filter::Or(parts) => {
            let lists = parts.iter().map(selected).collect::<Result<Vec<_>, _>>()?;
            Ok(lists.into_iter().flatten().collect())
        }
        _ => Err(unsupported()),
    }
}

fn unsupported() -> ScimError {
    FilterError::Unsupported("members are selected by `value eq`").into()
}

/// The type that a part of a selection asks for.
fn asked_type(filter: &Filter) -> Option<&str> {
    match filter {
        Filter::Compare { path, op: CompareOp::Eq, value: CompareValue::String(text) }
            if path.name == "type" =>
        {
            Some(text)
        }
        _ => None,
    }
}

fn kind(text: &str) -> Option<MemberKind> {
    let is = |name: &str| text.eq_ignore_ascii_case(name);
    is("User").then_some(MemberKind::User).or_else(|| is("Group").then_some(MemberKind::Group))
}

/// Neighbours of one kind become one statement: Okta sends one operation for each removed member.
fn push(changes: &mut Vec<MemberChange>, change: Option<MemberChange>) {
    match (changes.last_mut(), change) {
        (Some(MemberChange::Add(list)), Some(MemberChange::Add(more)))
        | (Some(MemberChange::Remove(list)), Some(MemberChange::Remove(more))) => list.extend(more),
        (_, Some(change)) => changes.push(change),
        (_, None) => {}
    }
}
