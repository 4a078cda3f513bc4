//! Organizations: the tenants.

use diesel::{dsl::max, prelude::*};

use super::connection::{AnyConnection, on_both};
use super::{
    StoreError, Tx,
    schema::{organizations, projects, saml_connections},
};
use crate::model::{
    ConnectionStatus, OrganizationStatus, Timestamp,
    ids::{OrganizationId, ProjectId, SamlConnectionId},
};

/// A customer: the tenant. It decides how its users sign in.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = organizations, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
pub struct Organization {
    pub id: OrganizationId,
    pub project_id: ProjectId,
    pub external_id: Option<String>,
    pub display_name: String,
    pub status: OrganizationStatus,
    pub log_in_with_google: bool,
    pub log_in_with_microsoft: bool,
    pub log_in_with_github: bool,
    pub log_in_with_email: bool,
    pub log_in_with_password: bool,
    pub log_in_with_saml: bool,
    pub log_in_with_oidc: bool,
    pub log_in_with_authenticator_app: bool,
    pub log_in_with_passkey: bool,
    pub require_mfa: bool,
    pub scim_enabled: bool,
    pub custom_roles_enabled: bool,
    pub api_keys_enabled: bool,
    pub impersonation_allowed: bool,
    pub session_idle_ms: Option<i64>,
    pub session_absolute_ms: Option<i64>,
    pub google_hosted_domains: String,
    pub microsoft_tenant_ids: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Adds an organization. An external id that the project already uses is a conflict.
pub fn insert(tx: &mut Tx<'_>, organization: &Organization) -> Result<(), StoreError> {
    diesel::insert_into(organizations::table).values(organization).execute(tx.connection)?;
    Ok(())
}

/// The organization of that id, if it is the project's.
macro_rules! of_project {
    ($project:expr, $id:expr) => {
        organizations::table
            .filter(organizations::project_id.eq($project).and(organizations::id.eq($id)))
            .select(Organization::as_select())
    };
}

/// The project's organization of this id.
pub fn find(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &OrganizationId,
) -> Result<Option<Organization>, StoreError> {
    Ok(on_both!(tx, c => of_project!(project, id).get_result(c).optional())?)
}

/// The ids of a project's organizations, oldest first.
pub fn ids(tx: &mut Tx<'_>, project: &ProjectId) -> Result<Vec<OrganizationId>, StoreError> {
    Ok(organizations::table
        .filter(organizations::project_id.eq(project))
        .order(organizations::id)
        .select(organizations::id)
        .load(tx.connection)?)
}

/// What decides whether a login may end in a session, and for how long that lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub organization: Organization,
    /// The connection that vouched, if it is the organization's.
    pub connection: Option<ConnectionStatus>,
    /// The idle and the absolute lifetime of sessions: the organization's own, else the project's.
    pub lifetimes: (i64, i64),
}

/// How the project's organization stands at this moment, and one of its SAML connections with it.
pub fn standing(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &OrganizationId,
    connection: &SamlConnectionId,
) -> Result<Option<Standing>, StoreError> {
    let of_organization =
        saml_connections::organization_id.eq(organizations::id).and(saml_connections::id.eq(connection));
    type Row = (Organization, i64, i64, Option<ConnectionStatus>);
    let found: Option<Row> = on_both!(tx, c => organizations::table
        .inner_join(projects::table.on(projects::id.eq(organizations::project_id)))
        .left_join(saml_connections::table.on(of_organization))
        .filter(organizations::project_id.eq(project).and(organizations::id.eq(id)))
        .select((
            Organization::as_select(),
            projects::session_idle_ms,
            projects::session_absolute_ms,
            saml_connections::status.nullable(),
        ))
        .get_result(c)
        .optional())?;
    Ok(found.map(|(organization, idle, absolute, connection)| Standing {
        lifetimes: (
            organization.session_idle_ms.unwrap_or(idle),
            organization.session_absolute_ms.unwrap_or(absolute),
        ),
        organization,
        connection,
    }))
}

/// The longest absolute lifetime that any project or organization gives its sessions.
pub fn longest_session(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let of_projects = projects::table.select(max(projects::session_absolute_ms));
    let of_projects: Option<i64> = of_projects.get_result(tx.connection)?;
    let own = organizations::table.select(max(organizations::session_absolute_ms));
    let own: Option<i64> = own.get_result(tx.connection)?;
    Ok(of_projects.max(own).unwrap_or(0))
}

/// The project's organization that the host app knows under this id of its own.
pub fn find_by_external_id(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    external_id: &str,
) -> Result<Option<Organization>, StoreError> {
    Ok(organizations::table
        .filter(organizations::project_id.eq(project).and(organizations::external_id.eq(external_id)))
        .select(Organization::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// As [`find`], and nobody else writes the row until the transaction ends. Rows that belong to the organization are written
/// beside it.
pub fn lock(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &OrganizationId,
) -> Result<Option<Organization>, StoreError> {
    // On SQLite the one writer is the lock.
    let AnyConnection::Postgres(connection) = &mut *tx.connection else { return find(tx, project, id) };
    Ok(of_project!(project, id).for_no_key_update().get_result(connection).optional()?)
}

/// As [`lock`], and nobody writes a row that belongs to the organization either: whoever has written one before has come to an
/// end, and whoever writes one later sees what is committed by now. Those who write one after another without a gap keep this
/// waiting until the database gives up: nothing that must be written may depend on it.
pub fn lock_alone(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &OrganizationId,
) -> Result<Option<Organization>, StoreError> {
    // On SQLite the one writer is the lock.
    let AnyConnection::Postgres(connection) = &mut *tx.connection else { return find(tx, project, id) };
    Ok(of_project!(project, id).for_update().get_result(connection).optional()?)
}

/// Nobody has the organization alone ([`lock_alone`]), or gets it, until the transaction ends. Who writes a row of the
/// organization has this by its foreign key.
pub fn hold(tx: &mut Tx<'_>, id: &OrganizationId) -> Result<(), StoreError> {
    // On SQLite the one writer is the lock.
    let AnyConnection::Postgres(connection) = &mut *tx.connection else { return Ok(()) };
    let row = organizations::table.find(id).select(organizations::id).for_key_share();
    row.first::<OrganizationId>(connection).optional()?;
    Ok(())
}

/// The project's organizations, oldest first.
pub fn list(tx: &mut Tx<'_>, project: &ProjectId) -> Result<Vec<Organization>, StoreError> {
    Ok(organizations::table
        .filter(organizations::project_id.eq(project))
        .order(organizations::id)
        .select(Organization::as_select())
        .load(tx.connection)?)
}

/// Writes all columns of an organization.
pub fn update(tx: &mut Tx<'_>, organization: &Organization) -> Result<(), StoreError> {
    diesel::update(organizations::table.find(&organization.id)).set(organization).execute(tx.connection)?;
    Ok(())
}
