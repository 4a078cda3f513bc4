//! Changing a group: replace and patch.

use serde_json::Value;

use super::{
    GroupView, members,
    read::{group_id, lock},
    row::{check_name, fill, resource_of, tell},
};
use crate::{
    scim::{
        Resource, ScimError,
        dialect::{Rewrites, rewrite_body, rewrite_patch},
        patch::{GroupPatch, MemberChange, Patch, plan_group},
        projection::Projection,
        resource::members_of,
        schema::GROUP,
    },
    service::{
        Context,
        provisioning::{ProvisioningError, ScimTenant, check_version, count_rewrites},
    },
    store::{Tx, groups, groups::Group},
};

/// Replaces a group and its members (RFC 7644 section 3.5.1).
pub async fn replace(
    cx: &Context,
    tenant: &ScimTenant,
    id: &str,
    if_match: Option<&str>,
    mut body: Value,
    projection: &Projection,
) -> Result<GroupView, ProvisioningError> {
    let rewrites = if tenant.connection.strict { Rewrites::new() } else { rewrite_body(&GROUP, &mut body) };
    let members = match members_of(&body)? {
        members if members.is_empty() => MemberChange::Clear,
        members => MemberChange::Replace(members),
    };
    change(cx, tenant, id, if_match, projection, rewrites, move |before| {
        Ok(GroupPatch { resource: before.replace(&body)?, members: vec![members.clone()] })
    })
    .await
}

/// Patches a group (RFC 7644 section 3.5.2).
pub async fn patch(
    cx: &Context,
    tenant: &ScimTenant,
    id: &str,
    if_match: Option<&str>,
    mut body: Value,
    projection: &Projection,
) -> Result<GroupView, ProvisioningError> {
    let rewrites =
        if tenant.connection.strict { Rewrites::new() } else { rewrite_patch(&GROUP, id, &mut body) };
    let (patch, absent) = (Patch::parse(&GROUP, &body)?, tenant.absent());
    change(cx, tenant, id, if_match, projection, rewrites, move |before| plan_group(before, &patch, absent))
        .await
}

/// Locks, changes and saves in one transaction. A change to what is there already writes nothing.
async fn change(
    cx: &Context,
    tenant: &ScimTenant,
    id: &str,
    if_match: Option<&str>,
    projection: &Projection,
    rewrites: Rewrites,
    plan: impl Fn(&Resource) -> Result<GroupPatch, ScimError> + Send + 'static,
) -> Result<GroupView, ProvisioningError> {
    let id = group_id(id)?;
    let (context, tenant, projection) = (cx.clone(), tenant.clone(), projection.clone());
    let if_match = if_match.map(str::to_owned);
    cx.store
        .write(move |tx| {
            let before = lock(tx, &tenant, &id)?;
            check_version(if_match.as_deref(), before.version)?;
            let group = write(tx, &context, &tenant, before, &plan)?;
            count_rewrites(tx, &context, &tenant, &rewrites)?;
            Ok(GroupView::load(tx, &tenant, group, &projection)?)
        })
        .await
}

fn write(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    before: Group,
    plan: &impl Fn(&Resource) -> Result<GroupPatch, ScimError>,
) -> Result<Group, ProvisioningError> {
    let old = resource_of(&before)?;
    let planned = plan(&old)?;
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
    tell(tx, cx, tenant, "group.updated", Some(&before), &group, &changed)?;
    Ok(group)
}
