//! A part of the store's connections, for somebody who may ask for more than all of them at once: the rest is left to
//! everybody else.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Store;

/// Half of the connections; all lanes together have three quarters of them.
#[derive(Debug, Clone)]
pub struct Lane {
    own: Arc<Semaphore>,
    all: Arc<Semaphore>,
}

/// A place in a lane, until it is dropped: with the work itself, which goes on where nobody waits for it any more.
pub(in crate::store) type Turn = [OwnedSemaphorePermit; 2];

/// What all lanes of a store have in common.
#[derive(Debug)]
pub(in crate::store) struct Lanes {
    all: Arc<Semaphore>,
    each: usize,
}

impl Lanes {
    pub(in crate::store) fn of(connections: u32) -> Self {
        let connections = connections as usize;
        Self { all: part(connections * 3 / 4).into(), each: connections / 2 }
    }
}

impl Store {
    /// A lane of its own.
    pub fn lane(&self) -> Lane {
        let Lanes { all, each } = &self.inner.lanes;
        Lane { own: part(*each).into(), all: Arc::clone(all) }
    }

    /// The same store, which waits where the lane's connections are in use. SQLite's one writer is nobody's lane: a write
    /// that waits there keeps no connection.
    #[must_use]
    pub fn within(&self, lane: &Lane) -> Self {
        Self { lane: Some(lane.clone()), ..self.clone() }
    }
}

impl Lane {
    /// Waits for its turn. First its own: who waits for the others keeps none of theirs.
    pub(in crate::store) async fn turn(&self) -> Option<Turn> {
        // Closed by nobody.
        let own = Arc::clone(&self.own).acquire_owned().await.ok()?;
        let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some([own, all])
    }
}

/// At least one, or nothing would ever be done.
fn part(connections: usize) -> Semaphore {
    Semaphore::new(connections.max(1))
}
