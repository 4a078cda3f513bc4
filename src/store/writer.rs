//! SQLite's one writer thread, with group commit.
//!
//! It takes the writes that wait, runs them inside one transaction, commits once, and only then answers all of them. A
//! flush of the disk is what a small write costs, so that sharing it multiplies the throughput, while a write that comes
//! alone is committed at once and waits for nobody.
//!
//! A write that fails must leave nothing behind, and its neighbours must stand. A savepoint around each gives that, and
//! costs a copy of every page that it touches. Most batches have no failing write, so a batch is run without savepoints
//! first; if a write in it fails, all of it is undone and run again with them.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
};

use diesel::{
    Connection as _,
    connection::{AnsiTransactionManager, TransactionManager as _},
    result::Error as DieselError,
};
use tokio::sync::oneshot;

use super::{
    Counters, Purpose, StoreError, Tx,
    connection::AnyConnection,
    pool::Database,
    unit::{Ran, Work},
};

/// The most writes that share a commit: more would gain little and make the first wait for the last.
const MAX_BATCH: usize = 128;

/// So many batches after a failed one begin with savepoints: failures come in rows, as from a provider that sends again
/// what it was refused.
const CAREFUL_BATCHES: u32 = 32;

/// The handle on the writer thread. Dropping it finishes what was accepted.
pub(in crate::store) struct Writer {
    queue: Option<Sender<Unit>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(in crate::store) fn start(database: Database, counters: Arc<Counters>) -> Result<Self, StoreError> {
        let connection = database.connect()?;
        let (queue, units) = channel();
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || Loop { database, connection: Some(connection), counters, careful: 0 }.run(&units))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Hands a unit of work to the thread and waits for its commit; or for its end, where it is to be undone.
    pub(in crate::store) async fn write(&self, work: Work, purpose: Purpose) -> Result<(), StoreError> {
        let gone = || StoreError::Unavailable("the writer has stopped".into());
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(gone)?;
        queue.send(Unit { work, purpose, reply }).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // The last handle may be dropped by a unit of work, on the thread itself.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

/// Ends a unit's savepoint: refused by the unit itself, or failed by the database around it.
pub(in crate::store) enum Stop<E> {
    Refused(E),
    Database(DieselError),
}

impl<E> From<DieselError> for Stop<E> {
    fn from(error: DieselError) -> Self {
        Self::Database(error)
    }
}

impl<E: From<StoreError>> Stop<E> {
    pub(in crate::store) fn into_refusal(self) -> E {
        match self {
            Self::Refused(error) => error,
            Self::Database(error) => StoreError::from(error).into(),
        }
    }
}

/// A waiting write.
struct Unit {
    work: Work,
    purpose: Purpose,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

impl Unit {
    /// Whether what it wrote stays.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        (self.work)(tx) == Ran::Done && self.purpose != Purpose::TryOut
    }
}

struct Loop {
    database: Database,
    /// `None` after a failure that a fresh connection must mend.
    connection: Option<AnyConnection>,
    counters: Arc<Counters>,
    /// How many batches more begin with savepoints.
    careful: u32,
}

/// What became of a run without savepoints.
enum Bare {
    /// Everything is written and committed.
    Committed,
    /// A unit failed: everything was undone.
    Undone,
}

impl Loop {
    fn run(mut self, units: &Receiver<Unit>) {
        while let Ok(first) = units.recv() {
            let mut batch = vec![first];
            batch.extend(units.try_iter().take(MAX_BATCH - 1));
            self.write(batch);
        }
    }

    fn write(&mut self, mut batch: Vec<Unit>) {
        self.counters.writes.fetch_add(batch.len() as u64, Ordering::Relaxed);
        let mut outcomes = vec![Ok(()); batch.len()];
        let committed = self.transaction(&mut batch, &mut outcomes);
        if committed.is_ok() {
            self.counters.commits.fetch_add(1, Ordering::Relaxed);
        } else {
            // Whatever state the connection is in, its transaction ends with it.
            self.connection = None;
        }
        for (unit, outcome) in batch.into_iter().zip(outcomes) {
            // The caller may have gone away; the write stands all the same.
            let _ = unit.reply.send(committed.clone().and(outcome));
        }
    }

    /// One commit for the whole batch. An error means that nothing of the batch was written.
    fn transaction(
        &mut self,
        batch: &mut [Unit],
        outcomes: &mut [Result<(), StoreError>],
    ) -> Result<(), StoreError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.database.connect()?,
        };
        if self.careful == 0 && !batch.iter().any(|unit| unit.purpose == Purpose::TryOut) {
            if matches!(bare(&mut connection, batch)?, Bare::Committed) {
                self.connection = Some(connection);
                return Ok(());
            }
            self.careful = CAREFUL_BATCHES;
        }
        self.careful = self.careful.saturating_sub(1);
        begin_immediate(&mut connection)?;
        for (unit, outcome) in batch.iter_mut().zip(outcomes) {
            match catch_unwind(AssertUnwindSafe(|| in_savepoint(&mut connection, unit))) {
                Ok(run) => run?,
                Err(_panic) => {
                    *outcome = Err(StoreError::Panicked);
                    roll_back_to(&mut connection, 1)?;
                }
            }
        }
        with_sqlite(&mut connection, AnsiTransactionManager::commit_transaction)?;
        self.connection = Some(connection);
        Ok(())
    }
}

/// Runs all units with nothing between them, and commits; or undoes all of them if one fails. A transaction that SQLite
/// has ended by itself cannot be undone or committed, which fails the batch.
fn bare(connection: &mut AnyConnection, batch: &mut [Unit]) -> Result<Bare, StoreError> {
    begin_immediate(connection)?;
    for unit in batch {
        let run = catch_unwind(AssertUnwindSafe(|| unit.run(&mut Tx::new(connection))));
        match depth(connection) {
            Some(1) if matches!(run, Ok(true)) => {}
            Some(1..) => {
                roll_back_to(connection, 0)?;
                return Ok(Bare::Undone);
            }
            _ => return Err(StoreError::Unavailable("the transaction was lost".into())),
        }
    }
    with_sqlite(connection, AnsiTransactionManager::commit_transaction)?;
    Ok(Bare::Committed)
}

/// Runs a unit in its savepoint. An error means that the whole transaction is lost: SQLite ends it by itself
/// on a full disk or a failed write, after which the savepoint is gone and every later statement would be a
/// transaction of its own.
fn in_savepoint(connection: &mut AnyConnection, unit: &mut Unit) -> Result<(), StoreError> {
    let outcome = connection.transaction(|connection| {
        if unit.run(&mut Tx::new(connection)) { Ok(()) } else { Err(Stop::Refused(())) }
    });
    match outcome {
        Ok(()) | Err(Stop::Refused(())) if depth(connection) == Some(1) => Ok(()),
        Err(Stop::Database(error)) => Err(error.into()),
        Ok(()) | Err(Stop::Refused(())) => {
            Err(StoreError::Unavailable("a savepoint could not be undone".into()))
        }
    }
}

fn begin_immediate(connection: &mut AnyConnection) -> Result<(), StoreError> {
    with_sqlite(connection, |c| AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"))
}

/// Undoes what is open above this depth: the savepoints that a panic left, or the whole transaction.
fn roll_back_to(connection: &mut AnyConnection, wanted: u32) -> Result<(), StoreError> {
    loop {
        match depth(connection).unwrap_or(0) {
            depth if depth == wanted => return Ok(()),
            depth if depth > wanted => with_sqlite(connection, AnsiTransactionManager::rollback_transaction)?,
            _ => return Err(StoreError::Unavailable("the transaction was lost in a panic".into())),
        }
    }
}

fn depth(connection: &mut AnyConnection) -> Option<u32> {
    let AnyConnection::Sqlite(connection) = connection else { return None };
    let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
    status.transaction_depth().ok().flatten().map(u32::from)
}

fn with_sqlite(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut diesel::SqliteConnection) -> Result<(), DieselError>,
) -> Result<(), StoreError> {
    match connection {
        AnyConnection::Sqlite(connection) => Ok(work(connection)?),
        AnyConnection::Postgres(_) => Err(StoreError::Unavailable("the writer is for SQLite".into())),
    }
}
