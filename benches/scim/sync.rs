//! Whole initial syncs of one customer, as Okta and as Entra do them, while people of another customer sign in.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use vestibule::{
    devidp::Account,
    model::secret::Secret,
    service::{
        Actor,
        directory::{self, NewOrganization},
    },
};

use crate::{
    Sizes,
    client::Connection,
    gateway::{Gateway, runtime},
    measure::{Measured, deal, drive, millis, timed},
    requests::user,
};

/// Connections of the provider.
const CONNECTIONS: usize = 8;
/// Logins that are made ready for each run.
const LOGINS: usize = 1_500;
/// Between two logins of the other customer.
const PAUSE: Duration = Duration::from_millis(10);

/// Runs both syncs, each with logins beside it, after logins alone.
pub fn run(gateway: &Gateway, sizes: Sizes) {
    let alone = sign_in(gateway, &presigned(gateway, 0), &AtomicBool::new(false));
    alone.report("logins alone");
    for (name, n) in [("Okta", 1), ("Entra", 2)] {
        let (token, responses) = (customer(gateway, name), presigned(gateway, n * LOGINS));
        let (done, start) = (AtomicBool::new(false), Instant::now());
        let (during, requests) = std::thread::scope(|scope| {
            let people = scope.spawn(|| sign_in(gateway, &responses, &done));
            let requests = Sync { gateway, token: &token, name, sizes }.run();
            done.store(true, Ordering::Relaxed);
            (people.join().unwrap(), requests)
        });
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "  sync as {name}: {requests} requests in {seconds:.1} s, {:.0} a second",
            requests as f64 / seconds
        );
        during.report(&format!("logins of another during {name}"));
        let (before, now) = (millis(alone.percentile(99)), millis(during.percentile(99)));
        println!("    p99 of those logins: {:.2} times what it is alone", now / before);
    }
}

/// An organization that is provisioned, and its token.
fn customer(gateway: &Gateway, name: &str) -> Secret {
    let (cx, actor, project) = (&gateway.cx, Actor::operator(), &gateway.project.id);
    runtime().block_on(async {
        let new = NewOrganization { display_name: name.into(), external_id: None };
        let organization = directory::create_organization(cx, &actor, project, new).await.unwrap();
        let key = directory::create_scim_api_key(cx, &actor, project, &organization.id, name).await;
        key.unwrap().1
    })
}

struct Sync<'a> {
    gateway: &'a Gateway,
    token: &'a Secret,
    name: &'a str,
    sizes: Sizes,
}

impl Sync<'_> {
    /// Each user is looked for and created; each group too, and its members are added: Okta names a hundred at a time,
    /// Entra one in each request. How many requests it took.
    fn run(&self) -> usize {
        let ids = self.users();
        let mut connection = Connection::open(self.gateway.address);
        let per_group = (ids.len() / self.sizes.sync_groups.max(1)).max(1);
        let at_once = if self.name == "Okta" { 100 } else { 1 };
        let mut patches = Vec::new();
        for (n, members) in ids.chunks(per_group).take(self.sizes.sync_groups).enumerate() {
            let group = self.group(&mut connection, n);
            patches.extend(members.chunks(at_once).map(|some| self.add(&group, some)));
        }
        let groups = ids.len().div_ceil(per_group).min(self.sizes.sync_groups);
        let patches = drive(self.gateway, &deal(patches.into_iter(), CONNECTIONS), &["200", "204"]);
        2 * ids.len() + 2 * groups + patches.times.len()
    }

    fn send(&self, method: &str, path: &str, body: &str) -> String {
        self.gateway.scim_as(self.token, method, path, body)
    }

    /// The ids of the users that it has made.
    fn users(&self) -> Vec<String> {
        std::thread::scope(|scope| {
            let share = |share: usize| {
                let mut connection = Connection::open(self.gateway.address);
                let numbers = (share..self.sizes.sync_users).step_by(CONNECTIONS);
                numbers.map(|n| self.user(&mut connection, n)).collect::<Vec<_>>()
            };
            let threads: Vec<_> = (0..CONNECTIONS).map(|n| scope.spawn(move || share(n))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        })
    }

    fn user(&self, connection: &mut Connection, n: usize) -> String {
        let name = format!("{}{n}", self.name);
        let find = format!("/Users?filter=userName%20eq%20%22{name}@acme.example%22");
        timed(connection, &self.send("GET", &find, ""), &["200"]);
        id_in(&timed(connection, &self.send("POST", "/Users", &user(&name)), &["201"]).1)
    }

    fn group(&self, connection: &mut Connection, n: usize) -> String {
        let name = self.name;
        let find = format!("/Groups?filter=displayName%20eq%20%22{name}%20{n}%22&excludedAttributes=members");
        timed(connection, &self.send("GET", &find, ""), &["200"]);
        let body = format!(
            r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"{name} {n}"}}"#
        );
        id_in(&timed(connection, &self.send("POST", "/Groups", &body), &["201"]).1)
    }

    fn add(&self, group: &str, members: &[String]) -> String {
        let members: Vec<_> = members.iter().map(|id| format!(r#"{{"value":"{id}"}}"#)).collect();
        let body = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"add","path":"members","value":[{}]}}]}}"#,
            members.join(",")
        );
        self.send("PATCH", &format!("/Groups/{group}?excludedAttributes=members"), &body)
    }
}

/// The id of the resource in an answer.
fn id_in(answer: &str) -> String {
    answer.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
}

/// Requests to the ACS, each of somebody who has not signed in before.
fn presigned(gateway: &Gateway, from: usize) -> Vec<String> {
    let mut connection = Connection::open(gateway.address);
    let sign = |n: usize| {
        let address = format!("person{n}@acme.example");
        let account =
            Account { email: &address, first_name: "Given", last_name: "Family", groups: &["Staff"] };
        gateway.signed_response(&mut connection, &account)
    };
    (from..from + LOGINS).map(sign).collect()
}

/// Signs people in, one after the other with a pause, until told to stop or everybody is in.
fn sign_in(gateway: &Gateway, responses: &[String], stop: &AtomicBool) -> Measured {
    let (mut connection, start) = (Connection::open(gateway.address), Instant::now());
    let mut times = Vec::new();
    for response in responses {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        times.push(timed(&mut connection, response, &["303"]).0);
        std::thread::park_timeout(PAUSE);
    }
    times.sort_unstable();
    Measured { times, elapsed: start.elapsed(), processor: 0.0 }
}
