//! A sandbox: its writes are seen in it, nowhere else, and never afterwards.

use std::time::Duration;

use vestibule::store::{
    StoreError, Tx,
    settings::{self, Setting},
};

use crate::support::{TestDatabase, on_both_databases};

const LONG: Duration = Duration::from_secs(60);

fn setting(name: &str) -> Setting {
    Setting { name: name.to_owned(), value: "x".into() }
}

on_both_databases! {
    async fn what_is_written_is_seen_within_and_undone_at_the_end(database: TestDatabase) {
        let store = database.store();
        let sandbox = store.sandbox(LONG);
        let within = sandbox.store().clone();
        within.write(|tx: &mut Tx<'_>| settings::insert(tx, &setting("tried"))).await.unwrap();
        assert!(within.read(|tx| settings::find(tx, "tried")).await.unwrap().is_some());
        assert!(store.read(|tx| settings::find(tx, "tried")).await.unwrap().is_none());
        // A refusal undoes itself alone.
        let taken = within.write(|tx: &mut Tx<'_>| settings::insert(tx, &setting("tried"))).await;
        assert!(matches!(taken, Err(StoreError::Conflict(_))));
        assert!(within.read(|tx| settings::find(tx, "tried")).await.unwrap().is_some());
        sandbox.end().await;
        assert!(store.read(|tx| settings::find(tx, "tried")).await.unwrap().is_none());
        let late = within.read(|tx| settings::find(tx, "tried")).await;
        assert!(matches!(late, Err(StoreError::Unavailable(_))), "a handle that is left does nothing");
        store.write(|tx: &mut Tx<'_>| settings::insert(tx, &setting("real"))).await.unwrap();
        assert!(store.read(|tx| settings::find(tx, "real")).await.unwrap().is_some());
    }

    async fn one_that_is_dropped_or_too_slow_is_undone_as_well(database: TestDatabase) {
        let store = database.store();
        let sandbox = store.sandbox(LONG);
        sandbox.store().write(|tx: &mut Tx<'_>| settings::insert(tx, &setting("a"))).await.unwrap();
        drop(sandbox);
        let sandbox = store.sandbox(Duration::ZERO);
        let late = sandbox.store().write(|tx: &mut Tx<'_>| settings::insert(tx, &setting("b"))).await;
        assert!(matches!(late, Err(StoreError::Unavailable(_))));
        sandbox.end().await;
        // Others write again.
        store.write(|tx: &mut Tx<'_>| settings::insert(tx, &setting("c"))).await.unwrap();
        for name in ["a", "b"] {
            assert!(store.read(move |tx| settings::find(tx, name)).await.unwrap().is_none());
        }
    }

    async fn work_that_panics_ends_the_sandbox_and_nothing_else(database: TestDatabase) {
        let store = database.store();
        let sandbox = store.sandbox(LONG);
        let outcome = sandbox.store().write(|_: &mut Tx<'_>| -> Result<(), StoreError> { panic!("as a test") }).await;
        assert!(outcome.is_err());
        sandbox.end().await;
        store.write(|tx: &mut Tx<'_>| settings::insert(tx, &setting("c"))).await.unwrap();
    }
}
