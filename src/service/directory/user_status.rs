//! What the operator does to a user: the same that SCIM does, in the same transaction, and not undone by it.

use super::DirectoryError;
use crate::{
    model::{
        DeactivatedBy, UserStatus,
        ids::{ProjectId, UserId},
    },
    service::{
        Actor, Context,
        provisioning::users::{activate, bury, deactivate, note},
        sessions,
    },
    store::{
        Tx, tombstones,
        users::{self, User},
    },
};

/// Deactivates a user, and ends what is open: sessions, refresh tokens, codes and personal keys. SCIM cannot activate such
/// a user, nor bring it back by deleting and creating it.
pub async fn deactivate_user(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    user: &UserId,
) -> Result<User, DirectoryError> {
    change(cx, actor, project, user, |tx, cx, actor, project, before| {
        // One that SCIM has deactivated it could activate again: the operator's word counts for more.
        if before.deactivated_by == Some(DeactivatedBy::Operator) {
            return Err(DirectoryError::Exists("the user is inactive".into()));
        }
        let mut user = before.clone();
        deactivate(&mut user, DeactivatedBy::Operator, cx.now());
        let user = save(tx, cx, before, user)?;
        let organization = &user.organization_id;
        sessions::end_for_user(tx, cx, actor, project, organization, &user.id, "user_deactivated")?;
        note(tx, cx, actor, project, "user.deactivated", Some(before), &user)?;
        Ok(user)
    })
    .await
}

/// Activates a user, whoever deactivated it, or takes back a deactivation that is held. Where a SCIM connection holds the
/// user, it may deactivate it again.
pub async fn activate_user(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    user: &UserId,
) -> Result<User, DirectoryError> {
    change(cx, actor, project, user, |tx, cx, actor, project, before| {
        if before.login_status(cx.now()) == UserStatus::Active {
            return Err(DirectoryError::Exists("the user is active".into()));
        }
        let was_held = before.status == UserStatus::Active;
        let mut user = User { held_until: None, ..before.clone() };
        activate(&mut user);
        let user = save(tx, cx, before, user)?;
        tombstones::free_names(tx, &user)?;
        let event = if was_held { "user.deactivation_withdrawn" } else { "user.activated" };
        note(tx, cx, actor, project, event, Some(before), &user)?;
        Ok(user)
    })
    .await
}

/// Deletes a user: a tombstone stays, so that no login makes it again (R3), and its names are free, also for an active user
/// that SCIM creates.
pub async fn delete_user(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    user: &UserId,
) -> Result<User, DirectoryError> {
    change(cx, actor, project, user, |tx, cx, actor, project, before| {
        bury(tx, cx, actor, project, before, "user_deleted")?;
        tombstones::free_names(tx, before)?;
        Ok(before.clone())
    })
    .await
}

/// What is done to a user that is locked. Returns it as it is to be shown.
type Act = fn(&mut Tx<'_>, &Context, &Actor, &ProjectId, &User) -> Result<User, DirectoryError>;

async fn change(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    user: &UserId,
    act: Act,
) -> Result<User, DirectoryError> {
    let (own, actor, project, id) = (cx.clone(), actor.clone(), project.clone(), user.clone());
    let write = move |tx: &mut Tx<'_>| {
        let unknown = || DirectoryError::NotFound("user");
        let organization = users::organization_of(tx, &project, &id)?.ok_or_else(unknown)?;
        let before = users::lock(tx, &organization, &id)?.ok_or_else(unknown)?;
        act(tx, &own, &actor, &project, &before)
    };
    cx.store.write(write).await
}

/// Writes the row; the version is what SCIM's clients compare.
fn save(tx: &mut Tx<'_>, cx: &Context, before: &User, mut user: User) -> Result<User, DirectoryError> {
    user.version += 1;
    user.updated_at = cx.now().max(before.updated_at);
    users::update(tx, &user)?;
    Ok(user)
}
