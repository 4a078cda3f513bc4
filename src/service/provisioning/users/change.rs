//! Changing a user: replace and patch.

use serde_json::Value;

use super::{
    manager,
    row::{fill, login_address, resource_of, said_active, save, set_login_address, tell},
};
use crate::{
    model::{DeactivatedBy, Timestamp, UserStatus},
    scim::{Resource, dialect::Rewrite, patch::apply},
    service::{
        Context,
        provisioning::{
            ProvisioningError, ScimTenant,
            collection::{Change, Changed},
            hold,
        },
        sessions,
    },
    store::{
        StoreError, Tx, tombstones,
        users::{self, Names, User},
    },
};

/// Why a change to names is refused.
const BARRED: &str = "the new userName, externalId or login address was that of a user whom an administrator of the \
     organization deactivated before it was deleted; an administrator must activate or delete the user first";

/// Changes a user that is locked. A change to what is there already writes nothing.
pub(super) fn change(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    before: User,
    change: &Change,
) -> Result<Changed<User>, ProvisioningError> {
    let old = resource_of(tenant.catalog, &before)?;
    let new = match change {
        Change::Replace { body, .. } => old.replace(body)?,
        Change::Patch(patch) => {
            let applied = apply(&old, patch, tenant.absent())?;
            if applied.created_absent {
                tenant.note(Rewrite::CreateAbsent);
            }
            applied.resource
        }
    };
    let before = withdrawn(tx, cx, tenant, before, says_active(change, &new))?;
    let (new, said) = keep_inactive(&before, change, new)?;
    if old.changes(&new).is_empty() {
        return note_said(tx, before, &new, said).map(Changed::Done);
    }
    if before.status == UserStatus::Active
        && new.active() == Some(false)
        && let Some(until) = hold::before_deprovisioning(tx, cx, tenant, &before)?
    {
        return Ok(Changed::Held(until));
    }
    let after = write(tx, cx, tenant, (&before, before.clone()), &new, "user.updated")?;
    note_said(tx, after, &new, said).map(Changed::Done)
}

/// Whom an administrator has deactivated stays inactive, whatever the provider says (R3). A profile that is sent whole says
/// again that the user is active, as it said before: the rest of it is taken. To say it anew, or nothing else, is to
/// activate the user, and is refused. With what the provider has said by now, where the status is not its own.
fn keep_inactive(
    before: &User,
    change: &Change,
    new: Resource,
) -> Result<(Resource, Option<bool>), ProvisioningError> {
    let is_ours = before.status == UserStatus::Active || before.deactivated_by == Some(DeactivatedBy::Scim);
    if is_ours {
        return Ok((new, None));
    }
    let said_before = said_active(before)?;
    if !names_active(change) {
        return Ok((new, said_before));
    }
    let is_all = matches!(change, Change::Patch(patch) if patch.names_only("active"));
    match new.active() {
        Some(true) if is_all || said_before != Some(true) => {
            Err(ProvisioningError::DeactivatedByAdministrator)
        }
        said => Ok((new.with_active(false), said)),
    }
}

/// Keeps what the provider has said in the row of a user whose status is somebody else's. Nobody is shown it, so that it is
/// no change of the user.
fn note_said(
    tx: &mut Tx<'_>,
    user: User,
    resource: &Resource,
    said: Option<bool>,
) -> Result<User, ProvisioningError> {
    let Some(said) = said else { return Ok(user) };
    if said_active(&user)? == Some(said) {
        return Ok(user);
    }
    let attributes = resource.clone().with_active(said).attributes().clone();
    let noted = User { scim_attributes: Some(Value::Object(attributes).to_string()), ..user.clone() };
    users::update_from(tx, &user, &noted)?;
    Ok(noted)
}

/// Whether the request itself says that the user is active, and does not only leave it so.
fn says_active(change: &Change, new: &Resource) -> bool {
    names_active(change) && new.active() == Some(true)
}

fn names_active(change: &Change) -> bool {
    match change {
        // `null` is the same as nothing (RFC 7643 section 2.5).
        Change::Replace { body, .. } => body.as_object().is_some_and(|body| {
            body.iter().any(|(name, value)| name.eq_ignore_ascii_case("active") && !value.is_null())
        }),
        Change::Patch(patch) => patch.names("active"),
    }
}

/// A provider that says of a user that it is active takes a deactivation back that was held.
fn withdrawn(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    user: User,
    says_active: bool,
) -> Result<User, ProvisioningError> {
    if !says_active || user.login_status(cx.now()) == user.status {
        return Ok(user);
    }
    let free = User { held_until: None, ..user.clone() };
    users::update(tx, &free)?;
    tell(tx, cx, tenant, "user.deactivation_withdrawn", Some(&user), &free)?;
    Ok(free)
}

/// Writes the changed user, and ends what a deactivated one must not keep. A deactivation is told as such,
/// whatever else happened. `user` is the row as far as it changes by something else than the resource; what is written is all
/// that then differs from the row as it is.
pub(super) fn write(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    (before, mut user): (&User, User),
    new: &Resource,
    event: &'static str,
) -> Result<User, ProvisioningError> {
    manager::check(tx, tenant, Some(before), new)?;
    fill(&mut user, new);
    set_login_address(tx, tenant, &mut user, new)?;
    check_names(tx, tenant, before, &mut user, new)?;
    let event = match set_status(cx, before, &mut user, new.active())? {
        // Who is back is told as that, and not only as active.
        Some("user.activated") if event == "user.restored" => event,
        Some(status) => status,
        None => event,
    };
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

/// Refuses what would get around a deactivation by somebody else than SCIM, by other names (R3): that such a user gives its
/// names up, and that anybody takes those of one that was deleted. Asks nothing where no name changes.
fn check_names(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    before: &User,
    user: &mut User,
    new: &Resource,
) -> Result<(), ProvisioningError> {
    let is_renamed =
        before.user_name_folded != user.user_name_folded || before.external_id != user.external_id;
    if !is_renamed && before.email_folded == user.email_folded {
        return Ok(());
    }
    let is_ours = before.status == UserStatus::Active || before.deactivated_by == Some(DeactivatedBy::Scim);
    let is_refused = if is_ours { is_barred(tx, tenant, before, user)? } else { true };
    if !is_refused {
        return Ok(());
    }
    // An address that was asked for before, and was somebody else's until now, is no reason to refuse another change.
    let asked_before = || Ok::<_, StoreError>(login_address(&resource_of(tenant.catalog, before)?));
    if !is_renamed && before.email_folded.is_none() && asked_before()? == login_address(new) {
        (user.email, user.email_folded) = (None, None);
        return Ok(());
    }
    Err(if is_ours {
        ProvisioningError::Conflict(BARRED)
    } else {
        ProvisioningError::DeactivatedByAdministrator
    })
}

/// Whether one of the names that are new to a user is barred.
fn is_barred(tx: &mut Tx<'_>, tenant: &ScimTenant, before: &User, user: &User) -> Result<bool, StoreError> {
    let names = Names {
        user_name_folded: user.user_name_folded.as_deref().unwrap_or_default(),
        external_id: user.external_id.as_deref().filter(|_| before.external_id != user.external_id),
        email_folded: user.email_folded.as_deref().filter(|_| before.email_folded != user.email_folded),
    };
    tombstones::are_barred(tx, &tenant.organization.id, &tenant.connection.id, &names)
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
            deactivate(user, DeactivatedBy::Scim, cx.now());
            Ok(Some("user.deactivated"))
        }
        (false, Some(true)) if before.deactivated_by != Some(DeactivatedBy::Scim) => {
            Err(ProvisioningError::DeactivatedByAdministrator)
        }
        (false, Some(true)) => {
            activate(user);
            Ok(Some("user.activated"))
        }
        _ => Ok(None),
    }
}

/// Writes into the row that the user is deactivated.
pub(in crate::service) fn deactivate(user: &mut User, by: DeactivatedBy, now: Timestamp) {
    user.status = UserStatus::Inactive;
    user.deactivated_by = Some(by);
    user.deactivated_at = Some(now);
    user.held_until = None;
}

/// Writes into the row that the user is active.
pub(in crate::service) fn activate(user: &mut User) {
    user.status = UserStatus::Active;
    user.deactivated_by = None;
    user.deactivated_at = None;
}
