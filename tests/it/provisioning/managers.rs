//! Who may be named as a manager.

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
        // As each cycle says it again, in every form.
        for (said, manager) in [json!(boss), json!({ "value": boss }), json!({ "value": boss, "$ref": format!("../Users/{boss}") })].into_iter().enumerate() {
            let title = format!("Clerk {said}");
            let operations = json!([
                { "op": "replace", "path": "title", "value": title },
                { "op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": manager },
            ]);
            let answer = scim.patch(&path, operations).await;
            assert_eq!((answer.status, &answer.body["title"]), (200, &json!(title)), "{manager}");
            let whole = json!([{ "op": "add", "value": { "nickName": title, ENTERPRISE: { "manager": manager } } }]);
            let answer = scim.patch(&path, whole).await;
            assert_eq!((answer.status, &answer.body["nickName"]), (200, &json!(title)), "{manager}");
        }
        let back = scim.post("/Users", managed("ada", &boss)).await;
        assert_eq!((back.status, back.id()), (201, ada.id()), "restored with the manager that it had");
        assert_eq!(scim.patch(&path, set(json!(null))).await.status, 200);
        assert_eq!(scim.patch(&path, set(json!(boss))).await.refusal(), (400, "invalidValue"), "it is news by now");
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
}
