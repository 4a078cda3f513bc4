//! The members of a group in a body (RFC 7643 section 4.2). They never become part of a [`Resource`](super::Resource):
//! they are rows.

use std::collections::HashSet;

use serde_json::Value;

use crate::scim::{
    ScimError,
    schema::{Attribute, GROUP_URN, ResourceType},
};

/// The longest id of a member in bytes; longer ones cannot be ids of ours.
const MAX_ID: usize = 1024;

/// A reference to a member: its id, or what will be the externalId or userName of one.
///
/// `type` and `$ref` say nothing that the id does not; Okta leaves the type out and Entra sends a null `$ref`.
/// `display` is not ours to keep: the member's own name is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    /// The id as the client gave it.
    pub value: String,
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
        Value::String(id) => Some(id),
        Value::Object(parts) => parts
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("value"))
            .and_then(|(_, value)| if let Value::String(id) = value { Some(id) } else { None }),
        _ => None,
    };
    let id = id.filter(|id| !id.is_empty()).ok_or_else(wrong)?;
    if id.len() > MAX_ID || id.contains('\0') {
        return Err(ScimError::BadText("members.value".to_owned()));
    }
    Ok(Member { value: id.clone() })
}
