//! Migrations, compiled in: two folders with the same numbers and the same tables.

use std::collections::HashSet;

use diesel::{
    backend::Backend,
    migration::{MigrationSource, MigrationVersion},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

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
    /// A later version has migrated the database: what it has changed is unknown here.
    #[error("the database was migrated by a later version of vestibule; this one would not understand it")]
    Ahead,
}

/// How a database's schema stands to this version's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is empty, or of an earlier version.
    Behind,
    /// It is the same.
    Level,
    /// It is of a later version.
    Ahead,
}

/// Brings the database up to this version's schema, and returns how many migrations that took.
pub fn run(url: &str) -> Result<usize, MigrateError> {
    if standing(url)? == Standing::Ahead {
        return Err(MigrateError::Ahead);
    }
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

/// How the database's schema stands to this version's.
pub fn standing(url: &str) -> Result<Standing, MigrateError> {
    let found = match Database::parse(url)?.connect()? {
        AnyConnection::Sqlite(mut connection) => compare(&mut connection, &SQLITE),
        AnyConnection::Postgres(mut connection) => compare(&mut connection, &POSTGRES),
    };
    found.map_err(|error| MigrateError::Failed(error.to_string()))
}

fn compare<DB: Backend>(
    connection: &mut impl MigrationHarness<DB>,
    known: &EmbeddedMigrations,
) -> Result<Standing, Box<dyn std::error::Error + Send + Sync>> {
    let known = MigrationSource::<DB>::migrations(known)?;
    let known: HashSet<MigrationVersion<'_>> = known.iter().map(|one| one.name().version()).collect();
    let applied = connection.applied_migrations()?;
    Ok(match applied.iter().filter(|version| known.contains(version)).count() {
        matching if matching < applied.len() => Standing::Ahead,
        matching if matching < known.len() => Standing::Behind,
        _ => Standing::Level,
    })
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
