//! Load: SCIM creates, SAML logins and token refreshes a second over HTTP, the first two beside a raw loop that writes the
//! same rows to the same kind of database. Numbers are for docs/OPERATIONS.md; ratios are what counts, absolute numbers are this
//! machine's.
//!
//! `cargo bench --bench load` runs on SQLite, and on PostgreSQL too where TEST_DATABASE_URL names an empty database.

#![allow(clippy::print_stdout, reason = "printing numbers is what it is for")]

mod client;
mod gateway;
mod pgbench;
mod raw;
mod refresh;

use std::time::Instant;

use client::Connection;
use gateway::Gateway;
use raw::{STAFF, Visit};
use vestibule::{devidp::Account, model::SigningAlgorithm};

/// Connections at once, as in the bars of DESIGN part 10.
const CONNECTIONS: usize = 32;
const CREATES: usize = 8_000;
const LOGINS: usize = 4_000;
const REFRESHES: usize = 8_000;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    run("sqlite", &format!("sqlite:{}/load.db", folder.path().display()));
    match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => run("postgres", &url),
        Err(_) => println!("postgres: not measured, TEST_DATABASE_URL is not set"),
    }
}

fn run(name: &str, url: &str) {
    let gateway = Gateway::start(url);
    println!("{name}: {CONNECTIONS} connections");
    let creates = scim_creates(&gateway);
    let raw_creates = raw::creates(&gateway, CREATES, CONNECTIONS);
    report("SCIM POST /Users", &creates, raw_creates);
    // One task alone waits for each commit.
    let alone = raw::creates(&gateway, CREATES / 8, 1);
    println!("    raw, with a commit for each: {alone:.0} a second; ratio {:.2}", creates.a_second / alone);
    if name == "postgres" {
        match pgbench::creates(url) {
            Some(most) => println!(
                "    pgbench, the same rows: {most:.0} a second; ratio {:.2}",
                creates.a_second / most
            ),
            None => println!("    pgbench: not measured, the program is not there"),
        }
    }
    for (what, visit) in [("ACS, first logins", Visit::First), ("ACS, everybody again", Visit::Again)] {
        let logins = saml_logins(&gateway);
        let raw_logins = raw::logins(&gateway, LOGINS, CONNECTIONS, visit);
        report(what, &logins, raw_logins);
    }
    for (what, algorithm) in [("RS256", SigningAlgorithm::Rs256), ("ES256", SigningAlgorithm::Es256)] {
        let refreshes = drive(&gateway, &refresh::requests(&gateway, REFRESHES, algorithm), "200");
        println!("  token refresh, ID token {what} {:6.0} a second", refreshes.a_second);
        by_thread(&refreshes);
    }
}

/// What a run came to.
struct Outcome {
    a_second: f64,
    /// The part of the processor time of the whole process that the load generator took.
    generator_share: f64,
    /// Microseconds of processor time a request, by kind of thread.
    by_thread: Vec<(String, f64)>,
}

fn report(what: &str, outcome: &Outcome, raw: f64) {
    println!(
        "  {what:28} {:6.0} a second; raw loop {raw:6.0}; ratio {:.2}; the generator took {:.0}% of the processor",
        outcome.a_second,
        outcome.a_second / raw,
        outcome.generator_share * 100.0
    );
    by_thread(outcome);
}

fn by_thread(outcome: &Outcome) {
    let threads = outcome.by_thread.iter().filter(|(_, micros)| *micros >= 1.0);
    let threads: Vec<_> = threads.map(|(name, micros)| format!("{name} {micros:.0} us")).collect();
    println!("    processor time a request: {}", threads.join(", "));
}

fn scim_creates(gateway: &Gateway) -> Outcome {
    let requests = (0..CREATES).map(|n| {
        let address = format!("u{n}@acme.example");
        let body = format!(
            r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{address}","externalId":"x{n}","name":{{"givenName":"Given","familyName":"Family{n}"}},"displayName":"Given Family{n}","emails":[{{"value":"{address}","type":"work","primary":true}}],"active":true}}"#
        );
        gateway.scim("POST", "/Users", &body)
    });
    drive(gateway, &requests.collect::<Vec<_>>(), "201")
}

fn saml_logins(gateway: &Gateway) -> Outcome {
    let mut connection = Connection::open(gateway.address);
    let requests = (0..LOGINS).map(|n| {
        let address = format!("u{n}@acme.example");
        let account = Account { email: &address, first_name: "Given", last_name: "Family", groups: &[STAFF] };
        gateway.signed_response(&mut connection, &account)
    });
    drive(gateway, &requests.collect::<Vec<_>>(), "303")
}

/// Sends the requests over the connections, each its share, and insists on the status.
fn drive(gateway: &Gateway, requests: &[String], status: &str) -> Outcome {
    let chunk = requests.len().div_ceil(CONNECTIONS);
    let (start, busy_before) = (Instant::now(), client::processor_time("self"));
    let before = client::by_thread();
    let generator: f64 = std::thread::scope(|scope| {
        let threads: Vec<_> = requests
            .chunks(chunk)
            .map(|share| {
                scope.spawn(move || {
                    let mut connection = Connection::open(gateway.address);
                    for request in share {
                        let answer = connection.send(request);
                        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
                    }
                    client::processor_time("thread-self")
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let busy = client::processor_time("self") - busy_before;
    let each = |(name, after): (String, f64)| {
        let used = after - before.get(&name).copied().unwrap_or(0.0);
        (name, used * 1e6 / requests.len() as f64)
    };
    let mut by_thread: Vec<_> = client::by_thread().into_iter().map(each).collect();
    by_thread.push(("generator".into(), generator * 1e6 / requests.len() as f64));
    Outcome {
        a_second: requests.len() as f64 / start.elapsed().as_secs_f64(),
        generator_share: generator / busy.max(f64::EPSILON),
        by_thread,
    }
}
