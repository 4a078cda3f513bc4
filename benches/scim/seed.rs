//! Very many users, written by SQL: by requests it would take as long as a real sync.

use std::time::Instant;

use diesel::{Connection as _, PgConnection, SqliteConnection, connection::SimpleConnection as _};
use vestibule::store::{Tx, scim_connections};

use crate::gateway::{Gateway, runtime};

/// Where the gateway's rows are.
pub enum Database {
    Sqlite(String),
    Postgres(String),
}

/// The id of a seeded user.
pub fn user_id(n: usize) -> String {
    format!("user_{n:025}")
}

/// The id of the seeded group of so many members.
pub fn group_id(members: usize) -> String {
    format!("group_{members:025}")
}

impl Database {
    /// Writes the users, and lets the connection be as fast as it can.
    pub fn seed(&mut self, gateway: &Gateway, users: usize) {
        let start = Instant::now();
        let (organization, connection) = (&gateway.organization.id, connection_of(gateway));
        let (numbers, id) = match self {
            Self::Sqlite(_) => (
                format!(
                    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {})",
                    users - 1
                ),
                "'user_' || printf('%025d', i)",
            ),
            Self::Postgres(_) => (
                format!("WITH n(i) AS (SELECT generate_series(0, {}))", users - 1),
                "'user_' || lpad(i::text, 25, '0')",
            ),
        };
        let name = "'seed' || i || '@acme.example'";
        let attributes = "'{\"userName\":\"seed' || i || '@acme.example\",\"externalId\":\"seed' || i || \
            '\",\"displayName\":\"Seed ' || i || '\",\"active\":true,\"emails\":[{\"value\":\"seed' || i || \
            '@acme.example\",\"type\":\"work\",\"primary\":true}]}'";
        self.execute(&format!(
            "{numbers} INSERT INTO users (id, organization_id, scim_connection_id, external_id, user_name, \
             user_name_folded, email, email_folded, display_name, owner, break_glass, status, scim_attributes, version, \
             created_at, updated_at, scim_display_name_folded, active_assigned) \
             SELECT {id}, '{organization}', '{connection}', 'seed' || i, {name}, {name}, {name}, {name}, 'Seed ' || i, \
             FALSE, FALSE, 'active', {attributes}, 1, 1700000000000 + i, 1700000000000 + i, 'seed ' || i, TRUE FROM n; \
             UPDATE scim_connections SET requests_per_second = 1000000"
        ));
        if let Self::Postgres(_) = self {
            self.execute("ANALYZE");
        }
        println!("  seeded {users} users in {:.1} s", start.elapsed().as_secs_f64());
    }

    /// Makes a group of the first so many seeded users.
    pub fn group(&mut self, gateway: &Gateway, members: usize) {
        let (organization, connection, id) =
            (&gateway.organization.id, connection_of(gateway), group_id(members));
        self.execute(&format!(
            "INSERT INTO groups (id, organization_id, scim_connection_id, display_name, display_name_folded, \
             scim_attributes, version, created_at, updated_at) VALUES ('{id}', '{organization}', '{connection}', \
             'Seed {members}', 'seed {members}', '{{\"displayName\":\"Seed {members}\"}}', 1, 1700000000000, 1700000000000); \
             INSERT INTO group_members (group_id, member_id, organization_id, member_user_id, created_at) \
             SELECT '{id}', id, organization_id, id, 1700000000000 FROM users \
             WHERE id >= '{}' AND id < '{}'",
            user_id(0),
            user_id(members)
        ));
    }

    fn execute(&mut self, sql: &str) {
        match self {
            Self::Sqlite(path) => {
                let mut connection = SqliteConnection::establish(path).unwrap();
                connection.batch_execute(&format!("PRAGMA busy_timeout = 60000; {sql}")).unwrap();
            }
            Self::Postgres(url) => PgConnection::establish(url).unwrap().batch_execute(sql).unwrap(),
        }
    }
}

fn connection_of(gateway: &Gateway) -> String {
    let organization = gateway.organization.id.clone();
    let find = move |tx: &mut Tx<'_>| scim_connections::find_default(tx, &organization);
    runtime().block_on(gateway.cx.store.read(find)).unwrap().unwrap().id.to_string()
}
