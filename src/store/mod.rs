//! The database. The only place with diesel and SQL.
