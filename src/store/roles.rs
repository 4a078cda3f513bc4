//! Roles: of a project, or custom to one of its organizations.

use diesel::{dsl::count_star, prelude::*};

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    schema::{projects, roles},
};
use crate::model::{
    Timestamp,
    ids::{OrganizationId, ProjectId, RoleId},
};

/// A role. `name` is what the host app compares.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = roles, treat_none_as_default_value = false)]
pub struct Role {
    pub id: RoleId,
    pub project_id: ProjectId,
    pub organization_id: Option<OrganizationId>,
    pub display_name: String,
    pub description: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub name: String,
}

/// The roles that an organization of a project may give: the project's own, and those custom to it.
macro_rules! offered {
    ($project:expr, $organization:expr) => {
        roles::project_id
            .eq($project)
            .and(roles::organization_id.is_null().or(roles::organization_id.eq($organization)))
    };
}
pub(in crate::store) use offered;

/// Adds a role. A name that its scope already has is a conflict.
pub fn insert(tx: &mut Tx<'_>, role: &Role) -> Result<(), StoreError> {
    diesel::insert_into(roles::table).values(role).execute(tx.connection)?;
    Ok(())
}

/// Lets one writer at a time name roles of a project: that a custom role has no name of the project's is true by check,
/// not by key.
pub fn lock_names(tx: &mut Tx<'_>, project: &ProjectId) -> Result<(), StoreError> {
    // On SQLite the one writer is the lock.
    if let AnyConnection::Postgres(c) = &mut *tx.connection {
        projects::table.find(project).select(projects::id).for_no_key_update().first::<ProjectId>(c)?;
    }
    Ok(())
}

/// Whether a role of this name is in the way of a new one: of a custom role the project's; of a role of the project that
/// of any organization.
pub fn is_named(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: Option<&OrganizationId>,
    name: &str,
) -> Result<bool, StoreError> {
    let named = roles::table.filter(roles::project_id.eq(project).and(roles::name.eq(name)));
    Ok(match organization {
        Some(organization) => diesel::select(diesel::dsl::exists(
            named.filter(roles::organization_id.is_null().or(roles::organization_id.eq(organization))),
        ))
        .get_result(tx.connection)?,
        None => diesel::select(diesel::dsl::exists(named)).get_result(tx.connection)?,
    })
}

/// How many roles the project has of its own, or an organization of its own.
pub fn count(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: Option<&OrganizationId>,
) -> Result<i64, StoreError> {
    let of = roles::table.filter(roles::project_id.eq(project)).select(count_star());
    Ok(match organization {
        Some(organization) => of.filter(roles::organization_id.eq(organization)).get_result(tx.connection)?,
        None => of.filter(roles::organization_id.is_null()).get_result(tx.connection)?,
    })
}

/// The project's roles of its own, or those that one of its organizations may give, by name.
pub fn list(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: Option<&OrganizationId>,
) -> Result<Vec<Role>, StoreError> {
    Ok(match organization {
        Some(organization) => roles::table
            .filter(offered!(project, organization))
            .order((roles::name, roles::id))
            .select(Role::as_select())
            .load(tx.connection)?,
        None => roles::table
            .filter(roles::project_id.eq(project).and(roles::organization_id.is_null()))
            .order((roles::name, roles::id))
            .select(Role::as_select())
            .load(tx.connection)?,
    })
}

/// The role of this id, or else of this name, among those of [`list`].
pub fn find_offered(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: Option<&OrganizationId>,
    named: &str,
) -> Result<Option<Role>, StoreError> {
    let of_project = roles::table.filter(roles::project_id.eq(project)).into_boxed();
    let offered = match organization {
        Some(organization) => {
            of_project.filter(roles::organization_id.is_null().or(roles::organization_id.eq(organization)))
        }
        None => of_project.filter(roles::organization_id.is_null()),
    };
    let named = match RoleId::parse(named) {
        Ok(id) => offered.filter(roles::id.eq(id)),
        Err(_) => offered.filter(roles::name.eq(named)),
    };
    Ok(named.select(Role::as_select()).get_result(tx.connection).optional()?)
}

/// Removes a role with its mappings and assignments.
pub fn delete(tx: &mut Tx<'_>, project: &ProjectId, id: &RoleId) -> Result<(), StoreError> {
    let row = roles::table.filter(roles::project_id.eq(project).and(roles::id.eq(id)));
    diesel::delete(row).execute(tx.connection)?;
    Ok(())
}
