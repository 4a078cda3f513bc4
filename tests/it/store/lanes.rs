//! A lane takes its part of the connections and no more.

use std::sync::Arc;

use tokio::sync::RwLock;
use vestibule::store::{Store, StoreError, Tx};

use crate::support::{TestDatabase, on_both_databases};

/// Reads that keep their connections until the gate opens, and tell when they have one.
struct Slow {
    gate: Arc<RwLock<()>>,
    entered: tokio::sync::mpsc::UnboundedSender<()>,
}

impl Slow {
    async fn read(&self, store: &Store) -> Result<(), StoreError> {
        let (gate, entered) = (Arc::clone(&self.gate), self.entered.clone());
        let wait = move |_: &mut Tx<'_>| {
            let _ = entered.send(());
            drop(gate.blocking_read());
            Ok(())
        };
        store.read(wait).await
    }
}

on_both_databases! {
    async fn who_asks_for_everything_leaves_half_to_others(database: TestDatabase) {
        // Four connections.
        let store = database.store();
        let lane = store.lane();
        let (busy, (entered, mut inside)) = (store.within(&lane), tokio::sync::mpsc::unbounded_channel());
        let slow = Slow { gate: Arc::default(), entered };
        let shut = slow.gate.write().await;
        let greedy = async { tokio::join!(slow.read(&busy), slow.read(&busy), slow.read(&busy), slow.read(&busy)) };
        let others = async {
            inside.recv().await;
            inside.recv().await;
            let two = async { tokio::join!(slow.read(&store), slow.read(&store)) };
            let opened = async {
                inside.recv().await;
                inside.recv().await;
                assert!(inside.is_empty(), "two of the lane, two of others, and nobody else");
                drop(shut);
            };
            tokio::join!(two, opened).0
        };
        let ((a, b, c, d), (e, f)) = tokio::join!(greedy, others);
        for outcome in [a, b, c, d, e, f] {
            outcome.unwrap();
        }
    }
}
