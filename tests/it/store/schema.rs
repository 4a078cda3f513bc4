//! The tables themselves: both databases agree, and every tenant's table names its tenant.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{
    Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query,
    sql_types::{BigInt, Bool, Text},
};

use crate::support::{Kind, TestDatabase};

/// Tables above the tenants: no organization, no project.
const OF_THE_INSTALLATION: &[&str] = &["settings", "projects"];

/// Tables of a project rather than of one of its organizations.
const OF_A_PROJECT: &[&str] = &[
    "actions",
    "backend_api_keys",
    "event_counters",
    "oauth_client_secrets",
    "oauth_clients",
    "oauth_redirect_uris",
    "organizations",
    // Read by the project's back end, whose cursor goes over all organizations.
    "outbox_events",
    "project_hosts",
    "publishable_keys",
    "role_actions",
    "saml_sp_keys",
    "signing_keys",
];

/// Foreign keys to what is never deleted, in tables that every login and every provisioned user writes to: an index would
/// be written with each row, and asked by nobody.
const OF_WHAT_STAYS: &[(&str, &str)] =
    &[("audit_log_events", "project_id"), ("outbox_events", "organization_id"), ("sessions", "project_id")];

type Columns = BTreeMap<String, BTreeMap<String, (String, bool)>>;
/// Table, columns in order, and whether it is partial.
type UniqueKeys = BTreeSet<(String, Vec<String>, bool)>;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

#[derive(QueryableByName)]
struct IndexColumn {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    index_name: String,
    #[diesel(sql_type = BigInt)]
    #[allow(dead_code, reason = "orders the rows")]
    position: i64,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Bool)]
    is_unique: bool,
    #[diesel(sql_type = Bool)]
    partial: bool,
}

#[derive(QueryableByName)]
struct ForeignKey {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    target: String,
}

#[derive(Default)]
struct Schema {
    columns: Columns,
    indexes: Vec<(String, Vec<String>, bool, bool)>,
    foreign_keys: BTreeSet<(String, String, String)>,
}

impl Schema {
    fn unique_keys(&self) -> UniqueKeys {
        let unique = self.indexes.iter().filter(|(_, _, unique, _)| *unique);
        unique.map(|(table, columns, _, partial)| (table.clone(), columns.clone(), *partial)).collect()
    }
}

fn gather(columns: Vec<Column>, indexes: Vec<IndexColumn>, keys: Vec<ForeignKey>) -> Schema {
    let mut schema = Schema::default();
    for c in columns {
        let table = schema.columns.entry(c.table_name).or_default();
        table.insert(c.column_name, (c.kind.to_uppercase(), c.nullable));
    }
    let mut by_index: BTreeMap<(String, String), (Vec<String>, bool, bool)> = BTreeMap::new();
    for i in indexes {
        let entry =
            by_index.entry((i.table_name, i.index_name)).or_insert((Vec::new(), i.is_unique, i.partial));
        entry.0.push(i.column_name);
    }
    schema.indexes = by_index
        .into_iter()
        .map(|((table, _), (columns, unique, partial))| (table, columns, unique, partial))
        .collect();
    schema.foreign_keys = keys.into_iter().map(|k| (k.table_name, k.column_name, k.target)).collect();
    schema
}

async fn sqlite() -> Schema {
    let database = TestDatabase::start(Kind::Sqlite).await;
    let mut c = SqliteConnection::establish(database.url.strip_prefix("sqlite:").unwrap()).unwrap();
    let tables = "sqlite_master m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'";
    let columns = sql_query(format!(
        "SELECT m.name AS table_name, p.name AS column_name, p.type AS kind, p.\"notnull\" = 0 AS nullable \
         FROM {} ORDER BY 1, 2",
        tables.replacen("sqlite_master m", "sqlite_master m JOIN pragma_table_info(m.name) p", 1)
    ));
    let indexes = sql_query(format!(
        "SELECT m.name AS table_name, i.name AS index_name, CAST(x.seqno AS BIGINT) AS position, x.name AS column_name, \
         i.\"unique\" = 1 AS is_unique, i.partial = 1 AS partial FROM {} ORDER BY 1, 2, 3",
        tables.replacen(
            "sqlite_master m",
            "sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) x",
            1
        )
    ));
    let keys = sql_query(format!(
        "SELECT m.name AS table_name, f.\"from\" AS column_name, f.\"table\" AS target FROM {} ORDER BY 1, 2",
        tables.replacen("sqlite_master m", "sqlite_master m JOIN pragma_foreign_key_list(m.name) f", 1)
    ));
    gather(columns.load(&mut c).unwrap(), indexes.load(&mut c).unwrap(), keys.load(&mut c).unwrap())
}

async fn postgres() -> Schema {
    let database = TestDatabase::start(Kind::Postgres).await;
    let mut c = PgConnection::establish(&database.url).unwrap();
    let columns = sql_query(
        "SELECT table_name::text, column_name::text, data_type::text AS kind, is_nullable = 'YES' AS nullable \
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' ORDER BY 1, 2",
    );
    let indexes = sql_query(
        "SELECT t.relname::text AS table_name, x.relname::text AS index_name, k.position AS position, \
         a.attname::text AS column_name, i.indisunique AS is_unique, i.indpred IS NOT NULL AS partial \
         FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid \
         JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public' \
         CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, position) \
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum \
         WHERE t.relname NOT LIKE '\\_\\_%' ORDER BY 1, 2, 3",
    );
    let keys = sql_query(
        "SELECT t.relname::text AS table_name, a.attname::text AS column_name, f.relname::text AS target \
         FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid \
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (c.conkey) WHERE c.contype = 'f'",
    );
    gather(columns.load(&mut c).unwrap(), indexes.load(&mut c).unwrap(), keys.load(&mut c).unwrap())
}

#[actix_web::test]
async fn both_databases_have_the_same_tables() {
    let (sqlite, postgres) = (sqlite().await, postgres().await);
    assert!(sqlite.columns.len() > 40);
    assert_eq!(sqlite.columns, postgres.columns);
    assert_eq!(sqlite.unique_keys(), postgres.unique_keys());
    assert_eq!(sqlite.foreign_keys, postgres.foreign_keys);
}

#[actix_web::test]
async fn every_tenant_table_names_its_tenant_with_a_foreign_key_and_an_index() {
    let schema = sqlite().await;
    let mut faults = Vec::new();
    for (table, columns) in &schema.columns {
        if OF_THE_INSTALLATION.contains(&table.as_str()) {
            continue;
        }
        let (tenant, target) = if OF_A_PROJECT.contains(&table.as_str()) {
            ("project_id", "projects")
        } else {
            ("organization_id", "organizations")
        };
        if !columns.contains_key(tenant) {
            faults.push(format!("{table} has no {tenant}"));
        }
        if !schema.foreign_keys.contains(&(table.clone(), tenant.into(), target.into())) {
            faults.push(format!("{table}.{tenant} does not refer to {target}"));
        }
        let indexed = schema
            .indexes
            .iter()
            .any(|(t, columns, _, _)| t == table && columns.first().is_some_and(|first| first == tenant));
        if !indexed {
            faults.push(format!("{table} has no index that starts with {tenant}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[actix_web::test]
async fn every_foreign_key_has_an_index() {
    let schema = sqlite().await;
    let missing: Vec<_> = schema
        .foreign_keys
        .iter()
        .filter(|(table, column, _)| !OF_WHAT_STAYS.contains(&(table.as_str(), column.as_str())))
        .filter(|(table, column, _)| {
            !schema.indexes.iter().any(|(t, columns, _, _)| t == table && columns.first() == Some(column))
        })
        .collect();
    assert!(missing.is_empty(), "without one, deleting the target reads the whole table: {missing:?}");
}

/// A new table that hangs on a connection is one more thing that a draft must not carry from one administrator to another.
#[actix_web::test]
async fn what_hangs_on_a_connection_is_asked_before_its_draft_is_handed_on() {
    // Links are looked at by themselves; nobody knows a connection's own key.
    let other = ["setup_links", "saml_connection_keys"];
    let asked = include_str!("../../../src/store/bare_drafts.rs");
    let schema = sqlite().await;
    let of_connections = schema.foreign_keys.iter().filter(|(table, _, target)| {
        ["saml_connections", "scim_connections"].contains(&target.as_str())
            && !other.contains(&table.as_str())
    });
    let columns: Vec<_> = of_connections.map(|(table, column, _)| format!("{table}::{column}")).collect();
    assert!(columns.len() > 15, "{columns:?}");
    let missing: Vec<_> = columns.iter().filter(|column| !asked.contains(column.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[actix_web::test]
async fn text_compares_by_bytes_on_postgres() {
    let database = TestDatabase::start(Kind::Postgres).await;
    let mut c = PgConnection::establish(&database.url).unwrap();
    let other: Vec<Column> = sql_query(
        "SELECT table_name::text, column_name::text, coalesce(collation_name, 'default')::text AS kind, \
         false AS nullable FROM information_schema.columns WHERE table_schema = 'public' \
         AND table_name NOT LIKE '\\_\\_%' AND data_type = 'text' AND coalesce(collation_name, '') <> 'C'",
    )
    .load(&mut c)
    .unwrap();
    let names: Vec<_> = other.iter().map(|c| format!("{}.{}", c.table_name, c.column_name)).collect();
    assert!(names.is_empty(), "{names:?}");
}
