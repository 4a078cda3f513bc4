//! Who may be named as a manager, and what is told of one.

use serde_json::{Value, json};

use super::{
    support::{PATCH, Scim, USER, user},
    tolerance::ENTERPRISE,
};
use crate::support::on_both_databases;
use vestibule::service::provisioning::admin::connections::ConnectionUpdate;

const NOBODY: &str = "user_0000000000000000000000000";

fn managed(name: &str, manager: &str) -> Value {
    json!({ "schemas": [USER, ENTERPRISE], "userName": name, ENTERPRISE: { "manager": { "value": manager } } })
}

fn set(manager: Value) -> Value {
    json!([{ "op": "add", "path": format!("{ENTERPRISE}:manager"), "value": manager }])
}

on_both_databases! {
    async fn r22_an_unknown_manager_and_a_foreign_one_get_the_same_answer(scim: Scim) {
        let ada = scim.user("ada").await;
        let path = format!("/Users/{ada}");
        let foreign = scim.request_as(&scim.globex, "POST", "/Users", Some(&user("eve"))).await.id();
        let gone = scim.user("gone").await;
        assert_eq!(scim.delete(&format!("/Users/{gone}")).await.status, 204);
        let mut details = Vec::new();
        for nobody in [NOBODY, &foreign, &gone] {
            let bulk = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
                { "method": "POST", "path": "/Users", "bulkId": "b", "data": managed("bob", nobody) },
                { "method": "PATCH", "path": path, "data": { "schemas": [PATCH], "Operations": set(json!(nobody)) } }
            ] });
            let bulk = scim.post("/Bulk", bulk).await;
            for operation in bulk.body["Operations"].as_array().unwrap() {
                let response = &operation["response"];
                assert_eq!((&operation["status"], &response["scimType"]), (&json!("400"), &json!("invalidValue")));
            }
            for answer in [
                scim.post("/Users", managed("bob", nobody)).await,
                scim.put(&path, managed("ada", nobody)).await,
                scim.patch(&path, set(json!(nobody))).await,
                scim.patch(&path, set(json!({ "value": nobody }))).await,
                scim.patch(&path, json!([{ "op": "replace", "value": { ENTERPRISE: { "manager": { "value": nobody } } } }])).await,
            ] {
                assert_eq!(answer.refusal(), (400, "invalidValue"), "{nobody}");
                let detail = answer.body["detail"].as_str().unwrap();
                assert!(!detail.contains(nobody), "{detail}");
                details.push(detail.split('(').next().unwrap().split("req_").next().unwrap().to_owned());
            }
        }
        details.dedup();
        assert_eq!(details.len(), 1, "{details:?}");
        assert_eq!(scim.get("/Users").await.body["totalResults"], 1, "nothing was made");
        assert_eq!(scim.row(&ada).await.unwrap().version, 1, "nothing was changed");
    }

    async fn a_manager_that_is_deleted_later_stands_in_no_ones_way(scim: Scim) {
        let boss = scim.user("boss").await;
        let ada = scim.post("/Users", managed("ada", &boss)).await;
        assert_eq!((ada.status, &ada.body[ENTERPRISE]["manager"]["value"]), (201, &json!(boss)));
        let path = format!("/Users/{}", ada.id());
        assert_eq!(scim.delete(&format!("/Users/{boss}")).await.status, 204);
        let mut body = managed("ada", &boss);
        body["title"] = json!("Baker");
        let answer = scim.put(&path, body).await;
        assert_eq!((answer.status, &answer.body["title"]), (200, &json!("Baker")));
        let title = json!([{ "op": "replace", "path": "title", "value": "Cook" }]);
        assert_eq!(scim.patch(&path, title).await.status, 200);
        assert_eq!(scim.patch(&path, json!([{ "op": "replace", "path": "active", "value": false }])).await.status, 200);
        let other = scim.post("/Users", managed("bob", &boss)).await;
        assert_eq!(other.refusal(), (400, "invalidValue"), "who is gone is named by nobody anew");
    }

    async fn a_text_of_the_providers_own_is_no_id_of_ours(scim: Scim) {
        let ada = scim.post("/Users", managed("ada", "00ub0oNGTSWTBKOLGLNR")).await;
        assert_eq!((ada.status, &ada.body[ENTERPRISE]["manager"]), (201, &json!({ "value": "00ub0oNGTSWTBKOLGLNR" })));
        scim.update(ConnectionUpdate { strict: Some(true), ..ConnectionUpdate::default() }).await;
        let path = format!("/Users/{}", ada.id());
        assert_eq!(scim.post("/Users", managed("bob", "Anna Adler")).await.refusal(), (400, "invalidValue"));
        let other = json!([{ "op": "replace", "path": format!("{ENTERPRISE}:manager.value"), "value": "x" }]);
        assert_eq!(scim.patch(&path, other).await.refusal(), (400, "invalidValue"));
        let boss = scim.user("boss").await;
        assert_eq!(scim.post("/Users", managed("bob", &boss)).await.status, 201);
        let title = json!([{ "op": "replace", "path": "title", "value": "Cook" }]);
        assert_eq!(scim.patch(&path, title).await.status, 200, "what was there before stays");
    }

    async fn the_name_of_a_manager_is_told(scim: Scim) {
        let mut boss = user("boss");
        boss["displayName"] = json!("Berta Boss");
        let (boss, plain) = (scim.post("/Users", boss).await.id(), scim.user("plain").await);
        let ada = scim.post("/Users", managed("ada", &boss)).await;
        assert_eq!(ada.body[ENTERPRISE]["manager"], json!({ "value": boss, "displayName": "Berta Boss" }));
        scim.post("/Users", managed("bob", &plain)).await;
        scim.post("/Users", managed("kim", "free")).await;
        let names = |list: &Value| -> Vec<Value> {
            list["Resources"].as_array().unwrap().iter().map(|user| user[ENTERPRISE]["manager"]["displayName"].clone()).collect()
        };
        let filter = format!("/Users?filter={ENTERPRISE}:manager pr&sortBy=userName");
        let wanted = [json!("Berta Boss"), json!("plain"), Value::Null];
        assert_eq!(names(&scim.get(&filter).await.body), wanted);
        assert_eq!(names(&scim.get(&format!("{filter}&attributes={ENTERPRISE}:manager")).await.body), wanted);
        let by_name = format!("/Users?filter={ENTERPRISE}:manager.displayName eq \"berta boss\"");
        assert_eq!(scim.get(&by_name).await.body["totalResults"], 1);
        let path = format!("/Users/{}", ada.id());
        let named = json!([{ "op": "replace", "path": format!("{ENTERPRISE}:manager.displayName"), "value": "x" }]);
        assert_eq!(scim.patch(&path, named).await.refusal(), (400, "mutability"));
        // What is read is sent back whole, and is no change.
        let whole = scim.get(&path).await;
        let again = scim.put(&path, whole.body.clone()).await;
        assert_eq!((again.status, again.header("etag")), (200, whole.header("etag")));
    }
}
