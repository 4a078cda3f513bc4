//! Which database a URL means, how a connection to it is set up, and the pool.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use diesel::{
    Connection as _, PgConnection, SqliteConnection,
    connection::SimpleConnection as _,
    r2d2::{self, ManageConnection, PooledConnection},
};

use super::{StoreError, connection::AnyConnection};

/// A database's place.
#[derive(Debug, Clone)]
pub(in crate::store) enum Database {
    Sqlite(PathBuf),
    Postgres(String),
}

/// Why a database URL is refused. The URL itself is not printed: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database URL must start with sqlite: or postgres://")]
pub struct InvalidUrl;

/// How a store is opened.
#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// Connections kept for reading (SQLite) or for everything (PostgreSQL).
    pub connections: u32,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { connections: 8 }
    }
}

impl Database {
    /// Tells the databases apart by the scheme alone: SQLite would take any text for a file's name.
    pub(in crate::store) fn parse(url: &str) -> Result<Self, InvalidUrl> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite:").ok_or(InvalidUrl)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() { Err(InvalidUrl) } else { Ok(Self::Sqlite(path.into())) }
    }

    /// A new connection, set up.
    pub(in crate::store) fn connect(&self) -> Result<AnyConnection, StoreError> {
        let unavailable = |error: &dyn std::fmt::Display| StoreError::Unavailable(error.to_string());
        match self {
            Self::Postgres(url) => {
                let connection = PgConnection::establish(url).map_err(|e| unavailable(&e))?;
                Ok(AnyConnection::Postgres(connection))
            }
            Self::Sqlite(path) => {
                // SQLite makes the file but not its folder, and a first start has neither.
                if let Some(folder) = path.parent() {
                    make_private(folder).map_err(|e| unavailable(&e))?;
                }
                make_private_file(path).map_err(|e| unavailable(&e))?;
                let path = path.to_str().ok_or_else(|| unavailable(&"the path is not UTF-8"))?;
                let mut connection = SqliteConnection::establish(path).map_err(|e| unavailable(&e))?;
                connection.batch_execute(PRAGMAS)?;
                Ok(AnyConnection::Sqlite(connection))
            }
        }
    }
}

/// Makes a folder, and what is missing above it, for this user only: hashes and addresses are nobody else's business.
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes the database's file for this user only, where it is not there yet: SQLite would let everybody read it, and gives its
/// log the same mode. One that is there is not touched: to close it here would drop SQLite's locks on it.
fn make_private_file(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// `synchronous=FULL`: an answered write survives a power cut. `busy_timeout` is for other processes; within
/// this one, a single thread writes. No `mmap_size`: a reader unmaps the file whenever somebody else has written.
const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000;";

/// On PostgreSQL a statement, a wait for a lock and a transaction that nobody goes on with have an end: each of them keeps a
/// connection, and rows that others wait for. On SQLite the work is bounded by what it looks at.
const POSTGRES_LIMITS: &str = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '60s'";

/// Connections that wait to be used.
pub(in crate::store) struct Pool(r2d2::Pool<Manager>);

impl Pool {
    pub(in crate::store) fn open(database: Database, options: StoreOptions) -> Result<Self, StoreError> {
        let pool = r2d2::Pool::builder()
            .max_size(options.connections.max(1))
            .min_idle(Some(1))
            .connection_timeout(Duration::from_secs(10))
            .test_on_check_out(matches!(database, Database::Postgres(_)))
            .build(Manager(database))?;
        Ok(Self(pool))
    }

    pub(in crate::store) fn get(&self) -> Result<PooledConnection<Manager>, StoreError> {
        Ok(self.0.get()?)
    }

    pub(in crate::store) fn get_if_free(&self) -> Option<PooledConnection<Manager>> {
        self.0.try_get()
    }
}

/// A connection that did its work so recently is taken for good: asking it would be one more way to the server and back
/// for every read and write of a busy gateway.
const FRESH: Duration = Duration::from_secs(1);

/// A connection of the pool.
pub(in crate::store) struct Kept {
    pub(in crate::store) connection: AnyConnection,
    /// Whether its last work failed, for whatever reason: then it is asked before it is used again.
    pub(in crate::store) doubtful: bool,
    /// When it was last given back.
    idle_since: Instant,
}

/// Makes and checks connections for the pool.
#[derive(Debug)]
pub(in crate::store) struct Manager(Database);

impl ManageConnection for Manager {
    type Connection = Kept;
    type Error = StoreError;

    fn connect(&self) -> Result<Kept, StoreError> {
        let mut connection = self.0.connect()?;
        if matches!(connection, AnyConnection::Postgres(_)) {
            connection.batch_execute(POSTGRES_LIMITS)?;
        }
        Ok(Kept { connection, doubtful: false, idle_since: Instant::now() })
    }

    fn is_valid(&self, kept: &mut Kept) -> Result<(), StoreError> {
        if !kept.doubtful && kept.idle_since.elapsed() < FRESH {
            return Ok(());
        }
        Ok(kept.connection.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, kept: &mut Kept) -> bool {
        kept.idle_since = Instant::now();
        // A connection that was in use while its thread panicked may be in the middle of a transaction.
        std::thread::panicking() || r2d2::R2D2Connection::is_broken(&mut kept.connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_reads_a_database_that_is_made() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let mut connection = Database::Sqlite(path.clone()).connect().unwrap();
        connection.batch_execute("CREATE TABLE x (x INTEGER)").unwrap();
        for name in ["x.db", "x.db-wal"] {
            let mode = std::fs::metadata(path.with_file_name(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{name}");
        }
    }

    #[test]
    fn only_known_schemes_are_databases() {
        assert!(
            matches!(Database::parse("sqlite:data/x.db"), Ok(Database::Sqlite(p)) if p.ends_with("x.db"))
        );
        assert!(matches!(Database::parse("sqlite:///x.db"), Ok(Database::Sqlite(p)) if p.is_absolute()));
        assert!(matches!(Database::parse("postgresql://h/d"), Ok(Database::Postgres(_))));
        for url in ["", "x.db", "sqlite:", "mysql://h/d"] {
            assert!(Database::parse(url).is_err(), "{url}");
        }
    }
}
