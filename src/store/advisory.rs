//! Locks of PostgreSQL that are of no row: on what two transactions are about and neither has written yet. They last until the
//! transaction ends. On SQLite the one writer is the lock.

use diesel::{prelude::*, sql_types::BigInt};
use openssl::sha::sha256;

use super::{StoreError, Tx, connection::AnyConnection};

// They return nothing, which `IS NULL` takes as it takes all else.
diesel::define_sql_function! {
    /// Nobody else has the lock alone.
    fn pg_advisory_xact_lock_shared(key: BigInt) -> Nullable<Text>;
}
diesel::define_sql_function! {
    /// Nobody else has the lock.
    fn pg_advisory_xact_lock(key: BigInt) -> Nullable<Text>;
}

/// A number for a text. Two texts of one number wait for each other for nothing.
pub(in crate::store) fn number(text: &str) -> i64 {
    let hash = sha256(text.as_bytes());
    hash.iter().take(8).fold(0_i64, |number, byte| (number << 8) | i64::from(*byte))
}

/// Waits for who has the lock alone, and lets nobody have it so.
pub(in crate::store) fn share(tx: &mut Tx<'_>, key: i64) -> Result<(), StoreError> {
    if let AnyConnection::Postgres(c) = &mut *tx.connection {
        diesel::select(pg_advisory_xact_lock_shared(key).is_null()).get_result::<bool>(c)?;
    }
    Ok(())
}

/// Waits for everybody who has the lock, and lets nobody have it.
pub(in crate::store) fn lock(tx: &mut Tx<'_>, key: i64) -> Result<(), StoreError> {
    if let AnyConnection::Postgres(c) = &mut *tx.connection {
        diesel::select(pg_advisory_xact_lock(key).is_null()).get_result::<bool>(c)?;
    }
    Ok(())
}
