//! What one connection may burden everybody with: searches that look at rows, pages of large resources, large bodies.

use actix_web::{http::StatusCode, test};
use serde_json::{Value, json};
use vestibule::{
    http::public_app,
    model::secret::Secret,
    service::provisioning::{Caller, ScimTenant, authenticate},
};

use super::support::{Answer, GROUP, Scim, USER};
use crate::support::on_both_databases;

/// How many requests of one connection are worked on at once.
const TURNS: usize = 64;

/// Users of some 120 kB each.
async fn large_people(scim: &Scim, count: usize) {
    for number in 0..count {
        let entitled = |n: usize| json!({ "value": format!("{n}{}", "x".repeat(1_000)) });
        let body = json!({
            "schemas": [USER], "userName": format!("large{number}@acme.example"), "title": number.to_string(),
            "entitlements": (0..110).map(entitled).collect::<Vec<_>>(),
        });
        assert_eq!(scim.post("/Users", body).await.status, 201);
    }
}

fn names(answer: &Answer) -> Vec<Value> {
    let resources = answer.body["Resources"].as_array().unwrap();
    resources.iter().map(|resource| resource["userName"].clone()).collect()
}

/// Acme's provider, as its next request will be known.
async fn tenant(scim: &Scim) -> ScimTenant {
    let caller = Caller { request_id: "req_test", base: "http://localhost/scim/v2", provider: None };
    authenticate(&scim.gateway.cx, &scim.gateway.project.id, &Secret::new(&scim.acme), caller).await.unwrap()
}

on_both_databases! {
    async fn pages_of_large_users_end_early_and_lose_nobody(scim: Scim) {
        large_people(&scim, 40).await;
        for order in ["", "&sortBy=userName", "&sortBy=title"] {
            let first = scim.get(&format!("/Users?count=100{order}")).await;
            let shown = names(&first).len();
            assert!((2..40).contains(&shown), "{shown}");
            assert_eq!((&first.body["totalResults"], &first.body["itemsPerPage"]), (&json!(40), &json!(shown)));
            let second = scim.get(&format!("/Users?count=100&startIndex={}{order}", shown + 1)).await;
            let mut all = [names(&first), names(&second)].concat();
            all.sort_unstable_by_key(Value::to_string);
            all.dedup();
            assert_eq!(all.len(), 40, "{order}");

            let (mut all, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = scim.get(&format!("/Users?cursor={cursor}&count=100{order}")).await;
                all.extend(names(&page));
                let Some(next) = page.body["nextCursor"].as_str() else { break };
                cursor = next.to_owned();
            }
            all.sort_unstable_by_key(Value::to_string);
            all.dedup();
            assert_eq!(all.len(), 40, "{order}");
        }
    }

    async fn scim_055_groups_come_after_the_last_user_of_all_pages(scim: Scim) {
        large_people(&scim, 40).await;
        for name in ["One", "Two", "Three"] {
            scim.group(name, &[]).await;
        }
        let (mut kinds, mut pages) = (Vec::new(), 0);
        while kinds.len() < 43 {
            let page = scim.get(&format!("/?count=100&startIndex={}", kinds.len() + 1)).await.body;
            let found = page["Resources"].as_array().unwrap();
            assert!(!found.is_empty() && page["totalResults"] == 43, "{}", found.len());
            kinds.extend(found.iter().map(|resource| resource["meta"]["resourceType"].clone()));
            pages += 1;
        }
        assert!(pages > 1, "the first page ends early");
        assert_eq!(kinds.iter().position(|kind| kind == "Group"), Some(40));
        assert_eq!(kinds.len(), 43);
    }

    async fn a_page_of_groups_has_room_for_so_many_members(scim: Scim) {
        let ids = scim.seeded(10_001).await;
        let members: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
        for name in ["First", "Second", "Third"] {
            let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
            assert_eq!(scim.post("/Groups?attributes=displayName", body).await.status, 201);
        }
        let sizes = |answer: &Answer| -> Vec<usize> {
            let groups = answer.body["Resources"].as_array().unwrap();
            groups.iter().map(|group| group["members"].as_array().map_or(0, Vec::len)).collect()
        };
        let first = scim.get("/Groups?attributes=members.value").await;
        assert_eq!((sizes(&first), &first.body["totalResults"]), (vec![10_001], &json!(3)), "whole, and alone");
        let others = scim.get("/Groups?attributes=displayName").await;
        assert_eq!(sizes(&others), [0, 0, 0], "without members there is room");
        let found = scim.get(&format!("/Groups?attributes=displayName&filter=members[value eq \"{}\" and type eq \"User\"]", ids[7])).await;
        assert_eq!(sizes(&found).len(), 3, "a search looks at all of them");
        let terms = vec!["members.display co \"zz\""; 40].join(" or ");
        let refused = scim.get(&format!("/Groups?attributes=displayName&filter={terms}")).await;
        assert_eq!(refused.refusal(), (400, "tooMany"), "members count in what is looked at");
    }

    async fn a_group_with_more_members_than_a_page_is_shown_whole_in_lists(scim: Scim) {
        let ids = scim.seeded(20_003).await;
        let wanted: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
        for (name, members) in [("First", &wanted[..1]), ("Second", &wanted[..]), ("Third", &wanted[..1])] {
            let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
            assert_eq!(scim.post("/Groups?attributes=displayName", body).await.status, 201);
            scim.gateway.clock.advance(1_000);
        }
        let first = scim.get("/Groups?attributes=members.value&sortBy=meta.created").await.body;
        assert_eq!((&first["itemsPerPage"], &first["totalResults"]), (&json!(1), &json!(3)));
        for path in ["/Groups?startIndex=2&", "/Groups?filter=displayName eq \"Second\"&", "/?startIndex=20006&"] {
            let page = scim.get(&format!("{path}attributes=members.value&sortBy=meta.created&count=2")).await.body;
            assert_eq!((&page["itemsPerPage"], page["Resources"].as_array().unwrap().len()), (&json!(1), 1), "{path}");
            assert!(page["Resources"][0]["members"] == json!(wanted), "{path}");
        }
        let cursor = scim.get("/Groups?cursor&sortBy=meta.created&attributes=members.value").await.body;
        let next = cursor["nextCursor"].as_str().unwrap();
        let path = format!("/Groups?cursor={next}&sortBy=meta.created&attributes=members.value");
        let second = scim.get(&path).await.body;
        assert!(second["Resources"][0]["members"] == json!(wanted) && second["nextCursor"].is_string());
        let bare = scim.get("/Groups?excludedAttributes=members&sortBy=meta.created").await.body;
        assert_eq!(bare["itemsPerPage"], 3);
        let found = scim.get("/Groups?attributes=id&filter=members.type eq \"User\"").await.body;
        assert_eq!(found["totalResults"], 3, "a search looks at all of them");
        // Of two types, nothing comes after it on its page.
        let both = "/?filter=displayName eq \"Second\" or userName pr&sortBy=userName&sortOrder=descending";
        let page = scim.get(&format!("{both}&attributes=members.value&count=5")).await.body;
        assert_eq!((&page["itemsPerPage"], &page["totalResults"]), (&json!(1), &json!(20_005)));
        assert!(page["Resources"][0]["members"] == json!(wanted));
    }

    async fn a_page_of_users_has_room_for_so_many_groups(scim: Scim) {
        let ids = scim.seeded(130).await;
        let members: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
        for number in 0..160 {
            let body = json!({ "schemas": [GROUP], "displayName": format!("Team {number}"), "members": members });
            assert_eq!(scim.post("/Groups?attributes=displayName", body).await.status, 201);
        }
        let (mut shown, mut groups) = (0, 0);
        while shown < 131 {
            let page = scim.get(&format!("/Users?attributes=groups.value&startIndex={}", shown + 1)).await.body;
            let users = page["Resources"].as_array().unwrap();
            let of_page: usize = users.iter().map(|user| user["groups"].as_array().map_or(0, Vec::len)).sum();
            assert!(of_page <= 20_000 && !users.is_empty(), "{of_page}");
            assert_eq!(page["totalResults"], 131);
            (shown, groups) = (shown + users.len(), groups + of_page);
        }
        assert_eq!((shown, groups), (131, 130 * 160), "nobody and nothing is left out");
        assert_eq!(scim.get("/Users?attributes=userName").await.body["itemsPerPage"], 131, "without groups there is room");
    }

    async fn who_is_in_more_groups_than_a_few_is_shown_with_all_of_them(scim: Scim) {
        let anna = scim.user("anna@acme.example").await;
        let path = format!("/Users/{anna}");
        let groups = |answer: &Answer| answer.body["groups"].as_array().map_or(0, Vec::len);
        for number in 0..201 {
            scim.group(&format!("Team {number}"), &[&anna]).await;
            if number == 199 {
                assert_eq!(groups(&scim.get(&path).await), 200);
            }
        }
        assert_eq!(groups(&scim.get(&path).await), 201);
        let patched = scim.patch(&path, json!([{ "op": "replace", "value": { "title": "Dr" } }])).await;
        assert_eq!((patched.status, groups(&patched), &patched.body["title"]), (200, 201, &json!("Dr")));
        let found = scim.get("/Users?filter=userName eq \"anna@acme.example\"").await;
        assert_eq!(found.body["Resources"][0]["groups"].as_array().unwrap().len(), 201);
        assert_eq!(found.body["totalResults"], 1);
        // One level up it is the same: one group, which 250 others contain.
        let bert = scim.user("bert").await;
        let inner = scim.group("Inner", &[&bert]).await;
        for number in 0..250 {
            scim.group(&format!("Outer {number}"), &[&inner]).await;
        }
        let shown = scim.get(&format!("/Users/{bert}")).await;
        assert_eq!(groups(&shown), 251);
    }

    async fn several_of_one_external_id_are_all_found(scim: Scim) {
        for name in ["anna", "bert", "cleo"] {
            let id = scim.user(name).await;
            let same = json!([{ "op": "add", "path": "externalId", "value": "1" }]);
            assert_eq!(scim.patch(&format!("/Users/{id}"), same).await.status, 200);
        }
        let found = async |query: &str| {
            let page = scim.get(&format!("/Users?filter=externalId eq \"1\"{query}")).await.body;
            (page["totalResults"].clone(), page["Resources"].as_array().map_or(0, Vec::len))
        };
        for (query, shown) in [("", 3), ("&count=1", 1), ("&startIndex=3", 1), ("&count=0", 0), ("&startIndex=4", 0)] {
            assert_eq!(found(query).await, (json!(3), shown), "{query}");
        }
    }

    async fn looking_at_large_users_has_an_end(scim: Scim) {
        large_people(&scim, 40).await;
        let terms = |count: usize| vec!["entitlements.value ew \"y\""; count].join(" or ");
        assert_eq!(scim.get(&format!("/Users?filter={}", terms(2))).await.status, 200);
        let refused = scim.get(&format!("/Users?filter={}", terms(40))).await;
        assert_eq!(refused.refusal(), (400, "tooMany"));
    }

    async fn costly_requests_of_a_connection_take_turns_and_others_pass_them(scim: Scim) {
        scim.user("anna@acme.example").await;
        let tenant = tenant(&scim).await;
        let memory = &scim.gateway.cx.provisioning;
        let taken = (memory.costly_turn(&tenant).await, memory.costly_turn(&tenant).await);
        assert!(taken.0.is_some() && taken.1.is_some());
        let large = json!({ "schemas": [GROUP], "displayName": "Large", "comment": "x".repeat(300_000) });
        let waiting = async {
            tokio::join!(
                scim.get("/Users?filter=title pr"),
                scim.get("/Users?filter=userName co \"a\""),
                scim.get("/Users"),
                scim.get("/Groups?filter=displayName eq \"Team\""),
                scim.post("/Groups", large),
            )
        };
        let mut waiting = std::pin::pin!(waiting);
        let passing = async {
            let lean = "/Groups?filter=displayName eq \"Team\"&excludedAttributes=members";
            assert_eq!(scim.get(lean).await.status, 200, "without members it is not costly");
            for _ in 0..10 {
                assert_eq!(scim.get("/Users?filter=userName eq \"anna@acme.example\"").await.status, 200);
            }
            let other = scim.request_as(&scim.globex, "GET", "/Users?filter=title pr", None).await;
            assert_eq!(other.status, 200, "the neighbour has turns of its own");
        };
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("they did not wait"),
            () = passing => {}
        }
        drop(taken);
        let (looked, scanned, listed, named, made) = waiting.await;
        assert_eq!((looked.status, scanned.status, listed.status), (200, 200, 200));
        assert_eq!((named.status, made.status), (200, 201));
    }

    async fn an_answer_keeps_its_turn_until_it_is_sent(scim: Scim) {
        let app = test::init_service(public_app(&scim.gateway.frame())).await;
        let asked = |token: &str| {
            let request = scim.request(token, "GET", "/Users?count=0", None);
            request.insert_header(("host", "localhost")).to_request()
        };
        let mut unread = Vec::new();
        for _ in 0..TURNS {
            unread.push(test::call_service(&app, asked(&scim.acme)).await);
        }
        let mut waiting = std::pin::pin!(test::call_service(&app, asked(&scim.acme)));
        let passing = async {
            for _ in 0..10 {
                let answer = test::call_service(&app, asked(&scim.globex)).await;
                assert_eq!(answer.status(), StatusCode::OK, "the neighbour has turns of its own");
            }
        };
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("there was a turn before the answers were read"),
            () = passing => {}
        }
        unread.pop();
        assert_eq!(waiting.await.status(), StatusCode::OK);
    }
}
