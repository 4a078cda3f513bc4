//! Changing a user: replace and patch.

use serde_json::Value;

use super::{
    UserView,
    read::{lock, user_id},
    row::{fill, resource_of, save, set_login_address, tell},
};
use crate::{
    model::{DeactivatedBy, UserStatus},
    scim::{
        Resource, ScimError,
        dialect::{Rewrite, Rewrites, rewrite_body, rewrite_patch},
        patch::{Patch, apply},
        projection::Projection,
        schema::USER,
    },
    service::{
        Context,
        provisioning::{Heard, ProvisioningError, ScimTenant, check_version, count_rewrites},
        sessions,
    },
    store::{Tx, users::User},
};

/// Why an activation by SCIM is refused.
const NOT_OURS_TO_ACTIVATE: &str =
    "this user was deactivated by an administrator of the organization, who alone can activate it again";

/// Replaces a user (RFC 7644 section 3.5.1).
pub async fn replace(
    cx: &Context,
    tenant: &ScimTenant,
    id: &str,
    if_match: Option<&str>,
    mut body: Value,
    projection: &Projection,
) -> Result<UserView, ProvisioningError> {
    let rewrites = if tenant.connection.strict { Rewrites::new() } else { rewrite_body(&USER, &mut body) };
    let heard = Heard { body, rewrites };
    change(cx, tenant, id, if_match, projection, move |before| {
        Ok((before.replace(&heard.body)?, heard.rewrites.clone()))
    })
    .await
}

/// Patches a user (RFC 7644 section 3.5.2).
pub async fn patch(
    cx: &Context,
    tenant: &ScimTenant,
    id: &str,
    if_match: Option<&str>,
    mut body: Value,
    projection: &Projection,
) -> Result<UserView, ProvisioningError> {
    let rewrites =
        if tenant.connection.strict { Rewrites::new() } else { rewrite_patch(&USER, id, &mut body) };
    let (patch, absent) = (Patch::parse(&USER, &body)?, tenant.absent());
    change(cx, tenant, id, if_match, projection, move |before| {
        let applied = apply(before, &patch, absent)?;
        let mut rewrites = rewrites.clone();
        if applied.created_absent {
            rewrites.insert(Rewrite::CreateAbsent);
        }
        Ok((applied.resource, rewrites))
    })
    .await
}

/// Loads, changes and saves in one transaction. A change to what is there already writes nothing.
async fn change(
    cx: &Context,
    tenant: &ScimTenant,
    id: &str,
    if_match: Option<&str>,
    projection: &Projection,
    next: impl Fn(&Resource) -> Result<(Resource, Rewrites), ScimError> + Send + 'static,
) -> Result<UserView, ProvisioningError> {
    let id = user_id(id)?;
    let (context, tenant, projection) = (cx.clone(), tenant.clone(), projection.clone());
    let if_match = if_match.map(str::to_owned);
    cx.store
        .write(move |tx| {
            let before = lock(tx, &tenant, &id)?;
            check_version(if_match.as_deref(), before.version)?;
            let old = resource_of(&before)?;
            let (new, rewrites) = next(&old)?;
            let user = if old.changes(&new).is_empty() {
                before
            } else {
                write(tx, &context, &tenant, &before, &new, "user.updated")?
            };
            count_rewrites(tx, &context, &tenant, &rewrites)?;
            Ok(UserView::one(tx, &tenant, user, &projection)?)
        })
        .await
}

/// Writes the changed user, and ends what a deactivated one must not keep. A deactivation is told as such,
/// whatever else happened.
pub(super) fn write(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    before: &User,
    new: &Resource,
    event: &'static str,
) -> Result<User, ProvisioningError> {
    let mut user = before.clone();
    fill(&mut user, new);
    set_login_address(tx, tenant, &mut user, new)?;
    let event = set_status(cx, before, &mut user, new.active())?.unwrap_or(event);
    user.version += 1;
    user.updated_at = cx.now().max(before.updated_at);
    save(tx, cx, tenant, Some(before), &user, new)?;
    if user.status != UserStatus::Active && before.status == UserStatus::Active {
        let (project, organization) = (&tenant.organization.project_id, &tenant.organization.id);
        sessions::end_for_user(tx, cx, &tenant.actor(), project, organization, &user.id, "deprovisioned")?;
    }
    tell(tx, cx, tenant, event, Some(before), &user)?;
    Ok(user)
}

/// Activates or deactivates, and says which. SCIM undoes only its own deactivation.
fn set_status(
    cx: &Context,
    before: &User,
    user: &mut User,
    active: Option<bool>,
) -> Result<Option<&'static str>, ProvisioningError> {
    match (before.status == UserStatus::Active, active) {
        (true, Some(false)) => {
            user.status = UserStatus::Inactive;
            user.deactivated_by = Some(DeactivatedBy::Scim);
            user.deactivated_at = Some(cx.now());
            Ok(Some("user.deactivated"))
        }
        (false, Some(true)) if before.deactivated_by != Some(DeactivatedBy::Scim) => {
            Err(ProvisioningError::Conflict(NOT_OURS_TO_ACTIVATE))
        }
        (false, Some(true)) => {
            user.status = UserStatus::Active;
            user.deactivated_by = None;
            user.deactivated_at = None;
            Ok(Some("user.activated"))
        }
        _ => Ok(None),
    }
}
