//! One kind of request after the other, on a directory of very many users.

use crate::{
    Sizes,
    gateway::Gateway,
    measure::{deal, drive},
    seed::user_id,
};

const CONNECTIONS: usize = 32;
const WRITES: usize = 2_000;
const FILTERS: usize = 40_000;
const LISTS: usize = 200;
const BULKS: usize = 40;
const IN_A_BULK: usize = 50;

/// Measures each kind, and prints it.
pub fn run(gateway: &Gateway, sizes: Sizes) {
    // Users all over the directory, in no order that an index has.
    let some = |n: usize| (n * 7_919 + 13) % sizes.users;
    let many = |count: usize, status: &'static str, request: &dyn Fn(usize) -> String| {
        drive(gateway, &deal((0..count).map(request), CONNECTIONS), &[status])
    };
    many(WRITES, "201", &|n| create(gateway, n)).report("create");
    many(WRITES, "200", &|n| replace(gateway, some(n))).report("replace");
    many(WRITES, "200", &|n| patch(gateway, some(n))).report("patch");
    let get = |path: String| gateway.scim("GET", &path, "");
    many(WRITES, "200", &|n| get(format!("/Users/{}", user_id(some(n))))).report("get");
    let by_name = |n: usize| get(format!("/Users?filter=userName%20eq%20%22seed{}@acme.example%22", some(n)));
    many(FILTERS, "200", &by_name).report("filter by userName");
    let by_external_id = |n: usize| get(format!("/Users?filter=externalId%20eq%20%22seed{}%22", some(n)));
    many(FILTERS / 4, "200", &by_external_id).report("filter by externalId");
    let page = |start: usize| get(format!("/Users?startIndex={start}&count=100"));
    // One at a time: a page of all users counts them.
    let alone = |count: usize, request: &dyn Fn(usize) -> String| {
        drive(gateway, &deal((0..count).map(request), 1), &["200"])
    };
    alone(LISTS, &|n| page(n * 100 + 1)).report("list, the first pages of 100");
    alone(LISTS / 10, &|n| page(sizes.users - 100 * (n + 1))).report("list, the last pages of 100");
    let sorted = |n: usize| get(format!("/Users?sortBy=userName&startIndex={}&count=100", n + 1));
    alone(LISTS / 10, &sorted).report("list by userName, pages of 100");
    let bulk = many(BULKS, "200", &|n| bulk(gateway, n));
    bulk.report(&format!("Bulk of {IN_A_BULK} creates"));
}

fn create(gateway: &Gateway, n: usize) -> String {
    gateway.scim("POST", "/Users", &user(&format!("created{n}")))
}

/// A user as most providers send it.
pub fn user(name: &str) -> String {
    format!(
        r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{name}@acme.example","externalId":"{name}","name":{{"givenName":"Given","familyName":"{name}"}},"displayName":"Given {name}","emails":[{{"value":"{name}@acme.example","type":"work","primary":true}}],"active":true}}"#
    )
}

fn replace(gateway: &Gateway, n: usize) -> String {
    gateway.scim("PUT", &format!("/Users/{}", user_id(n)), &user(&format!("seed{n}")))
}

fn patch(gateway: &Gateway, n: usize) -> String {
    let body = format!(
        r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"replace","path":"title","value":"Title {n}"}}]}}"#
    );
    gateway.scim("PATCH", &format!("/Users/{}", user_id(n)), &body)
}

fn bulk(gateway: &Gateway, n: usize) -> String {
    let operation = |of: usize| {
        let data = user(&format!("bulk{n}x{of}"));
        format!(r#"{{"method":"POST","path":"/Users","bulkId":"b{of}","data":{data}}}"#)
    };
    let operations: Vec<_> = (0..IN_A_BULK).map(operation).collect();
    let body = format!(
        r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{}]}}"#,
        operations.join(",")
    );
    gateway.scim("POST", "/Bulk", &body)
}
