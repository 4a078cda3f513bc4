//! Changing a group: replace and patch.

use super::{
    members,
    met::{self, Met},
    row::{check_name, fill, resource_of, tell},
};
use crate::{
    model::ids::GroupId,
    scim::{
        patch::{GroupPatch, MemberChange, plan_group},
        resource::Member,
    },
    service::{
        Context,
        provisioning::{
            ProvisioningError, ScimTenant,
            collection::{Change, check_size},
        },
        roles,
    },
    store::{Tx, groups, groups::Group},
};

/// Finds the users that become members, or stay it, and holds those who are none yet. What is wrong with the change is told
/// when it is made: that there is no such group, or another version of it, comes first.
pub(super) fn meet(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    group: &GroupId,
    change: &Change,
) -> Result<Met, ProvisioningError> {
    match change {
        Change::Replace { members, .. } => {
            met::meet(tx, tenant, Some(group), members.as_deref().unwrap_or_default())
        }
        Change::Patch(patch) => {
            let known = Some(group).filter(|_| patch.replaces_members());
            met::meet(tx, tenant, known, &patch.members_named())
        }
    }
}

/// Changes a group that is locked. A change to what is there already writes nothing.
pub(super) fn change(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    before: Group,
    (change, met): (&Change, &Met),
) -> Result<Group, ProvisioningError> {
    let old = resource_of(tenant.catalog, &before)?;
    let planned = match change {
        Change::Replace { body, members } => {
            GroupPatch { resource: old.replace(body)?, members: vec![exactly(members.clone()?)] }
        }
        Change::Patch(patch) => plan_group(&old, patch, tenant.absent())?,
    };
    let mut group = before.clone();
    fill(&mut group, &planned.resource);
    if group.scim_attributes != before.scim_attributes {
        check_size(group.scim_attributes.as_deref())?;
    }
    let changed = members::apply(tx, cx, tenant, &before.id, &planned.members, met)?;
    if changed.is_nothing() && old.changes(&planned.resource).is_empty() {
        return Ok(before);
    }
    if group.display_name_folded != before.display_name_folded {
        check_name(tx, tenant, &group)?;
    }
    group.version += 1;
    group.updated_at = cx.now().max(before.updated_at);
    groups::update(tx, &group)?;
    let project = &tenant.organization.project_id;
    roles::group_changed(tx, cx, &tenant.actor(), project, &before, &group)?;
    tell(tx, cx, tenant, "group.updated", Some(&before), &group, &changed)?;
    Ok(group)
}

/// Who is not in the body of a replace is no member afterwards.
fn exactly(members: Vec<Member>) -> MemberChange {
    if members.is_empty() { MemberChange::Clear } else { MemberChange::Replace(members) }
}
