//! What the host app is told, in an order that a cursor can follow.

use diesel::prelude::*;

use super::connection::{AnyConnection, on_both};
use super::{
    StoreError, Tx,
    schema::{event_counters, outbox_events},
};
use crate::model::{
    Timestamp,
    ids::{EventId, OrganizationId, ProjectId},
};

/// What the host app is told. A position is given after the commit, so that a cursor cannot skip a late one.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = outbox_events, treat_none_as_default_value = false)]
pub struct OutboxEvent {
    pub id: EventId,
    pub project_id: ProjectId,
    pub organization_id: Option<OrganizationId>,
    pub position: Option<i64>,
    pub event_type: String,
    pub resource_kind: String,
    pub resource_id: String,
    pub payload: String,
    pub occurred_at: Timestamp,
}

/// The last event position given in each project; its row lock orders the sequencers.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = event_counters, treat_none_as_default_value = false)]
pub struct EventCounter {
    pub project_id: ProjectId,
    pub last_position: i64,
}

/// Whether committed events wait for their position.
pub fn any_unpositioned(tx: &mut Tx<'_>, project: &ProjectId) -> Result<bool, StoreError> {
    let waiting = outbox_events::table
        .filter(outbox_events::project_id.eq(project).and(outbox_events::position.is_null()));
    Ok(diesel::select(diesel::dsl::exists(waiting)).get_result(tx.connection)?)
}

/// Gives positions to at most `limit` committed events that have none. An event of a transaction that commits
/// later is not seen here and gets a later position, so that a reader's cursor never passes it.
pub fn give_positions(tx: &mut Tx<'_>, project: &ProjectId, limit: i64) -> Result<usize, StoreError> {
    let last = lock_counter(tx, project)?;
    let ids: Vec<EventId> = outbox_events::table
        .filter(outbox_events::project_id.eq(project).and(outbox_events::position.is_null()))
        .order(outbox_events::id)
        .limit(limit)
        .select(outbox_events::id)
        .load(tx.connection)?;
    for (position, id) in (last + 1..).zip(&ids) {
        diesel::update(outbox_events::table.find(id))
            .set(outbox_events::position.eq(Some(position)))
            .execute(tx.connection)?;
    }
    diesel::update(event_counters::table.find(project))
        .set(event_counters::last_position.eq(last + i64::try_from(ids.len()).unwrap_or(0)))
        .execute(tx.connection)?;
    Ok(ids.len())
}

/// The project's events after a position, in order.
pub fn after(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    position: i64,
    limit: i64,
) -> Result<Vec<OutboxEvent>, StoreError> {
    Ok(outbox_events::table
        .filter(outbox_events::project_id.eq(project).and(outbox_events::position.gt(position)))
        .order(outbox_events::position)
        .limit(limit)
        .select(OutboxEvent::as_select())
        .load(tx.connection)?)
}

/// Locks the project's counter row, so that sequencers take turns, and returns the last position given.
fn lock_counter(tx: &mut Tx<'_>, project: &ProjectId) -> Result<i64, StoreError> {
    let first = EventCounter { project_id: project.clone(), last_position: 0 };
    on_both!(tx, c => diesel::insert_into(event_counters::table)
        .values(&first)
        .on_conflict_do_nothing()
        .execute(c))?;
    let row = event_counters::table.find(project).select(event_counters::last_position);
    Ok(match &mut *tx.connection {
        AnyConnection::Postgres(connection) => row.for_update().get_result(connection)?,
        AnyConnection::Sqlite(connection) => row.get_result(connection)?,
    })
}
