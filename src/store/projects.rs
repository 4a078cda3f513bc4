//! Projects and the host names that they answer to.

use diesel::prelude::*;

use super::connection::on_both;
use super::{
    StoreError, Tx,
    schema::{project_hosts, projects},
};
use crate::model::{Timestamp, ids::ProjectId};

/// A project: one environment of a host app. The root of every tenant.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = projects)]
#[diesel(treat_none_as_null = true)]
pub struct Project {
    pub id: ProjectId,
    pub display_name: String,
    pub public_url: String,
    pub dev_mode: bool,
    pub shared_domains: bool,
    pub session_idle_ms: i64,
    pub session_absolute_ms: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The host names under which a project answers; a request for any other gets 421.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = project_hosts)]
pub struct ProjectHost {
    pub host: String,
    pub project_id: ProjectId,
    pub created_at: Timestamp,
}

/// Adds a project.
pub fn insert(tx: &mut Tx<'_>, project: &Project) -> Result<(), StoreError> {
    diesel::insert_into(projects::table).values(project).execute(tx.connection)?;
    Ok(())
}

/// Adds a host name to a project. A name that is taken, by whichever project, is a conflict.
pub fn insert_host(tx: &mut Tx<'_>, host: &ProjectHost) -> Result<(), StoreError> {
    diesel::insert_into(project_hosts::table).values(host).execute(tx.connection)?;
    Ok(())
}

/// The project of this id.
pub fn find(tx: &mut Tx<'_>, id: &ProjectId) -> Result<Option<Project>, StoreError> {
    Ok(on_both!(tx, c => projects::table.find(id).select(Project::as_select()).get_result(c).optional())?)
}

/// Every project of the installation, oldest first: for the operator's commands and background work.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Project>, StoreError> {
    Ok(projects::table.order(projects::id).select(Project::as_select()).load(tx.connection)?)
}
