//! A part of the store's connections, for somebody who may ask for more than all of them at once: the rest is left to
//! everybody else.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Store;

/// Half of the connections.
#[derive(Debug, Clone)]
pub struct Lane(Arc<Semaphore>);

impl Store {
    /// A lane of its own.
    pub fn lane(&self) -> Lane {
        let connections = self.inner.pool.size() as usize;
        Lane(Arc::new(Semaphore::new((connections / 2).max(1))))
    }

    /// The same store, which waits where the lane's connections are in use. SQLite's one writer is nobody's lane: a write
    /// that waits there keeps no connection.
    #[must_use]
    pub fn within(&self, lane: &Lane) -> Self {
        Self { lane: Some(lane.clone()), ..self.clone() }
    }
}

impl Lane {
    /// Waits for its turn, which ends when what this returns is dropped.
    pub(in crate::store) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // Closed by nobody.
        Arc::clone(&self.0).acquire_owned().await.ok()
    }
}
