//! Properties of bodies and patches.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use vestibule::scim::{
    Resource, dialect,
    patch::{Absent, PATCH_URN, Patch, apply, plan_group},
    schema::{ENTERPRISE_URN, GROUP, GROUP_URN, USER, USER_URN},
};

/// Any JSON, with names and texts that the schema knows among them.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "\\PC{0,6}",
        proptest::sample::select(vec![
            "True",
            "false",
            "work",
            "add",
            "Replace",
            "remove",
            ENTERPRISE_URN,
            USER_URN
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    let names = vec![
        "userName",
        "USERNAME",
        "active",
        "emails",
        "value",
        "type",
        "primary",
        "name",
        "givenName",
        "members",
        "displayName",
        "manager",
        "department",
        "schemas",
        "Operations",
        "op",
        "path",
        "id",
        "groups",
        "password",
        ENTERPRISE_URN,
        "urn:x:y",
        "name.givenName",
        "emails[type eq \"work\"].value",
    ];
    prop_oneof![4 => proptest::sample::select(names).prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

fn path() -> impl Strategy<Value = String> {
    let paths = vec![
        "userName",
        "active",
        "title",
        "name",
        "name.givenName",
        "emails",
        "emails[type eq \"work\"]",
        "emails[type eq \"work\"].value",
        "emails[primary eq \"True\"].value",
        "emails.type",
        "members",
        "members[value eq \"a\"]",
        "manager",
        "urn:a:b:c",
        "urn:a:b:c.d",
        "id",
        "roles",
        "addresses",
    ];
    let extension = proptest::sample::select(vec!["manager", "department", "manager.value"])
        .prop_map(|name| format!("{ENTERPRISE_URN}:{name}"));
    prop_oneof![
        6 => proptest::sample::select(paths).prop_map(str::to_owned),
        2 => extension,
        1 => Just(ENTERPRISE_URN.to_owned()),
        1 => "\\PC{0,12}",
    ]
}

fn operation() -> impl Strategy<Value = Value> {
    let op = proptest::sample::select(vec!["add", "Add", "replace", "Replace", "remove", "Remove"]);
    (op, proptest::option::of(path()), proptest::option::of(any_json())).prop_map(|(op, path, value)| {
        let mut operation = json!({ "op": op });
        if let Some(path) = path {
            operation["path"] = json!(path);
        }
        if let Some(value) = value {
            operation["value"] = value;
        }
        operation
    })
}

fn body() -> impl Strategy<Value = Value> {
    proptest::collection::vec(operation(), 1..5)
        .prop_map(|operations| json!({ "schemas": [PATCH_URN], "Operations": operations }))
}

fn user() -> Resource {
    let body = json!({
        "schemas": [USER_URN], "userName": "b", "active": true, "name": { "givenName": "B" },
        "emails": [{ "value": "w", "type": "work", "primary": true }, { "value": "h", "type": "home" }],
        ENTERPRISE_URN: { "department": "R&D" }
    });
    Resource::create(&USER, &body).unwrap()
}

/// What is stored passes the schema, and passes it unchanged.
fn is_well_formed(resource: &Resource) -> bool {
    let mut body = Value::Object(resource.attributes().clone());
    body["schemas"] = json!([resource.resource_type().schema.id]);
    let again = Resource::create(resource.resource_type(), &body);
    // A create sets `active` where it was removed.
    again.is_ok_and(|again| {
        again.changes(resource).iter().all(|name| name == "active" && resource.active().is_none())
    })
}

proptest! {
    #[test]
    fn no_body_panics_and_what_is_accepted_is_well_formed(mut body in any_json()) {
        if let Value::Object(members) = &mut body {
            members.insert("schemas".to_owned(), json!([USER_URN]));
            members.entry("userName").or_insert(json!("b"));
        }
        dialect::rewrite_body(&USER, &mut body);
        if let Ok(user) = Resource::create(&USER, &body) {
            prop_assert!(is_well_formed(&user), "{:?}", user.attributes());
        }
    }

    #[test]
    fn no_patch_panics_and_the_outcome_is_well_formed(mut body in body()) {
        dialect::rewrite_patch(&USER, "u1", &mut body);
        if let Ok(patch) = Patch::parse(&USER, &body)
            && let Ok(applied) = apply(&user(), &patch, Absent::Create)
        {
            prop_assert!(is_well_formed(&applied.resource), "{:?}", applied.resource.attributes());
        }
    }

    #[test]
    fn one_operation_twice_is_the_same_as_once(operation in operation()) {
        // What takes the place of a selected element may be selected no more: then the second is another operation.
        let selects = operation["path"].as_str().is_some_and(|path| path.trim_end().ends_with(']'));
        let replaces = operation["op"].as_str().is_some_and(|op| op.eq_ignore_ascii_case("replace"));
        prop_assume!(!(selects && replaces));
        let mut body = json!({ "schemas": [PATCH_URN], "Operations": [operation] });
        dialect::rewrite_patch(&USER, "u1", &mut body);
        if let Ok(patch) = Patch::parse(&USER, &body)
            && let Ok(once) = apply(&user(), &patch, Absent::Create)
        {
            let twice = apply(&once.resource, &patch, Absent::Create);
            prop_assert_eq!(twice.map(|applied| applied.resource), Ok(once.resource));
        }
    }

    #[test]
    fn the_rewrites_are_done_after_one_pass(mut body in body()) {
        dialect::rewrite_patch(&USER, "u1", &mut body);
        let once = body.clone();
        dialect::rewrite_patch(&USER, "u1", &mut body);
        prop_assert_eq!(body, once);
    }

    #[test]
    fn no_patch_of_a_group_panics(mut body in body()) {
        let group = Resource::create(&GROUP, &json!({ "schemas": [GROUP_URN], "displayName": "g" })).unwrap();
        dialect::rewrite_patch(&GROUP, "g1", &mut body);
        if let Ok(patch) = Patch::parse(&GROUP, &body)
            && let Ok(plan) = plan_group(&group, &patch, Absent::Create)
        {
            prop_assert!(is_well_formed(&plan.resource));
        }
    }
}
