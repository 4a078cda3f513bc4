//! One connection type over both databases, and the escape hatch for what it cannot express.

use diesel::{MultiConnection, PgConnection, SqliteConnection};

/// A connection to either database. Queries are written once, on this enum.
#[derive(MultiConnection)]
pub enum AnyConnection {
    /// PostgreSQL.
    Postgres(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// Runs one expression on the connection within, whichever it is: for upserts, batch inserts and whatever else
/// diesel cannot express on the enum. Both variants get the same text, so they cannot come to differ.
macro_rules! on_both {
    ($tx:expr, $connection:ident => $body:expr) => {
        match &mut *$tx.connection {
            $crate::store::connection::AnyConnection::Postgres($connection) => $body,
            $crate::store::connection::AnyConnection::Sqlite($connection) => $body,
        }
    };
}
pub(in crate::store) use on_both;
