//! What the host app is told, read with a cursor. Events get their positions when somebody reads, after they were
//! committed: one that commits late comes late, and no cursor has passed it.

use serde_json::Value;

use crate::{
    model::{
        Timestamp,
        ids::{BackendApiKeyId, EventId, OrganizationId, ProjectId},
        secret::Secret,
    },
    service::Context,
    store::{
        StoreError, Tx, backend_api_keys,
        outbox_events::{self, OutboxEvent},
    },
};

/// How many events are given their positions in one write: small enough that other writes wait for nothing.
const SEQUENCED_AT_ONCE: i64 = 1000;

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its identifier, by which a repeated delivery is known.
    pub id: EventId,
    /// `kind.verb` in the past tense.
    pub event_type: String,
    /// When.
    pub occurred_at: Timestamp,
    /// Whose, where it is an organization's.
    pub organization_id: Option<OrganizationId>,
    /// What it happened to.
    pub resource_id: String,
    /// The resource as the host app may see it.
    pub data: Value,
}

/// Events after a cursor.
#[derive(Debug, Clone)]
pub struct EventPage {
    /// In order.
    pub events: Vec<Event>,
    /// The position of the last one, or the one asked for: where to go on.
    pub last: i64,
    /// Whether there are more now.
    pub more: bool,
}

/// The project's events after a position, at most `limit`.
pub async fn list(
    cx: &Context,
    project: &ProjectId,
    after: i64,
    limit: i64,
) -> Result<EventPage, StoreError> {
    let of = project.clone();
    if cx.store.read(move |tx: &mut Tx<'_>| outbox_events::any_unpositioned(tx, &of)).await? {
        let of = project.clone();
        let give = move |tx: &mut Tx<'_>| outbox_events::give_positions(tx, &of, SEQUENCED_AT_ONCE);
        cx.store.write(give).await?;
    }
    let of = project.clone();
    let read = move |tx: &mut Tx<'_>| outbox_events::after(tx, &of, after, limit.saturating_add(1));
    let mut rows = cx.store.read(read).await?;
    if !rows.is_empty() {
        // Somebody else may have given these positions just now. A power cut must not take back what a cursor has passed: the
        // positions would be given again, to other events.
        cx.store.settle().await?;
    }
    let wanted = usize::try_from(limit).unwrap_or(0);
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    let last = rows.iter().filter_map(|row| row.position).next_back().unwrap_or(after);
    Ok(EventPage { events: rows.into_iter().map(Event::from).collect(), last, more })
}

impl From<OutboxEvent> for Event {
    fn from(row: OutboxEvent) -> Self {
        Self {
            id: row.id,
            event_type: row.event_type,
            occurred_at: row.occurred_at,
            organization_id: row.organization_id,
            resource_id: row.resource_id,
            // We wrote it, so it is JSON; an event without its data is better than a reader that is stuck on it.
            data: serde_json::from_str(&row.payload).unwrap_or(Value::Null),
        }
    }
}

/// The live key of the project's back end that this is, if it is one.
pub async fn backend_key(
    cx: &Context,
    project: &ProjectId,
    key: &Secret,
) -> Result<Option<BackendApiKeyId>, StoreError> {
    let (project, hash) = (project.clone(), key.hash());
    let find = move |tx: &mut Tx<'_>| backend_api_keys::find_live(tx, &project, &hash);
    Ok(cx.store.read(find).await?.map(|key| key.id))
}
