//! Reads that are done on the thread that asks, where that is possible.

use std::thread;

use vestibule::store::StoreError;

use super::lanes::Slow;
use crate::support::{Kind, TestDatabase, on_both_databases};

async fn place(database: &TestDatabase) -> thread::ThreadId {
    database.store().glance(|_| Ok::<_, StoreError>(thread::current().id())).await.unwrap()
}

#[actix_web::test]
async fn on_sqlite_a_glance_takes_no_other_thread() {
    let database = TestDatabase::start(Kind::Sqlite).await;
    assert_eq!(place(&database).await, thread::current().id());
}

#[actix_web::test]
async fn a_server_far_away_is_not_waited_for_by_everybody() {
    let database = TestDatabase::start(Kind::Postgres).await;
    assert_ne!(place(&database).await, thread::current().id());
}

on_both_databases! {
    async fn without_a_free_connection_a_glance_waits_elsewhere(database: TestDatabase) {
        let store = database.store();
        let (slow, mut inside) = Slow::new();
        let shut = slow.gate.write().await;
        let all = async { tokio::join!(slow.read(&store), slow.read(&store), slow.read(&store), slow.read(&store)) };
        let glance = async {
            for _ in 0..4 {
                inside.recv().await;
            }
            let glance = store.glance(|_| Ok::<_, StoreError>("seen"));
            let opened = async { drop(shut) };
            tokio::join!(glance, opened).0
        };
        let ((a, b, c, d), seen) = tokio::join!(all, glance);
        for outcome in [a, b, c, d] {
            outcome.unwrap();
        }
        assert_eq!(seen.unwrap(), "seen");
    }

    async fn a_glance_that_panics_is_an_error_and_no_more(database: TestDatabase) {
        let store = database.store();
        let panicked = store.glance(|_| -> Result<(), StoreError> { panic!("a unit of work panics, for the test") });
        assert!(matches!(panicked.await, Err(StoreError::Panicked)));
        // As often as there are connections: none of them is left in the middle of something.
        for _ in 0..8 {
            store.glance(|_| Ok::<_, StoreError>(())).await.unwrap();
            store.read(|_| Ok::<_, StoreError>(())).await.unwrap();
        }
    }
}
