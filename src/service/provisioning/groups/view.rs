//! A group as it is shown.

use serde_json::{Map, Value, json};

use super::row::resource_of;
use crate::{
    scim::{projection::Projection, resource::Meta, schema::GROUP},
    service::provisioning::ScimTenant,
    store::{
        StoreError, Tx,
        group_members::{self, GroupMember},
        groups::Group,
        scim_groups::{self, NamedMember},
    },
};

/// A group with all that an answer may show of it.
#[derive(Debug, Clone)]
pub struct GroupView {
    group: Group,
    /// The members, where they are shown.
    members: Vec<NamedMember>,
}

impl GroupView {
    /// Reads the members, only where the projection shows them, and their names, only where it asks for them.
    pub(super) fn load(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        group: Group,
        projection: &Projection,
    ) -> Result<Self, StoreError> {
        let members = if projection.names(&GROUP, "members", "display") {
            scim_groups::named_members(tx, &tenant.organization.id, &group.id)?
        } else if projection.shows(&GROUP, "members") {
            let rows = group_members::list(tx, &tenant.organization.id, &group.id)?;
            let unnamed = |row: GroupMember| NamedMember {
                id: row.member_id,
                is_group: row.member_group_id.is_some(),
                display: None,
            };
            rows.into_iter().map(unnamed).collect()
        } else {
            Vec::new()
        };
        Ok(Self { group, members })
    }

    /// The id.
    pub fn id(&self) -> &str {
        self.group.id.as_str()
    }

    /// The number of its changes.
    pub fn version(&self) -> i64 {
        self.group.version
    }

    /// The resource on the wire. `base` is the address of the SCIM server without a slash at the end.
    pub fn render(&self, base: &str, projection: &Projection) -> Result<Value, StoreError> {
        let mut shown = whole(&self.group, base)?;
        if !self.members.is_empty() {
            shown.insert(
                "members".to_owned(),
                self.members.iter().map(|member| shown_member(member, base)).collect(),
            );
        }
        Ok(Value::Object(projection.apply(&GROUP, shown)))
    }
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

fn whole(group: &Group, base: &str) -> Result<Map<String, Value>, StoreError> {
    let meta = Meta {
        id: group.id.to_string(),
        created: group.created_at.to_datetime(),
        last_modified: group.updated_at.to_datetime(),
        version: group.version,
        location: format!("{base}/Groups/{}", group.id),
    };
    Ok(resource_of(group)?.render(&meta))
}

/// The group as a filter sees it, with the ids of its members.
pub(super) fn for_filter(group: &Group, members: &[String]) -> Result<Map<String, Value>, StoreError> {
    let mut shown = whole(group, "")?;
    shown.insert("members".to_owned(), members.iter().map(|id| json!({ "value": id })).collect());
    Ok(shown)
}
