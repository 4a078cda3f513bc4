//! Deleting a user: a tombstone stays, invisible, its names free. Its links to external logins stay too: by them a
//! login knows who was deleted (R3).

use super::{
    read::{lock, user_id},
    row::tell,
};
use crate::{
    model::UserStatus,
    service::{
        Context,
        provisioning::{ProvisioningError, ScimTenant, check_version},
        sessions,
    },
    store::{group_members, scim_groups, scim_users, user_emails, users},
};

/// Deletes a user (RFC 7644 section 3.6).
pub async fn delete(
    cx: &Context,
    tenant: &ScimTenant,
    id: &str,
    if_match: Option<&str>,
) -> Result<(), ProvisioningError> {
    let id = user_id(id)?;
    let (context, tenant, if_match) = (cx.clone(), tenant.clone(), if_match.map(str::to_owned));
    cx.store
        .write(move |tx| {
            let before = lock(tx, &tenant, &id)?;
            check_version(if_match.as_deref(), before.version)?;
            let (organization, now) = (&tenant.organization.id, context.now());
            let mut user = before.clone();
            user.status = UserStatus::Deleted;
            user.deleted_at = Some(now);
            user.updated_at = now.max(before.updated_at);
            user.version += 1;
            user.owner = false;
            user.scim_attributes = None;
            users::update(tx, &user)?;
            user_emails::replace(tx, organization, &id, &[])?;
            scim_users::strip(tx, organization, &id)?;
            let groups = group_members::remove_user(tx, organization, &id)?;
            scim_groups::touch(tx, organization, &groups, now)?;
            let project = &tenant.organization.project_id;
            sessions::end_for_user(
                tx,
                &context,
                &tenant.actor(),
                project,
                organization,
                &id,
                "deprovisioned",
            )?;
            tell(tx, &context, &tenant, "user.deleted", Some(&before), &user)?;
            Ok(())
        })
        .await
}
