//! Okta's SCIM 2.0 specification test: its twelve requests, as listed in its documentation.

use serde_json::{Value, json};

use super::support::{Scim, USER};
use crate::support::on_both_databases;

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

fn person(name: &str) -> Value {
    json!({
        "schemas": [USER], "userName": name, "name": { "familyName": "Family", "givenName": "Given" },
        "emails": [{ "primary": true, "value": name, "type": "work" }], "displayName": "Given Family", "active": true
    })
}

fn is_whole(user: &Value) {
    for pointer in ["/id", "/name/familyName", "/name/givenName", "/userName", "/active", "/emails/0/value"] {
        let value = user.pointer(pointer).unwrap_or(&Value::Null);
        assert!(!value.is_null() && value != "", "{pointer} of {user}");
    }
}

on_both_databases! {
    async fn okta_specification_test_12_of_12(scim: Scim) {
        assert_eq!(scim.post("/Users", person("seed@acme.example")).await.status, 201);
        // 1
        let list = scim.get("/Users?count=1&startIndex=1").await;
        assert_eq!((list.status, &list.body["schemas"]), (200, &json!([LIST])));
        for name in ["itemsPerPage", "startIndex", "totalResults"] {
            assert!(list.body[name].is_u64(), "{name}");
        }
        is_whole(&list.body["Resources"][0]);
        // 2
        let id = list.body["Resources"][0]["id"].as_str().unwrap().to_owned();
        let one = scim.get(&format!("/Users/{id}")).await;
        assert_eq!((one.status, one.id()), (200, id));
        is_whole(&one.body);
        // 3, 5
        for name in ["abcdefgh@atko.example", "random-4711@acme.example"] {
            let none = scim.get(&format!("/Users?filter=userName eq \"{name}\"")).await;
            assert_eq!((none.status, &none.body["totalResults"], &none.body["schemas"]), (200, &json!(0), &json!([LIST])));
        }
        // 4
        let unknown = scim.get("/Users/010101001010101011001010101011").await;
        assert_eq!((unknown.status, &unknown.body["schemas"]), (404, &json!([ERROR])));
        assert!(!unknown.body["detail"].as_str().unwrap().is_empty());
        // 6
        let request = scim.request(&scim.acme, "POST", "/Users", None).set_payload(person("new@acme.example").to_string());
        let request = request.insert_header(("content-type", "application/json"));
        let created = scim.send(request.insert_header(("accept", "application/scim+json; charset=utf-8"))).await;
        assert_eq!((created.status, &created.body["active"], &created.body["schemas"]), (201, &json!(true), &json!([USER])));
        is_whole(&created.body);
        // 7
        let read = scim.get(&format!("/Users/{}", created.id())).await;
        assert_eq!((read.status, &read.body["userName"], &read.body["name"]["familyName"]), (200, &json!("new@acme.example"), &json!("Family")));
        // 8
        assert_eq!(scim.post("/Users", person("new@acme.example")).await.status, 409);
        // 9
        let upper = scim.get("/Users?filter=userName eq \"NEW@ACME.EXAMPLE\"").await;
        assert_eq!(upper.status, 200);
        // 10
        let groups = scim.get("/Groups").await;
        assert!(groups.status == 200 && groups.body["Resources"].is_array());
        // 11
        let stranger = scim.request_as("non-token", "GET", "/Users?filter=userName eq \"x\"&startIndex=1&count=100", None).await;
        assert_eq!((stranger.status, &stranger.body["status"], &stranger.body["schemas"]), (401, &json!("401"), &json!([ERROR])));
        assert!(!stranger.body["detail"].as_str().unwrap().is_empty());
        // 12
        let unknown = scim.get("/Users/00919288221112222").await;
        assert_eq!((unknown.status, &unknown.body["status"]), (404, &json!("404")));
    }
}
