//! What happened in each login attempt. Written outside of the login's own transaction.

use diesel::prelude::*;

use super::connection::on_both;
use super::{StoreError, Tx, schema::login_traces};
use crate::model::{
    Timestamp,
    ids::{LoginTraceId, OrganizationId, ProjectId},
};

/// What happened in a login attempt, check by check. Lossy, capped, kept a week.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = login_traces, treat_none_as_default_value = false)]
pub struct LoginTrace {
    pub id: LoginTraceId,
    pub project_id: ProjectId,
    pub organization_id: Option<OrganizationId>,
    pub connection_id: Option<String>,
    pub reference_id: String,
    pub outcome: String,
    pub code: String,
    pub email_hash: Option<String>,
    pub steps: String,
    /// The provider's message without its values.
    pub message: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Adds a trace.
pub fn insert(tx: &mut Tx<'_>, trace: &LoginTrace) -> Result<(), StoreError> {
    on_both!(tx, c => diesel::insert_into(login_traces::table).values(trace).execute(c))?;
    Ok(())
}

/// The project's trace with this reference id.
pub fn find(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    reference_id: &str,
) -> Result<Option<LoginTrace>, StoreError> {
    Ok(login_traces::table
        .filter(login_traces::project_id.eq(project).and(login_traces::reference_id.eq(reference_id)))
        .select(LoginTrace::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// What to look for; nothing set fits every trace.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub email_hash: Option<String>,
    pub reference_id: Option<String>,
    pub outcome: Option<String>,
}

/// The organization's traces that fit, the newest first.
pub fn search(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: &OrganizationId,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<LoginTrace>, StoreError> {
    let mut query = login_traces::table
        .filter(login_traces::organization_id.eq(organization).and(login_traces::project_id.eq(project)))
        .into_boxed();
    if let Some(hash) = &filter.email_hash {
        query = query.filter(login_traces::email_hash.eq(hash));
    }
    if let Some(reference) = &filter.reference_id {
        query = query.filter(login_traces::reference_id.eq(reference));
    }
    if let Some(outcome) = &filter.outcome {
        query = query.filter(login_traces::outcome.eq(outcome));
    }
    Ok(query
        .order((login_traces::created_at.desc(), login_traces::id.desc()))
        .limit(limit)
        .select(LoginTrace::as_select())
        .load(tx.connection)?)
}

/// How many traces of this outcome an organization has left since then.
pub fn count_since(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    outcome: &str,
    since: Timestamp,
) -> Result<i64, StoreError> {
    Ok(login_traces::table
        .filter(login_traces::organization_id.eq(organization).and(login_traces::created_at.ge(since)))
        .filter(login_traces::outcome.eq(outcome))
        .count()
        .get_result(tx.connection)?)
}

/// Forgets traces that have expired, at most `limit` of them (R32).
pub fn delete_expired(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let old: Vec<LoginTraceId> = login_traces::table
        .filter(login_traces::expires_at.lt(now))
        .limit(limit)
        .select(login_traces::id)
        .load(tx.connection)?;
    if old.is_empty() {
        return Ok(0);
    }
    let rows = login_traces::table.filter(login_traces::id.eq_any(&old));
    Ok(diesel::delete(rows).execute(tx.connection)?)
}
