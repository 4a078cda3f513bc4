//! Order, and pages by cursor.

use serde_json::{Value, json};
use vestibule::model::UserStatus;

use super::support::{GROUP, Scim, USER};
use crate::support::on_both_databases;

/// Users whose attributes are partly missing, so that every order has ties and gaps.
async fn people(scim: &Scim, count: usize) {
    for number in 0..count {
        let mut body = json!({
            "schemas": [USER], "userName": format!("{}{number}@acme.example", ["b", "A", "c"][number % 3]),
            "name": { "familyName": format!("F{}", number % 4) },
        });
        if number % 2 == 0 {
            body["displayName"] = json!(format!("{}name", ["x", "X", "y"][number % 3]));
        }
        if number % 5 == 0 {
            body["externalId"] = json!(format!("{}", 9 - number % 7));
        }
        assert_eq!(scim.post("/Users", body).await.status, 201);
        scim.gateway.clock.advance(7);
    }
}

fn names(body: &Value) -> Vec<String> {
    let resources = body["Resources"].as_array().unwrap().iter();
    resources.map(|user| user["userName"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Reads every page by cursor.
async fn by_cursor(scim: &Scim, query: &str, count: usize) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    for _ in 0..100 {
        let page = scim.get(&format!("/Users?{query}&count={count}&cursor={cursor}")).await;
        assert_eq!(page.status, 200, "{:?}", page.body);
        assert!(page.body.get("startIndex").is_none());
        all.extend(names(&page.body));
        match page.body["nextCursor"].as_str() {
            Some(next) => {
                assert!(next.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)), "{next}");
                cursor = next.to_owned();
            }
            None => return all,
        }
    }
    panic!("the pages do not end")
}

const ORDERS: &[&str] = &[
    "sortBy=userName",
    "sortBy=userName&sortOrder=descending",
    "sortBy=displayName",
    "sortBy=displayName&sortOrder=descending",
    "sortBy=externalId",
    "sortBy=externalId&sortOrder=descending",
    "sortBy=meta.created&sortOrder=descending",
    "sortBy=meta.lastModified",
    "sortBy=id",
    // No column has it: sorted in memory.
    "sortBy=name.familyName",
    "sortBy=name.familyName&sortOrder=descending",
    "sortBy=emails",
    "filter=name.familyName ne \"F1\"",
    "filter=name.familyName ne \"F1\"&sortBy=userName",
    "filter=active eq true&sortBy=displayName",
    "",
];

on_both_databases! {
    async fn scim_065_sorted_by_any_attribute_with_missing_values_at_the_far_end(scim: Scim) {
        people(&scim, 12).await;
        let sorted = |query: &'static str| {
            let answer = scim.get(&format!("/Users?{query}&count=50"));
            async move { answer.await.body["Resources"].as_array().unwrap().clone() }
        };
        let key = |user: &Value, path: &str| user.pointer(path).and_then(Value::as_str).map(str::to_lowercase);
        for (query, path) in [("sortBy=userName", "/userName"), ("sortBy=displayName", "/displayName"), ("sortBy=name.familyName", "/name/familyName")] {
            let keys: Vec<_> = sorted(query).await.iter().map(|user| key(user, path)).collect();
            let mut wanted = keys.clone();
            wanted.sort_by_key(|key| (key.is_none(), key.clone()));
            assert_eq!(keys, wanted, "{query}");
        }
        let mut up = sorted("sortBy=userName").await;
        let down = sorted("sortBy=userName&sortOrder=descending").await;
        up.reverse();
        assert_eq!(up, down);
        let missing_first = sorted("sortBy=displayName&sortOrder=descending").await;
        assert!(missing_first[0].get("displayName").is_none() && missing_first[11]["displayName"] == "xname" || missing_first[11]["displayName"] == "Xname");
        for bad in ["sortBy=name", "sortBy=nothing", "sortBy=password", "sortBy=userName&sortOrder=sideways"] {
            assert_eq!(scim.get(&format!("/Users?{bad}")).await.refusal(), (400, "invalidValue"), "{bad}");
        }
        let groups = scim.get("/Groups?sortBy=displayName").await;
        assert_eq!(groups.status, 200);
    }

    async fn scim_069_pages_by_cursor_hold_what_pages_by_index_hold(scim: Scim) {
        people(&scim, 13).await;
        for query in ORDERS {
            let whole = names(&scim.get(&format!("/Users?{query}&count=100")).await.body);
            for count in [1, 4, 13, 50] {
                assert_eq!(by_cursor(&scim, query, count).await, whole, "{query} by {count}");
            }
            let first = scim.get(&format!("/Users?{query}&cursor&count=4")).await.body;
            assert_eq!(first["totalResults"], json!(whole.len()), "{query}");
        }
    }

    async fn scim_069_a_cursor_skips_nobody_when_users_come_and_go(scim: Scim) {
        people(&scim, 6).await;
        let first = scim.get("/Users?cursor=&count=3&sortBy=userName").await.body;
        let gone = first["Resources"][0]["id"].as_str().unwrap();
        assert_eq!(scim.delete(&format!("/Users/{gone}")).await.status, 204);
        let next = first["nextCursor"].as_str().unwrap();
        let second = scim.get(&format!("/Users?cursor={next}&count=3&sortBy=userName")).await.body;
        assert_eq!(names(&second).len(), 3, "an index would have skipped one");
    }

    async fn pages_by_index_hold_everybody_once_in_every_order(scim: Scim) {
        people(&scim, 13).await;
        for query in ORDERS {
            let whole = names(&scim.get(&format!("/Users?{query}&count=100")).await.body);
            for count in [1, 4, 13] {
                let mut all = Vec::new();
                while all.len() < whole.len() {
                    let page = scim.get(&format!("/Users?{query}&count={count}&startIndex={}", all.len() + 1)).await.body;
                    assert_eq!(page["totalResults"], json!(whole.len()), "{query}");
                    assert_eq!(page["startIndex"], json!(all.len() + 1), "{query}");
                    all.extend(names(&page));
                }
                assert_eq!(all, whole, "{query} by {count}");
            }
            let third = names(&scim.get(&format!("/Users?{query}&count=2&startIndex=3")).await.body);
            assert_eq!(third, whole[2..whole.len().min(4)], "out of turn: {query}");
        }
    }

    async fn a_page_by_index_goes_on_from_the_one_before(scim: Scim) {
        people(&scim, 9).await;
        let first = scim.get("/Users?count=3").await.body;
        // By somebody whom this node does not hear of, as the operator's command is.
        let gone = first["Resources"][0]["id"].as_str().unwrap();
        scim.change_row(gone, |user| user.status = UserStatus::Deleted).await;
        let second = scim.get("/Users?count=3&startIndex=4").await.body;
        assert_eq!(second["totalResults"], 9, "counted with the first page");
        assert_eq!(names(&second), ["b3@acme.example", "A4@acme.example", "c5@acme.example"], "nobody is left out");
        scim.gateway.clock.advance(10_000);
        let third = scim.get("/Users?count=2&startIndex=7").await.body;
        assert_eq!((&third["totalResults"], names(&third).len()), (&json!(8), 2), "counted anew");
    }

    async fn a_change_through_the_connection_is_in_the_next_page(scim: Scim) {
        people(&scim, 9).await;
        let first = scim.get("/Users?count=3").await.body;
        assert_eq!(first["totalResults"], 9);
        let gone = first["Resources"][0]["id"].as_str().unwrap();
        assert_eq!(scim.delete(&format!("/Users/{gone}")).await.status, 204);
        let second = scim.get("/Users?count=3&startIndex=4").await.body;
        assert_eq!(second["totalResults"], 8);
        assert_eq!(names(&second)[0], "A4@acme.example", "as the index has it now");
        scim.user("new").await;
        assert_eq!(scim.get("/Users?count=3&startIndex=4").await.body["totalResults"], 9);
    }

    async fn scim_070_a_cursor_is_bound_to_its_search_and_its_connection(scim: Scim) {
        people(&scim, 6).await;
        let cursor = |body: &Value| body["nextCursor"].as_str().unwrap().to_owned();
        let mine = cursor(&scim.get("/Users?cursor=&count=2").await.body);
        for other in [
            format!("/Users?cursor={mine}&sortBy=userName"),
            format!("/Users?cursor={mine}&filter=active eq true"),
            format!("/Groups?cursor={mine}"),
            format!("/Users?cursor={mine}x"),
            "/Users?cursor=nonsense".to_owned(),
            format!("/Users?cursor={}", "A".repeat(5_000)),
        ] {
            assert_eq!(scim.get(&other).await.refusal(), (400, "invalidCursor"), "{other}");
        }
        let stranger = scim.request_as(&scim.globex, "GET", &format!("/Users?cursor={mine}"), None).await;
        assert_eq!(stranger.refusal(), (400, "invalidCursor"), "another organization's");
        assert_eq!(scim.get(&format!("/Users?cursor={mine}&count=1&attributes=id")).await.status, 200);
    }

    async fn scim_071_cursors_expire_and_counts_are_checked(scim: Scim) {
        people(&scim, 4).await;
        let body = scim.get("/Users?cursor=&count=2").await.body;
        let path = format!("/Users?cursor={}", body["nextCursor"].as_str().unwrap());
        assert_eq!(scim.get(&path).await.status, 200);
        scim.gateway.clock.advance(7 * 60 * 60 * 1000);
        assert_eq!(scim.get(&path).await.refusal(), (400, "expiredCursor"));
        for bad in ["count=-1", "count=many"] {
            assert_eq!(scim.get(&format!("/Users?cursor=&{bad}")).await.refusal(), (400, "invalidCount"), "{bad}");
        }
        assert_eq!(scim.get("/Users?cursor=&startIndex=1").await.refusal(), (400, "invalidCursor"));
    }

    async fn scim_072_the_way_of_old_clients_stays_the_default(scim: Scim) {
        people(&scim, 3).await;
        let config = scim.get("/ServiceProviderConfig").await.body;
        assert_eq!(config["pagination"]["defaultPaginationMethod"], "index");
        assert_eq!(config["pagination"]["cursorTimeout"], 21_600);
        let plain = scim.get("/Users?count=2").await.body;
        assert_eq!((&plain["startIndex"], plain.get("nextCursor")), (&json!(1), None));
        let search = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
        let body = json!({ "schemas": [search], "cursor": "", "count": 2 });
        let next = scim.post("/Users/.search", body).await.body["nextCursor"].clone();
        let body = json!({ "schemas": [search], "cursor": next, "count": 2 });
        assert_eq!(names(&scim.post("/Users/.search", body).await.body).len(), 1);
    }

    async fn scim_073_a_cursor_grants_nothing(scim: Scim) {
        people(&scim, 4).await;
        let body = scim.get("/Users?cursor=&count=2").await.body;
        let path = format!("/Users?cursor={}", body["nextCursor"].as_str().unwrap());
        assert_eq!(scim.request_as("vestibule_scim_other", "GET", &path, None).await.status, 401);
    }

    async fn scim_055_the_root_answers_for_all_types(scim: Scim) {
        people(&scim, 2).await;
        scim.post("/Groups", json!({ "schemas": [GROUP], "displayName": "Team" })).await;
        for path in ["", "/", "/scim/v2", "/scim/v2/"] {
            let answer = scim.get(path).await;
            assert_eq!((answer.status, &answer.body["totalResults"]), (200, &json!(3)), "{path:?}");
        }
        let some = scim.get("/?filter=displayName eq \"team\"").await.body;
        assert_eq!(some["Resources"][0]["meta"]["resourceType"], "Group");
    }

    async fn scim_065_what_one_type_lacks_comes_last_at_the_root(scim: Scim) {
        people(&scim, 3).await;
        for name in ["Team", "Staff"] {
            scim.group(name, &[]).await;
            scim.gateway.clock.advance(7);
        }
        let (users, groups) = (["A1", "b0", "c2"], ["Team", "Staff"]);
        for (order, wanted) in [
            ("sortBy=userName", [&users[..], &groups].concat()),
            ("sortBy=userName&sortOrder=descending", vec!["Team", "Staff", "c2", "b0", "A1"]),
            ("sortBy=members", vec!["Team", "Staff", "b0", "A1", "c2"]),
            ("sortBy=members&sortOrder=descending", vec!["b0", "A1", "c2", "Team", "Staff"]),
            ("sortBy=userName&filter=userName pr", users.to_vec()),
            ("sortBy=department", vec!["b0", "A1", "c2", "Team", "Staff"]),
        ] {
            let shown = |body: &Value| -> Vec<String> {
                assert_eq!(body["totalResults"], wanted.len(), "{order}");
                let resources = body["Resources"].as_array().unwrap().iter();
                let name = |one: &Value| one["userName"].as_str().or(one["displayName"].as_str()).map(str::to_owned);
                resources.map(|one| name(one).unwrap().replace("@acme.example", "")).collect()
            };
            for count in [1, 2, 50] {
                let (mut by_index, mut by_cursor, mut cursor) = (Vec::new(), Vec::new(), String::new());
                while by_index.len() < wanted.len() {
                    let page = scim.get(&format!("/?{order}&count={count}&startIndex={}", by_index.len() + 1)).await.body;
                    by_index.extend(shown(&page));
                }
                loop {
                    let page = scim.get(&format!("/?{order}&count={count}&cursor={cursor}")).await.body;
                    by_cursor.extend(shown(&page));
                    let Some(next) = page["nextCursor"].as_str() else { break };
                    cursor = next.to_owned();
                }
                assert_eq!(by_index, wanted, "{order} by {count}");
                assert_eq!(by_cursor, wanted, "{order} by {count}");
            }
        }
        for neither in ["nothing", "password", "name"] {
            assert_eq!(scim.get(&format!("/?sortBy={neither}")).await.refusal(), (400, "invalidValue"), "{neither}");
        }
    }

    async fn scim_072_the_root_has_pages_by_cursor_too(scim: Scim) {
        people(&scim, 5).await;
        for name in ["One", "Two", "Three"] {
            scim.group(name, &[]).await;
        }
        let ids = |body: &Value| -> Vec<Value> {
            body["Resources"].as_array().unwrap().iter().map(|resource| resource["id"].clone()).collect()
        };
        let whole = ids(&scim.get("/?count=50").await.body);
        for count in [1, 2, 5, 7, 50] {
            let (mut all, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = scim.get(&format!("/?cursor={cursor}&count={count}")).await.body;
                assert!(page.get("startIndex").is_none());
                all.extend(ids(&page));
                let Some(next) = page["nextCursor"].as_str() else { break };
                cursor = next.to_owned();
            }
            assert_eq!(all, whole, "by {count}");
        }
        let first = scim.get("/?cursor&count=2").await.body;
        let cursor = first["nextCursor"].as_str().unwrap();
        for other in [format!("/Users?cursor={cursor}"), format!("/?cursor={cursor}&sortBy=id"), "/?cursor=nonsense".into()] {
            assert_eq!(scim.get(&other).await.refusal(), (400, "invalidCursor"), "{other}");
        }
        let of_users = scim.get("/Users?cursor&count=2").await.body["nextCursor"].as_str().unwrap().to_owned();
        assert_eq!(scim.get(&format!("/?cursor={of_users}")).await.refusal(), (400, "invalidCursor"));
    }

    async fn scim_065_groups_too_are_sorted_page_by_page(scim: Scim) {
        for number in 0..11 {
            let name = format!("{}{number}", ["b", "A", "c"][number % 3]);
            let mut body = json!({ "schemas": [GROUP], "displayName": name });
            if number % 2 == 0 {
                body["externalId"] = json!(format!("{}", 9 - number % 4));
            }
            assert_eq!(scim.post("/Groups", body).await.status, 201);
            scim.gateway.clock.advance(7);
        }
        let names = |body: &Value| -> Vec<Value> {
            body["Resources"].as_array().unwrap().iter().map(|group| group["displayName"].clone()).collect()
        };
        for by in ["externalId", "displayName", "meta.created", "meta.lastModified", "id"] {
            for order in ["ascending", "descending"] {
                let query = format!("/Groups?sortBy={by}&sortOrder={order}&excludedAttributes=members");
                let whole = scim.get(&format!("{query}&count=50")).await.body;
                assert_eq!(whole["totalResults"], 11);
                if by == "externalId" {
                    let is_missing = |group: &Value| group.get("externalId").is_none();
                    let groups = whole["Resources"].as_array().unwrap();
                    let (start, end) = if order == "ascending" { (6, 11) } else { (0, 5) };
                    assert!(groups[start..end].iter().all(is_missing), "{order}");
                }
                let (whole, mut by_index, mut by_cursor, mut cursor) = (names(&whole), Vec::new(), Vec::new(), String::new());
                while by_index.len() < whole.len() {
                    by_index.extend(names(&scim.get(&format!("{query}&count=4&startIndex={}", by_index.len() + 1)).await.body));
                }
                loop {
                    let page = scim.get(&format!("{query}&count=4&cursor={cursor}")).await.body;
                    by_cursor.extend(names(&page));
                    let Some(next) = page["nextCursor"].as_str() else { break };
                    cursor = next.to_owned();
                }
                assert_eq!((&by_index, &by_cursor), (&whole, &whole), "{by} {order}");
                let late = names(&scim.get(&format!("{query}&count=3&startIndex=6")).await.body);
                assert_eq!(late, whole[5..8], "out of turn: {by} {order}");
            }
        }
    }

    async fn scim_006_the_suffix_of_the_media_type_is_optional(scim: Scim) {
        people(&scim, 1).await;
        let list = scim.get("/Users.scim").await;
        let id = list.body["Resources"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(scim.get(&format!("/Users/{id}.scim")).await.id(), id);
    }
}
