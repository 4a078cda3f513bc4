//! Many writers at once: nothing is lost, nothing is half-applied.

use std::rc::Rc;

use serde_json::{Value, json};

use super::support::{Scim, USER};
use crate::support::on_both_databases;

const WRITERS: usize = 200;
/// Every tenth writer reads, changes and writes back, as Okta's wizard apps do; the others patch.
const REPLACES: usize = 10;

fn runs_replace(number: usize) -> bool {
    number.is_multiple_of(REPLACES)
}

/// Reads, changes and writes back until nobody came between.
async fn replace(scim: &Scim, path: &str, change: impl Fn(&mut Value)) {
    for _ in 0..2_000 {
        let read = scim.get(path).await;
        let mut body = read.body.clone();
        change(&mut body);
        let request = scim.request(&scim.acme, "PUT", path, Some(&body));
        let answer = scim.send(request.insert_header(("if-match", read.header("etag")))).await;
        match answer.status {
            200 => return,
            412 => {}
            other => panic!("{other}: {}", answer.body),
        }
    }
    panic!("others always came between");
}

fn push(body: &mut Value, name: &str, element: Value) {
    match body[name].as_array_mut() {
        Some(list) => list.push(element),
        None => body[name] = json!([element]),
    }
}

async fn all_done(tasks: Vec<actix_web::rt::task::JoinHandle<()>>) {
    for task in tasks {
        task.await.unwrap();
    }
}

fn sorted(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    let mut values: Vec<_> = list.map(|element| element["value"].as_str().unwrap().to_owned()).collect();
    values.sort_unstable();
    values
}

on_both_databases! {
    async fn scim_075_200_writers_on_one_group_lose_no_member(scim: Scim) {
        let mut ids = Vec::new();
        for number in 0..WRITERS {
            ids.push(scim.user(&format!("user{number}@acme.example")).await);
        }
        let (path, scim) = (format!("/Groups/{}", scim.group("Everyone", &[]).await), Rc::new(scim));
        let tasks = ids.iter().cloned().enumerate().map(|(number, id)| {
            let (scim, path) = (scim.clone(), path.clone());
            actix_web::rt::spawn(async move {
                if runs_replace(number) {
                    replace(&scim, &path, |body| push(body, "members", json!({ "value": id }))).await;
                } else {
                    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]);
                    assert_eq!(scim.patch(&path, add).await.status, 204);
                }
            })
        });
        all_done(tasks.collect()).await;
        ids.sort_unstable();
        assert_eq!(sorted(&scim.get(&path).await.body["members"]), ids);
        let version = scim.get(&format!("{path}?excludedAttributes=members")).await;
        assert_eq!(version.header("etag"), format!("W/\"{}\"", WRITERS + 1), "each change counts once");
    }

    async fn scim_075_200_writers_on_one_user_lose_no_value(scim: Scim) {
        let (path, scim) = (format!("/Users/{}", scim.user("anna@acme.example").await), Rc::new(scim));
        let tasks = (0..WRITERS).map(|number| {
            let (scim, path) = (scim.clone(), path.clone());
            actix_web::rt::spawn(async move {
                let phone = json!({ "value": format!("{number:03}"), "type": "work" });
                if runs_replace(number) {
                    replace(&scim, &path, |body| push(body, "phoneNumbers", phone.clone())).await;
                } else {
                    let add = json!([{ "op": "add", "path": "phoneNumbers", "value": [phone] }]);
                    assert_eq!(scim.patch(&path, add).await.status, 200);
                }
            })
        });
        all_done(tasks.collect()).await;
        let wanted: Vec<String> = (0..WRITERS).map(|number| format!("{number:03}")).collect();
        assert_eq!(sorted(&scim.get(&path).await.body["phoneNumbers"]), wanted);
    }

    async fn two_creates_with_one_address_at_once_are_two_users(scim: Scim) {
        let scim = Rc::new(scim);
        for number in 0..20 {
            let tasks = ["a", "b", "c"].into_iter().map(|name| {
                let scim = scim.clone();
                actix_web::rt::spawn(async move {
                    let body = json!({
                        "schemas": [USER], "userName": format!("{name}{number}"),
                        "emails": [{ "value": format!("shared{number}@acme.example") }],
                    });
                    let answer = scim.post("/Users", body).await;
                    assert_eq!(answer.status, 201, "{}", answer.body);
                })
            });
            all_done(tasks.collect()).await;
        }
        let people = scim.directory().await["users"].as_array().unwrap().clone();
        let with_address = people.iter().filter(|user| !user["email"].is_null()).count();
        assert_eq!((people.len(), with_address), (60, 20), "and each address signs one of them in");
    }
}
