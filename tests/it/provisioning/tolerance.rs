//! What clients send that is nearly right, and what only looks as if it were.

use actix_web::{body::BodySize, http::header};
use serde_json::{Value, json};

use super::support::{GROUP, Scim, USER, user};
use crate::support::on_both_databases;

pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

fn with_address(name: &str, address: &str) -> Value {
    json!({ "schemas": [USER], "userName": name, "emails": [{ "value": address, "primary": true }] })
}

async fn login_address(scim: &Scim, id: &str) -> Option<String> {
    scim.row(id).await.unwrap().email
}

fn replace(path: &str, value: Value) -> Value {
    json!([{ "op": "replace", "path": path, "value": value }])
}

on_both_databases! {
    async fn an_address_of_somebody_else_is_kept_and_signs_nobody_in(scim: Scim) {
        let ada = scim.post("/Users", with_address("ada", "mail@acme.example")).await.id();
        let second = scim.post("/Users", with_address("bob", "MAIL@acme.example")).await;
        assert_eq!((second.status, &second.body["emails"][0]["value"]), (201, &json!("MAIL@acme.example")));
        let bob = second.id();
        assert_eq!(login_address(&scim, &bob).await, None);
        assert_eq!(login_address(&scim, &ada).await.as_deref(), Some("mail@acme.example"));
        for taken in [
            with_address("ADA", "other@acme.example"),
            // A userName in the place of an address is a name.
            json!({ "schemas": [USER], "userName": "mail@acme.example" }),
        ] {
            assert_eq!(scim.post("/Users", taken).await.refusal(), (409, "uniqueness"));
        }

        // Who has one of its own keeps it.
        let eve = scim.post("/Users", with_address("eve", "eve@acme.example")).await.id();
        let answer = scim.put(&format!("/Users/{eve}"), with_address("eve", "mail@acme.example")).await;
        assert_eq!((answer.status, &answer.body["emails"][0]["value"]), (200, &json!("mail@acme.example")));
        assert_eq!(login_address(&scim, &eve).await.as_deref(), Some("eve@acme.example"));

        // Once it is free, it goes to whom the provider says next.
        scim.put(&format!("/Users/{ada}"), with_address("ada", "ada@acme.example")).await;
        assert_eq!(login_address(&scim, &ada).await.as_deref(), Some("ada@acme.example"));
        let mut changed = with_address("bob", "mail@acme.example");
        changed["title"] = json!("Baker");
        assert_eq!(scim.put(&format!("/Users/{bob}"), changed).await.status, 200);
        assert_eq!(login_address(&scim, &bob).await.as_deref(), Some("mail@acme.example"));
    }

    async fn an_empty_external_id_is_none(scim: Scim) {
        for name in ["ada", "bob"] {
            let mut body = user(name);
            body["externalId"] = json!("");
            assert_eq!(scim.post("/Users", body).await.status, 201, "{name}");
        }
    }

    async fn an_empty_list_of_schemas_is_the_base_schema(scim: Scim) {
        let answer = scim.post("/Users", json!({ "schemas": [], "userName": "kim" })).await;
        assert_eq!((answer.status, &answer.body["schemas"]), (201, &json!([USER])));
        let answer = scim.post("/Groups", json!({ "schemas": [], "displayName": "Team" })).await;
        assert_eq!((answer.status, &answer.body["schemas"]), (201, &json!([GROUP])));
        let answer = scim.post("/Users", json!({ "userName": "lee" })).await;
        assert_eq!((answer.status, &answer.body["schemas"]), (201, &json!([USER])), "none at all are no others");
        for path in ["/.search", "/Users/.search"] {
            let found = scim.post(path, json!({ "filter": "userName eq \"lee\"" })).await;
            assert_eq!((found.status, &found.body["totalResults"]), (200, &json!(1)), "{path}");
        }
        let bulk = json!({ "Operations": [{ "method": "DELETE", "path": format!("/Users/{}", answer.id()) }] });
        assert_eq!(scim.post("/Bulk", bulk).await.body["Operations"][0]["status"], "204");
        let others = json!({ "schemas": [GROUP], "userName": "max" });
        assert_eq!(scim.post("/Users", others).await.refusal(), (400, "invalidSyntax"));
    }

    async fn scim_006_an_address_is_found_in_every_spelling(scim: Scim) {
        let id = scim.user("ada").await;
        for (method, path, status) in [
            ("GET", "/users".to_owned(), 200),
            ("GET", "//USERS/".to_owned(), 200),
            ("GET", "/Users.scim".to_owned(), 200),
            ("GET", format!("//Users//{id}/"), 200),
            ("GET", format!("/users/{id}.scim"), 200),
            ("GET", format!("/Users/{}", id.to_uppercase()), 404),
            ("GET", "/".to_owned(), 200),
            ("GET", "/serviceproviderconfig".to_owned(), 200),
            ("GET", "/resourcetypes/user/".to_owned(), 200),
            ("GET", format!("/schemas/{USER}/"), 200),
            ("DELETE", "/SCHEMAS".to_owned(), 405),
            ("POST", "/Users/.search/".to_owned(), 200),
            ("POST", "/bulk/".to_owned(), 400),
            ("GET", "/me".to_owned(), 501),
            ("GET", "/Devices".to_owned(), 404),
        ] {
            let answer = scim.request_as(&scim.acme, method, &path, Some(&json!({}))).await;
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        }
        let found = scim.get("//users/?filter=userName eq \"ada\"").await;
        assert_eq!(found.body["totalResults"], 1, "with its query");
        let team = json!({ "schemas": [GROUP], "displayName": "Team" });
        assert_eq!(scim.post("/groups/", team).await.status, 201);
    }

    async fn a_head_is_a_get_without_the_body(scim: Scim) {
        let id = scim.user("ada").await;
        let group = scim.group("Team", &[&id]).await;
        for path in [format!("/Users/{id}"), format!("/Groups/{group}"), "/Users".into(), "/Schemas".into(), "/".into()] {
            let (whole, head) = (scim.get(&path).await, scim.request_as(&scim.acme, "HEAD", &path, None).await);
            assert_eq!((head.status, head.header("etag")), (200, whole.header("etag")), "{path}");
            assert_eq!((head.header("content-type"), head.size), (whole.header("content-type"), BodySize::None), "{path}");
        }
        for (path, status) in [("/Users/user_0000000000000000000000000", 404), ("/Bulk", 405)] {
            assert_eq!(scim.request_as(&scim.acme, "HEAD", path, None).await.status, status, "{path}");
        }
        let stranger = scim.request_as("vestibule_scim_nobody", "HEAD", "/Users", None).await;
        assert_eq!(stranger.status, 401);
    }

    async fn members_may_be_named_by_their_address(scim: Scim) {
        let (ada, bob) = (scim.user("ada").await, scim.user("bob").await);
        let body = json!({ "schemas": [GROUP], "displayName": "Team", "members": [{ "$ref": format!("https://x.example/scim/v2/Users/{ada}") }] });
        let team = scim.post("/Groups", body).await;
        assert_eq!((team.status, &team.body["members"][0]["value"]), (201, &json!(ada)));
        let path = format!("/Groups/{}", team.id());
        let add = json!([{ "op": "add", "path": "members", "value": [{ "$ref": format!("../Users/{bob}") }] }]);
        let added = scim.patch(&path, add).await;
        assert_eq!((added.status, added.header("content-type")), (204, "application/scim+json; charset=utf-8"));
        assert_eq!(scim.get(&path).await.body["members"].as_array().unwrap().len(), 2);
        let unknown = json!([{ "op": "add", "path": "members", "value": [{ "$ref": "Users/user_0000000000000000000000000" }] }]);
        assert_eq!(scim.patch(&path, unknown).await.refusal(), (400, "invalidValue"), "R22");
    }

    async fn members_are_told_with_their_names_to_who_asks(scim: Scim) {
        let mut body = user("ada");
        body["displayName"] = json!("Ada Adler");
        let ada = scim.post("/Users", body).await.id();
        let bob = scim.user("bob").await;
        let inner = scim.group("Inner", &[]).await;
        let path = format!("/Groups/{}", scim.group("Team", &[&ada, &bob, &inner]).await);
        let names = |body: &Value| {
            let members = body["members"].as_array().unwrap().iter();
            let mut names: Vec<_> = members.map(|member| member["display"].as_str().unwrap_or("-").to_owned()).collect();
            names.sort_unstable();
            names
        };
        for query in ["", "?attributes=members", "?excludedAttributes=meta"] {
            assert_eq!(names(&scim.get(&format!("{path}{query}")).await.body), ["-", "-", "-"], "{query}");
        }
        let asked = scim.get(&format!("{path}?attributes=members.display")).await.body;
        assert_eq!(names(&asked), ["Ada Adler", "Inner", "bob"]);
        // Who cannot do without is told in any case.
        let request = scim.request(&scim.acme, "GET", &path, None).insert_header((header::USER_AGENT, "Jersey/3.1.10"));
        assert_eq!(names(&scim.send(request).await.body), ["Ada Adler", "Inner", "bob"]);
        let empty = scim.get(&format!("/Groups/{inner}")).await.body;
        assert_eq!(empty["members"], json!([]), "nobody is told as nobody");
        assert_eq!(scim.get(&format!("/Groups/{inner}?excludedAttributes=members")).await.body.get("members"), None);
    }

    async fn what_looks_like_an_extension_is_followed_or_refused(scim: Scim) {
        let mut body = user("ada");
        body[format!("{ENTERPRISE}:department")] = json!("Tools");
        body[format!("{ENTERPRISE}.division")] = json!("D");
        body["name.givenName"] = json!("Ada");
        let made = scim.post("/Users", body).await;
        assert_eq!(made.body[ENTERPRISE], json!({ "department": "Tools", "division": "D" }));
        assert_eq!((&made.body["name"], &made.body["schemas"]), (&json!({ "givenName": "Ada" }), &json!([USER, ENTERPRISE])));
        for unknown in [format!("{ENTERPRISE}:colour"), "urn:ietf:params:scim:schemas:core:2.0:Person".to_owned()] {
            let mut body = user("bob");
            body[&unknown] = json!("x");
            assert_eq!(scim.post("/Users", body.clone()).await.refusal(), (400, "invalidSyntax"), "{unknown}");
            assert_eq!(scim.put(&format!("/Users/{}", made.id()), body).await.refusal(), (400, "invalidSyntax"));
        }
        assert_eq!(scim.get("/Users?filter=userName eq \"bob\"").await.body["totalResults"], 0);
    }

    async fn a_number_is_found_under_the_text_that_it_became(scim: Scim) {
        let mut body = user("ada");
        body["externalId"] = json!(42);
        body[ENTERPRISE] = json!({ "employeeNumber": 7 });
        assert_eq!(scim.post("/Users", body).await.body["externalId"], "42");
        for filter in ["externalId eq \"42\"".to_owned(), "externalId eq 42".to_owned(), format!("{ENTERPRISE}:employeeNumber eq 7")] {
            assert_eq!(scim.get(&format!("/Users?filter={filter}")).await.body["totalResults"], 1, "{filter}");
        }
    }

    async fn a_path_says_what_it_changes_or_is_refused(scim: Scim) {
        let id = scim.user("ada").await;
        let path = format!("/Users/{id}");
        for (name, path_of, value) in [
            ("dotted", format!("{ENTERPRISE}.department"), "Tools"),
            ("as it should be", format!("{ENTERPRISE}:department"), "Kitchen"),
            ("in any case", format!("{}.department", ENTERPRISE.to_uppercase()), "Garden"),
        ] {
            let answer = scim.patch(&path, replace(&path_of, json!(value))).await;
            assert_eq!((answer.status, &answer.body[ENTERPRISE]["department"]), (200, &json!(value)), "{name}");
        }
        let answer = scim.patch(&path, replace(&format!("{USER}.title"), json!("Baker"))).await;
        assert_eq!((answer.status, &answer.body["title"]), (200, &json!("Baker")));
        let whole = json!([{ "op": "replace", "value": { (USER): { "title": "Cook", "active": "True" } } }]);
        let answer = scim.patch(&path, whole).await;
        assert_eq!((answer.status, &answer.body["title"], &answer.body["schemas"][0]), (200, &json!("Cook"), &json!(USER)));

        let before = scim.get(&path).await.body;
        for misspelled in [
            "urn:ietf:params:scim:schemas:core:2.0:Group:displayName",
            "urn:ietf:params:scim:schemas:core:2.0:Person:title",
            "urn:ietf:params:scim:schemas:extension:enterprise:department",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department:x",
        ] {
            let answer = scim.patch(&path, replace(misspelled, json!("x"))).await;
            assert_eq!(answer.refusal(), (400, "invalidPath"), "{misspelled}");
        }
        let whole = json!([{ "op": "replace", "value": { "urn:ietf:params:scim:schemas:core:2.0:Person": { "title": "x" } } }]);
        assert_eq!(scim.patch(&path, whole).await.refusal(), (400, "invalidPath"));
        assert_eq!(scim.get(&path).await.body, before);
        // What Entra recommends for attributes of one's own is nobody's URN.
        let own = "urn:ietf:params:scim:schemas:extension:Acme:2.0:User:badge";
        assert_eq!(scim.patch(&path, replace(own, json!("7"))).await.status, 200);
        // And as its flag aadOptscim062020 makes it send them.
        let keys = json!({ "displayName": "K", own: "8" });
        let answer = scim.patch(&path, json!([{ "op": "replace", "value": keys }])).await;
        let acme = "urn:ietf:params:scim:schemas:extension:Acme:2.0:User";
        let shown = (answer.status, &answer.body["displayName"], &answer.body[acme]);
        assert_eq!(shown, (200, &json!("K"), &json!({ "badge": "8" })));
        for (method, path, name) in [("PUT", path.as_str(), "kim"), ("POST", "/Users", "kit")] {
            let mut body = user(name);
            body[own] = json!("9");
            let answer = scim.request_as(&scim.acme, method, path, Some(&body)).await;
            assert_eq!((&answer.body[acme], &answer.body["schemas"]), (&json!({ "badge": "9" }), &json!([USER, acme])));
        }
    }

    async fn scim_047_who_selects_a_value_that_is_not_there_is_told(scim: Scim) {
        let id = scim.user("ada").await;
        let path = format!("/Users/{id}");
        let before = scim.get(&path).await.body;
        for (selection, value) in [
            ("emails[value eq \"nobody@x.example\"].type", json!("work")),
            ("phoneNumbers[value eq \"nope\"]", json!({ "value": "+1", "type": "work" })),
            ("phoneNumbers[type eq \"nope\" and value eq \"x\"].display", json!("x")),
        ] {
            assert_eq!(scim.patch(&path, replace(selection, value)).await.refusal(), (400, "noTarget"), "{selection}");
        }
        assert_eq!(scim.get(&path).await.body, before);
        let created = scim.patch(&path, replace("phoneNumbers[type eq \"work\"].value", json!("+1"))).await;
        assert_eq!(created.body["phoneNumbers"][0]["value"], "+1", "which of several is said");
    }

    async fn the_root_asks_each_type_what_it_has(scim: Scim) {
        for name in ["Tom", "Tim", "Una"] {
            let mut body = user(name);
            body["displayName"] = json!(name);
            assert_eq!(scim.post("/Users", body).await.status, 201);
        }
        scim.group("Team", &[]).await;
        scim.group("Tools", &[]).await;
        for (filter, total) in [
            ("userName sw \"T\" or displayName sw \"T\"", 4),
            ("displayName sw \"T\" and not (userName pr)", 2),
            ("displayName sw \"T\" and (members pr or active eq true)", 2),
            ("userName pr", 3),
            ("members eq null", 5),
            ("department eq \"x\"", 0),
        ] {
            let found = scim.get(&format!("/?filter={filter}")).await;
            assert_eq!((found.status, &found.body["totalResults"]), (200, &json!(total)), "{filter}");
        }
        assert_eq!(scim.get("/?filter=nothing eq \"x\" or userName pr").await.refusal(), (400, "invalidFilter"));
    }

    async fn a_query_finds_an_attribute_of_an_extension_by_its_name(scim: Scim) {
        for (name, department) in [("ada", "Tools"), ("bob", "Kitchen")] {
            let mut body = user(name);
            body[ENTERPRISE] = json!({ "department": department, "division": "D" });
            assert_eq!(scim.post("/Users", body).await.status, 201);
        }
        let found = scim.get("/Users?filter=department eq \"tools\"").await;
        assert_eq!((found.status, &found.body["totalResults"]), (200, &json!(1)));
        let sorted = scim.get("/Users?sortBy=department&attributes=department").await;
        assert_eq!(sorted.status, 200, "{}", sorted.body);
        let shown = |index: usize| sorted.body["Resources"][index][ENTERPRISE].clone();
        assert_eq!([shown(0), shown(1)], [json!({ "department": "Kitchen" }), json!({ "department": "Tools" })]);
        let without = scim.get("/Users?excludedAttributes=department&count=1").await;
        assert_eq!(without.body["Resources"][0][ENTERPRISE], json!({ "division": "D" }));
    }

    async fn the_members_of_a_search_are_named_in_any_case(scim: Scim) {
        scim.user("ada").await;
        scim.user("bob").await;
        let body = json!({ "Schemas": [SEARCH], "Filter": "userName eq \"ada\"", "COUNT": 5, "Attributes": ["userName"] });
        let found = scim.post("/Users/.search", body).await.body;
        assert_eq!((&found["totalResults"], &found["Resources"][0]["userName"]), (&json!(1), &json!("ada")));
        assert!(found["Resources"][0].get("emails").is_none());
    }

    async fn a_page_has_room_for_a_thousand(scim: Scim) {
        scim.seeded(1_100).await;
        for query in ["", "?count=5000"] {
            let page = scim.get(&format!("/Users{query}")).await.body;
            assert_eq!((&page["totalResults"], &page["itemsPerPage"]), (&json!(1_101), &json!(1_000)), "{query}");
        }
        assert_eq!(scim.get("/Users?count=3").await.body["itemsPerPage"], 3);
    }

    async fn a_compressed_body_is_no_json(scim: Scim) {
        for (encoding, status) in [("gzip", 415), ("identity", 201)] {
            let request = scim.request(&scim.acme, "POST", "/Users", Some(&user("ada")));
            let answer = scim.send(request.insert_header((header::CONTENT_ENCODING, encoding))).await;
            assert_eq!(answer.status, status, "{encoding}");
        }
    }
}
