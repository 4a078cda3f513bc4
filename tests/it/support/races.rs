//! Two transactions at once, on PostgreSQL: on SQLite there is one writer.

use std::sync::{Mutex, mpsc};

use diesel::{Connection as _, PgConnection, RunQueryDsl as _, dsl::sql, sql_types::BigInt};
use vestibule::store::{StoreError, Tx};

use super::Gateway;

/// Runs `second` while the transaction of `first` has done its work and is not committed. It is held until `second` waits for
/// it, or has ended; then `look` is taken, and it is committed.
pub async fn while_open<T: 'static>(
    gateway: &Gateway,
    first: impl Fn(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static,
    second: impl Future<Output = T> + 'static,
    look: impl AsyncFnOnce(),
) -> T {
    let (done, is_done) = tokio::sync::oneshot::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let (done, may_go_on) = (Mutex::new(Some(done)), Mutex::new(may_go_on));
    let held = move |tx: &mut Tx<'_>| {
        first(tx)?;
        if let Some(done) = done.lock().unwrap().take() {
            done.send(()).unwrap();
        }
        may_go_on.lock().unwrap().recv().unwrap();
        Ok::<_, StoreError>(())
    };
    let store = gateway.cx.store.clone();
    let first = actix_web::rt::spawn(async move { store.write(held).await });
    is_done.await.unwrap();
    let second = actix_web::rt::spawn(second);
    let mut watch = PgConnection::establish(&gateway.database.url).unwrap();
    while !second.is_finished() && waiting(&mut watch) == 0 {
        tokio::task::yield_now().await;
    }
    look().await;
    go_on.send(()).unwrap();
    first.await.unwrap().unwrap();
    second.await.unwrap()
}

/// How many transactions wait for another one of the same database.
pub fn waiting(watch: &mut PgConnection) -> i64 {
    let waiting = "(SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock')";
    diesel::select(sql::<BigInt>(waiting)).get_result(watch).unwrap()
}
