//! A database for each test, cloned from a template that is migrated once for the whole run.

use std::{
    path::PathBuf,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use diesel::{
    Connection as _, PgConnection, RunQueryDsl as _, SqliteConnection, connection::SimpleConnection as _,
};
use tempfile::TempDir;
use vestibule::store::{Store, StoreOptions, migrations};

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A migrated, empty database, removed when dropped.
pub struct TestDatabase {
    pub url: String,
    place: Place,
}

enum Place {
    Folder { _folder: TempDir },
    Server { name: String },
}

impl TestDatabase {
    /// A database of its own.
    pub async fn start(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::sqlite(),
            Kind::Postgres => Self::postgres(),
        }
    }

    /// The store on it.
    pub fn store(&self) -> Store {
        Store::open(&self.url, StoreOptions { connections: 4 }).expect("the test database opens")
    }

    /// Runs scripts of SQL, by the database.
    pub fn execute(&self, sqlite: &[&str], postgres: &[&str]) {
        match self.url.strip_prefix("sqlite:") {
            Some(path) => {
                let mut connection = SqliteConnection::establish(path).unwrap();
                sqlite.iter().for_each(|sql| connection.batch_execute(sql).unwrap());
            }
            None => {
                let mut connection = PgConnection::establish(&self.url).unwrap();
                postgres.iter().for_each(|sql| connection.batch_execute(sql).unwrap());
            }
        }
    }

    /// How many rows there are: `users WHERE ...`.
    pub fn count(&self, rows: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }
        let query = diesel::sql_query(format!("SELECT COUNT(*) AS count FROM {rows}"));
        let found: Count = match self.url.strip_prefix("sqlite:") {
            Some(path) => query.get_result(&mut SqliteConnection::establish(path).unwrap()).unwrap(),
            None => query.get_result(&mut PgConnection::establish(&self.url).unwrap()).unwrap(),
        };
        found.count
    }

    fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        std::fs::copy(sqlite_template(), &path).unwrap();
        let url = format!("sqlite:{}", path.display());
        Self { url, place: Place::Folder { _folder: folder } }
    }

    fn postgres() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let template = postgres_template();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        execute(&server_url(), &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        let url = with_database(&server_url(), &name);
        Self { url, place: Place::Server { name } }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Place::Server { name } = &self.place
            && let Ok(mut connection) = PgConnection::establish(&server_url())
        {
            // FORCE: the test's pool may not have closed its connections yet.
            let _ = connection.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// The server that tests may make databases on.
///
/// # Panics
/// Without one: a suite that skipped a database in silence would be worth nothing.
pub fn server_url() -> String {
    std::env::var("TEST_DATABASE_URL").expect(
        "TEST_DATABASE_URL must name a PostgreSQL server for tests; `make test` starts one, \
         and so does `scripts/with-postgres cargo test`",
    )
}

fn sqlite_template() -> &'static PathBuf {
    static TEMPLATE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = TEMPLATE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("template.db");
        migrations::run(&format!("sqlite:{}", path.display())).unwrap();
        let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        // One file to copy: the log is folded in.
        connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        (folder, path)
    });
    path
}

fn postgres_template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = format!("template_{}", std::process::id());
        execute(&server_url(), &format!("CREATE DATABASE {name}"));
        migrations::run(&with_database(&server_url(), &name)).unwrap();
        name
    })
}

fn execute(url: &str, sql: &str) {
    let mut connection = PgConnection::establish(url).unwrap();
    diesel::sql_query(sql).execute(&mut connection).unwrap();
}

/// The URL with another database's name in its path.
pub fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, String::new()), |(b, q)| (b, format!("?{q}")));
    let start = base.rfind('/').unwrap();
    format!("{}/{name}{query}", &base[..start])
}
