//! A filter means the same wherever it is answered: what SQL finds in a random directory is what an evaluation over every
//! resource finds.

use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};
use vestibule::scim::{
    filter::{self, bind, matches},
    schema::{GROUP as GROUP_TYPE, ResourceType, USER as USER_TYPE},
};

use super::support::{GROUP, Scim, USER};
use crate::support::on_both_databases;

/// Few letters, so that comparisons hit; some that fold, escape and sort in ways of their own.
fn text() -> impl Strategy<Value = String> {
    "[abAB]{1,3}|[a%_\\\\]{1,2}|ß|SS|Å|å|z{1,2}|a b"
}

fn person(number: usize) -> impl Strategy<Value = Value> {
    let email = (proptest::option::of(text()), proptest::option::of("work|Work|home"), any::<bool>());
    (
        text(),
        proptest::option::of(text()),
        proptest::option::of(text()),
        proptest::option::of(text()),
        proptest::option::of(any::<bool>()),
        proptest::collection::vec(email, 0..3),
    )
        .prop_map(move |(name, external_id, display, title, active, emails)| {
            let emails = emails.into_iter().enumerate().map(|(index, (value, kind, primary))| {
                json!({ "value": value, "type": kind, "primary": (primary && index == 0).then_some(true) })
            });
            json!({
                "schemas": [USER], "userName": format!("{name}{number}"), "externalId": external_id,
                "displayName": display, "title": title, "active": active, "emails": emails.collect::<Vec<_>>(),
            })
        })
}

/// What every resource of a type has, or none.
fn of_type() -> impl Strategy<Value = String> {
    let kind = proptest::sample::select(vec!["User", "Group", "user"]);
    let urn = proptest::sample::select(vec![USER.to_owned(), GROUP.to_owned(), GROUP.to_uppercase()]);
    let op = || proptest::sample::select(vec!["eq", "ne", "sw"]);
    prop_oneof![
        (op(), kind).prop_map(|(op, kind)| format!("meta.resourceType {op} \"{kind}\"")),
        (op(), urn).prop_map(|(op, urn)| format!("schemas {op} \"{urn}\"")),
        Just("meta.resourceType pr".to_owned()),
    ]
}

/// One comparison of users. What is in angle brackets is filled with ids and instants of the directory.
fn user_term() -> impl Strategy<Value = String> {
    let op = || proptest::sample::select(vec!["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]);
    let order = || proptest::sample::select(vec!["eq", "ne", "gt", "ge", "lt", "le"]);
    let name = || {
        let names = vec![
            "userName",
            "externalId",
            "displayName",
            "title",
            "emails.value",
            "emails.type",
            "emails",
            "id",
        ];
        proptest::sample::select(names)
    };
    let inner = || {
        (proptest::sample::select(vec!["value", "type"]), op(), text())
            .prop_map(|(name, op, text)| format!("{name} {op} {}", json!(text)))
    };
    prop_oneof![
        6 => (name(), op(), text()).prop_map(|(name, op, text)| format!("{name} {op} {}", json!(text))),
        2 => name().prop_map(|name| format!("{name} pr")),
        1 => (name(), proptest::sample::select(vec!["eq", "ne"])).prop_map(|(name, op)| format!("{name} {op} null")),
        1 => (proptest::sample::select(vec!["eq", "ne"]), any::<bool>()).prop_map(|(op, on)| format!("active {op} {on}")),
        1 => Just("active pr".to_owned()),
        2 => (order(), proptest::sample::select(vec!["meta.created", "meta.lastModified"]), 0..5_u8)
            .prop_map(|(op, name, at)| format!("{name} {op} <instant{at}>")),
        2 => (inner(), inner(), "and|or", any::<bool>()).prop_map(|(a, b, word, not)| {
            if not { format!("emails[not ({a}) {word} {b}]") } else { format!("emails[{a} {word} {b}]") }
        }),
        1 => Just("emails[primary eq true]".to_owned()),
        1 => Just("emails[primary eq true and type eq \"work\"]".to_owned()),
        1 => Just("emails[primary ne true].value pr".to_owned()),
        1 => of_type(),
        1 => Just("id eq <id>".to_owned()),
        1 => Just("groups eq <group>".to_owned()),
        1 => Just("groups.type eq \"indirect\"".to_owned()),
    ]
}

fn group_term() -> impl Strategy<Value = String> {
    let op = || proptest::sample::select(vec!["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]);
    let name = || proptest::sample::select(vec!["displayName", "externalId"]);
    prop_oneof![
        4 => (name(), op(), text()).prop_map(|(name, op, text)| format!("{name} {op} {}", json!(text))),
        1 => name().prop_map(|name| format!("{name} pr")),
        1 => of_type(),
        1 => Just("members pr".to_owned()),
        1 => Just("members eq <id>".to_owned()),
        1 => Just("members[value eq <id>]".to_owned()),
        1 => Just("members.type eq \"Group\"".to_owned()),
        1 => Just("members ne <id>".to_owned()),
        1 => Just("meta.created le <instant1>".to_owned()),
    ]
}

fn filter(term: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    term.prop_recursive(3, 6, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.prop_map(|filter| format!("not ({filter})")),
        ]
    })
}

fn runner(seed: u8) -> TestRunner {
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}

fn some<S: Strategy>(runner: &mut TestRunner, strategy: &S) -> S::Value {
    strategy.new_tree(runner).unwrap().current()
}

/// A random directory: users, and groups within groups.
async fn directory(scim: &Scim, runner: &mut TestRunner) -> (Vec<Value>, Vec<Value>) {
    let mut ids = Vec::new();
    for number in 0..14 {
        let created = scim.post("/Users", some(runner, &person(number))).await;
        if created.status == 201 {
            ids.push(created.id());
        }
        scim.gateway.clock.advance(1_000);
    }
    assert!(ids.len() > 8, "an address that is taken stops a few");
    let mut inner: Option<String> = None;
    for number in 0..4 {
        let (name, external_id) = (some(runner, &text()), some(runner, &proptest::option::of(text())));
        let mut members: Vec<Value> =
            ids.iter().skip(number * 3).take(2).map(|id| json!({ "value": id })).collect();
        members.extend(inner.take().map(|id| json!({ "value": id })));
        let body = json!({ "schemas": [GROUP], "displayName": format!("{name}{number}"), "externalId": external_id, "members": members });
        inner = Some(scim.post("/Groups", body).await.id()).filter(|_| number < 2);
        scim.gateway.clock.advance(1_000);
    }
    // Some without `active`, which neither activates nor deactivates.
    scim.patch(&format!("/Users/{}", ids[0]), json!([{ "op": "remove", "path": "active" }])).await;
    let users = scim.get("/Users?count=200").await.body["Resources"].as_array().unwrap().clone();
    let groups = scim.get("/Groups?count=200").await.body["Resources"].as_array().unwrap().clone();
    (users, groups)
}

fn filled(filter: &str, users: &[Value], groups: &[Value]) -> String {
    let instant = |user: usize, plus: &str| {
        let created = users[user]["meta"]["created"].as_str().unwrap();
        json!(created.replace('Z', plus)).to_string()
    };
    filter
        .replace("<id>", &users[3]["id"].to_string())
        .replace("<group>", &groups[1]["id"].to_string())
        .replace("<instant0>", &instant(2, "Z"))
        .replace("<instant1>", &instant(5, ".0004+00:00"))
        .replace("<instant2>", &instant(7, "-00:00"))
        // A date alone: theirs, and one after all of them.
        .replace("<instant3>", &json!(users[0]["meta"]["created"].as_str().unwrap()[..10]).to_string())
        .replace("<instant4>", "\"2099-01-01\"")
}

async fn compare(scim: &Scim, path: &str, kind: &'static ResourceType, filter: &str, all: &[Value]) {
    let bound = bind(&filter::parse(filter).unwrap(), kind).unwrap();
    let wanted: Vec<&Value> = all
        .iter()
        .filter(|resource| matches(&bound, kind, resource.as_object().unwrap()))
        .map(|resource| &resource["id"])
        .collect();
    let encoded: String = form_urlencoded::byte_serialize(filter.as_bytes()).collect();
    let answer = scim.get(&format!("{path}?count=200&filter={encoded}")).await;
    assert_eq!(answer.status, 200, "{filter}: {}", answer.body);
    let found: Vec<&Value> =
        answer.body["Resources"].as_array().unwrap().iter().map(|resource| &resource["id"]).collect();
    assert_eq!(found, wanted, "{filter} in {all:#?}");
    assert_eq!(answer.body["totalResults"], json!(wanted.len()), "{filter}");
}

on_both_databases! {
    async fn scim_057_064_sql_finds_what_an_evaluation_over_all_finds(scim: Scim) {
        let mut runner = runner(7);
        let (users, groups) = directory(&scim, &mut runner).await;
        for _ in 0..250 {
            let filter = filled(&some(&mut runner, &filter(user_term())), &users, &groups);
            compare(&scim, "/Users", &USER_TYPE, &filter, &users).await;
        }
        for _ in 0..80 {
            let filter = filled(&some(&mut runner, &filter(group_term())), &users, &groups);
            compare(&scim, "/Groups", &GROUP_TYPE, &filter, &groups).await;
        }
    }
}
