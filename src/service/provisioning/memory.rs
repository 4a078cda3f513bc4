//! What a node remembers of SCIM requests without writing for each: how fast each connection is, which rewrites it needed,
//! what it asked. A job hands it to the database now and then; what a crash loses is no more than a few seconds of it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    ScimTenant,
    admin::traces::redacted,
    bookmarks::{Bookmark, Bookmarks, Since},
    waiting::Waiting,
};
use crate::{
    model::{
        Millis, Timestamp,
        ids::{OrganizationId, ScimConnectionId, ScimTraceId},
    },
    scim::dialect::{Rewrite, Rewrites},
    service::{Context, new_id},
    store::{
        Lane, StoreError, scim_rewrite_counts, scim_rewrite_counts::ScimRewriteCount, scim_traces,
        scim_traces::ScimTrace,
    },
};

/// A connection that was silent may send so many seconds' worth of requests at once.
const BURST_SECONDS: f64 = 2.0;
/// How many requests of one connection are worked on at once. The writer takes turns among requests, not among
/// connections: with no bound, one connection's queue would be everybody's. So many more wait for their turn.
const AT_ONCE: usize = 64;
const WAITING: usize = 960;
/// How many of those may be costly ones at once: searches that no index answers, large bodies.
const COSTLY_AT_ONCE: usize = 2;
/// How long traces are kept, and how many of a connection.
const KEPT: Millis = 7 * 24 * 60 * 60 * 1000;
const KEPT_COUNT: i64 = 1_000;
/// Of the requests of a connection that are refused before they are read, one in so long is noted: they cost their sender
/// nothing, and would push out all others.
const UNREAD_EVERY: Millis = 60_000;

/// The memory of one node, shared by all requests.
#[derive(Debug)]
pub struct Memory {
    sandbox: Arc<Semaphore>,
    speeds: Mutex<HashMap<ScimConnectionId, Speed>>,
    rewrites: Mutex<HashMap<(ScimConnectionId, Rewrite), Count>>,
    traces: Mutex<Waiting>,
    /// When a request that was not read was last noted, of each connection.
    unread: Mutex<HashMap<ScimConnectionId, Timestamp>>,
}

/// Whose request a trace is of.
#[derive(Debug, Clone)]
pub struct Traced {
    pub(super) organization: OrganizationId,
    pub(super) connection: ScimConnectionId,
    pub(super) request_id: String,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            sandbox: Arc::new(Semaphore::new(1)),
            speeds: Mutex::default(),
            rewrites: Mutex::default(),
            traces: Mutex::default(),
            unread: Mutex::default(),
        }
    }
}

#[derive(Debug)]
struct Speed {
    tokens: f64,
    at: Timestamp,
    in_flight: usize,
    turns: Arc<Semaphore>,
    costly_turns: Arc<Semaphore>,
    bookmarks: Bookmarks,
    lane: Lane,
}

#[derive(Debug, Clone)]
struct Count {
    organization: OrganizationId,
    count: i64,
    last_at: Timestamp,
}

/// Whether a request may go on, with what the rate headers say.
#[derive(Debug)]
pub enum Admission<'a> {
    /// It may, and is counted as in flight until this is dropped.
    Admitted(Admitted<'a>),
    /// The connection is too fast; ask again in so many seconds.
    TooFast {
        /// Requests a second.
        limit: i64,
        /// Seconds.
        retry_after: i64,
    },
}

/// A request in flight.
#[derive(Debug)]
pub struct Admitted<'a> {
    memory: &'a Memory,
    connection: ScimConnectionId,
    turns: Arc<Semaphore>,
    lane: Lane,
    /// Requests a second.
    pub limit: i64,
    /// How many more could come at once.
    pub remaining: i64,
}

impl Admitted<'_> {
    /// Waits until the requests of the connection that came before leave room. The turn ends when it is dropped.
    pub async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // Closed by nobody.
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }

    /// The context for the request: its connection takes no more than its part of the database's. An initial sync asks
    /// for all that there is, and everybody else's logins would wait for it.
    pub fn in_lane(&self, cx: &Context) -> Context {
        Context { store: cx.store.within(&self.lane), ..cx.clone() }
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        if let Some(speed) = lock(&self.memory.speeds).get_mut(&self.connection) {
            speed.in_flight = speed.in_flight.saturating_sub(1);
        }
    }
}

/// A request as the log will show it, redacted.
#[derive(Debug)]
pub struct Outline {
    method: String,
    path: String,
    body: String,
}

impl Memory {
    /// Takes one request of the connection's allowance.
    pub fn admit(&self, cx: &Context, tenant: &ScimTenant) -> Admission<'_> {
        let limit = tenant.connection.requests_per_second.max(1);
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let (rate, now) = (limit as f64, cx.now());
        let burst = rate * BURST_SECONDS;
        let mut speeds = lock(&self.speeds);
        let full = || Speed {
            tokens: burst,
            at: now,
            in_flight: 0,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            costly_turns: Arc::new(Semaphore::new(COSTLY_AT_ONCE)),
            bookmarks: Bookmarks::default(),
            lane: cx.store.lane(),
        };
        let speed = speeds.entry(tenant.connection.id.clone()).or_insert_with(full);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds between two requests")]
        let passed = now.millis().saturating_sub(speed.at.millis()).max(0) as f64 / 1000.0;
        speed.tokens = passed.mul_add(rate, speed.tokens).min(burst);
        speed.at = now;
        if speed.tokens < 1.0 || speed.in_flight >= AT_ONCE + WAITING {
            return Admission::TooFast { limit, retry_after: 1 };
        }
        speed.tokens -= 1.0;
        speed.in_flight += 1;
        #[expect(clippy::cast_possible_truncation, reason = "a burst")]
        let remaining = speed.tokens as i64;
        Admission::Admitted(Admitted {
            memory: self,
            connection: tenant.connection.id.clone(),
            turns: Arc::clone(&speed.turns),
            lane: speed.lane.clone(),
            limit,
            remaining,
        })
    }

    /// Waits until the costly requests of the connection leave room for one more. The turn ends when it is dropped. A request
    /// takes one at the most, so that none waits for itself.
    pub async fn costly_turn(&self, tenant: &ScimTenant) -> Option<OwnedSemaphorePermit> {
        let turns =
            lock(&self.speeds).get(&tenant.connection.id).map(|speed| Arc::clone(&speed.costly_turns))?;
        // Closed by nobody.
        turns.acquire_owned().await.ok()
    }

    /// Says that a request through the connection may have changed something.
    pub fn changed(&self, tenant: &ScimTenant) {
        if let Some(speed) = lock(&self.speeds).get_mut(&tenant.connection.id) {
            speed.bookmarks.invalidate();
        }
    }

    /// What an earlier page of a search has left, and since when it counts what this one will leave. Without a request of
    /// the connection in flight nothing is remembered.
    pub(super) fn bookmark(
        &self,
        cx: &Context,
        tenant: &ScimTenant,
        search: &str,
    ) -> (Option<Bookmark>, Since) {
        let speeds = lock(&self.speeds);
        let of = speeds.get(&tenant.connection.id).map(|speed| speed.bookmarks.find(search, cx.now()));
        of.unwrap_or_default()
    }

    /// Keeps what a page leaves.
    pub(super) fn keep_bookmark(
        &self,
        cx: &Context,
        tenant: &ScimTenant,
        search: String,
        since: Since,
        left: Bookmark,
    ) {
        if let Some(speed) = lock(&self.speeds).get_mut(&tenant.connection.id) {
            speed.bookmarks.keep(search, since, cx.now(), left);
        }
    }

    /// Waits until nobody else on this node tries things out in a transaction that is held open.
    pub async fn sandbox_turn(&self) -> Option<OwnedSemaphorePermit> {
        // Closed by nobody.
        Arc::clone(&self.sandbox).acquire_owned().await.ok()
    }

    /// What the log will show of a request; nothing where there is no room for more.
    pub fn outline(
        &self,
        tenant: &ScimTenant,
        method: &str,
        path: &str,
        body: &serde_json::Value,
    ) -> Option<Outline> {
        self.outline_of(&tenant.connection.id, method, path, body)
    }

    fn outline_of(
        &self,
        connection: &ScimConnectionId,
        method: &str,
        path: &str,
        body: &serde_json::Value,
    ) -> Option<Outline> {
        if !lock(&self.traces).has_room(connection) {
            return None;
        }
        let (path, body) = redacted(path, body);
        Some(Outline { method: method.to_owned(), path, body })
    }

    /// Notes what a request asked and got.
    pub fn note(&self, cx: &Context, tenant: &ScimTenant, outline: Option<Outline>, status: u16) {
        let used = tenant.rewrites();
        self.count(cx, tenant, &used);
        let Some(outline) = outline else { return };
        let rewrites = used.iter().map(|rewrite| rewrite.code()).collect::<Vec<_>>();
        self.push(cx, &tenant.traced(), outline, status, rewrites.join(" "));
    }

    /// Notes a request that was refused before its body was read.
    pub fn note_unread(&self, cx: &Context, of: &Traced, method: &str, path: &str, status: u16) {
        let now = cx.now();
        let mut last = lock(&self.unread);
        if last.get(&of.connection).is_some_and(|last| last.plus(UNREAD_EVERY) > now) {
            return;
        }
        last.insert(of.connection.clone(), now);
        drop(last);
        if let Some(outline) = self.outline_of(&of.connection, method, path, &serde_json::Value::Null) {
            self.push(cx, of, outline, status, String::new());
        }
    }

    fn push(&self, cx: &Context, of: &Traced, outline: Outline, status: u16, rewrites: String) {
        let (Outline { method, path, body }, now) = (outline, cx.now());
        lock(&self.traces).push(ScimTrace {
            id: new_id!(cx, ScimTraceId),
            organization_id: of.organization.clone(),
            scim_connection_id: of.connection.clone(),
            reference_id: of.request_id.clone(),
            method,
            path,
            status: i64::from(status),
            rewrites,
            body,
            created_at: now,
            expires_at: now.plus(KEPT),
        });
    }

    fn count(&self, cx: &Context, tenant: &ScimTenant, used: &Rewrites) {
        if used.is_empty() {
            return;
        }
        let (now, mut rewrites) = (cx.now(), lock(&self.rewrites));
        for rewrite in used {
            let none = || Count { organization: tenant.organization.id.clone(), count: 0, last_at: now };
            let count = rewrites.entry((tenant.connection.id.clone(), *rewrite)).or_insert_with(none);
            count.count += 1;
            count.last_at = now;
        }
    }

    /// Hands everything to the database. What cannot be written is lost.
    pub async fn flush(&self, cx: &Context) -> Result<(), StoreError> {
        let mut counts: Vec<ScimRewriteCount> = lock(&self.rewrites)
            .drain()
            .map(|((connection, rewrite), count)| ScimRewriteCount {
                scim_connection_id: connection,
                rewrite: rewrite.code().to_owned(),
                organization_id: count.organization,
                count: count.count,
                last_at: count.last_at,
            })
            .collect();
        // In one order, so that two nodes do not wait for each other.
        counts.sort_by(|a, b| (&a.scim_connection_id, &a.rewrite).cmp(&(&b.scim_connection_id, &b.rewrite)));
        let traces = lock(&self.traces).take();
        let now = cx.now();
        // A connection of which nobody hears has its whole burst again.
        lock(&self.speeds).retain(|_, speed| speed.in_flight > 0 || speed.at.plus(60_000) > now);
        lock(&self.unread).retain(|_, last| last.plus(UNREAD_EVERY) > now);
        if counts.is_empty() && traces.is_empty() {
            return Ok(());
        }
        cx.store
            .write(move |tx| {
                for count in &counts {
                    scim_rewrite_counts::add(tx, count)?;
                }
                scim_traces::insert(tx, &traces)?;
                let mut connections: Vec<_> = traces.iter().map(|trace| &trace.scim_connection_id).collect();
                connections.sort_unstable();
                connections.dedup();
                for connection in connections {
                    scim_traces::keep_newest(tx, connection, KEPT_COUNT)?;
                }
                Ok(())
            })
            .await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
