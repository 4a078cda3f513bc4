//! The database. The only place with diesel and SQL.
//!
//! [`Store::read`] and [`Store::write`] run a closure over a [`Tx`] away from the async workers. One file per
//! table holds its row type and its queries. Every query on a tenant's table takes the tenant.

#![allow(missing_docs, reason = "the fields of a row are its columns, which the migrations describe")]

mod advisory;
mod connection;
mod error;
mod fixed;
mod glances;
mod lane;
pub mod migrations;
mod pool;
mod records;
mod sandbox;
pub mod schema;
pub mod seal;
mod types;
mod unit;
mod writer;

pub mod audit_log_events;
pub mod authorization_codes;
pub mod backend_api_keys;
pub mod bare_drafts;
pub mod domains;
pub mod group_members;
pub mod groups;
pub mod identities;
pub mod login_flows;
pub mod login_traces;
pub mod name_locks;
pub mod named_members;
pub mod oauth_clients;
pub mod organizations;
pub mod outbox_events;
pub mod parked_members;
pub mod projects;
pub mod refresh_tokens;
pub mod role_mappings;
pub mod roles;
pub mod saml_assertion_replays;
pub mod saml_connections;
pub mod saml_logouts;
pub mod saml_metadata;
pub mod saml_sp_keys;
pub mod saml_test_logins;
pub mod scim_checks;
pub mod scim_connections;
pub mod scim_filter;
pub mod scim_groups;
pub mod scim_oauth_clients;
pub mod scim_rewrite_counts;
pub mod scim_schemas;
pub mod scim_traces;
pub mod scim_users;
pub mod sessions;
pub mod settings;
pub mod setup_links;
pub mod setup_metadata;
pub mod signing_keys;
pub mod tombstones;
pub mod user_emails;
pub mod user_role_assignments;
pub mod users;

use std::{
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use connection::AnyConnection;
use diesel::Connection as _;
pub use error::StoreError;
use glances::Glances;
pub use lane::Lane;
use lane::Lanes;
use pool::{Database, Kept, Pool};
pub use pool::{InvalidUrl, StoreOptions};
use records::Records;
use sandbox::Relay;
pub use sandbox::Sandbox;
use unit::{Ran, Work};
use writer::{Stop, Writer};

/// The database, shared by all of the application: a handle that is cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    /// In a [`Sandbox`]: where the work is done instead.
    relay: Option<Relay>,
    /// How much of the pool it may use at once; all of it where there is none.
    lane: Option<Lane>,
}

struct Inner {
    database: Database,
    pool: Pool,
    lanes: Lanes,
    glances: Glances,
    /// On SQLite only: the one thread that writes.
    writer: Option<Writer>,
    counters: Arc<Counters>,
}

/// What the store has done since it was opened, for metrics and tests.
#[derive(Debug, Default)]
pub struct Counters {
    writes: AtomicU64,
    commits: AtomicU64,
}

impl Counters {
    /// Units of work written, and the commits that it took.
    pub fn writes_and_commits(&self) -> (u64, u64) {
        (self.writes.load(Ordering::Relaxed), self.commits.load(Ordering::Relaxed))
    }
}

/// A transaction, opaque outside of this module: services pass it on to the table modules.
pub struct Tx<'c> {
    pub(in crate::store) connection: &'c mut AnyConnection,
    records: Records,
}

impl Store {
    /// Opens the database at a URL: `sqlite:PATH` or `postgres://...`. Does not migrate; see [`migrations`].
    pub fn open(url: &str, options: StoreOptions) -> Result<Self, OpenError> {
        let database = Database::parse(url)?;
        let counters = Arc::new(Counters::default());
        let pool = Pool::open(database.clone(), options)?;
        let lanes = Lanes::of(options.connections);
        let writer = match database {
            Database::Sqlite(_) => Some(Writer::start(database.clone(), Arc::clone(&counters))?),
            Database::Postgres(_) => None,
        };
        Ok(Self {
            inner: Arc::new(Inner { database, pool, lanes, glances: Glances::default(), writer, counters }),
            relay: None,
            lane: None,
        })
    }

    /// Runs `work` on a connection that is for reading. On SQLite it sees one snapshot.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (work, outcome) = unit::once(work);
        outcome.after(self.run(work, Purpose::Read).await)
    }

    /// Reads as [`Store::read`] does, for work that an index answers at once: a row or two, on every request. On SQLite that
    /// is less than the way to another thread and back, so it is done on this one where a connection is free: a read there
    /// waits for no write. See `glances.rs` for what takes longer than it should.
    pub async fn glance<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (mut work, outcome) = unit::once(work);
        let ended = match (&self.relay, &self.inner.writer) {
            (None, Some(_)) => self.inner.run_here(&mut work),
            _ => None,
        };
        match ended {
            Some(ended) => outcome.after(ended),
            None => outcome.after(self.run(work, Purpose::Read).await),
        }
    }

    /// Runs `work` in one transaction: all of it happens, durably, before this answers, or none of it.
    ///
    /// `work` may run more than once (PostgreSQL: after a deadlock; SQLite: after the failure of another write that it
    /// shares its commit with), so it must only touch the database, and should come prepared: on SQLite every write of the
    /// process waits for it. It must not go on after an error of the database.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Error + From<StoreError> + Send + 'static,
    {
        let (work, outcome) = unit::repeatable(work);
        outcome.after(self.run(work, Purpose::Write).await)
    }

    /// Runs `work` in a transaction that is undone in any case, and tells what it saw.
    pub async fn try_out<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Error + From<StoreError> + Send + 'static,
    {
        let (work, outcome) = unit::repeatable(work);
        outcome.after(self.run(work, Purpose::TryOut).await)
    }

    /// Waits until whatever a read could have seen so far survives a power cut. On SQLite a commit can be read a moment
    /// before it is flushed (decision 003); on PostgreSQL it cannot.
    pub async fn settle(&self) -> Result<(), StoreError> {
        match &self.inner.writer {
            // The flush of an empty commit comes after those of all that were before.
            Some(_) => self.write(|_| Ok(())).await,
            None => Ok(()),
        }
    }

    /// Runs a unit where it belongs. An error is one of the database around the unit, not the unit's own.
    async fn run(&self, work: Work, purpose: Purpose) -> Result<(), StoreError> {
        match (&self.relay, &self.inner.writer, purpose) {
            (Some(relay), ..) => relay.run(work, purpose).await,
            (None, Some(writer), Purpose::Write | Purpose::TryOut) => writer.write(work, purpose).await,
            _ => {
                let place = self.place().await;
                let inner = Arc::clone(&self.inner);
                blocking(move || {
                    let _place = place;
                    inner.run(work, purpose)
                })
                .await
            }
        }
    }

    /// Counters for metrics.
    pub fn counters(&self) -> &Counters {
        &self.inner.counters
    }

    /// The database's kind: `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        match self.inner.database {
            Database::Sqlite(_) => "sqlite",
            Database::Postgres(_) => "postgres",
        }
    }
}

/// What a unit of work is run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Read,
    Write,
    /// What it writes is undone in any case: the unit is about what would happen.
    TryOut,
}

/// How often a write that lost to another transaction is run again.
const RETRIES: usize = 5;

impl Inner {
    /// Runs a unit on a connection of the pool.
    fn run(&self, mut work: Work, purpose: Purpose) -> Result<(), StoreError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut kept = self.pool.get()?;
            let (ran, ended) = attempt_on(&mut kept, &mut work, purpose);
            let contended = ran == Some(Ran::Refused { contended: true })
                || ended.as_ref().is_err_and(StoreError::is_contention);
            if purpose == Purpose::Write {
                if contended && attempt <= RETRIES {
                    continue;
                }
                self.counters.writes.fetch_add(1, Ordering::Relaxed);
                self.counters.commits.fetch_add(1, Ordering::Relaxed);
            }
            return ended;
        }
    }

    /// Runs a read on this thread, if there is a connection for it at this moment.
    fn run_here(&self, work: &mut Work) -> Option<Result<(), StoreError>> {
        let begun = Instant::now();
        if !self.glances.are_short(begun) {
            return None;
        }
        let mut kept = self.pool.get_if_free()?;
        // The connection is dropped while the panic goes on, and so not given back.
        let run = AssertUnwindSafe(move || attempt_on(&mut kept, work, Purpose::Read).1);
        let ended = catch_unwind(run).unwrap_or(Err(StoreError::Panicked));
        self.glances.note(begun, Instant::now());
        Some(ended)
    }
}

/// Runs a unit once on a connection of the pool.
fn attempt_on(kept: &mut Kept, work: &mut Work, purpose: Purpose) -> (Option<Ran>, Result<(), StoreError>) {
    let (ran, ended) = match (&mut kept.connection, purpose) {
        // A read on PostgreSQL sees what is committed, statement by statement, with or without a transaction.
        (connection @ AnyConnection::Postgres(_), Purpose::Read) => {
            (Some(work(&mut Tx::new(connection))), Ok(()))
        }
        (connection, purpose) => transaction(connection, work, purpose),
    };
    kept.doubtful = ended.is_err() || ran != Some(Ran::Done);
    (ran, ended)
}

/// Runs a unit in a transaction or, within one, in a savepoint, and undoes it where it refused or was only tried out.
fn transaction(
    connection: &mut AnyConnection,
    work: &mut Work,
    purpose: Purpose,
) -> (Option<Ran>, Result<(), StoreError>) {
    let mut ran = None;
    let ended = connection.transaction(|connection| {
        let this = work(&mut Tx::new(connection));
        ran = Some(this);
        if this == Ran::Done && purpose != Purpose::TryOut { Ok(()) } else { Err(Stop::Refused(())) }
    });
    match ended {
        Ok(()) | Err(Stop::Refused(())) => (ran, Ok(())),
        Err(Stop::Database(error)) => (ran, Err(error.into())),
    }
}

impl<'c> Tx<'c> {
    pub(in crate::store) fn new(connection: &'c mut AnyConnection) -> Self {
        Self { connection, records: Records::default() }
    }

    /// Runs a unit of work, and writes what it noted for the audit log and the host app.
    pub(in crate::store) fn run<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let done = work(self)?;
        self.write_records()?;
        Ok(done)
    }

    /// Runs `work` in a savepoint: if it fails, what it wrote is undone and the transaction lives on.
    pub fn savepoint<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.connection
            .transaction(|connection| Tx::new(connection).run(work).map_err(Stop::Refused))
            .map_err(Stop::into_refusal)
    }
}

/// Ways for tests to bring about failures that only a broken disk would.
impl Tx<'_> {
    /// Lets the SQLite file grow by no more than `pages`, on this connection.
    #[doc(hidden)]
    pub fn limit_pages_for_test(&mut self, pages: i64) {
        use diesel::connection::SimpleConnection as _;
        // SQLite raises a limit below the present size to the present size.
        let _ = self.connection.batch_execute(&format!("PRAGMA max_page_count = {pages}"));
    }

    /// Ends the whole transaction under diesel's feet, as SQLite does by itself on some failures.
    #[doc(hidden)]
    pub fn end_transaction_for_test(&mut self) {
        use diesel::connection::SimpleConnection as _;
        let _ = self.connection.batch_execute("ROLLBACK");
    }
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names no database that we know.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
    /// The database did not answer.
    #[error("the database could not be opened: {0}")]
    Store(#[from] StoreError),
}

async fn blocking(work: impl FnOnce() -> Result<(), StoreError> + Send + 'static) -> Result<(), StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(ended) => ended,
        Err(error) if error.is_panic() => Err(StoreError::Panicked),
        Err(error) => Err(StoreError::Unavailable(error.to_string())),
    }
}
