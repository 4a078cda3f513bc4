//! Groups and their members.

use std::rc::Rc;

use serde_json::{Value, json};
use vestibule::{
    model::ids::GroupId,
    store::{
        Tx,
        group_members::{self, GroupMember},
        groups::{self, Group},
        scim_connections, scim_groups,
    },
};

use super::support::{GROUP, PATCH, Scim, USER, user};
use crate::support::on_both_databases;

/// The ids of the members that a group shows.
async fn members(scim: &Scim, group: &str) -> Vec<String> {
    let body = scim.get(&format!("/Groups/{group}")).await.body;
    let members = body["members"].as_array().cloned().unwrap_or_default();
    members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
}

fn add(id: &str) -> Value {
    json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }])
}

on_both_databases! {
    async fn adds_at_the_same_time_are_all_kept(scim: Scim) {
        let group = scim.group("Everyone", &[]).await;
        let mut ids = Vec::new();
        for number in 0..120 {
            ids.push(scim.user(&format!("user{number}@acme.example")).await);
        }
        let scim = Rc::new(scim);
        let spawn = |id: String| {
            let (scim, path) = (scim.clone(), format!("/Groups/{group}"));
            actix_web::rt::spawn(async move { scim.patch(&path, add(&id)).await.status })
        };
        let tasks: Vec<_> = ids.iter().cloned().map(spawn).collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 204);
        }
        let mut found = members(&scim, &group).await;
        found.sort_unstable();
        ids.sort_unstable();
        assert_eq!(found, ids);
        assert_eq!(scim.get(&format!("/Groups/{group}?attributes=id")).await.header("etag"), "W/\"121\"");
    }

    async fn r22_unknown_members_are_refused_and_nothing_is_half_done(scim: Scim) {
        let anna = scim.user("anna@acme.example").await;
        let group = scim.group("Team", &[]).await;
        for id in ["nobody", "user_0000000000000000000000000", "group_0000000000000000000000000", "8f6e4b1c-1d2e"] {
            let operations = json!([
                { "op": "replace", "path": "displayName", "value": "Changed" },
                { "op": "add", "path": "members", "value": [{ "value": anna }, { "value": id }] }
            ]);
            let answer = scim.patch(&format!("/Groups/{group}"), operations).await;
            assert_eq!(answer.refusal(), (400, "invalidValue"), "{id}");
        }
        assert!(members(&scim, &group).await.is_empty());
        assert_eq!(scim.get(&format!("/Groups/{group}")).await.body["displayName"], "Team");
    }

    async fn members_by_user_name_may_come_before_their_users(scim: Scim) {
        let group = scim.group("Team", &["late@acme.example"]).await;
        assert!(members(&scim, &group).await.is_empty());
        let late = scim.user("late@acme.example").await;
        assert_eq!(members(&scim, &group).await, std::slice::from_ref(&late));
        let by_name = scim.group("By name", &["LATE@acme.example"]).await;
        assert_eq!(members(&scim, &by_name).await, [late]);
        scim.patch(&format!("/Groups/{group}"), add("later@acme.example")).await;
        let forget = json!([{ "op": "remove", "path": "members", "value": [{ "value": "later@acme.example" }] }]);
        assert_eq!(scim.patch(&format!("/Groups/{group}"), forget).await.status, 204);
        scim.user("later@acme.example").await;
        assert_eq!(members(&scim, &group).await.len(), 1, "what was taken back is forgotten");
    }

    async fn l06_a_name_that_waits_compares_as_user_names_do(scim: Scim) {
        let group = scim.group("Team", &["Bob@Acme.example", "Ann@acme.example"]).await;
        let bob = scim.user("bob@acme.EXAMPLE").await;
        assert_eq!(members(&scim, &group).await, [bob]);
        let remove = json!([{ "op": "remove", "path": "members", "value": [{ "value": "aNN@acme.example" }] }]);
        assert_eq!(scim.patch(&format!("/Groups/{group}"), remove).await.status, 204);
        scim.user("ann@acme.example").await;
        assert_eq!(members(&scim, &group).await.len(), 1, "what was taken back is forgotten");
    }

    async fn m05_members_are_found_by_every_name_in_one_request(scim: Scim) {
        let body = |name: &str, external_id: &str| json!({ "schemas": [USER], "userName": name, "externalId": external_id });
        let anna = scim.post("/Users", body("anna@acme.example", "00u1")).await.id();
        let ben = scim.post("/Users", body("ben@acme.example", "00U1")).await.id();
        let carl = scim.user("carl@acme.example").await;
        let mut wanted = vec![anna, ben, carl];
        wanted.sort_unstable();
        let group = scim.group("Team", &["00u1", "00U1", "CARL@acme.example", "late@acme.example"]).await;
        assert_eq!(members(&scim, &group).await, wanted);
        // One value that two users go by names neither.
        scim.post("/Users", body("dora@acme.example", "carl@acme.example")).await;
        let twofold = scim.patch(&format!("/Groups/{group}"), add("carl@acme.example")).await;
        assert_eq!(twofold.refusal(), (400, "invalidValue"));
        let remove = json!([{ "op": "remove", "path": "members", "value": [{ "value": "00u1" }, { "value": "00U1" }] }]);
        assert_eq!(scim.patch(&format!("/Groups/{group}"), remove).await.status, 204);
        assert_eq!(members(&scim, &group).await.len(), 1);
    }

    async fn m05_members_are_capped_by_request_and_those_to_come_by_group(scim: Scim) {
        let names = |count: usize| (0..count).map(|number| format!("{number}@x")).collect::<Vec<_>>();
        let body = |name: &str, count: usize| json!({ "schemas": [GROUP], "displayName": name, "members": names(count) });
        assert_eq!(scim.post("/Groups", body("Huge", 100_001)).await.refusal(), (400, "tooMany"));
        assert_eq!(scim.post("/Groups", body("Many", 10_001)).await.refusal(), (400, "tooMany"));
        let full = scim.post("/Groups", body("Full", 10_000)).await;
        assert_eq!(full.status, 201);
        let path = format!("/Groups/{}", full.id());
        assert_eq!(scim.patch(&path, add("one@more")).await.refusal(), (400, "tooMany"));
        assert_eq!(scim.patch(&path, add("7@X")).await.status, 204, "that one waits already");
        let remove = json!([{ "op": "remove", "path": "members", "value": names(40_000) }]);
        assert_eq!(scim.patch(&path, remove).await.status, 204);
        assert_eq!(scim.patch(&path, add("one@more")).await.status, 204);
    }

    async fn a_large_group_is_read_in_pages_and_shown_whole(scim: Scim) {
        let ids = scim.seeded(2_300).await;
        let group = scim.group("Large", &[]).await;
        let values: Vec<_> = ids.iter().map(|id| json!({ "value": id })).collect();
        let everybody = json!([{ "op": "add", "path": "members", "value": values }]);
        assert_eq!(scim.patch(&format!("/Groups/{group}"), everybody).await.status, 204);
        let answer = scim.get(&format!("/Groups/{group}")).await;
        assert_eq!((answer.status, answer.id()), (200, group.clone()));
        assert!(answer.header("etag").starts_with("W/"));
        assert_eq!(members(&scim, &group).await, ids, "each of them, once, in order");
        let some = scim.get(&format!("/Groups/{group}?attributes=members.value")).await.body;
        assert_eq!(some["members"][2_299], json!({ "value": ids[2_299] }), "projected on every page");
        assert_eq!(some["displayName"], json!(null));
        let rename = json!({ "schemas": [PATCH], "Operations": [{ "op": "replace", "value": { "displayName": "Large" } }] });
        let path = format!("/Groups/{group}?attributes=members.value");
        let patched = scim.request_as(&scim.acme, "PATCH", &path, Some(&rename)).await.body;
        assert_eq!(patched["members"][2_299], json!({ "value": ids[2_299] }), "whole after a change too");
        let without = scim.get(&format!("/Groups/{group}?excludedAttributes=members")).await.body;
        assert_eq!((&without["members"], &without["displayName"]), (&json!(null), &json!("Large")));
        // What is exactly a page is no more than that.
        let gone: Vec<_> = ids[1_000..].iter().map(|id| json!({ "value": id })).collect();
        let remove = json!([{ "op": "remove", "path": "members", "value": gone }]);
        assert_eq!(scim.patch(&format!("/Groups/{group}"), remove).await.status, 204);
        assert_eq!(members(&scim, &group).await, ids[..1_000]);
    }

    async fn a_list_of_groups_shows_of_each_what_it_shows_alone(scim: Scim) {
        let ids = scim.seeded(12).await;
        let mut last = String::new();
        for number in 0..23_usize {
            let mut members: Vec<&str> = ids.iter().take(number % 13).map(String::as_str).collect();
            if number % 5 == 4 {
                members.push(&last);
            }
            last = scim.group(&format!("{}{number}", ["b", "A", "c"][number % 3]), &members).await;
            scim.gateway.clock.advance(7);
        }
        for shown in ["", "&attributes=members", "&attributes=members.display,displayName", "&excludedAttributes=displayName"] {
            for order in ["", "&sortBy=displayName", "&sortBy=meta.created&sortOrder=descending"] {
                let list = scim.get(&format!("/Groups?count=50{shown}{order}")).await.body;
                assert_eq!((&list["totalResults"], &list["itemsPerPage"]), (&json!(23), &json!(23)), "{shown}{order}");
                for group in list["Resources"].as_array().unwrap() {
                    let path = format!("/Groups/{}?{}", group["id"].as_str().unwrap(), shown.trim_start_matches('&'));
                    assert_eq!(&scim.get(&path).await.body, group, "{shown}{order}");
                }
            }
        }
        let bare = scim.get("/Groups?excludedAttributes=members").await.body;
        assert!(bare["Resources"].as_array().unwrap().iter().all(|group| group.get("members").is_none()));
    }

    async fn l03_more_groups_than_a_statement_takes_are_no_failure(scim: Scim) {
        let groups: Vec<GroupId> = (0..40_000).map(GroupId::from_u128).collect();
        let body = json!({ "schemas": [GROUP], "displayName": "Huge", "members": groups });
        assert_eq!(scim.post("/Groups", body).await.refusal(), (400, "invalidValue"));
        let (organization, now) = (scim.gateway.acme.id.clone(), scim.gateway.now());
        let work = move |tx: &mut Tx<'_>| {
            scim_groups::touch(tx, &organization, &groups, now)?;
            scim_groups::children(tx, &organization, &groups)
        };
        assert_eq!(scim.gateway.cx.store.write(work).await.unwrap(), []);
    }

    async fn l05_requests_at_the_same_time_close_no_circle(scim: Scim) {
        let mut ids = Vec::new();
        for number in 0..8 {
            ids.push(scim.group(&format!("Group {number}"), &[]).await);
        }
        let scim = Rc::new(scim);
        let tasks: Vec<_> = (0..8)
            .map(|number| {
                let (scim, path) = (scim.clone(), format!("/Groups/{}", ids[number]));
                let next = add(&ids[(number + 1) % 8]);
                actix_web::rt::spawn(async move { scim.patch(&path, next).await.refusal().0 })
            })
            .collect();
        let mut refused = 0;
        for task in tasks {
            let status = task.await.unwrap();
            assert!(matches!(status, 204 | 400), "{status}");
            refused += usize::from(status == 400);
        }
        assert_eq!(refused, 1, "the one that would have closed it");
    }

    async fn a_member_by_external_id_is_found(scim: Scim) {
        let body = json!({ "schemas": [USER], "userName": "anna", "externalId": "00u1" });
        let anna = scim.post("/Users", body).await.id();
        let group = scim.group("Team", &["00u1"]).await;
        assert_eq!(members(&scim, &group).await, [anna]);
    }

    async fn scim_033_groups_nest_but_never_into_themselves(scim: Scim) {
        let inner = scim.group("Inner", &[]).await;
        let middle = scim.group("Middle", &[&inner]).await;
        let outer = scim.group("Outer", &[&middle]).await;
        let shown = scim.get(&format!("/Groups/{outer}")).await.body;
        assert_eq!((&shown["members"][0]["type"], &shown["members"][0]["value"]), (&json!("Group"), &json!(middle)));
        for (group, member) in [(&inner, &inner), (&inner, &middle), (&inner, &outer)] {
            let answer = scim.patch(&format!("/Groups/{group}"), add(member)).await;
            assert_eq!(answer.refusal(), (400, "invalidValue"));
        }
        assert_eq!(scim.delete(&format!("/Groups/{middle}")).await.status, 204);
        assert!(members(&scim, &outer).await.is_empty());
    }

    async fn scim_033_groups_nest_on_a_few_levels(scim: Scim) {
        let chain = async |name: &str, length: usize| {
            let mut ids = vec![scim.group(name, &[]).await];
            for level in 1..length {
                ids.push(scim.group(&format!("{name} {level}"), &[&ids[level - 1]]).await);
            }
            ids
        };
        let (low, high) = (chain("Low", 20).await, chain("High", 13).await);
        let join = add(&low[19]);
        let refused = scim.patch(&format!("/Groups/{}", high[0]), join.clone()).await;
        assert_eq!(refused.refusal(), (400, "invalidValue"), "{:?}", refused.body["detail"]);
        assert!(refused.body["detail"].as_str().unwrap().contains("32 levels"));
        assert_eq!(scim.patch(&format!("/Groups/{}", high[1]), join).await.status, 204, "12 and 20");
        let body = json!({ "schemas": [GROUP], "displayName": "Above", "members": [{ "value": high[12] }] });
        assert_eq!(scim.post("/Groups", body).await.refusal(), (400, "invalidValue"));
        // Whoever is at the bottom is in all of them.
        let anna = scim.user("anna@acme.example").await;
        assert_eq!(scim.patch(&format!("/Groups/{}", low[0]), add(&anna)).await.status, 204);
        assert_eq!(scim.get(&format!("/Users/{anna}")).await.body["groups"].as_array().unwrap().len(), 32);
        let found = scim.get(&format!("/Users?filter=groups.value eq \"{}\"", high[12])).await;
        assert_eq!(found.body["totalResults"], 1);
    }

    async fn scim_033_one_request_closes_no_circle_by_many_operations(scim: Scim) {
        let (inner, other) = (scim.group("Inner", &[]).await, scim.group("Other", &[]).await);
        let outer = scim.group("Outer", &[&inner]).await;
        let change = |op: &str, id: &str| json!({ "op": op, "path": "members", "value": [{ "value": id }] });
        let path = format!("/Groups/{inner}");
        let often: Vec<Value> = (0..500).flat_map(|_| [change("add", &other), change("remove", &other)]).collect();
        assert_eq!(scim.patch(&path, json!(often)).await.status, 204);
        let last = json!([change("add", &other), change("add", &outer), change("remove", &outer)]);
        assert_eq!(scim.patch(&path, last).await.refusal(), (400, "invalidValue"));
        assert!(members(&scim, &inner).await.is_empty(), "nothing is half done");
    }

    async fn scim_064_a_filter_is_about_no_more_groups_than_a_statement_takes(scim: Scim) {
        let top = scim.group("Top", &[]).await;
        let (organization, id) = (scim.gateway.acme.id.clone(), GroupId::parse(&top).unwrap());
        let fill = move |tx: &mut Tx<'_>| {
            let connection = scim_connections::find_default(tx, &organization)?.unwrap().id;
            let template = groups::find_scim(tx, &connection, &id)?.unwrap();
            let mut rows = Vec::new();
            for number in 0..10_000 {
                let nested = Group { id: GroupId::from_u128(number), ..template.clone() };
                groups::insert(tx, &nested)?;
                rows.push(GroupMember {
                    group_id: id.clone(),
                    member_id: nested.id.to_string(),
                    organization_id: organization.clone(),
                    member_user_id: None,
                    member_group_id: Some(nested.id),
                    created_at: template.created_at,
                });
            }
            group_members::add(tx, &rows)
        };
        assert_eq!(scim.gateway.cx.store.write(fill).await.unwrap(), 10_000);
        let found = scim.get(&format!("/Users?filter=groups.value eq \"{top}\"")).await;
        assert_eq!(found.refusal(), (400, "tooMany"));
        let one = scim.get(&format!("/Users?filter=groups.value eq \"{}\"", GroupId::from_u128(7))).await;
        assert_eq!((one.status, &one.body["totalResults"]), (200, &json!(0)));
    }

    async fn replace_sets_exactly_these_members(scim: Scim) {
        let (anna, ben) = (scim.user("anna@acme.example").await, scim.user("ben@acme.example").await);
        let group = scim.group("Team", &[&anna]).await;
        let body = |ids: Value| json!({ "schemas": [GROUP], "displayName": "Team", "members": ids });
        let path = format!("/Groups/{group}");
        assert_eq!(scim.put(&path, body(json!([{ "value": ben }]))).await.header("etag"), "W/\"2\"");
        assert_eq!(members(&scim, &group).await, std::slice::from_ref(&ben));
        assert_eq!(scim.put(&path, body(json!([{ "value": ben }]))).await.header("etag"), "W/\"2\"", "no change");
        scim.put(&path, body(json!(null))).await;
        assert!(members(&scim, &group).await.is_empty());
    }

    async fn scim_042_changes_that_are_repeated_succeed_and_change_nothing(scim: Scim) {
        let anna = scim.user("anna@acme.example").await;
        let group = scim.group("Team", &[]).await;
        let path = format!("/Groups/{group}");
        for _ in 0..2 {
            assert_eq!(scim.patch(&path, add(&anna)).await.header("etag"), "W/\"2\"");
        }
        let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{anna}\"]") }]);
        for _ in 0..2 {
            assert_eq!(scim.patch(&path, remove.clone()).await.header("etag"), "W/\"3\"");
        }
        assert_eq!(scim.gateway.events(&group).await, ["group.created", "group.updated", "group.updated"]);
    }

    async fn a_selection_of_a_member_may_say_its_type(scim: Scim) {
        let (anna, inner) = (scim.user("anna@acme.example").await, scim.group("Inner", &[]).await);
        let group = scim.group("Team", &[&anna, &inner]).await;
        let select = async |kind: &str, value: &str| {
            let path = format!("members[type eq \"{kind}\" and value eq \"{value}\"]");
            let remove = json!([{ "op": "remove", "path": path }]);
            assert_eq!(scim.patch(&format!("/Groups/{group}"), remove).await.status, 204);
            members(&scim, &group).await.len()
        };
        assert_eq!(select("Group", &anna).await, 2, "she is none");
        assert_eq!(select("Group", "anna@acme.example").await, 2, "by name neither");
        assert_eq!(select("User", &inner).await, 2);
        assert_eq!(select("User", "anna@acme.example").await, 1);
        assert_eq!(select("group", &inner).await, 0);
    }

    async fn scim_051_a_patch_answers_204_unless_attributes_are_asked_for(scim: Scim) {
        let group = scim.group("Team", &[]).await;
        let rename = |name: &str| json!([{ "op": "replace", "path": "displayName", "value": name }]);
        let quiet = scim.patch(&format!("/Groups/{group}"), rename("A")).await;
        assert_eq!((quiet.status, quiet.body), (204, Value::Null));
        let shown = scim.patch(&format!("/Groups/{group}?attributes=displayName"), rename("B")).await;
        assert_eq!((shown.status, &shown.body["displayName"]), (200, &json!("B")));
    }

    async fn names_are_unique_on_a_connection(scim: Scim) {
        scim.group("Team", &[]).await;
        let other = scim.group("Other", &[]).await;
        let taken = json!([{ "op": "replace", "path": "displayName", "value": "TEAM" }]);
        assert_eq!(scim.patch(&format!("/Groups/{other}"), taken).await.refusal(), (409, "uniqueness"));
        let body = json!({ "schemas": [GROUP], "displayName": "Other" });
        assert_eq!(scim.put(&format!("/Groups/{other}"), body).await.status, 200, "not with itself");
        let globex = json!({ "schemas": [GROUP], "displayName": "Team" });
        assert_eq!(scim.request_as(&scim.globex, "POST", "/Groups", Some(&globex)).await.status, 201);
    }

    async fn a_user_shows_its_groups_only_where_they_are_asked_for(scim: Scim) {
        let anna = scim.post("/Users", user("anna@acme.example")).await.id();
        scim.group("Team", &[&anna]).await;
        let shown = scim.get(&format!("/Users/{anna}")).await.body;
        assert_eq!(shown["groups"][0]["display"], "Team");
        let without = scim.get(&format!("/Users/{anna}?excludedAttributes=groups")).await.body;
        assert!(without.get("groups").is_none());
    }
}
