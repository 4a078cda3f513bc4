//! Each rewrite by its name, on what the provider sends, and through the strict core.

use serde_json::{Map, Value, json};

use super::*;
use crate::scim::{
    Resource,
    patch::{Absent, PATCH_URN, Patch, apply},
    schema::{ENTERPRISE_URN, GROUP, USER, USER_URN},
};

fn used(rewrites: &Rewrites) -> Vec<&'static str> {
    rewrites.iter().map(|rewrite| rewrite.code()).collect()
}

/// The attributes of a create, and the rewrites it needed.
fn created(extra: Value) -> (Value, Vec<&'static str>) {
    let mut body = json!({ "schemas": [USER_URN], "userName": "b" });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let rewrites = rewrite_body(&USER, &mut body);
    let user = Resource::create(&USER, &body).unwrap();
    (Value::Object(user.attributes().clone()), used(&rewrites))
}

/// The attributes after a patch of a user with a manager and a work email, and the rewrites it needed.
fn patched(operations: Value) -> (Value, Vec<&'static str>) {
    let user = json!({
        "schemas": [USER_URN], "userName": "b",
        "emails": [{ "value": "w@x.example", "type": "work", "primary": true }],
        ENTERPRISE_URN: { "manager": { "value": "m1" } }
    });
    let user = Resource::create(&USER, &user).unwrap();
    let mut body = json!({ "schemas": [PATCH_URN], "Operations": operations });
    let rewrites = rewrite_patch(&USER, "u1", &mut body);
    let applied = apply(&user, &Patch::parse(&USER, &body).unwrap(), Absent::Create).unwrap();
    (Value::Object(applied.resource.attributes().clone()), used(&rewrites))
}

#[test]
fn every_rewrite_has_a_name_of_its_own_and_a_reason() {
    let names: std::collections::BTreeSet<_> = Rewrite::ALL.iter().map(|rewrite| rewrite.code()).collect();
    assert_eq!(names.len(), Rewrite::ALL.len());
    // Whoever sends it reads no other provider's name as its own.
    for rewrite in Rewrite::ALL {
        let explanation = rewrite.explanation();
        assert!(explanation.contains(", as ") && !explanation.contains(':'), "{explanation}");
    }
}

#[test]
fn what_is_right_is_left_alone() {
    let body = json!({
        "schemas": [USER_URN, ENTERPRISE_URN], "userName": "b", "active": true,
        "emails": [{ "value": "x", "primary": true }], ENTERPRISE_URN: { "manager": { "value": "m" } }, "urn:a:b": {}
    });
    let mut rewritten = body.clone();
    assert!(rewrite_body(&USER, &mut rewritten).is_empty());
    assert_eq!(rewritten, body);
    let patch = json!({ "schemas": [PATCH_URN], "Operations": [
        { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "x" },
        { "op": "remove", "path": "members[value eq \"a\"]" },
        { "op": "replace", "value": { "active": false } }
    ] });
    let mut rewritten = patch.clone();
    assert!(rewrite_patch(&USER, "u1", &mut rewritten).is_empty());
    assert_eq!(rewritten, patch);
}

#[test]
fn scim_050_boolean_text() {
    let (user, rewrites) =
        created(json!({ "active": "False", "emails": [{ "value": "x", "primary": "True" }] }));
    assert_eq!((&user["active"], &user["emails"][0]["primary"]), (&json!(false), &json!(true)));
    assert_eq!(rewrites, ["boolean_text"]);
    for operation in [
        json!({ "op": "replace", "path": "active", "value": "False" }),
        json!({ "op": "replace", "value": { "active": "false" } }),
        json!({ "op": "replace", "path": "active", "value": [{ "value": "False" }] }),
    ] {
        assert_eq!(patched(json!([operation])).0["active"], false, "{operation}");
    }
    let primary = json!([{ "op": "add", "path": "emails[type eq \"work\"].primary", "value": "False" }]);
    assert_eq!(patched(primary).0["emails"][0]["primary"], false);
    let selected =
        json!([{ "op": "replace", "path": "emails[primary eq \"True\"].value", "value": "n@x.example" }]);
    assert_eq!(patched(selected).0["emails"][0]["value"], "n@x.example");
}

#[test]
fn scim_034_capital_operation() {
    let (user, rewrites) = patched(json!([{ "Op": "Replace", "Path": "title", "Value": "Dr" }]));
    assert_eq!((&user["title"], rewrites), (&json!("Dr"), vec!["capital_operation"]));
}

#[test]
fn scim_043_remove_with_value() {
    let mut body = json!({ "schemas": [PATCH_URN], "Operations": [
        { "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": "a" }] }
    ] });
    assert_eq!(used(&rewrite_patch(&GROUP, "g1", &mut body)), ["capital_operation", "remove_with_value"]);
}

#[test]
fn scim_035_key_as_path() {
    let department = format!("{ENTERPRISE_URN}:department");
    let (user, rewrites) = patched(json!([{ "op": "replace", "value": {
        "displayName": "Babs", "name.givenName": "Barbara", &department: "R&D",
        "emails[type eq \"home\"].value": "h@x.example", "active": "True"
    } }]));
    assert_eq!(user["name"]["givenName"], "Barbara");
    assert_eq!(user[ENTERPRISE_URN]["department"], "R&D");
    assert_eq!(user["emails"][1], json!({ "type": "home", "value": "h@x.example" }));
    assert_eq!(user["displayName"], "Babs");
    assert_eq!(rewrites, ["boolean_text", "key_as_path"]);
}

#[test]
fn scim_035_a_key_may_name_an_attribute_of_an_extension_that_nobody_registered() {
    const ACME: &str = "urn:ietf:params:scim:schemas:extension:Acme:2.0:User";
    let key = |name: &str| format!("{ACME}:{name}");
    let keys = json!({
        "displayName": "K", key("badge"): "7", key("desks"): ["A", "B"], key("seat.floor"): 3, "urn:x:y": { "a": 1 }
    });
    let stored = json!({ "badge": "7", "desks": ["A", "B"], "seat": { "floor": 3 } });
    for (user, rewrites) in [patched(json!([{ "op": "replace", "value": keys }])), created(keys.clone())] {
        assert_eq!((&user["displayName"], &user[ACME]), (&json!("K"), &stored));
        assert_eq!(user["urn:x:y"], json!({ "a": 1 }), "an object is the extension");
        assert_eq!(rewrites, ["key_as_path"]);
    }
    let both = json!([{ "op": "add", "value": { ACME: { "badge": "7", "desk": "A" } } }, { "op": "replace", "value": { key("badge"): null } }]);
    assert_eq!(patched(both).0[ACME], json!({ "desk": "A" }), "a null takes it away");
    let (user, rewrites) = created(json!({ key("badge"): null, ACME: null, "urn:x:2.0:User": "x" }));
    assert_eq!((user.get(ACME), user.get("urn:x:2.0"), rewrites), (None, None, vec![]));
    let twice = json!({ ACME.to_uppercase(): { "badge": "7" }, key("badge"): "8", key("desk"): "A" });
    assert_eq!(created(twice).0[ACME.to_uppercase()], json!({ "badge": "7", "desk": "A" }));
}

#[test]
fn keys_without_end_are_left_as_they_are() {
    let keys = |count: usize| {
        let all = (0..count).map(|n| (format!("urn:acme:2.0:x{n}"), json!(1)));
        all.chain([("displayName".to_owned(), json!("K"))]).collect::<Map<_, _>>()
    };
    let (user, rewrites) = created(json!(keys(400)));
    assert_eq!((user["urn:acme:2.0"].as_object().map(Map::len), rewrites), (Some(400), vec!["key_as_path"]));
    // Each would be looked for among all others.
    for many in [json!(keys(200_000)), json!({ USER_URN: keys(200_000) })] {
        let mut body = many.clone();
        assert!(!rewrite_body(&USER, &mut body).contains(&Rewrite::KeyAsPath));
        let keys = |body: &Value| body.as_object().unwrap().keys().filter(|key| key.contains(':')).count();
        assert_eq!(keys(&body), keys(&many));
    }
}

#[test]
fn scim_023_echoed_read_only() {
    let echo = json!([{ "op": "replace", "value": { "id": "u1", "meta": {}, "displayName": "Babs" } }]);
    let (user, rewrites) = patched(echo);
    assert_eq!((&user["displayName"], rewrites), (&json!("Babs"), vec!["echoed_read_only"]));
    let mut other =
        json!({ "schemas": [PATCH_URN], "Operations": [{ "op": "replace", "value": { "id": "u2" } }] });
    rewrite_patch(&USER, "u1", &mut other);
    assert_eq!(Patch::parse(&USER, &other).unwrap_err().scim_type(), "mutability");
}

#[test]
fn scim_049_a_text_for_a_selected_element_is_its_value() {
    let (user, rewrites) =
        patched(json!([{ "op": "replace", "path": "emails[type eq \"work\"]", "value": "new@x.example" }]));
    let kept = json!([{ "value": "new@x.example", "type": "work", "primary": true }]);
    assert_eq!((&user["emails"], rewrites), (&kept, vec!["plain_for_complex"]));
    let (user, _) =
        patched(json!([{ "op": "add", "path": "emails[type eq \"home\"]", "value": "h@x.example" }]));
    assert_eq!(user["emails"][1], json!({ "value": "h@x.example", "type": "home" }));
    for (op, given) in [("replace", json!("")), ("remove", json!("w@x.example")), ("remove", json!(null))] {
        let (user, _) = patched(json!([{ "op": op, "path": "emails[type eq \"work\"]", "value": given }]));
        assert_eq!(user.get("emails"), None, "{op} {given}");
    }
    let postal = json!([{ "op": "replace", "path": "addresses[type eq \"work\"]", "value": "Main Street" }]);
    let mut body = json!({ "schemas": [PATCH_URN], "Operations": postal });
    assert!(rewrite_patch(&USER, "u1", &mut body).is_empty(), "an address has no value");
}

#[test]
fn scim_049_the_manager_in_every_form() {
    let manager = format!("{ENTERPRISE_URN}:manager");
    let value = |path: &str, op: &str, value: Value| {
        let (user, rewrites) = patched(json!([{ "op": op, "path": path, "value": value }]));
        (user[ENTERPRISE_URN]["manager"]["value"].as_str().map(str::to_owned), rewrites)
    };
    let set = Some("m2".to_owned());
    assert_eq!(value(&manager, "add", json!("m2")), (set.clone(), vec!["plain_for_complex"]));
    assert_eq!(
        value(&manager, "add", json!([{ "$ref": null, "value": "m2" }])),
        (set.clone(), vec!["list_of_one"])
    );
    assert_eq!(value("manager", "replace", json!({ "value": "m2" })), (set, vec!["extension_at_top_level"]));
    for empty in [json!(""), json!({ "value": "" }), json!(null), json!([])] {
        assert_eq!(value(&manager, "replace", empty.clone()).0, None, "{empty}");
    }
    assert_eq!(
        created(json!({ ENTERPRISE_URN: { "manager": "m2" } })).0[ENTERPRISE_URN]["manager"]["value"],
        "m2"
    );
}

#[test]
fn scim_049_near_miss_and_old_urns() {
    for (urn, rewrite) in [
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0User", "near_miss_urn"),
        ("urn:scim:schemas:extension:enterprise:1.0", "old_urn"),
        ("urn:scim:schemas:extension:enterprise:2.0", "old_urn"),
    ] {
        let (user, rewrites) = created(json!({ urn: { "department": "R&D" } }));
        assert_eq!((&user[ENTERPRISE_URN]["department"], rewrites), (&json!("R&D"), vec![rewrite]), "{urn}");
        let (user, rewrites) =
            patched(json!([{ "op": "add", "path": format!("{urn}:department"), "value": "X" }]));
        assert_eq!((&user[ENTERPRISE_URN]["department"], rewrites), (&json!("X"), vec![rewrite]), "{urn}");
    }
    let mut body = json!({ "schemas": ["urn:scim:schemas:core:2.0"], "userName": "b" });
    assert_eq!(used(&rewrite_body(&USER, &mut body)), ["old_urn"]);
    assert!(Resource::create(&USER, &body).is_ok());
}

#[test]
fn attributes_of_an_extension_at_top_level() {
    let (user, rewrites) = created(json!({ "department": "R&D", "manager": "m2" }));
    assert_eq!(user[ENTERPRISE_URN], json!({ "department": "R&D", "manager": { "value": "m2" } }));
    assert_eq!(rewrites, ["plain_for_complex", "extension_at_top_level"]);
    let (user, _) = created(json!({ "department": "a", ENTERPRISE_URN: { "department": "b" } }));
    assert_eq!(user[ENTERPRISE_URN]["department"], "b", "what is in its place wins");
}

#[test]
fn scim_019_several_primaries() {
    let emails = json!([{ "value": "a", "primary": true }, { "value": "b", "primary": "true" }]);
    let (user, rewrites) = created(json!({ "emails": emails }));
    assert_eq!(user["emails"][1]["primary"], false);
    assert!(rewrites.contains(&"several_primaries"));
}

#[test]
fn numbers_as_text_and_texts_as_numbers() {
    let (user, rewrites) =
        created(json!({ "externalId": 42, "title": 1.5, ENTERPRISE_URN: { "employeeNumber": 7 } }));
    assert_eq!((&user["externalId"], &user["title"]), (&json!("42"), &json!("1.5")));
    assert_eq!(user[ENTERPRISE_URN]["employeeNumber"], "7");
    assert_eq!(rewrites, ["number_text"]);
    let largest: serde_json::Value = serde_json::from_str("18446744073709551615").unwrap();
    assert_eq!(created(json!({ "externalId": largest })).0["externalId"], "18446744073709551615");
    // Beyond it numbers are rounded as they are read: two people would have one identifier.
    let larger: serde_json::Value = serde_json::from_str("18446744073709551616").unwrap();
    let mut body = json!({ "schemas": [USER_URN], "userName": "b", "externalId": larger });
    rewrite_body(&USER, &mut body);
    assert!(Resource::create(&USER, &body).is_err(), "{body}");
    let (user, rewrites) = patched(json!([{ "op": "replace", "path": "title", "value": 7 }]));
    assert_eq!((&user["title"], rewrites), (&json!("7"), vec!["number_text"]));
}

#[test]
fn values_in_an_object_of_their_own_name_and_in_two_lists() {
    for (value, wanted) in [
        (json!({ "members": [{ "value": "a" }] }), "wrapped_value"),
        (json!({ "Members": { "value": "a" } }), "wrapped_value"),
        (json!([[{ "value": "a" }]]), "list_of_one"),
    ] {
        let mut body = json!({ "schemas": [PATCH_URN], "Operations": [{ "op": "add", "path": "members", "value": value }] });
        assert_eq!(used(&rewrite_patch(&GROUP, "g1", &mut body)), [wanted]);
        let value = &body["Operations"][0]["value"];
        assert!(*value == json!([{ "value": "a" }]) || *value == json!({ "value": "a" }), "{value}");
    }
    let mut element = json!({ "schemas": [PATCH_URN], "Operations": [{ "op": "add", "path": "members", "value": { "value": "a" } }] });
    assert!(rewrite_patch(&GROUP, "g1", &mut element).is_empty(), "an element is no wrapping");
}

#[test]
fn schemas_that_are_left_out_are_those_of_the_message() {
    for given in [json!({ "userName": "b" }), json!({ "userName": "b", "Schemas": null })] {
        let mut body = given;
        assert_eq!(used(&rewrite_body(&USER, &mut body)), ["no_schemas"]);
        assert!(Resource::create(&USER, &body).is_ok(), "{body}");
    }
    let mut patch = json!({ "Operations": [{ "op": "replace", "path": "title", "value": "x" }] });
    assert_eq!(used(&rewrite_patch(&USER, "u1", &mut patch)), ["no_schemas"]);
    assert!(Patch::parse(&USER, &patch).is_ok());
    let mut other = json!({ "schemas": [ENTERPRISE_URN], "userName": "b" });
    assert!(rewrite_body(&USER, &mut other).is_empty());
    assert!(Resource::create(&USER, &other).is_err(), "those of something else are not put right");
}

#[test]
fn paths_as_keys_of_a_body_are_followed() {
    let urn = |rest: &str| format!("{ENTERPRISE_URN}{rest}");
    for (key, wanted) in [
        (urn(":department"), json!({ ENTERPRISE_URN: { "department": "x" } })),
        (urn(".department"), json!({ ENTERPRISE_URN: { "department": "x" } })),
        (urn(":manager.value"), json!({ ENTERPRISE_URN: { "manager": { "value": "x" } } })),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department".into(),
            json!({ ENTERPRISE_URN: { "department": "x" } }),
        ),
        ("NAME.givenname".into(), json!({ "name": { "givenName": "x" } })),
        (format!("{USER_URN}:title"), json!({ "title": "x" })),
    ] {
        let (user, rewrites) = created(json!({ key.as_str(): "x" }));
        for (name, value) in wanted.as_object().unwrap() {
            assert_eq!(&user[name], value, "{key}");
        }
        assert!(rewrites.contains(&"key_as_path"), "{key}: {rewrites:?}");
    }
    let (user, _) =
        created(json!({ "name": { "givenName": "a" }, "name.givenName": "b", "name.familyName": "c" }));
    assert_eq!(user["name"], json!({ "givenName": "a", "familyName": "c" }), "what is there stays");
    let (user, _) = created(json!({ "title": "x", urn(":department"): null }));
    assert_eq!((&user["title"], user.get(ENTERPRISE_URN)), (&json!("x"), None), "null is nothing");
    let (user, _) = created(json!({ "name": null, "name.givenName": "b" }));
    assert_eq!(user["name"], json!({ "givenName": "b" }), "null is nothing");
    let (user, _) = created(json!({ USER_URN: { "title": "x" } }));
    assert_eq!(user["title"], "x", "the base schema is no extension");
    // Two values, of which only one can be meant: neither a deactivation nor its opposite is passed over.
    for (key, given) in [
        (format!("{USER_URN}:active"), json!(false)),
        (USER_URN.to_owned(), json!({ "active": false })),
        (urn(":department"), json!("y")),
    ] {
        let mut body = json!({
            "schemas": [USER_URN, ENTERPRISE_URN], "userName": "b", "active": true,
            ENTERPRISE_URN: { "department": "x" }, key.as_str(): given,
        });
        rewrite_body(&USER, &mut body);
        assert!(Resource::create(&USER, &body).is_err(), "{key}: {body}");
    }
    let (user, _) = created(json!({ "active": true, format!("{USER_URN}:active"): true }));
    assert_eq!(
        (&user["active"], user.get(format!("{USER_URN}:active"))),
        (&json!(true), None),
        "the same twice"
    );
}

#[test]
fn a_certificate_in_lines_or_without_padding_is_the_same_one() {
    let certificate = |text: &str| created(json!({ "x509Certificates": [{ "value": text }] }));
    let (exact, none) = certificate("MIIBAA==");
    assert_eq!(none, Vec::<&str>::new());
    for loose in ["MIIB\r\nAA==\n", " MIIBAA", "MIIBAA"] {
        assert_eq!(certificate(loose), (exact.clone(), vec!["loose_binary"]), "{loose:?}");
    }
}

#[test]
fn schemas_that_are_known_are_told_and_not_changed() {
    let (before, _) = patched(json!([{ "op": "replace", "value": {} }]));
    for value in [json!([ENTERPRISE_URN, USER_URN]), json!(ENTERPRISE_URN)] {
        let echoed = patched(json!([{ "op": "add", "path": "schemas", "value": value }]));
        assert_eq!(echoed, (before.clone(), vec!["echoed_read_only"]));
    }
    for (op, value) in [("add", json!(["urn:a:b"])), ("remove", json!([USER_URN])), ("add", json!(7))] {
        let mut body = json!({ "schemas": [PATCH_URN], "Operations": [{ "op": op, "path": "schemas", "value": value }] });
        rewrite_patch(&USER, "u1", &mut body);
        assert_eq!(Patch::parse(&USER, &body).unwrap_err().scim_type(), "mutability");
    }
}

#[test]
fn the_numbers_of_a_search_may_be_texts() {
    use crate::scim::list::{Query, SEARCH_URN};
    let mut body = json!({ "schemas": [SEARCH_URN], "startIndex": "3", "Count": " 5", "filter": "id pr" });
    assert_eq!(used(&rewrite_message(SEARCH_URN, &mut body)), ["number_text"]);
    let query = Query::from_body(&body).unwrap();
    assert_eq!((query.page.start_index(), query.count), (3, 5));
    let mut bad = json!({ "schemas": [SEARCH_URN], "count": "many" });
    assert!(rewrite_message(SEARCH_URN, &mut bad).is_empty() && Query::from_body(&bad).is_err());
}
