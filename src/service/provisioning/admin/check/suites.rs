//! The suites: who may call, what Okta and Entra do, and every attribute that discovery promises.

use serde_json::{Value, json};

use super::steps::{Credential, NAME, Step, filtered, get, patch, person, step};
use crate::scim::schema::{Attribute, Catalog, ENTERPRISE_URN, GROUP_URN, Kind};

const ENTRA_GROUP_URN: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

/// The steps of a suite.
pub(super) fn suites(suite: &str, catalog: Catalog) -> Vec<Step> {
    match suite {
        "access" => access(),
        "okta" => okta().into_iter().map(|step| step.from("Okta SCIM Client 1.0.0")).collect(),
        "entra" => entra(),
        "entra-optscim" => entra_optscim(),
        _ => sweep(catalog),
    }
}

/// Who gets in, and what the server says of itself.
fn access() -> Vec<Step> {
    vec![
        get("A request without a token is refused", "/Users", 401).with(Credential::None),
        get("Another token is refused", "/Users", 401).with(Credential::Other),
        get("Service provider configuration", "/ServiceProviderConfig", 200)
            .expecting("/patch/supported", json!(true)),
        get("Resource types", "/ResourceTypes", 200).expecting("/totalResults", json!(2)),
        get("Schemas", "/Schemas", 200),
        get("An unknown user", "/Users/vestibule-check", 404).expecting("/status", json!("404")),
    ]
}

/// An app of the catalogue, from the probe to the re-hire, and group push.
fn okta() -> Vec<Step> {
    let off = patch(&json!([{ "op": "replace", "value": { "active": false } }]));
    let exists = filtered("/Users", &format!("userName eq \"{NAME}\""), "&startIndex=1&count=100");
    let team = json!({ "schemas": [GROUP_URN], "displayName": "vestibule-check", "members": [] });
    let rename =
        json!([{ "op": "replace", "value": { "id": "{group}", "displayName": "vestibule-check 2" } }]);
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": "{user}", "display": NAME }] }]);
    let remove = json!([{ "op": "remove", "path": "members[value eq \"{user}\"]" }]);
    vec![
        get("Probe on save", "/Users?startIndex=1&count=2", 200),
        get("Does the user exist", &exists, 200).expecting("/totalResults", json!(0)),
        step("Create", "POST", "/Users", person(), 201).expecting("/active", json!(true)),
        get("Read", "/Users/{user}", 200).expecting("/userName", json!(NAME)),
        step("Profile by PUT", "PUT", "/Users/{user}", person(), 200),
        step("Push a group", "POST", "/Groups", team, 201),
        step("Rename the group", "PATCH", "/Groups/{group}", patch(&rename), 204),
        step("Add a member", "PATCH", "/Groups/{group}", patch(&add), 204),
        get("Read the group", "/Groups/{group}", 200)
            .expecting("/displayName", json!("vestibule-check 2"))
            .expecting("/members/0/value", json!("{user}")),
        step("Remove a member", "PATCH", "/Groups/{group}", patch(&remove), 204),
        step("Unlink the group", "DELETE", "/Groups/{group}", Value::Null, 204),
        step("Deactivate", "PATCH", "/Users/{user}", off, 200).expecting("/active", json!(false)),
        step("Re-hire", "POST", "/Users", person(), 201).expecting("/active", json!(true)),
        step("Delete", "DELETE", "/Users/{user}", Value::Null, 204),
    ]
}

/// The default dialect: capital operations, booleans as texts, members in the value.
fn entra() -> Vec<Step> {
    let test = filtered("/Users", "externalId eq 7f0b1c5e-check", "");
    let update = patch(&json!([
        { "op": "Replace", "path": "active", "value": "True" },
        { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1" },
        { "op": "Add", "path": format!("{ENTERPRISE_URN}:department"), "value": "Check" }
    ]));
    let disable = patch(&json!([{ "op": "Replace", "path": "active", "value": "False" }]));
    let group = json!({
        "schemas": [GROUP_URN, ENTRA_GROUP_URN], "displayName": "vestibule-check", "externalId": "vestibule-check"
    });
    let rename = patch(&json!([{ "op": "Replace", "path": "displayName", "value": "vestibule-check 2" }]));
    let members = |op: &str| {
        patch(&json!([{ "op": op, "path": "members", "value": [{ "$ref": null, "value": "{user}" }] }]))
    };
    let find = filtered("/Groups", "displayName eq \"vestibule-check 2\"", "&excludedAttributes=members");
    let mut steps = vec![
        get("Test connection", &test, 200).expecting("/totalResults", json!(0)),
        step("Create", "POST", "/Users", person(), 201),
        step("Update", "PATCH", "/Users/{user}", update, 200)
            .expecting("/active", json!(true))
            .expecting("/phoneNumbers/0/value", json!("1"))
            .expecting(
                "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/department",
                json!("Check"),
            ),
        step("Create a group", "POST", "/Groups", group, 201),
        step("Rename the group", "PATCH", "/Groups/{group}", rename, 204),
        step("Add a member", "PATCH", "/Groups/{group}", members("Add"), 204),
        get("Find the group", &find, 200)
            .expecting("/totalResults", json!(1))
            .expecting("/Resources/0/members", Value::Null),
        step("Remove a member", "PATCH", "/Groups/{group}", members("Remove"), 204),
        step("Delete the group", "DELETE", "/Groups/{group}", Value::Null, 204),
        step("Disable", "PATCH", "/Users/{user}", disable, 200).expecting("/active", json!(false)),
    ];
    steps.extend(gone());
    steps
}

/// With the flag that Microsoft recommends: dotted keys and URNs in one pathless value.
fn entra_optscim() -> Vec<Step> {
    const FLAG: &str = "?aadOptscim062020";
    let department = format!("{ENTERPRISE_URN}:department");
    let update = patch(&json!([{ "op": "replace", "value": {
        "name.givenName": "Grace", "active": true, department: "Check",
    } }]));
    let mut steps = vec![
        step("Create", "POST", &format!("/Users{FLAG}"), person(), 201),
        step("Update with dotted keys", "PATCH", &format!("/Users/{{user}}{FLAG}"), update, 200)
            .expecting("/name/givenName", json!("Grace"))
            .expecting(
                "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/department",
                json!("Check"),
            ),
    ];
    steps.extend(gone());
    steps
}

fn gone() -> [Step; 2] {
    [
        step("Hard delete", "DELETE", "/Users/{user}", Value::Null, 204),
        get("Read the deleted", "/Users/{user}", 404),
    ]
}

/// A user with a value for every attribute that discovery promises, those of registered schemas included.
fn sweep(catalog: Catalog) -> Vec<Step> {
    let mut body = person();
    if let Value::Object(attributes) = &mut body {
        for attribute in catalog.user.schema.attributes.iter().filter(|a| a.is_writable()) {
            attributes.entry(attribute.name).or_insert_with(|| sample(attribute));
        }
        for schema in catalog.user.extensions {
            let parts = schema.attributes.iter().filter(|a| a.is_writable());
            let parts = parts.map(|attribute| (attribute.name.to_owned(), sample(attribute))).collect();
            attributes.insert(schema.id.to_owned(), Value::Object(parts));
        }
    }
    // A manager is a user, and there is none before: the user becomes its own.
    let (mut first, mut whole) = (body.clone(), body);
    if let Some(extension) = first.get_mut(ENTERPRISE_URN).and_then(Value::as_object_mut) {
        extension.remove("manager");
    }
    if let Some(manager) = whole.get_mut(ENTERPRISE_URN).and_then(|extension| extension.get_mut("manager")) {
        manager["value"] = json!("{user}");
    }
    vec![
        step("Create with every attribute", "POST", "/Users", first, 201),
        step("Replace with every attribute", "PUT", "/Users/{user}", whole, 200),
        step("Delete", "DELETE", "/Users/{user}", Value::Null, 204),
    ]
}

/// A value of the attribute's type.
fn sample(attribute: &Attribute) -> Value {
    let one = match attribute.kind {
        Kind::String => {
            json!(attribute.canonical_values.first().copied().unwrap_or("check"))
        }
        Kind::Boolean => json!(true),
        Kind::Decimal => json!(1.5),
        Kind::Integer => json!(1),
        Kind::DateTime => json!("2026-01-01T00:00:00Z"),
        Kind::Binary => json!("Y2hlY2s="),
        Kind::Reference => json!("https://check.invalid/"),
        Kind::Complex => {
            let parts = attribute.sub_attributes.iter().filter(|sub| sub.is_writable());
            Value::Object(parts.map(|sub| (sub.name.to_owned(), sample(sub))).collect())
        }
    };
    if attribute.multi_valued { json!([one]) } else { one }
}
