//! Provisioning: what one request costs, that a group's size does not matter to its members, lists and filters among
//! very many users, and whole initial syncs with somebody else's logins beside them.
//!
//!     cargo bench --bench scim -- [--users N] [--sync-users N] [--sync-groups N]
//!
//! By default a million users are seeded on SQLite and 200,000 on PostgreSQL (where TEST_DATABASE_URL names an empty
//! database), by SQL and not by requests, and 5,000 users and 50 groups are synced in each of two ways.

#![allow(clippy::print_stdout, reason = "printing numbers is what it is for")]

#[path = "../load/client.rs"]
#[allow(dead_code, reason = "each bench uses a part of it")]
mod client;
#[path = "../load/gateway.rs"]
mod gateway;
mod measure;
mod members;
mod requests;
mod seed;
mod sync;

use gateway::Gateway;
use seed::Database;

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    users: usize,
    sync_users: usize,
    sync_groups: usize,
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scim.db").display().to_string();
    run("sqlite", &format!("sqlite:{path}"), Database::Sqlite(path), 1_000_000);
    match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => run("postgres", &url.clone(), Database::Postgres(url), 200_000),
        Err(_) => println!("postgres: not measured, TEST_DATABASE_URL is not set"),
    }
}

fn run(name: &str, url: &str, mut database: Database, users: usize) {
    let sizes = Sizes {
        users: argument("--users").unwrap_or(users),
        sync_users: argument("--sync-users").unwrap_or(5_000),
        sync_groups: argument("--sync-groups").unwrap_or(50),
    };
    let gateway = Gateway::start(url);
    println!("{name}: {sizes:?}");
    sync::run(&gateway, sizes);
    database.seed(&gateway, sizes.users);
    requests::run(&gateway, sizes);
    members::run(&gateway, &mut database, sizes);
}

fn argument(name: &str) -> Option<usize> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)?.parse().ok()
}
