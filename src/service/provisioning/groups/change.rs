//! Changing a group: replace and patch.

use super::{
    members,
    row::{check_name, fill, resource_of, tell},
};
use crate::{
    scim::{
        ScimError,
        patch::{GroupPatch, MemberChange, plan_group},
        resource::members_of,
    },
    service::{
        Context,
        provisioning::{ProvisioningError, ScimTenant, collection::Change},
        roles,
    },
    store::{Tx, groups, groups::Group},
};

/// Changes a group that is locked. A change to what is there already writes nothing.
pub(super) fn change(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    before: Group,
    change: &Change,
) -> Result<Group, ProvisioningError> {
    let old = resource_of(tenant.catalog, &before)?;
    let planned = match change {
        Change::Replace(body) => {
            GroupPatch { resource: old.replace(body)?, members: vec![exactly(members_of(body))?] }
        }
        Change::Patch(patch) => plan_group(&old, patch, tenant.absent())?,
    };
    let changed = members::apply(tx, cx, tenant, &before.id, &planned.members)?;
    if changed.is_nothing() && old.changes(&planned.resource).is_empty() {
        return Ok(before);
    }
    let mut group = before.clone();
    fill(&mut group, &planned.resource);
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
fn exactly(
    members: Result<Vec<crate::scim::resource::Member>, ScimError>,
) -> Result<MemberChange, ScimError> {
    Ok(match members? {
        members if members.is_empty() => MemberChange::Clear,
        members => MemberChange::Replace(members),
    })
}
