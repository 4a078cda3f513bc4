//! What can go wrong in the database, sorted by what the caller can do about it.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// A failed read or write.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A unique key is taken. The text names the index (PostgreSQL) or the columns (SQLite): for logs.
    #[error("a unique key is taken: {0}")]
    Conflict(String),
    /// A row that is referred to is missing.
    #[error("a foreign key is violated: {0}")]
    ForeignKey(String),
    /// Another transaction was in the way; the write was retried and still failed.
    #[error("another transaction was in the way: {0}")]
    Contended(String),
    /// The database cannot be reached, is full, or answers nonsense. Nothing was written.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The unit of work panicked. Nothing was written.
    #[error("a unit of work panicked")]
    Panicked,
    /// A stored value is not what this version writes.
    #[error("a stored value cannot be read: {0}")]
    Damaged(String),
}

impl StoreError {
    /// Whether running the same work again may succeed.
    pub(in crate::store) fn is_contention(&self) -> bool {
        matches!(self, Self::Contended(_))
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(kind, info) => {
                let name = info.constraint_name().unwrap_or_else(|| info.message()).to_owned();
                match kind {
                    DatabaseErrorKind::UniqueViolation => Self::Conflict(name),
                    DatabaseErrorKind::ForeignKeyViolation => Self::ForeignKey(name),
                    DatabaseErrorKind::SerializationFailure => Self::Contended(name),
                    _ if info.message().contains("deadlock detected") => Self::Contended(name),
                    _ => Self::Unavailable(info.message().to_owned()),
                }
            }
            DieselError::DeserializationError(cause) => Self::Damaged(cause.to_string()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<diesel::r2d2::PoolError> for StoreError {
    fn from(error: diesel::r2d2::PoolError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
