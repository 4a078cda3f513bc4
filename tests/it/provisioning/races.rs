//! What happens to a user beside what happens to its groups, on PostgreSQL: on SQLite there is one writer.

use std::rc::Rc;

use diesel::{
    Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, sql_query, sql_types::BigInt,
};
use serde_json::{Value, json};
use vestibule::{
    model::{
        UserStatus,
        ids::{GroupId, UserId},
    },
    store::{
        StoreError, Tx, group_members, groups, name_locks,
        parked_members::{self, ParkedMember},
        users::{self, User},
    },
};

use super::support::{Scim, user};
use crate::support::{Kind, on_both_databases, races::while_open};

fn add(member: &str) -> Value {
    json!([{ "op": "add", "path": "members", "value": [{ "value": member }] }])
}

fn remove(member: &str) -> Value {
    json!([{ "op": "remove", "path": format!("members[value eq \"{member}\"]") }])
}

/// How many of the rows nobody has locked.
fn unlocked(scim: &Scim, rows: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let query = format!(
        "SELECT count(*) AS count FROM (SELECT 1 FROM {rows} FOR NO KEY UPDATE SKIP LOCKED) AS found"
    );
    let mut connection = PgConnection::establish(&scim.gateway.database.url).unwrap();
    sql_query(query).get_result::<Count>(&mut connection).unwrap().count
}

async fn members(scim: &Scim, group: &str) -> Value {
    scim.get(&format!("/Groups/{group}?attributes=members.value")).await.body["members"].clone()
}

#[actix_web::test]
async fn who_is_being_deleted_does_not_become_a_member() {
    let scim = Scim::start(Kind::Postgres).await;
    let (ada, group) = (scim.user("ada").await, scim.group("Team", &[]).await);
    let (acme, id) = (scim.gateway.acme.id.clone(), UserId::parse(&ada).unwrap());
    // What a deletion does that has looked for the groups.
    let delete = move |tx: &mut Tx<'_>| {
        let user = users::lock(tx, &acme, &id)?.unwrap();
        group_members::remove_user(tx, &acme, &id)?;
        users::update(tx, &User { status: UserStatus::Deleted, ..user })
    };
    let path = format!("/Groups/{group}");
    for second in [
        scim.patch(&path, add(&ada)),
        scim.put(&path, json!({ "schemas": [super::support::GROUP], "displayName": "Team", "members": [{ "value": ada }] })),
    ] {
        let is_free = async || {
            let row = format!("groups WHERE id = '{group}'");
            assert_eq!(unlocked(&scim, &row), 1, "who waits for a user has no group locked");
        };
        let answer = while_open(&scim.gateway, delete.clone(), second, is_free).await;
        assert_eq!(answer.refusal(), (400, "invalidValue"), "{}", answer.body);
        assert_eq!(members(&scim, &group).await, Value::Null, "a tombstone is no member");
        scim.gateway.database.execute(&[], &["UPDATE users SET status = 'active' WHERE status = 'deleted'"]);
    }
}

#[actix_web::test]
async fn who_deletes_a_user_has_its_groups_before_its_memberships() {
    let scim = Scim::start(Kind::Postgres).await;
    let ada = scim.user("ada").await;
    let groups = [scim.group("Team", &[&ada]).await, scim.group("All", &[&ada]).await];
    let (acme, first) = (scim.gateway.acme.id.clone(), GroupId::parse(&groups[1]).unwrap());
    let change = move |tx: &mut Tx<'_>| groups::lock_all(tx, &acme, std::slice::from_ref(&first));
    let is_free = async || {
        let rows = format!("group_members WHERE member_user_id = '{ada}'");
        assert_eq!(unlocked(&scim, &rows), 2, "who waits for a group has no membership locked");
    };
    let deleted = while_open(&scim.gateway, change, scim.delete(&format!("/Users/{ada}")), is_free).await;
    assert_eq!(deleted.status, 204);
    for group in &groups {
        let shown = scim.get(&format!("/Groups/{group}")).await;
        assert_eq!((&shown.body["members"], shown.header("etag")), (&json!([]), "W/\"2\""));
    }
}

#[actix_web::test]
async fn a_member_who_is_named_while_it_is_made_is_one() {
    let scim = Scim::start(Kind::Postgres).await;
    let (bob, group) = (scim.user("bob@acme.example").await, scim.group("Team", &[]).await);
    let (row, connection) = (scim.row(&bob).await.unwrap(), scim.connection().await);
    // What a create does that has found nobody waiting.
    let create = move |tx: &mut Tx<'_>| {
        let name = "ada@acme.example";
        let (id, email) = (UserId::from_u128(7), Some(name.to_owned()));
        let made = User { id, user_name_folded: email.clone(), email_folded: email, ..row.clone() };
        name_locks::insert(tx, &connection, &made, &[name.to_owned(), name.to_owned()])?;
        assert_eq!(parked_members::groups_of(tx, &connection, [name, name])?, []);
        Ok::<_, StoreError>(())
    };
    let named = scim.patch(&format!("/Groups/{group}"), add("Ada@acme.example"));
    let answer = while_open(&scim.gateway, create, named, async || ()).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    assert_eq!(members(&scim, &group).await[0]["value"], json!(UserId::from_u128(7)));
}

#[actix_web::test]
async fn a_user_who_is_made_or_renamed_while_it_is_waited_for_is_a_member() {
    let scim = Scim::start(Kind::Postgres).await;
    let (bob, connection) = (scim.user("bob@acme.example").await, scim.connection().await);
    let renamed = json!([{ "op": "replace", "path": "userName", "value": "new1@acme.example" }]);
    for (number, second) in
        [scim.post("/Users", user("new0@acme.example")), scim.patch(&format!("/Users/{bob}"), renamed)]
            .into_iter()
            .enumerate()
    {
        let group = scim.group(&format!("Team {number}"), &[]).await;
        let (acme, id, connection) =
            (scim.gateway.acme.id.clone(), GroupId::parse(&group).unwrap(), connection.clone());
        // What a change of the group does that has found nobody of the name.
        let park = move |tx: &mut Tx<'_>| {
            let value = format!("new{number}@acme.example");
            name_locks::park(tx, &connection, std::slice::from_ref(&value))?;
            let (organization_id, scim_connection_id) = (acme.clone(), connection.clone());
            let at = vestibule::model::Timestamp::from_millis(1);
            let parked = ParkedMember {
                group_id: id.clone(),
                value,
                organization_id,
                scim_connection_id,
                created_at: at,
            };
            parked_members::add(tx, &[parked])
        };
        let answer = while_open(&scim.gateway, park, second, async || ()).await;
        assert!(answer.status < 300, "{}", answer.body);
        assert_eq!(members(&scim, &group).await[0]["value"], json!(answer.id()));
    }
}

on_both_databases! {
    async fn groups_change_while_their_members_come_and_go(scim: Scim) {
        let mut groups = Vec::new();
        for number in 0..4 {
            groups.push(scim.group(&format!("Team {number}"), &[]).await);
        }
        let mut leavers = Vec::new();
        for number in 0..16 {
            leavers.push(scim.user(&format!("leaver{number}@acme.example")).await);
        }
        for group in &groups {
            let all: Vec<Value> = leavers.iter().map(|id| json!({ "value": id })).collect();
            assert_eq!(scim.patch(&format!("/Groups/{group}"), json!([{ "op": "add", "path": "members", "value": all }])).await.status, 204);
        }
        let (scim, mut tasks) = (Rc::new(scim), Vec::new());
        for (number, leaver) in leavers.iter().cloned().enumerate() {
            let (own, id) = (scim.clone(), leaver.clone());
            tasks.push(actix_web::rt::spawn(async move { assert_eq!(own.delete(&format!("/Users/{id}")).await.status, 204) }));
            let (own, id, path) = (scim.clone(), leaver, format!("/Groups/{}", groups[number % 4]));
            tasks.push(actix_web::rt::spawn(async move {
                assert_eq!(own.patch(&path, remove(&id)).await.status, 204);
                assert!([204, 400].contains(&own.patch(&path, add(&id)).await.status));
            }));
            let (own, name) = (scim.clone(), format!("comer{number}@acme.example"));
            tasks.push(actix_web::rt::spawn(async move { assert_eq!(own.post("/Users", user(&name)).await.status, 201) }));
            let (own, name, path) = (scim.clone(), format!("comer{number}@acme.example"), format!("/Groups/{}", groups[(number + 1) % 4]));
            tasks.push(actix_web::rt::spawn(async move { assert_eq!(own.patch(&path, add(&name)).await.status, 204) }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let directory = scim.directory().await;
        for (number, group) in directory["groups"].as_array().unwrap().iter().enumerate() {
            let mut wanted: Vec<String> = (0..16).filter(|comer| (comer + 1) % 4 == number).map(|comer| format!("comer{comer}@acme.example")).collect();
            wanted.sort_unstable();
            assert_eq!(group["members"], json!(wanted), "who has come is there, and who has gone is not");
        }
    }
}
