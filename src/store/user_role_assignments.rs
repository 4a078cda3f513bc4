//! Roles of users: given directly, or by an attribute of the last login. What a group gives is not written down here.

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    connection::on_both,
    role_mappings::RoleMapping,
    schema::{role_mappings, roles, user_role_assignments, users},
    users::{Present, User},
};
use crate::model::{
    Timestamp,
    ids::{OrganizationId, ProjectId, RoleId, RoleMappingId, UserId, UserRoleAssignmentId},
};

/// A role of a user; by a mapping, or without one directly.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = user_role_assignments, treat_none_as_default_value = false)]
pub struct UserRoleAssignment {
    pub id: UserRoleAssignmentId,
    pub organization_id: OrganizationId,
    pub user_id: UserId,
    pub role_id: RoleId,
    pub role_mapping_id: Option<RoleMappingId>,
    pub created_at: Timestamp,
}

/// Gives a role. The same one twice in the same way is a conflict.
pub fn insert(tx: &mut Tx<'_>, assignment: &UserRoleAssignment) -> Result<(), StoreError> {
    on_both!(tx, c => diesel::insert_into(user_role_assignments::table).values(assignment).execute(c))?;
    Ok(())
}

/// Takes a role that was given directly. Returns whether the user had it.
pub fn delete_direct(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    user: &UserId,
    role: &RoleId,
) -> Result<bool, StoreError> {
    let row = user_role_assignments::table
        .filter(user_role_assignments::organization_id.eq(organization))
        .filter(user_role_assignments::user_id.eq(user).and(user_role_assignments::role_id.eq(role)))
        .filter(user_role_assignments::role_mapping_id.is_null());
    Ok(diesel::delete(row).execute(tx.connection)? > 0)
}

/// Takes the role that a mapping gave a user.
pub fn delete_mapped(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    user: &UserId,
    mapping: &RoleMappingId,
) -> Result<(), StoreError> {
    let row = user_role_assignments::table
        .filter(user_role_assignments::organization_id.eq(organization))
        .filter(user_role_assignments::user_id.eq(user))
        .filter(user_role_assignments::role_mapping_id.eq(mapping));
    diesel::delete(row).execute(tx.connection)?;
    Ok(())
}

/// The users of the organization that have the role in this way, oldest first, tombstones excluded; each with the
/// attribute mapping that gives it, or none where it was given directly.
pub fn holders(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    role: &RoleId,
) -> Result<Vec<(User, Option<RoleMapping>)>, StoreError> {
    let mapped = user_role_assignments::role_mapping_id.eq(role_mappings::id.nullable());
    Ok(on_both!(tx, c => user_role_assignments::table
        .inner_join(users::table.on(users::id.eq(user_role_assignments::user_id)))
        .left_join(role_mappings::table.on(mapped))
        .filter(user_role_assignments::role_id.eq(role))
        .filter(user_role_assignments::organization_id.eq(organization))
        .filter(users::organization_id.eq(organization))
        .filter(Present)
        .filter(user_role_assignments::role_mapping_id.is_null().or(super::role_mappings::is_in_force!()))
        .order(users::id)
        .select((User::as_select(), Option::<RoleMapping>::as_select()))
        .load(c))?)
}

/// The assignments that count, each with its role.
macro_rules! counting {
    ($project:expr, $organization:expr) => {{
        let mapped = user_role_assignments::role_mapping_id.eq(role_mappings::id.nullable());
        user_role_assignments::table
            .inner_join(roles::table.on(roles::id.eq(user_role_assignments::role_id)))
            .left_join(role_mappings::table.on(mapped))
            .filter(user_role_assignments::organization_id.eq($organization))
            .filter(super::roles::offered!($project, $organization))
            .filter(user_role_assignments::role_mapping_id.is_null().or(super::role_mappings::is_in_force!()))
    }};
}

/// The names of the roles that the user has in this way; one may be named twice.
pub fn role_names(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: &OrganizationId,
    user: &UserId,
) -> Result<Vec<String>, StoreError> {
    Ok(on_both!(tx, c => counting!(project, organization)
        .filter(user_role_assignments::user_id.eq(user))
        .select(roles::name)
        .load(c))?)
}

/// The same of several users, each name with its user.
pub fn role_names_of(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: &OrganizationId,
    users: &[UserId],
) -> Result<Vec<(UserId, String)>, StoreError> {
    let mut found = Vec::new();
    for some in users.chunks(500) {
        let names = counting!(project, organization)
            .filter(user_role_assignments::user_id.eq_any(some))
            .select((user_role_assignments::user_id, roles::name));
        found.extend(names.load(tx.connection)?);
    }
    Ok(found)
}
