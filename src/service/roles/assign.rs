//! Roles given to a user by hand.

use serde_json::json;

use super::RoleRef;
use crate::{
    model::ids::{OrganizationId, ProjectId, UserId, UserRoleAssignmentId},
    service::{
        Actor, Change, Context,
        directory::{DirectoryError, taken},
        new_id,
        record::record,
    },
    store::{
        Tx, organizations,
        roles::Role,
        user_role_assignments::{self, UserRoleAssignment},
        users,
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
    let (own, actor) = (cx.clone(), actor.clone());
    let (project, organization, user) = (project.clone(), organization.clone(), user.clone());
    let assign = move |tx: &mut Tx<'_>| {
        let role = find(tx, &project, &organization, &user, &role)?;
        let assignment = UserRoleAssignment {
            id: new_id!(own, UserRoleAssignmentId),
            organization_id: organization.clone(),
            user_id: user.clone(),
            role_id: role.id.clone(),
            role_mapping_id: None,
            created_at: own.now(),
        };
        user_role_assignments::insert(tx, &assignment).map_err(taken(format!("the role {}", role.name)))?;
        let change = Change {
            project: &project,
            organization: Some(&organization),
            event: "user.role_assigned",
            resource: user.as_str(),
            before: None,
            after: Some(json!({ "id": user, "roleId": role.id, "role": role.name })),
        };
        Ok(record(tx, &own, &actor, &change)?)
    };
    cx.store.write(assign).await
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
    let (own, actor) = (cx.clone(), actor.clone());
    let (project, organization, user) = (project.clone(), organization.clone(), user.clone());
    let unassign = move |tx: &mut Tx<'_>| {
        let role = find(tx, &project, &organization, &user, &role)?;
        if !user_role_assignments::delete_direct(tx, &organization, &user, &role.id)? {
            return Err(DirectoryError::NotFound("role given to this user by hand"));
        }
        let change = Change {
            project: &project,
            organization: Some(&organization),
            event: "user.role_unassigned",
            resource: user.as_str(),
            before: Some(json!({ "id": user, "roleId": role.id, "role": role.name })),
            after: None,
        };
        Ok(record(tx, &own, &actor, &change)?)
    };
    cx.store.write(unassign).await
}

/// The role, if user, organization and project belong together.
fn find(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: &OrganizationId,
    user: &UserId,
    role: &RoleRef,
) -> Result<Role, DirectoryError> {
    organizations::find(tx, project, organization)?.ok_or(DirectoryError::NotFound("organization"))?;
    users::find(tx, organization, user)?.ok_or(DirectoryError::NotFound("user"))?;
    role.find(tx, project, Some(organization))
}
