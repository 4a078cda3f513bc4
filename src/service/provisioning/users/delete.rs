//! Deleting a user: a tombstone stays, invisible, its names free. Its links to external logins stay too: by them a
//! login knows who was deleted (R3).

use super::row::note;
use crate::{
    model::{UserStatus, ids::ProjectId},
    service::{
        Actor, Context,
        provisioning::{
            ProvisioningError, ScimTenant,
            collection::Changed,
            groups::{MembersChanged, tell_members},
            hold,
        },
        sessions,
    },
    store::{StoreError, Tx, group_members, scim_groups, scim_users, user_emails, users, users::User},
};

/// Deletes a user (RFC 7644 section 3.6).
pub(super) fn delete(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    before: &User,
) -> Result<Changed<()>, ProvisioningError> {
    if let Some(until) = hold::before_deprovisioning(tx, cx, tenant, before)? {
        return Ok(Changed::Held(until));
    }
    bury(tx, cx, &tenant.actor(), &tenant.organization.project_id, before, "deprovisioned")?;
    Ok(Changed::Done(()))
}

/// Makes a tombstone of a user, and ends the sessions for this reason.
pub(in crate::service) fn bury(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    before: &User,
    reason: &str,
) -> Result<(), StoreError> {
    let (organization, now) = (&before.organization_id, cx.now());
    let mut user = before.clone();
    user.status = UserStatus::Deleted;
    user.deleted_at = Some(now);
    user.held_until = None;
    user.updated_at = now.max(before.updated_at);
    user.version += 1;
    user.owner = false;
    user.scim_attributes = None;
    user.scim_display_name_folded = None;
    users::update(tx, &user)?;
    user_emails::replace(tx, organization, &user.id, &[])?;
    scim_users::strip(tx, organization, &user.id)?;
    let groups = group_members::remove_user(tx, organization, &user.id)?;
    scim_groups::touch(tx, organization, &groups, now)?;
    let groups = scim_groups::pushed(tx, organization, &groups)?;
    tell_members(tx, cx, (actor, project), &groups, &MembersChanged { added: 0, removed: 1 })?;
    sessions::end_for_user(tx, cx, actor, project, organization, &user.id, reason)?;
    note(tx, cx, actor, project, "user.deleted", Some(before), &user)
}
