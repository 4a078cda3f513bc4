//! What PostgreSQL's own load generator reaches on the same server with the same rows: those of one create, as plain text
//! inserts in one transaction, by as many clients.

use std::{fmt::Write as _, path::PathBuf, process::Command};

use diesel::{Connection as _, PgConnection, RunQueryDsl as _, sql_query, sql_types::Text};

use crate::CONNECTIONS;

/// The user whose rows are copied: one that the raw loop has written.
const TEMPLATE: &str = "raw32-0@acme.example";
const SECONDS: &str = "8";

#[derive(diesel::QueryableByName)]
struct Statement {
    #[diesel(sql_type = Text)]
    sql: String,
}

/// Creates a second; `None` where the program is not there.
pub fn creates(url: &str) -> Option<f64> {
    let program = program()?;
    let mut connection = PgConnection::establish(url).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("create.sql");
    std::fs::write(&script, transaction(&mut connection)).unwrap();
    let output = Command::new(program)
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--time", SECONDS])
        .args(["--client", &CONNECTIONS.to_string(), "--file"])
        .args([script.as_os_str(), url.as_ref()])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let tps = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    assert!(tps.is_some(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    tps
}

/// One unit of `raw::creates`, with values of its own where they must be unique.
fn transaction(connection: &mut PgConnection) -> String {
    let name = "'p' || :client_id || '-' || :n || '@acme.example'";
    let id = |prefix: &str| format!("'{prefix}_' || lpad(:n::text, 25, '0')");
    let user = id("user");
    let mut script = String::from("\\set n random(1, 9000000000000000000)\nBEGIN;\n");
    let by_name = format!("user_name = '{TEMPLATE}'");
    let of_user = format!("user_id = (SELECT id FROM users WHERE {by_name})");
    // As the raw loop writes them: a colon in the state of a real one would be a variable to pgbench.
    let record =
        |table: &str, state: &str| format!("id = (SELECT min(id) FROM {table} WHERE {state} LIKE 'xx%')");
    for (table, which, unique) in [
        ("users", by_name.clone(), vec![("id", user.clone())]),
        ("user_emails", of_user, vec![("user_id", user.clone())]),
        ("audit_log_events", record("audit_log_events", "after_state"), vec![("id", id("audit"))]),
        ("outbox_events", record("outbox_events", "payload"), vec![("id", id("event"))]),
    ] {
        let mut sql = insert(connection, table, &which, &unique);
        sql = sql.replace(&format!("'{TEMPLATE}'"), name);
        writeln!(script, "{sql};").unwrap();
    }
    script.push_str("COMMIT;\n");
    script
}

/// The statement that would write the row again, its unique values replaced.
fn insert(connection: &mut PgConnection, table: &str, which: &str, unique: &[(&str, String)]) -> String {
    let columns = format!(
        "SELECT column_name::text AS sql FROM information_schema.columns WHERE table_schema = current_schema() AND \
         table_name = '{table}' AND is_generated = 'NEVER' AND identity_generation IS NULL ORDER BY ordinal_position"
    );
    let columns: Vec<Statement> = sql_query(columns).load(connection).unwrap();
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for column in columns.into_iter().map(|column| column.sql) {
        let fixed = unique.iter().find(|(name, _)| *name == column).map(|(_, value)| value.clone());
        values.push(fixed.unwrap_or_else(|| {
            let value =
                format!("SELECT quote_nullable({column}::text) AS sql FROM {table} WHERE {which} LIMIT 1");
            sql_query(value).get_result::<Statement>(connection).unwrap().sql
        }));
        names.push(column);
    }
    format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
}

/// On the path, or where Debian puts it.
fn program() -> Option<PathBuf> {
    let on_path = Command::new("pgbench").arg("--version").output().is_ok().then(|| "pgbench".into());
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<PathBuf> =
        versions.map(|version| version.path().join("bin/pgbench")).filter(|path| path.exists()).collect();
    installed.sort();
    on_path.or_else(|| installed.pop())
}
