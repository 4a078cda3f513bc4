//! The members of a group in a body (RFC 7643 section 4.2). They never become part of a [`Resource`](super::Resource):
//! they are rows.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::scim::{
    ScimError,
    schema::{Attribute, GROUP_URN, ResourceType},
};

/// The longest id of a member in bytes; longer ones cannot be ids of ours.
const MAX_ID: usize = 1024;

/// A reference to a member: its id, or what will be the externalId or userName of one.
///
/// `type` and `$ref` say nothing that the id does not; Okta leaves the type out and Entra sends a null `$ref`. A `$ref`
/// without an id names the member as well (RFC 7643 section 4.2): the id is at its end. `display` is not ours to keep: the
/// member's own name is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    /// The id as the client gave it.
    pub value: String,
    /// What alone it may be, where a selection says so.
    pub only: Option<MemberKind>,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemberKind {
    /// A user.
    User,
    /// A group.
    Group,
}

/// Whether this is the attribute whose elements are rows.
pub(in crate::scim) fn is_members(resource_type: &ResourceType, attribute: &Attribute) -> bool {
    attribute.name == "members" && resource_type.schema.id == GROUP_URN
}

/// The members in the body of a create or replace, each once; none where the attribute is absent, null or empty.
pub fn members_of(body: &Value) -> Result<Vec<Member>, ScimError> {
    let given = body.as_object().into_iter().flatten().find(|(name, _)| name.eq_ignore_ascii_case("members"));
    given.map_or(Ok(Vec::new()), |(_, value)| member_list(value))
}

/// Members in every form that is sent: objects, plain ids, one or a list, null.
pub(in crate::scim) fn member_list(value: &Value) -> Result<Vec<Member>, ScimError> {
    let items = match value {
        Value::Null => &[],
        Value::Array(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    let mut seen = HashSet::with_capacity(items.len());
    let mut members = Vec::with_capacity(items.len());
    for item in items {
        let member = member(item)?;
        if seen.insert(member.clone()) {
            members.push(member);
        }
    }
    Ok(members)
}

fn member(item: &Value) -> Result<Member, ScimError> {
    let wrong = || ScimError::WrongType { path: "members.value".to_owned(), kind: "string" };
    let id = match item {
        Value::String(id) => Some(id.as_str()),
        Value::Object(parts) => match part(parts, "value") {
            None | Some(Value::Null) => part(parts, "$ref").and_then(Value::as_str).and_then(id_in),
            Some(value) => value.as_str(),
        },
        _ => None,
    };
    let id = id.filter(|id| !id.is_empty()).ok_or_else(wrong)?;
    if id.len() > MAX_ID || id.contains('\0') {
        return Err(ScimError::BadText("members.value".to_owned()));
    }
    Ok(Member { value: id.to_owned(), only: None })
}

fn part<'a>(parts: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    parts.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The id in the address of a user or a group, absolute or not: plain, and nothing that stands for one (`bulkId:`).
fn id_in(reference: &str) -> Option<&str> {
    if reference.contains(['?', '#', '%']) {
        return None;
    }
    let mut parts = reference.trim_end_matches('/').rsplit('/');
    let (id, collection) = (parts.next()?, parts.next()?);
    ["Users", "Groups"]
        .into_iter()
        .any(|name| name.eq_ignore_ascii_case(collection))
        .then_some(id)
        .filter(|id| !id.contains(':'))
}
