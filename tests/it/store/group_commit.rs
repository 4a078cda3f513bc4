//! SQLite's writer: shared commits, isolated failures, and an end that loses nothing.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
    mpsc,
};

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use tokio::task::JoinHandle;
use vestibule::store::{
    Store, StoreError, StoreOptions, Tx,
    settings::{self, Setting},
};

use crate::support::{Kind, TestDatabase, on_both_databases};

async fn put(store: &Store, name: String) -> Result<(), StoreError> {
    store.write(move |tx| settings::insert(tx, &Setting { name: name.clone(), value: "v".into() })).await
}

async fn has(store: &Store, name: &str) -> bool {
    let name = name.to_owned();
    store.read(move |tx| settings::find(tx, &name)).await.unwrap().is_some()
}

/// Holds the writer inside a unit of work until `release` is dropped.
struct Held {
    release: mpsc::Sender<()>,
    holding: JoinHandle<Result<(), StoreError>>,
}

/// Returns once the writer is in the unit, so that what is written next must share a commit.
async fn hold_writer(store: &Store) -> Held {
    let (release, held) = mpsc::channel::<()>();
    let (entered, mut inside) = tokio::sync::mpsc::unbounded_channel();
    let (held, store) = (std::sync::Mutex::new(held), store.clone());
    let holding = tokio::task::spawn_local(async move {
        store
            .write(move |_| {
                let _ = entered.send(());
                let _ = held.lock().unwrap().recv();
                Ok::<_, StoreError>(())
            })
            .await
    });
    inside.recv().await.unwrap();
    Held { release, holding }
}

impl Held {
    async fn let_go(self) {
        self.end().await.unwrap();
    }

    async fn end(self) -> Result<(), StoreError> {
        drop(self.release);
        self.holding.await.unwrap()
    }
}

#[actix_web::test]
async fn concurrent_writes_share_commits() {
    let database = TestDatabase::start(Kind::Sqlite).await;
    let store = database.store();
    let held = hold_writer(&store).await;
    let writes: Vec<_> = (0..50)
        .map(|n| {
            let store = store.clone();
            tokio::task::spawn_local(async move { put(&store, format!("s{n}")).await })
        })
        .collect();
    tokio::task::yield_now().await;
    held.let_go().await;
    for write in writes {
        write.await.unwrap().unwrap();
    }
    // Those that came while the first was running join it.
    assert_eq!(store.counters().writes_and_commits(), (51, 1));
}

#[actix_web::test]
async fn a_write_alone_is_committed_at_once() {
    let database = TestDatabase::start(Kind::Sqlite).await;
    let store = database.store();
    for n in 0..3 {
        put(&store, format!("s{n}")).await.unwrap();
        assert_eq!(store.counters().writes_and_commits(), (n + 1, n + 1));
    }
}

#[actix_web::test]
async fn a_failing_write_does_not_touch_its_neighbours() {
    let database = TestDatabase::start(Kind::Sqlite).await;
    let store = database.store();
    put(&store, "taken".into()).await.unwrap();
    let held = hold_writer(&store).await;
    let (a, b) = (store.clone(), store.clone());
    let failing = store.clone();
    let (before, failed, panicked, after, ()) = tokio::join!(
        async { put(&a, "before".into()).await },
        async {
            failing
                .write(|tx| {
                    settings::insert(tx, &Setting { name: "half".into(), value: "v".into() })?;
                    settings::insert(tx, &Setting { name: "taken".into(), value: "v".into() })
                })
                .await
        },
        async {
            store
                .write(|tx| -> Result<(), StoreError> {
                    settings::insert(tx, &Setting { name: "panicked".into(), value: "v".into() })?;
                    tx.savepoint(|tx| {
                        settings::insert(tx, &Setting { name: "deeper".into(), value: "v".into() })?;
                        panic!("a unit of work panics, for the test")
                    })
                })
                .await
        },
        async { put(&b, "after".into()).await },
        held.let_go(),
    );
    before.unwrap();
    after.unwrap();
    assert!(matches!(failed, Err(StoreError::Conflict(_))));
    assert!(matches!(panicked, Err(StoreError::Panicked)));
    for (name, there) in
        [("before", true), ("after", true), ("half", false), ("panicked", false), ("deeper", false)]
    {
        assert_eq!(has(&store, name).await, there, "{name}");
    }
    // The first, and all the rest with the holder.
    assert_eq!(store.counters().writes_and_commits(), (6, 2));
    put(&store, "later".into()).await.unwrap();
}

#[actix_web::test]
async fn a_failure_among_others_is_undone_before_they_are_written() {
    let database = TestDatabase::start(Kind::Sqlite).await;
    let store = database.store();
    // The first batch with a failure runs without savepoints, those after it with them; both must come to the same.
    for round in 0..3 {
        let held = hold_writer(&store).await;
        let (a, b, failing) = (store.clone(), store.clone(), store.clone());
        let half = format!("half{round}");
        let (before, failed, after, ()) = tokio::join!(
            async { put(&a, format!("before{round}")).await },
            async {
                let half = half.clone();
                let work = move |tx: &mut Tx<'_>| {
                    settings::insert(tx, &Setting { name: half.clone(), value: "v".into() })?;
                    Err::<(), _>(StoreError::Damaged("refused, for the test".into()))
                };
                failing.write(work).await
            },
            async { put(&b, format!("after{round}")).await },
            held.let_go(),
        );
        before.unwrap();
        after.unwrap();
        assert!(matches!(failed, Err(StoreError::Damaged(_))));
        assert!(!has(&store, &half).await);
        assert!(has(&store, &format!("before{round}")).await && has(&store, &format!("after{round}")).await);
    }
}

#[actix_web::test]
async fn a_full_disk_fails_the_batch_and_not_the_process() {
    let database = TestDatabase::start(Kind::Sqlite).await;
    let store = database.store();
    put(&store, "small".into()).await.unwrap();
    // SQLite's own limit on the file stands for the disk's: the same error, SQLITE_FULL.
    let outcome = store
        .write(|tx| {
            tx.limit_pages_for_test(1);
            let value = "x".repeat(4_000_000);
            settings::insert(tx, &Setting { name: "large".into(), value })
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert!(!has(&store, "large").await);
    assert!(has(&store, "small").await);
    put(&store, "after".into()).await.unwrap();
    assert!(has(&store, "after").await);
}

#[actix_web::test]
async fn a_transaction_that_sqlite_ended_fails_all_that_was_in_it() {
    let database = TestDatabase::start(Kind::Sqlite).await;
    let store = database.store();
    let held = hold_writer(&store).await;
    let (first, second, last) = (store.clone(), store.clone(), store.clone());
    let first = tokio::task::spawn_local(async move { put(&first, "first".into()).await });
    let second = tokio::task::spawn_local(async move {
        second
            .write(|tx| {
                // What SQLite does by itself on some failures.
                tx.end_transaction_for_test();
                Err::<(), _>(StoreError::Unavailable("disk".into()))
            })
            .await
    });
    let last = tokio::task::spawn_local(async move { put(&last, "last".into()).await });
    tokio::task::yield_now().await;
    for outcome in [held.end().await, first.await.unwrap(), second.await.unwrap()] {
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    }
    assert!(!has(&store, "first").await, "it was answered with an error and must not be there");
    // What had not been begun is done on a fresh connection.
    last.await.unwrap().unwrap();
    assert!(has(&store, "last").await);
    put(&store, "first".into()).await.unwrap();
}

#[actix_web::test]
async fn dropping_the_store_finishes_what_was_accepted() {
    let database = TestDatabase::start(Kind::Sqlite).await;
    let store = database.store();
    let held = hold_writer(&store).await;
    let write = {
        let store = store.clone();
        tokio::task::spawn_local(async move { put(&store, "accepted".into()).await })
    };
    tokio::task::yield_now().await;
    // The callers go away; the unit is in the queue all the same.
    held.holding.abort();
    write.abort();
    drop((held.release, held.holding.await, write.await));
    drop(store);
    assert!(has(&database.store(), "accepted").await);
}

#[actix_web::test]
async fn an_acknowledged_write_is_in_the_file() {
    let database = TestDatabase::start(Kind::Sqlite).await;
    let store = database.store();
    put(&store, "durable".into()).await.unwrap();
    // Another process would see it: what is read here went through the file system.
    let path = database.url.strip_prefix("sqlite:").unwrap();
    let mut other = SqliteConnection::establish(path).unwrap();
    other.batch_execute("PRAGMA query_only = ON").unwrap();
    let second = Store::open(&database.url, StoreOptions { connections: 1 }).unwrap();
    assert!(has(&second, "durable").await);
}

on_both_databases! {
    async fn a_panic_in_a_write_is_an_error_and_the_store_lives_on(database: TestDatabase) {
        let store = database.store();
        let outcome = store.write(|tx| -> Result<(), StoreError> {
            settings::insert(tx, &Setting { name: "x".into(), value: "v".into() })?;
            panic!("a unit of work panics, for the test")
        }).await;
        assert!(matches!(outcome, Err(StoreError::Panicked)));
        assert!(!has(&store, "x").await);
        for n in 0..10 {
            put(&store, format!("s{n}")).await.unwrap();
        }
    }

    async fn a_savepoint_undoes_only_itself(database: TestDatabase) {
        let store = database.store();
        let undone = Arc::new(AtomicBool::new(false));
        let seen = undone.clone();
        store.write(move |tx| {
            settings::insert(tx, &Setting { name: "kept".into(), value: "v".into() })?;
            let inner: Result<(), StoreError> = tx.savepoint(|tx| {
                settings::insert(tx, &Setting { name: "undone".into(), value: "v".into() })?;
                settings::insert(tx, &Setting { name: "kept".into(), value: "v".into() })
            });
            seen.store(matches!(inner, Err(StoreError::Conflict(_))), Ordering::SeqCst);
            settings::insert(tx, &Setting { name: "after".into(), value: "v".into() })
        }).await.unwrap();
        assert!(undone.load(Ordering::SeqCst));
        assert!(has(&store, "kept").await && has(&store, "after").await);
        assert!(!has(&store, "undone").await);
    }

    async fn what_is_tried_out_is_seen_and_undone(database: TestDatabase) {
        let store = database.store();
        let (runs, neighbour) = (Arc::new(AtomicU32::new(0)), store.clone());
        let counted = runs.clone();
        let tried = store.try_out(move |tx| {
            counted.fetch_add(1, Ordering::SeqCst);
            settings::insert(tx, &Setting { name: "tried".into(), value: "v".into() })?;
            settings::find(tx, "tried")
        });
        let (seen, kept) = tokio::join!(tried, put(&neighbour, "kept".into()));
        assert_eq!(seen.unwrap().as_deref(), Some("v"));
        kept.unwrap();
        assert!(!has(&store, "tried").await && has(&store, "kept").await);
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }

    async fn a_refused_write_leaves_nothing(database: TestDatabase) {
        let store = database.store();
        let outcome: Result<(), StoreError> = store.write(|tx| {
            settings::insert(tx, &Setting { name: "x".into(), value: "v".into() })?;
            Err(StoreError::Damaged("refused, for the test".into()))
        }).await;
        assert!(matches!(outcome, Err(StoreError::Damaged(_))));
        assert!(!has(&store, "x").await);
    }
}
