//! What SCIM clients asked and got. Written outside of the requests' own transactions.

use diesel::prelude::*;

use super::{StoreError, Tx, connection::on_both, schema::scim_traces};
use crate::model::{
    Timestamp,
    ids::{OrganizationId, ScimConnectionId, ScimTraceId},
};

/// What a SCIM client asked and got, redacted. Lossy, capped, kept a week.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = scim_traces, treat_none_as_default_value = false)]
pub struct ScimTrace {
    pub id: ScimTraceId,
    pub organization_id: OrganizationId,
    pub scim_connection_id: ScimConnectionId,
    pub reference_id: String,
    pub method: String,
    pub path: String,
    pub status: i64,
    pub rewrites: String,
    pub body: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Adds traces.
pub fn insert(tx: &mut Tx<'_>, traces: &[ScimTrace]) -> Result<(), StoreError> {
    for some in traces.chunks(500) {
        on_both!(tx, c => diesel::insert_into(scim_traces::table).values(some).execute(c))?;
    }
    Ok(())
}

/// The last traces of an organization, newest first.
pub fn last(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    connection: Option<&ScimConnectionId>,
    limit: i64,
) -> Result<Vec<ScimTrace>, StoreError> {
    let mut query = scim_traces::table
        .filter(scim_traces::organization_id.eq(organization))
        .order(scim_traces::id.desc())
        .limit(limit)
        .select(ScimTrace::as_select())
        .into_boxed();
    if let Some(connection) = connection {
        query = query.filter(scim_traces::scim_connection_id.eq(connection));
    }
    Ok(query.load(tx.connection)?)
}

/// Forgets traces that have expired, at most `limit` of them (R32).
pub fn delete_expired(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let old: Vec<ScimTraceId> = scim_traces::table
        .filter(scim_traces::expires_at.lt(now))
        .limit(limit)
        .select(scim_traces::id)
        .load(tx.connection)?;
    if old.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(scim_traces::table.filter(scim_traces::id.eq_any(&old))).execute(tx.connection)?)
}

/// Forgets all but the newest traces of a connection (R32).
pub fn keep_newest(tx: &mut Tx<'_>, connection: &ScimConnectionId, count: i64) -> Result<usize, StoreError> {
    let oldest_kept: Option<ScimTraceId> = scim_traces::table
        .filter(scim_traces::scim_connection_id.eq(connection))
        .order(scim_traces::id.desc())
        .offset(count - 1)
        .limit(1)
        .select(scim_traces::id)
        .get_result(tx.connection)
        .optional()?;
    let Some(oldest_kept) = oldest_kept else { return Ok(0) };
    let rows = scim_traces::table
        .filter(scim_traces::scim_connection_id.eq(connection).and(scim_traces::id.lt(oldest_kept)));
    Ok(diesel::delete(rows).execute(tx.connection)?)
}
