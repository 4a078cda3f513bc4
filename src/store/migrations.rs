//! Migrations, compiled in: two folders with the same numbers and the same tables.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use super::{
    StoreError,
    connection::AnyConnection,
    pool::{Database, InvalidUrl},
};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Why the database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The URL names no database that we know.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
    /// The database did not answer.
    #[error("the database could not be opened: {0}")]
    Store(#[from] StoreError),
    /// A migration failed; what it had done is undone.
    #[error("a migration failed: {0}")]
    Failed(String),
}

/// Brings the database up to this version's schema, and returns how many migrations that took.
pub fn run(url: &str) -> Result<usize, MigrateError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| MigrateError::Failed(error.to_string());
    match Database::parse(url)?.connect()? {
        AnyConnection::Sqlite(mut connection) => {
            Ok(connection.run_pending_migrations(SQLITE).map_err(failed)?.len())
        }
        AnyConnection::Postgres(mut connection) => {
            Ok(connection.run_pending_migrations(POSTGRES).map_err(failed)?.len())
        }
    }
}

/// Whether the database's schema is older than this version's.
pub fn are_pending(url: &str) -> Result<bool, MigrateError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| MigrateError::Failed(error.to_string());
    match Database::parse(url)?.connect()? {
        AnyConnection::Sqlite(mut connection) => connection.has_pending_migration(SQLITE).map_err(failed),
        AnyConnection::Postgres(mut connection) => connection.has_pending_migration(POSTGRES).map_err(failed),
    }
}

/// Undoes every migration. For tests of the migrations themselves.
pub fn revert_all(url: &str) -> Result<(), MigrateError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| MigrateError::Failed(error.to_string());
    match Database::parse(url)?.connect()? {
        AnyConnection::Sqlite(mut connection) => {
            connection.revert_all_migrations(SQLITE).map_err(failed).map(drop)
        }
        AnyConnection::Postgres(mut connection) => {
            connection.revert_all_migrations(POSTGRES).map_err(failed).map(drop)
        }
    }
}
