//! A group as it is shown.

use serde_json::{Map, Value, json};

use super::row::resource_of;
use crate::{
    scim::{projection::Projection, resource::Meta},
    service::provisioning::ScimTenant,
    store::{
        StoreError, Tx,
        group_members::{self, GroupMember},
        groups::Group,
        scim_groups::{self, NamedMember},
    },
};

/// The group before projection; its members only where the projection shows them, and their names only where it asks for
/// them.
pub(super) fn render(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    group: &Group,
    projection: &Projection,
) -> Result<Map<String, Value>, StoreError> {
    let meta = Meta {
        id: group.id.to_string(),
        created: group.created_at.to_datetime(),
        last_modified: group.updated_at.to_datetime(),
        version: group.version,
        location: format!("{}/Groups/{}", tenant.base, group.id),
    };
    let mut shown = resource_of(tenant.catalog, group)?.render(&meta);
    let members = members(tx, tenant, group, projection)?;
    if !members.is_empty() {
        let members = members.iter().map(|member| shown_member(member, &tenant.base));
        shown.insert("members".to_owned(), members.collect());
    }
    Ok(shown)
}

fn members(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    group: &Group,
    projection: &Projection,
) -> Result<Vec<NamedMember>, StoreError> {
    let resource_type = tenant.catalog.group;
    if projection.names(resource_type, "members", "display") {
        return scim_groups::named_members(tx, &tenant.organization.id, &group.id);
    }
    if !projection.shows(resource_type, "members") {
        return Ok(Vec::new());
    }
    let rows = group_members::list(tx, &tenant.organization.id, &group.id)?;
    let unnamed = |row: GroupMember| NamedMember {
        id: row.member_id,
        is_group: row.member_group_id.is_some(),
        display: None,
    };
    Ok(rows.into_iter().map(unnamed).collect())
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
