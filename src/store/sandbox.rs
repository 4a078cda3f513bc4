//! A store in which everything that is written is undone at the end: one transaction, held open while somebody tries
//! things out in it, and never committed.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

use tokio::{sync::oneshot, task::JoinHandle};

use super::{Purpose, Store, StoreError, Tx, transaction, unit::Work};

/// A unit of work for the thread that holds the transaction.
struct Job {
    work: Work,
    purpose: Purpose,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

/// The way to a transaction that is open elsewhere.
#[derive(Clone)]
pub(in crate::store) struct Relay(Arc<Mutex<Option<Sender<Job>>>>);

/// The transaction, and the store that works in it. It is undone when this is dropped.
pub struct Sandbox {
    store: Store,
    relay: Relay,
    held: Option<JoinHandle<()>>,
}

impl Store {
    /// Opens a transaction that will be undone, and a store that reads and writes in it, for `limit` at most: on SQLite
    /// nobody else writes until it ends.
    pub fn sandbox(&self, limit: Duration) -> Sandbox {
        let (jobs, work) = channel();
        let (host, work) = (self.clone(), Mutex::new(work));
        let hold = move |tx: &mut Tx<'_>| -> Result<(), StoreError> {
            run(tx, &work.lock().unwrap_or_else(PoisonError::into_inner), limit);
            Ok(())
        };
        let held = tokio::spawn(async move {
            if let Err(error) = host.try_out(hold).await {
                tracing::warn!(%error, "a sandbox could not be opened");
            }
        });
        let relay = Relay(Arc::new(Mutex::new(Some(jobs))));
        let store = Store { inner: Arc::clone(&self.inner), relay: Some(relay.clone()), lane: None };
        Sandbox { store, relay, held: Some(held) }
    }
}

impl Sandbox {
    /// The store within.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Undoes everything, and waits until it is undone.
    pub async fn end(mut self) {
        self.relay.close();
        if let Some(held) = self.held.take() {
            // A task that panicked has undone its transaction as well.
            let _ = held.await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.relay.close();
    }
}

/// Does what comes until nobody can send more, or time is up.
fn run(tx: &mut Tx<'_>, work: &Receiver<Job>, limit: Duration) {
    let begun = Instant::now();
    while let Some(left) = limit.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
        match work.recv_timeout(left) {
            Ok(mut job) => {
                let (_, ended) = transaction(tx.connection, &mut job.work, job.purpose);
                // Whoever asked may have gone away.
                let _ = job.reply.send(ended);
            }
            Err(_) => return,
        }
    }
}

impl Relay {
    /// Nothing more is done from here on, whoever still holds a store within.
    fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Runs a unit in a savepoint of the transaction that is open elsewhere.
    pub(in crate::store) async fn run(&self, work: Work, purpose: Purpose) -> Result<(), StoreError> {
        let over = || StoreError::Unavailable("the sandbox has ended".into());
        let (reply, answer) = oneshot::channel();
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(jobs) => jobs.send(Job { work, purpose, reply }).map_err(|_| over())?,
            None => return Err(over()),
        }
        answer.await.map_err(|_| over())?
    }
}
