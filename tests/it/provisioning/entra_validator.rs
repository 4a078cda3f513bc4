//! The cases of Microsoft's SCIM validator, in its dialect: 25 that are mandatory and 7 of its preview.

use serde_json::{Value, json};

use super::support::{Answer, GROUP, Scim, USER};
use crate::support::on_both_databases;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn person(name: &str) -> Value {
    json!({
        "schemas": [USER, ENTERPRISE], "userName": name, "externalId": format!("ext-{name}"), "active": true,
        "displayName": "Display", "title": "Title", "preferredLanguage": "en", "roles": [],
        "emails": [{ "type": "work", "value": name, "primary": "True" }],
        "addresses": [{ "type": "work", "formatted": "1 Street", "primary": "True" }],
        "phoneNumbers": [{ "type": "mobile", "value": "1", "primary": "True" }],
        "name": { "givenName": "Given", "familyName": "Family", "formatted": "Given Family" },
        ENTERPRISE: { "employeeNumber": "1", "department": "D" }
    })
}

fn group(name: &str) -> Value {
    let urn = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
    json!({ "schemas": [GROUP, urn], "displayName": name, "externalId": format!("ext-{name}") })
}

async fn find(scim: &Scim, path: &str, filter: &str) -> Answer {
    let sign = if path.contains('?') { '&' } else { '?' };
    let answer = scim.get(&format!("{path}{sign}filter={filter}")).await;
    assert_eq!(answer.status, 200, "{filter}: {}", answer.body);
    answer
}

on_both_databases! {
    async fn entra_validator_users(scim: Scim) {
        let created = scim.post("/Users", person("anna@acme.example")).await;
        assert_eq!((created.status, &created.body["emails"][0]["primary"]), (201, &json!(true)), "create");
        let path = format!("/Users/{}", created.id());
        assert_eq!(scim.post("/Users", person("anna@acme.example")).await.status, 409, "create duplicate");
        let total = async |filter: &str| find(&scim, "/Users", filter).await.body["totalResults"].clone();
        assert_eq!(total("userName eq \"anna@acme.example\"").await, 1, "filter existing");
        assert_eq!(total("userName eq \"nobody@acme.example\"").await, 0, "filter non-existing");
        assert_eq!(total("userName eq \"ANNA@acme.example\"").await, 1, "filter in another case");
        let replaced = scim.patch(&path, json!([
            { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@acme.example" },
            { "op": "replace", "path": "emails[type eq \"work\"].primary", "value": "True" },
            { "op": "replace", "path": "addresses[type eq \"work\"].formatted", "value": "2 Street" },
            { "op": "replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "2" },
            { "op": "replace", "path": format!("{ENTERPRISE}:employeeNumber"), "value": "2" },
            { "op": "replace", "value": { "displayName": "New", "title": "New", "name.givenName": "New", "active": true } }
        ])).await;
        assert_eq!((replaced.status, &replaced.body["emails"][0]["value"]), (200, &json!("new@acme.example")), "replace attributes verbose");
        assert_eq!((&replaced.body["name"]["givenName"], &replaced.body[ENTERPRISE]["employeeNumber"]), (&json!("New"), &json!("2")));
        let renamed = scim.patch(&path, json!([{ "op": "replace", "path": "userName", "value": "anne@acme.example" }])).await;
        assert_eq!(renamed.body["userName"], "anne@acme.example", "update userName");
        let off = scim.patch(&path, json!([{ "op": "replace", "path": "active", "value": false }])).await;
        assert_eq!(off.body["active"], false, "disable");
        let added = scim.patch(&path, json!([
            { "op": "add", "path": "emails[type eq \"home\"].value", "value": "home@acme.example" },
            { "op": "add", "path": "phoneNumbers[type eq \"untyped\"].value", "value": "9" },
            { "op": "add", "path": "addresses[type eq \"other\"].country", "value": "DE" },
            { "op": "add", "path": format!("{ENTERPRISE}:costCenter"), "value": "C" },
            { "op": "add", "value": { "nickName": "An" } }
        ])).await;
        assert_eq!((added.status, added.body["emails"].as_array().unwrap().len()), (200, 2), "add attributes verbose");
        assert_eq!((&added.body["nickName"], &added.body[ENTERPRISE]["costCenter"]), (&json!("An"), &json!("C")));
        let boss = scim.post("/Users", person("boss@acme.example")).await.id();
        let other = scim.post("/Users", person("other@acme.example")).await.id();
        let manager = format!("{ENTERPRISE}:manager");
        for (name, op, value, wanted) in [
            ("add manager", "Add", json!(boss), json!(boss)),
            ("replace manager", "Replace", json!(other), json!(other)),
            ("remove manager by an empty text", "Replace", json!(""), Value::Null),
        ] {
            let answer = scim.patch(&path, json!([{ "op": op, "path": manager, "value": value }])).await;
            assert_eq!((answer.status, answer.body.pointer(&format!("/{ENTERPRISE}/manager/value")).unwrap_or(&Value::Null)), (200, &wanted), "{name}");
        }
        // Preview: several operations in one request, on different attributes and on the same.
        let several = scim.patch(&path, json!([
            { "op": "replace", "path": "displayName", "value": "A" }, { "op": "remove", "path": "title" },
            { "op": "add", "path": "userType", "value": "Employee" }
        ])).await;
        assert_eq!((&several.body["displayName"], several.body.get("title"), &several.body["userType"]), (&json!("A"), None, &json!("Employee")));
        let same = scim.patch(&path, json!([
            { "op": "remove", "path": "displayName" }, { "op": "add", "path": "displayName", "value": "B" },
            { "op": "replace", "path": "displayName", "value": "C" }
        ])).await;
        assert_eq!(same.body["displayName"], "C");
        assert_eq!(scim.delete(&path).await.status, 204, "delete");
        assert_eq!(scim.get(&path).await.status, 404);
        assert_eq!(scim.delete(&path).await.status, 404, "delete twice");
        assert_eq!(scim.delete("/Users/5171a35d82074e068ce2").await.status, 404, "delete non-existent");
    }

    async fn entra_validator_groups(scim: Scim) {
        let anna = scim.post("/Users", person("anna@acme.example")).await.id();
        let created = scim.post("/Groups", group("Team")).await;
        assert_eq!((created.status, &created.body["displayName"]), (201, &json!("Team")), "create");
        let path = format!("/Groups/{}", created.id());
        assert_eq!(scim.post("/Groups", group("Team")).await.status, 409, "duplicate");
        let lean = scim.get(&format!("{path}?excludedAttributes=members")).await;
        assert_eq!((lean.status, lean.body.get("members")), (200, None), "get by id excluding members");
        let total = async |path: &str, filter: &str| find(&scim, path, filter).await.body["totalResults"].clone();
        assert_eq!(total("/Groups?excludedAttributes=members", "displayName eq \"Team\"").await, 1, "filter existing excluding members");
        assert_eq!(total("/Groups", "displayName eq \"Team\"").await, 1, "filter existing");
        assert_eq!(total("/Groups", "displayName eq \"Nothing\"").await, 0, "filter non-existing");
        assert_eq!(total("/Groups", "displayName eq \"TEAM\"").await, 1, "filter in another case");
        let replace = json!([{ "op": "replace", "value": { "displayName": "Staff" } }]);
        assert_eq!(scim.patch(&path, replace).await.status, 204, "replace attributes");
        let external = json!([{ "op": "replace", "path": "externalId", "value": "new" }]);
        assert_eq!(scim.patch(&path, external).await.status, 204, "update externalId");
        let read = scim.get(&path).await.body;
        assert_eq!((&read["displayName"], &read["externalId"]), (&json!("Staff"), &json!("new")));
        let add = json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": anna }] }]);
        assert_eq!(scim.patch(&path, add.clone()).await.status, 204, "add member");
        assert_eq!(scim.get(&path).await.body["members"][0]["value"], anna);
        let remove = json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": anna }] }]);
        assert_eq!(scim.patch(&path, remove.clone()).await.status, 204, "remove member");
        assert_eq!(scim.get(&path).await.body["members"], json!([]));
        // Preview: added and removed in one request.
        let both = json!([add[0], remove[0]]);
        assert_eq!(scim.patch(&path, both).await.status, 204);
        assert_eq!(scim.get(&path).await.body["members"], json!([]));
        assert_eq!(scim.delete(&path).await.status, 204, "delete");
        assert_eq!(scim.get(&path).await.status, 404);
        assert_eq!(scim.delete(&path).await.status, 404, "delete twice");
        assert_eq!(scim.delete("/Groups/5171a35d82074e068ce2").await.status, 404, "delete non-existent");
    }
}
