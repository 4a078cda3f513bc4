//! The store: the schema on both databases, the group-commit writer, tenancy in the tables.

mod events;
mod glances;
mod group_commit;
mod lanes;
mod migrations;
mod plans;
mod sandbox;
mod schema;
