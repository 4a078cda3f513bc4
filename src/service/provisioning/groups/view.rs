//! A group as it is shown.

use serde_json::{Map, Value, json};

use super::row::resource_of;
use crate::{
    model::ids::GroupId,
    scim::{projection::Projection, resource::Meta},
    service::{
        Context,
        provisioning::{ProvisioningError, ScimTenant},
    },
    store::{
        StoreError, Tx,
        group_members::{self, GroupMember},
        groups::Group,
        scim_groups::{self, NamedMember},
    },
};

/// The group with these members, before projection.
pub(super) fn render(
    tenant: &ScimTenant,
    group: &Group,
    members: &[NamedMember],
) -> Result<Map<String, Value>, StoreError> {
    let meta = Meta {
        id: group.id.to_string(),
        created: group.created_at.to_datetime(),
        last_modified: group.updated_at.to_datetime(),
        version: group.version,
        location: format!("{}/Groups/{}", tenant.base, group.id),
    };
    let mut shown = resource_of(tenant.catalog, group)?.render(&meta);
    // An empty list is told too: authentik takes a missing one for a server that does not show members, and adds none.
    let members = members.iter().map(|member| shown_member(member, &tenant.base));
    shown.insert("members".to_owned(), members.collect());
    Ok(shown)
}

/// How many members are read at once.
pub(super) const PAGE_ROWS: usize = 1_000;

/// The members of a group where the projection shows them, with their names where it asks for these, or the provider reads no
/// member without: at most so many of those after one, by id.
pub(super) fn members(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    group: &GroupId,
    projection: &Projection,
    after: &str,
    limit: usize,
) -> Result<Vec<NamedMember>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (resource_type, organization) = (tenant.catalog.group, &tenant.organization.id);
    let is_asked = projection.names(resource_type, "members", "display");
    if is_asked || (tenant.names_members() && !projection.is_given()) {
        return scim_groups::named_members(tx, organization, group, after, limit);
    }
    if !projection.shows(resource_type, "members") {
        return Ok(Vec::new());
    }
    let rows = group_members::page(tx, organization, group, after, limit)?;
    let unnamed = |row: GroupMember| NamedMember {
        id: row.member_id,
        is_group: row.member_group_id.is_some(),
        display: None,
    };
    Ok(rows.into_iter().map(unnamed).collect())
}

/// Where the next page begins: after this member, if the page was full.
pub(super) fn end_of(page: &[NamedMember]) -> Option<String> {
    page.last().filter(|_| page.len() == PAGE_ROWS).map(|member| member.id.clone())
}

/// The members after one as they are shown, a page of them, and where the next page begins.
pub async fn members_after(
    cx: &Context,
    tenant: &ScimTenant,
    group: &str,
    projection: &Projection,
    after: String,
) -> Result<(Vec<Value>, Option<String>), ProvisioningError> {
    let group = GroupId::parse(group).map_err(|_| ProvisioningError::NotFound)?;
    let (of, looked_at) = (tenant.clone(), projection.clone());
    let read = move |tx: &mut Tx<'_>| members(tx, &of, &group, &looked_at, &after, PAGE_ROWS);
    let page: Vec<NamedMember> = cx.store.read(read).await?;
    let shown = page.iter().map(|member| shown_member(member, &tenant.base)).collect();
    let whole = Map::from_iter([("members".to_owned(), Value::Array(shown))]);
    let shown = match projection.apply(tenant.catalog.group, whole).remove("members") {
        Some(Value::Array(members)) => members,
        _ => Vec::new(),
    };
    Ok((shown, end_of(&page)))
}

fn shown_member(member: &NamedMember, base: &str) -> Value {
    let (kind, endpoint) = if member.is_group { ("Group", "Groups") } else { ("User", "Users") };
    let mut shown =
        json!({ "value": member.id, "$ref": format!("{base}/{endpoint}/{}", member.id), "type": kind });
    if let Some(display) = &member.display {
        shown["display"] = json!(display);
    }
    shown
}
