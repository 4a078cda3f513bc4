//! Between the resource and its row.

use serde_json::{Map, Value, json};

use super::members::MembersChanged;
use crate::{
    model::{fold::fold, ids::ProjectId},
    scim::{Resource, schema::Catalog},
    service::{
        Actor, Change, Context,
        provisioning::{ProvisioningError, ScimTenant},
        record::record,
    },
    store::{
        StoreError, Tx,
        groups::Group,
        scim_groups::{self, GroupName},
    },
};

const NAME_TAKEN: &str = "a group with this displayName exists already on this connection";

/// The resource that a row holds.
pub(super) fn resource_of(catalog: Catalog, group: &Group) -> Result<Resource, StoreError> {
    let attributes: Map<String, Value> = match &group.scim_attributes {
        Some(text) => serde_json::from_str(text).map_err(|error| StoreError::Damaged(error.to_string()))?,
        None => Map::new(),
    };
    Ok(Resource::from_stored(catalog.group, attributes))
}

/// Puts the resource into the row.
pub(super) fn fill(group: &mut Group, resource: &Resource) {
    group.external_id = resource.external_id().map(str::to_owned);
    group.display_name = resource.display_name().unwrap_or_default().to_owned();
    group.display_name_folded = fold(&group.display_name);
    group.scim_attributes = Some(Value::Object(resource.attributes().clone()).to_string());
}

/// Providers look groups up by name and take it for unique.
pub(super) fn check_name(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    group: &Group,
) -> Result<(), ProvisioningError> {
    scim_groups::lock_shape(tx, &tenant.connection.id)?;
    let others = scim_groups::with_name(tx, &tenant.connection.id, &group.display_name_folded, &group.id)?;
    if others == 0 { Ok(()) } else { Err(ProvisioningError::Conflict(NAME_TAKEN)) }
}

/// Writes audit row and outbox event of a change to a group by SCIM.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    event: &'static str,
    before: Option<&Group>,
    after: &Group,
    members: &MembersChanged,
) -> Result<(), StoreError> {
    let (actor, project) = (tenant.actor(), &tenant.organization.project_id);
    let before = before.map(GroupName::of);
    note(tx, cx, (&actor, project), event, before.as_ref(), &GroupName::of(after), members)
}

/// Writes audit row and outbox event for groups whose members have changed with something else: a user or group among them was
/// deleted, or one that they had named came to be.
pub(in crate::service::provisioning) fn tell_members(
    tx: &mut Tx<'_>,
    cx: &Context,
    (actor, project): (&Actor, &ProjectId),
    groups: &[GroupName],
    members: &MembersChanged,
) -> Result<(), StoreError> {
    groups
        .iter()
        .try_for_each(|group| note(tx, cx, (actor, project), "group.updated", Some(group), group, members))
}

fn note(
    tx: &mut Tx<'_>,
    cx: &Context,
    (actor, project): (&Actor, &ProjectId),
    event: &'static str,
    before: Option<&GroupName>,
    after: &GroupName,
    members: &MembersChanged,
) -> Result<(), StoreError> {
    let mut state_after = state(after);
    state_after["membersAdded"] = json!(members.added);
    state_after["membersRemoved"] = json!(members.removed);
    let change = Change {
        project,
        organization: Some(&after.organization_id),
        event,
        resource: after.id.as_str(),
        before: before.map(state),
        after: Some(state_after),
    };
    record(tx, cx, actor, &change)
}

fn state(group: &GroupName) -> Value {
    json!({ "id": group.id, "displayName": group.display_name, "externalId": group.external_id })
}
