//! That adding one member costs the same in any group, and what reading a large group costs.

use crate::{
    Sizes,
    gateway::Gateway,
    measure::{Measured, deal, drive, millis},
    seed::{Database, group_id, user_id},
};

const ADDS: usize = 400;

/// Adds members to groups of all sizes, one request at a time, and reads the groups.
pub fn run(gateway: &Gateway, database: &mut Database, sizes: Sizes) {
    let groups: Vec<usize> =
        [10, 10_000, 100_000].into_iter().filter(|size| size + ADDS <= sizes.users).collect();
    for &size in &groups {
        database.group(gateway, size);
    }
    // The first round warms up.
    let rounds: Vec<Vec<(usize, Measured)>> = (0..2)
        .map(|round| groups.iter().map(|&size| (size, add(gateway, size, round * ADDS / 2))).collect())
        .collect();
    for (size, measured) in &rounds[1] {
        measured.report(&format!("add one member to {size}"));
    }
    if let [(_, small), .., (_, large)] = &rounds[1][..] {
        let (small, large) = (millis(small.percentile(50)), millis(large.percentile(50)));
        println!("    p50 of the largest group: {:.2} times that of the smallest", large / small);
    }
    for size in groups {
        let path = format!("/Groups/{}", group_id(size));
        let get =
            |path: &str| drive(gateway, &deal((0..5).map(|_| gateway.scim("GET", path, "")), 1), &["200"]);
        get(&path).report(&format!("get a group of {size}"));
        get(&format!("{path}?excludedAttributes=members")).report("the same without members");
    }
}

fn add(gateway: &Gateway, size: usize, from: usize) -> Measured {
    let requests = (0..ADDS / 2).map(|n| {
        let body = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"add","path":"members","value":[{{"value":"{}"}}]}}]}}"#,
            user_id(size + from + n)
        );
        gateway.scim("PATCH", &format!("/Groups/{}?excludedAttributes=members", group_id(size)), &body)
    });
    drive(gateway, &deal(requests, 1), &["200", "204"])
}
