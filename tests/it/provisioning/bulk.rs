//! Bulk requests.

use serde_json::{Value, json};

use super::support::{Answer, GROUP, PATCH, Scim, USER, user};
use crate::support::on_both_databases;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

async fn bulk(scim: &Scim, operations: Value) -> Answer {
    scim.post("/Bulk", json!({ "schemas": [BULK], "Operations": operations })).await
}

fn create(name: &str, path: &str, data: Value) -> Value {
    json!({ "method": "POST", "path": path, "bulkId": name, "data": data })
}

fn statuses(answer: &Answer) -> Vec<&str> {
    answer.body["Operations"].as_array().unwrap().iter().map(|op| op["status"].as_str().unwrap()).collect()
}

/// The id at the end of an operation's location.
fn id(answer: &Answer, index: usize) -> String {
    answer.body["Operations"][index]["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

on_both_databases! {
    async fn scim_077_each_operation_is_answered_in_its_place(scim: Scim) {
        let ben = scim.user("ben@acme.example").await;
        let answer = bulk(&scim, json!([
            create("a", "/Users", user("anna@acme.example")),
            { "method": "PUT", "path": format!("/Users/{ben}"), "version": "W/\"1\"",
              "data": { "schemas": [USER], "userName": "ben@acme.example", "title": "Dr" } },
            { "method": "PATCH", "path": format!("/Users/{ben}"), "version": "W/\"1\"", "data":
              { "schemas": [PATCH], "Operations": [{ "op": "add", "path": "title", "value": "x" }] } },
            { "method": "DELETE", "path": format!("/Users/{ben}") },
            { "method": "DELETE", "path": format!("/Users/{ben}") },
            create("b", "/Users", user("ANNA@acme.example")),
            create("c", "/Devices", json!({ "schemas": [USER] })),
        ])).await;
        assert_eq!(answer.status, 200);
        assert_eq!(statuses(&answer), ["201", "200", "412", "204", "404", "409", "404"]);
        let first = &answer.body["Operations"][0];
        assert_eq!((&first["bulkId"], &first["version"]), (&json!("a"), &json!("W/\"1\"")));
        assert_eq!(answer.body["Operations"][5]["response"]["scimType"], "uniqueness");
        assert_eq!(answer.body["Operations"][5]["response"]["status"], "409");
        assert!(first.get("response").is_none());
        // All but a create that failed say what they are about (RFC 7644 section 3.7).
        let at = |index: usize| answer.body["Operations"][index].get("location").and_then(Value::as_str);
        let of_ben = format!("http://localhost/api/scim/v1/Users/{ben}");
        for index in 1..5 {
            assert_eq!(at(index), Some(of_ben.as_str()), "{index}");
        }
        assert!(at(0).is_some_and(|location| location.contains("/Users/user_")));
        assert_eq!((at(5), at(6)), (None, None));
        let answer = bulk(&scim, json!([
            { "method": "DELETE", "path": "/users/no one" },
            { "method": "PUT", "path": "/Users/bulkId:x", "data": user("x") },
            create("g", "/Groups", json!({ "schemas": [GROUP], "displayName": "Team" })),
            { "method": "DELETE", "path": "/Groups/bulkId:g" },
        ])).await;
        assert_eq!(statuses(&answer), ["404", "400", "201", "204"]);
        let at = |index: usize| answer.body["Operations"][index]["location"].as_str().unwrap();
        assert_eq!(at(0), "http://localhost/api/scim/v1/Users/no%20one");
        assert_eq!(at(1), "http://localhost/api/scim/v1/Users/bulkId%3Ax");
        assert_eq!(at(3), at(2), "a reference is told as what it stands for");
    }

    async fn scim_078_references_point_back_and_forward(scim: Scim) {
        let answer = bulk(&scim, json!([
            create("g", "/Groups", json!({ "schemas": [GROUP], "displayName": "Team", "members": [{ "value": "bulkId:u" }] })),
            create("u", "/Users", user("anna@acme.example")),
            { "method": "PATCH", "path": "/Groups/bulkId:g", "data": { "schemas": [PATCH], "Operations": [
                { "op": "remove", "path": "members[value eq \"bulkId:u\"]" },
                { "op": "add", "path": "members", "value": [{ "value": "bulkId:v" }] } ] } },
            create("v", "/Users", user("ben@acme.example")),
        ])).await;
        assert_eq!(statuses(&answer), ["201", "201", "200", "201"]);
        let group = scim.get(&format!("/Groups/{}", id(&answer, 0))).await;
        assert_eq!(group.body["members"].as_array().unwrap().len(), 1);
        assert_eq!(group.body["members"][0]["value"], id(&answer, 3));
    }

    async fn scim_078_the_path_of_a_patch_waits_for_what_it_names(scim: Scim) {
        let all = json!([{ "value": "bulkId:u" }, { "value": "bulkId:v" }, { "value": "bulkId:w" }]);
        let remove = json!([{ "op": "remove", "path": "members[value eq \"bulkId:u\" or value eq \"bulkId:v\"]" }]);
        let answer = bulk(&scim, json!([
            { "method": "PATCH", "path": "/Groups/bulkId:g", "data": remove },
            create("u", "/Users", user("anna@acme.example")),
            create("v", "/Users", user("ben@acme.example")),
            create("w", "/Users", user("carl@acme.example")),
            create("g", "/Groups", json!({ "schemas": [GROUP], "displayName": "Team", "members": all })),
        ])).await;
        assert_eq!(statuses(&answer), ["200", "201", "201", "201", "201"]);
        let members = scim.get(&format!("/Groups/{}", id(&answer, 4))).await.body["members"].clone();
        assert_eq!((members.as_array().unwrap().len(), &members[0]["value"]), (1, &json!(id(&answer, 3))));

        let team = scim.group("Other", &[&id(&answer, 1)]).await;
        let select = |name: &str| json!([{ "op": "remove", "path": format!("members[value eq \"bulkId:{name}\"]") }]);
        let answer = bulk(&scim, json!([
            { "method": "PATCH", "path": format!("/Groups/{team}"), "data": select("later") },
            { "method": "PATCH", "path": format!("/Groups/{team}"), "data": select("nobody") },
            create("later", "/Users", user("dora@acme.example")),
        ])).await;
        assert_eq!(statuses(&answer), ["200", "400", "201"]);
    }

    async fn scim_078_circles_are_created_first_and_closed_afterwards(scim: Scim) {
        let with_manager = |name: &str, manager: &str| json!({
            "schemas": [USER, ENTERPRISE], "userName": name,
            ENTERPRISE: { "department": "R", "manager": { "value": manager } }
        });
        let answer = bulk(&scim, json!([
            create("a", "/Users", with_manager("anna@acme.example", "bulkId:b")),
            create("b", "/Users", with_manager("ben@acme.example", "bulkId:a")),
            create("c", "/Users", with_manager("carl@acme.example", "bulkId:c")),
        ])).await;
        assert_eq!(statuses(&answer), ["201", "201", "201"]);
        for (one, other) in [(0, 1), (1, 0), (2, 2)] {
            let shown = scim.get(&format!("/Users/{}", id(&answer, one))).await.body;
            assert_eq!(shown[ENTERPRISE]["manager"]["value"], id(&answer, other));
            assert_eq!(shown[ENTERPRISE]["department"], "R");
        }
        // Two groups in each other would contain themselves: the circle is not closed.
        let group = |name: &str, member: &str| json!({ "schemas": [GROUP], "displayName": name, "members": [{ "value": member }] });
        let answer = bulk(&scim, json!([create("g", "/Groups", group("G", "bulkId:h")), create("h", "/Groups", group("H", "bulkId:g"))])).await;
        let mut statuses = statuses(&answer);
        statuses.sort_unstable();
        assert_eq!(statuses, ["201", "409"], "RFC 7644 section 3.7.1");
    }

    async fn scim_078_a_reference_to_nothing_names_nobody(scim: Scim) {
        let group = |member: &str| json!({ "schemas": [GROUP], "displayName": member, "members": [{ "value": member }] });
        let answer = bulk(&scim, json!([
            create("g", "/Groups", group("bulkId:nobody")),
            create("x", "/Users", json!({ "schemas": [USER] })),
            create("h", "/Groups", group("bulkId:x")),
        ])).await;
        assert_eq!(statuses(&answer), ["400", "400", "400"]);
        assert_eq!(answer.body["Operations"][0]["response"]["scimType"], "invalidValue");
        assert_eq!(scim.get("/Groups").await.body["totalResults"], 0);
    }

    async fn scim_076_fail_on_errors_stops(scim: Scim) {
        let body = json!({ "schemas": [BULK], "failOnErrors": 2, "Operations": [
            create("a", "/Users", user("anna@acme.example")),
            create("b", "/Users", user("anna@acme.example")),
            create("c", "/Users", user("carl@acme.example")),
            create("d", "/Users", user("carl@acme.example")),
            create("e", "/Users", user("emil@acme.example")),
        ] });
        let answer = scim.post("/Bulk", body).await;
        assert_eq!(statuses(&answer), ["201", "409", "201", "409"], "what was not tried is not answered");
        assert_eq!(scim.get("/Users").await.body["totalResults"], 2);
    }

    async fn scim_076_limits_name_themselves(scim: Scim) {
        let many: Vec<Value> = (0..1_001).map(|n| json!({ "method": "DELETE", "path": format!("/Users/{n}") })).collect();
        // A member of a message has its name in any case, and so has the limit.
        for name in ["Operations", "operations", "OPERATIONS"] {
            let answer = scim.post("/Bulk", json!({ "schemas": [BULK], name: many })).await;
            assert_eq!(answer.status, 413, "{name}");
            assert!(answer.body["detail"].as_str().unwrap().contains("1000 operations"));
        }
        let config = scim.get("/ServiceProviderConfig").await.body;
        assert_eq!(config["bulk"], json!({ "supported": true, "maxOperations": 1_000, "maxPayloadSize": 8_388_608 }));
        for bad in [json!([]), json!({ "schemas": [BULK] }), json!({ "schemas": [BULK], "Operations": [{}] })] {
            assert_eq!(scim.post("/Bulk", bad.clone()).await.refusal(), (400, "invalidSyntax"), "{bad}");
        }
    }

    async fn scim_079_r20_an_operation_reaches_no_further_than_a_request(scim: Scim) {
        let anna = scim.user("anna@acme.example").await;
        let body = json!({ "schemas": [BULK], "Operations": [
            { "method": "DELETE", "path": format!("/Users/{anna}") },
            create("g", "/Groups", json!({ "schemas": [GROUP], "displayName": "G", "members": [{ "value": anna }] })),
        ] });
        let answer = scim.request_as(&scim.globex, "POST", "/Bulk", Some(&body)).await;
        assert_eq!(statuses(&answer), ["404", "400"]);
        assert_eq!(scim.get(&format!("/Users/{anna}")).await.status, 200);
    }
}
