//! Roles given to a user by hand.

use serde_json::{Value, json};

use super::RoleRef;
use crate::{
    model::ids::{OrganizationId, ProjectId, UserId, UserRoleAssignmentId},
    service::{
        Actor, Change, Context,
        directory::{DirectoryError, exists},
        new_id,
        record::record,
    },
    store::{
        Tx, organizations,
        roles::Role,
        user_role_assignments::{self, UserRoleAssignment},
        users::{self, User},
    },
};

/// Gives a user of the organization a role, of the project or custom to that organization.
pub async fn assign_role(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    user: &UserId,
    role: RoleRef,
) -> Result<(), DirectoryError> {
    change(cx, actor, project, organization, user, role, give).await
}

/// Takes a role that was given by hand. One that a mapping gives stays.
pub async fn unassign_role(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    user: &UserId,
    role: RoleRef,
) -> Result<(), DirectoryError> {
    change(cx, actor, project, organization, user, role, take).await
}

/// What became of a user and a role: the event, and what was and is given.
type Outcome = (&'static str, Option<Value>, Option<Value>);

/// Gives or takes, after user, organization, project and role were found to belong together, and records it.
async fn change(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    user: &UserId,
    role: RoleRef,
    act: fn(&mut Tx<'_>, &Context, &User, &Role) -> Result<Outcome, DirectoryError>,
) -> Result<(), DirectoryError> {
    let (own, actor) = (cx.clone(), actor.clone());
    let (project, organization, user) = (project.clone(), organization.clone(), user.clone());
    let write = move |tx: &mut Tx<'_>| {
        organizations::find(tx, &project, &organization)?.ok_or(DirectoryError::NotFound("organization"))?;
        let user = users::find(tx, &organization, &user)?.ok_or(DirectoryError::NotFound("user"))?;
        let role = role.find(tx, &project, Some(&organization))?;
        let (event, before, after) = act(tx, &own, &user, &role)?;
        let (project, organization) = (&project, Some(&organization));
        let change = Change { project, organization, event, resource: user.id.as_str(), before, after };
        Ok(record(tx, &own, &actor, &change)?)
    };
    cx.store.write(write).await
}

fn give(tx: &mut Tx<'_>, cx: &Context, user: &User, role: &Role) -> Result<Outcome, DirectoryError> {
    let assignment = UserRoleAssignment {
        id: new_id!(cx, UserRoleAssignmentId),
        organization_id: user.organization_id.clone(),
        user_id: user.id.clone(),
        role_id: role.id.clone(),
        role_mapping_id: None,
        created_at: cx.now(),
    };
    let had = format!("{} was given the role {} by hand", user.id, role.name);
    user_role_assignments::insert(tx, &assignment).map_err(exists(had))?;
    Ok(("user.role_assigned", None, Some(state(user, role))))
}

fn take(tx: &mut Tx<'_>, _: &Context, user: &User, role: &Role) -> Result<Outcome, DirectoryError> {
    if !user_role_assignments::delete_direct(tx, &user.organization_id, &user.id, &role.id)? {
        let why =
            format!("{} was not given the role {} by hand; a mapping may still give it", user.id, role.name);
        return Err(DirectoryError::Invalid(why));
    }
    Ok(("user.role_unassigned", Some(state(user, role)), None))
}

fn state(user: &User, role: &Role) -> Value {
    json!({ "id": user.id, "roleId": role.id, "role": role.name })
}
