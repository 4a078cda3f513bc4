//! SQLite's one writer thread, with group commit.
//!
//! It runs the writes that wait inside one transaction, commits once, and has the commit flushed before all of them are
//! answered. A flush of the disk is what a small write costs, so that sharing it multiplies the throughput. While a flush is
//! under way the next batch is run, and committed when the flush is over. A write that comes alone is committed at once and
//! waits for nobody.
//!
//! A write that fails must leave nothing behind, and its neighbours must stand. A savepoint around each gives that, and
//! costs a copy of every page that it touches. Most batches have no failing write, so a batch is run without savepoints
//! first; if a write in it fails, all of it is undone and run again with them.

mod flush;
mod inbox;
mod log;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Sender, channel},
    },
    thread::JoinHandle,
};

use diesel::{
    Connection as _,
    connection::{AnsiTransactionManager, TransactionManager as _},
    result::Error as DieselError,
};
use flush::{Disk, Flusher};
use inbox::{Inbox, Message};
use log::Log;
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
    queue: Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(in crate::store) fn start(database: Database, counters: Arc<Counters>) -> Result<Self, StoreError> {
        let disk = Disk { sync: std::fs::File::sync_data, broken: || std::process::abort() };
        Self::on_disk(database, counters, disk)
    }

    fn on_disk(database: Database, counters: Arc<Counters>, disk: Disk) -> Result<Self, StoreError> {
        let held = Held::open(&database)?;
        let (queue, messages) = channel();
        let flushed = queue.clone();
        let done = move |result| {
            // The writer is gone only when nothing is left to flush.
            let _ = flushed.send(Message::Flushed(result));
        };
        let flusher = Flusher::start(disk, done)?;
        let inbox = Inbox::new(messages);
        let writer =
            Loop { database, held: Some(held), inbox, flusher, counters, careful: 0, unsound: false };
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || writer.run())
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// Hands a unit of work to the thread and waits until its commit is flushed; or for its end, where it is to be undone.
    pub(in crate::store) async fn write(&self, work: Work, purpose: Purpose) -> Result<(), StoreError> {
        let gone = || StoreError::Unavailable("the writer has stopped".into());
        let (reply, answer) = oneshot::channel();
        self.queue.send(Message::Unit(Unit { work, purpose, reply })).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.queue.send(Message::Stop);
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

/// The connection that writes, and its log.
struct Held {
    connection: AnyConnection,
    log: Log,
}

impl Held {
    fn open(database: &Database) -> Result<Self, StoreError> {
        let mut connection = database.connect()?;
        let log = Log::of(&mut connection)?;
        Ok(Self { connection, log })
    }
}

struct Loop {
    database: Database,
    /// `None` after a failure that a fresh connection must mend.
    held: Option<Held>,
    inbox: Inbox,
    flusher: Flusher,
    counters: Arc<Counters>,
    /// How many batches more begin with savepoints.
    careful: u32,
    /// A flush has failed: what is in the log may be lost, and whatever is written behind it with it. Nothing is written any
    /// more.
    unsound: bool,
}

/// What became of a run without savepoints.
enum Bare {
    /// Everything is written and committed.
    Committed,
    /// A unit failed: everything was undone.
    Undone,
}

impl Loop {
    fn run(mut self) {
        while let Some(first) = self.inbox.first() {
            self.write(first);
        }
    }

    fn write(&mut self, first: Unit) {
        let (mut batch, mut outcomes) = (vec![first], Vec::new());
        let committed = match self.take() {
            Ok(mut held) => self.transaction(&mut held.connection, &mut batch, &mut outcomes).map(|()| held),
            Err(error) => Err(error),
        };
        self.counters.writes.fetch_add(batch.len() as u64, Ordering::Relaxed);
        outcomes.resize(batch.len(), Ok(()));
        match committed {
            Ok(held) => {
                self.counters.commits.fetch_add(1, Ordering::Relaxed);
                let answers = batch.into_iter().map(|unit| unit.reply).zip(outcomes).collect();
                match self.flusher.flush(&held.log, answers) {
                    true => self.inbox.flush_begins(),
                    false => self.unsound = true,
                }
                self.held = Some(held);
            }
            // Whatever state the connection is in, its transaction has ended with it.
            Err(error) => {
                for unit in batch {
                    // The caller may have gone away.
                    let _ = unit.reply.send(Err(error.clone()));
                }
            }
        }
    }

    /// The connection, or a fresh one.
    fn take(&mut self) -> Result<Held, StoreError> {
        if self.unsound {
            return Err(StoreError::Unavailable("the disk failed to flush".into()));
        }
        match self.held.take() {
            Some(held) => Ok(held),
            None => Held::open(&self.database),
        }
    }

    /// One commit for the whole batch. An error means that nothing of the batch was written.
    fn transaction(
        &mut self,
        connection: &mut AnyConnection,
        batch: &mut Vec<Unit>,
        outcomes: &mut Vec<Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        if self.careful == 0 && batch.iter().all(|unit| unit.purpose != Purpose::TryOut) {
            if matches!(self.bare(connection, batch)?, Bare::Committed) {
                return Ok(());
            }
            self.careful = CAREFUL_BATCHES;
        }
        self.careful = self.careful.saturating_sub(1);
        batch.extend(self.inbox.waiting(MAX_BATCH.saturating_sub(batch.len())));
        begin_immediate(connection)?;
        for unit in batch {
            let mut outcome = Ok(());
            match catch_unwind(AssertUnwindSafe(|| in_savepoint(connection, unit))) {
                Ok(run) => run?,
                Err(_panic) => {
                    outcome = Err(StoreError::Panicked);
                    roll_back_to(connection, 1)?;
                }
            }
            outcomes.push(outcome);
        }
        self.commit(connection)
    }

    /// Runs the batch, and what comes to it meanwhile, with nothing between, and commits; or undoes all of it if one
    /// fails. A transaction that SQLite has ended by itself cannot be undone or committed, which fails the batch.
    fn bare(&mut self, connection: &mut AnyConnection, batch: &mut Vec<Unit>) -> Result<Bare, StoreError> {
        begin_immediate(connection)?;
        let mut next = 0;
        while let Some(unit) = batch.get_mut(next) {
            let run = catch_unwind(AssertUnwindSafe(|| unit.run(&mut Tx::new(connection))));
            match depth(connection) {
                Some(1) if matches!(run, Ok(true)) => {}
                Some(1..) => {
                    roll_back_to(connection, 0)?;
                    return Ok(Bare::Undone);
                }
                _ => return Err(StoreError::Unavailable("the transaction was lost".into())),
            }
            next += 1;
            if next == batch.len() && next < MAX_BATCH {
                batch.extend(self.inbox.more());
            }
        }
        self.commit(connection)?;
        Ok(Bare::Committed)
    }

    /// Commits when the flush of the commit before is over: one flush at a time, and nothing behind one that failed.
    fn commit(&mut self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        if let Err(error) = self.inbox.flush_ends() {
            self.unsound = true;
            return Err(error);
        }
        with_sqlite(connection, AnsiTransactionManager::commit_transaction)
    }
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

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io,
        sync::atomic::{AtomicBool, AtomicUsize},
    };

    use diesel::connection::SimpleConnection as _;

    use super::*;
    use crate::store::unit;

    static BREAKS: AtomicBool = AtomicBool::new(false);
    static FLUSHES: AtomicUsize = AtomicUsize::new(0);
    static BROKEN: AtomicUsize = AtomicUsize::new(0);

    fn sync(file: &File) -> io::Result<()> {
        FLUSHES.fetch_add(1, Ordering::SeqCst);
        if BREAKS.swap(false, Ordering::SeqCst) { Err(io::Error::other("broken")) } else { file.sync_data() }
    }

    async fn insert(writer: &Writer, number: i64) -> Result<(), StoreError> {
        let (work, outcome) = unit::repeatable(move |tx: &mut Tx<'_>| {
            let insert = format!("INSERT INTO numbers VALUES ({number})");
            tx.connection.batch_execute(&insert).map_err(StoreError::from)
        });
        outcome.after(writer.write(work, Purpose::Write).await)
    }

    #[tokio::test]
    async fn a_write_is_answered_after_its_flush_and_none_after_one_that_failed() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("test.db"));
        database.connect().unwrap().batch_execute("CREATE TABLE numbers (number INTEGER)").unwrap();
        // The process would end at the failure; here it lives on, so that one can see what it would do.
        let broken = || {
            BROKEN.fetch_add(1, Ordering::SeqCst);
        };
        let writer = Writer::on_disk(database, Arc::default(), Disk { sync, broken }).unwrap();

        insert(&writer, 1).await.unwrap();
        assert_eq!((FLUSHES.load(Ordering::SeqCst), BROKEN.load(Ordering::SeqCst)), (1, 0));
        BREAKS.store(true, Ordering::SeqCst);
        for number in 2..6 {
            let refused = insert(&writer, number).await;
            assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{number}: {refused:?}");
        }
        // The disk is well again. What the failed flush has lost nobody knows, and nothing is written behind it.
        assert_eq!((FLUSHES.load(Ordering::SeqCst), BROKEN.load(Ordering::SeqCst)), (2, 1));
    }

    static DEAD: AtomicUsize = AtomicUsize::new(0);

    #[tokio::test]
    async fn a_panic_of_the_flusher_is_a_failed_flush() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("test.db"));
        database.connect().unwrap().batch_execute("CREATE TABLE numbers (number INTEGER)").unwrap();
        let broken = || {
            DEAD.fetch_add(1, Ordering::SeqCst);
        };
        let disk = Disk { sync: |_| panic!("a test's panic"), broken };
        let writer = Writer::on_disk(database, Arc::default(), disk).unwrap();
        let refused = insert(&writer, 1).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        // Waits for the end of both threads.
        drop(writer);
        assert_eq!(DEAD.load(Ordering::SeqCst), 1, "the process ends");
    }
}
