//! The write-ahead log of the connection that writes: a file which we flush ourselves.

use std::{fs::File, io, sync::Arc};

use diesel::{
    QueryableByName, RunQueryDsl as _, connection::SimpleConnection as _, sql_query, sql_types::Text,
};

use super::{AnyConnection, StoreError};

/// The log of a connection. As long as the connection lives, SQLite does not remove the file.
#[derive(Debug, Clone)]
pub(super) struct Log(Arc<File>);

impl Log {
    /// Opens the log for flushing, which from now on is for us to do. SQLite's locks are on other files: closing this one
    /// takes none of them away.
    pub(super) fn of(connection: &mut AnyConnection) -> Result<Self, StoreError> {
        // Not FULL: a commit is written and not flushed. The log is still flushed before it is copied into the database.
        connection.batch_execute("PRAGMA synchronous = NORMAL")?;
        // The path as SQLite sees it, links followed.
        let main = "SELECT file AS path FROM pragma_database_list WHERE name = 'main'";
        let Place { path } = sql_query(main).get_result(connection)?;
        let file = File::open(path + "-wal").map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self(Arc::new(file)))
    }

    pub(super) fn sync(&self, sync: fn(&File) -> io::Result<()>) -> Result<(), StoreError> {
        sync(&self.0).map_err(|error| StoreError::Unavailable(error.to_string()))
    }
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = Text)]
    path: String,
}
