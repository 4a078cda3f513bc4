//! The rules of PATCH, on the strict core.

use serde_json::{Value, json};

use super::*;
use crate::scim::{
    resource::{Member, MemberKind, Resource},
    schema::{ENTERPRISE_URN, GROUP, GROUP_URN, USER, USER_URN},
};

fn user() -> Resource {
    Resource::create(
        &USER,
        &json!({
            "schemas": [USER_URN],
            "userName": "b",
            "title": "Dr",
            "name": { "givenName": "Barbara", "familyName": "Jensen" },
            "emails": [
                { "value": "b@work.example", "type": "work", "primary": true },
                { "value": "b@home.example", "type": "home" }
            ],
            "roles": [{ "value": "reader" }],
            ENTERPRISE_URN: { "department": "R&D", "manager": { "value": "m1" } }
        }),
    )
    .unwrap()
}

fn unchanged() -> Value {
    Value::Object(user().attributes().clone())
}

fn body(operations: Value) -> Value {
    json!({ "schemas": [PATCH_URN], "Operations": operations })
}

fn run(operations: Value, absent: Absent) -> Result<Value, ScimError> {
    let patch = Patch::parse(&USER, &body(operations))?;
    let applied = apply(&user(), &patch, absent)?;
    Ok(Value::Object(applied.resource.attributes().clone()))
}

fn patched(operation: Value) -> Value {
    run(json!([operation]), Absent::Create).unwrap()
}

fn refused(operation: Value) -> &'static str {
    run(json!([operation]), Absent::Refuse).unwrap_err().scim_type()
}

#[test]
fn scim_034_the_request_must_be_a_patch() {
    let ok = json!({ "op": "add", "path": "title", "value": "x" });
    let cases = [
        (json!([]), "invalidSyntax"),
        (json!({ "schemas": [PATCH_URN] }), "invalidSyntax"),
        (body(json!([])), "invalidSyntax"),
        (body(json!("x")), "invalidSyntax"),
        (body(json!([1])), "invalidSyntax"),
        (body(json!([{ "op": "move", "path": "title" }])), "invalidSyntax"),
        (json!({ "schemas": [USER_URN], "Operations": [ok] }), "invalidSyntax"),
        (body(json!([{ "op": "add", "path": "title" }])), "invalidValue"),
        (body(json!([{ "op": "add", "value": "x" }])), "invalidValue"),
        (body(json!([{ "op": "add", "path": 1, "value": "x" }])), "invalidPath"),
        (body(json!([{ "op": "add", "path": "a..b", "value": "x" }])), "invalidPath"),
        (body(json!([{ "op": "add", "path": "emails[type eq \"work\"]x", "value": "x" }])), "invalidPath"),
        (body(json!([{ "op": "add", "path": "nothing", "value": "x" }])), "invalidPath"),
        (body(json!([{ "op": "add", "path": "emails[type eq]", "value": "x" }])), "invalidFilter"),
        (body(Value::Array(vec![ok; MAX_OPERATIONS + 1])), "tooMany"),
    ];
    for (body, wanted) in cases {
        assert_eq!(Patch::parse(&USER, &body).unwrap_err().scim_type(), wanted);
    }
}

#[test]
fn scim_035_and_45_no_path_names_the_attributes_in_the_value() {
    for op in ["add", "replace"] {
        let after = patched(json!({ "op": op, "value": {
            "schemas": [USER_URN], "TITLE": "Prof", "nickName": "Babs", "unknown": 1,
            "name": { "givenName": "Babs" }, ENTERPRISE_URN: { "division": "North" }, "urn:acme:x": { "a": 1 }
        } }));
        assert_eq!((&after["title"], &after["nickName"]), (&json!("Prof"), &json!("Babs")));
        assert_eq!(after["name"], json!({ "givenName": "Babs", "familyName": "Jensen" }));
        assert_eq!(after[ENTERPRISE_URN]["division"], "North");
        assert_eq!(after[ENTERPRISE_URN]["department"], "R&D", "an extension is merged");
        assert_eq!(after["urn:acme:x"]["a"], 1);
    }
    assert_eq!(refused(json!({ "op": "add", "value": { "title": "a", "Title": "b" } })), "invalidSyntax");
}

#[test]
fn scim_036_037_single_values_are_set_and_complex_ones_merged() {
    assert_eq!(patched(json!({ "op": "add", "path": "title", "value": "Prof" }))["title"], "Prof");
    let name =
        patched(json!({ "op": "add", "path": "name", "value": { "middleName": "J", "givenName": null } }));
    assert_eq!(name["name"], json!({ "familyName": "Jensen", "middleName": "J" }));
    assert_eq!(
        patched(json!({ "op": "replace", "path": "name.givenName", "value": "X" }))["name"]["givenName"],
        "X"
    );
}

#[test]
fn scim_038_add_appends_and_skips_what_is_there() {
    let same = json!({ "value": "b@home.example", "type": "home" });
    assert_eq!(patched(json!({ "op": "add", "path": "emails", "value": [same] })), unchanged());
    let one = patched(json!({ "op": "add", "path": "emails", "value": { "value": "c@x.example" } }));
    assert_eq!(one["emails"].as_array().unwrap().len(), 3);
    let plain = patched(json!({ "op": "add", "path": "roles", "value": "writer" }));
    assert_eq!(plain["roles"], json!([{ "value": "reader" }, { "value": "writer" }]));
}

#[test]
fn scim_039_047_an_element_that_is_not_there() {
    for op in ["add", "replace"] {
        let operation =
            json!({ "op": op, "path": "emails[type eq \"other\"].value", "value": "o@x.example" });
        let created = patched(operation.clone());
        assert_eq!(created["emails"][2], json!({ "type": "other", "value": "o@x.example" }));
        assert_eq!(refused(operation), "noTarget");
        let vague = json!({ "op": op, "path": "emails[type sw \"oth\"].value", "value": "x" });
        assert_eq!(run(json!([vague]), Absent::Create).unwrap_err().scim_type(), "noTarget");
    }
    let roles = patched(json!({ "op": "add", "path": "roles[primary eq \"True\"].value", "value": "boss" }));
    assert_eq!(roles["roles"][1], json!({ "primary": true, "value": "boss" }));
    let whole =
        patched(json!({ "op": "add", "path": "addresses[type eq \"work\"]", "value": { "country": "CH" } }));
    assert_eq!(whole["addresses"], json!([{ "type": "work", "country": "CH" }]));
}

#[test]
fn scim_039_a_selection_sets_what_it_selects() {
    let after = patched(json!({ "op": "add", "path": "emails[type eq \"WORK\"].display", "value": "Work" }));
    assert_eq!(after["emails"][0]["display"], "Work");
    assert!(after["emails"][1].get("display").is_none());
    let after = patched(
        json!({ "op": "replace", "path": "emails[type eq \"home\"]", "value": { "value": "n@x.example" } }),
    );
    assert_eq!(after["emails"][1], json!({ "value": "n@x.example" }));
}

#[test]
fn scim_040_remove_needs_a_path() {
    assert_eq!(refused(json!({ "op": "remove" })), "noTarget");
    assert_eq!(refused(json!({ "op": "remove", "path": "", "value": { "title": "x" } })), "noTarget");
}

#[test]
fn scim_041_042_remove_unassigns() {
    assert!(patched(json!({ "op": "remove", "path": "title" })).get("title").is_none());
    assert!(patched(json!({ "op": "remove", "path": "name" })).get("name").is_none());
    assert!(patched(json!({ "op": "remove", "path": "emails" })).get("emails").is_none());
    let after = patched(json!({ "op": "remove", "path": "emails[type eq \"work\"]" }));
    assert_eq!(after["emails"], json!([{ "value": "b@home.example", "type": "home" }]));
    let after = patched(json!({ "op": "remove", "path": "emails[type eq \"home\"].type" }));
    assert_eq!(after["emails"][1], json!({ "value": "b@home.example" }));
    let after = patched(json!({ "op": "remove", "path": "emails[type eq \"home\"].value" }));
    assert_eq!(after["emails"].as_array().unwrap().len(), 1, "a type alone is no email");
    assert!(patched(json!({ "op": "remove", "path": "roles[value eq \"reader\"]" })).get("roles").is_none());
    assert_eq!(patched(json!({ "op": "remove", "path": "emails[type eq \"none\"]" })), unchanged());
}

#[test]
fn scim_043_remove_with_a_value_removes_what_is_listed() {
    let after =
        patched(json!({ "op": "remove", "path": "emails", "value": [{ "value": "b@home.example" }] }));
    assert_eq!(after["emails"].as_array().unwrap().len(), 1);
    for nothing in [json!([]), json!([{ "value": "unknown" }])] {
        let after = patched(json!({ "op": "remove", "path": "emails", "value": nothing }));
        assert_eq!(after, unchanged(), "never all of them");
    }
}

#[test]
fn scim_044_required_and_read_only_stay() {
    assert_eq!(refused(json!({ "op": "remove", "path": "userName" })), "mutability");
    assert_eq!(refused(json!({ "op": "replace", "path": "userName", "value": null })), "invalidValue");
    for path in ["id", "meta.version", "groups", "groups[value eq \"g\"]", "meta"] {
        assert_eq!(refused(json!({ "op": "remove", "path": path })), "mutability", "{path}");
        assert_eq!(refused(json!({ "op": "replace", "path": path, "value": "x" })), "mutability", "{path}");
    }
    assert_eq!(refused(json!({ "op": "replace", "value": { "id": "other" } })), "mutability");
    let display_name = format!("{ENTERPRISE_URN}:manager.displayName");
    assert_eq!(refused(json!({ "op": "add", "path": display_name, "value": "x" })), "mutability");
}

#[test]
fn scim_046_replace_sets_or_empties() {
    let after = patched(json!({ "op": "replace", "path": "emails", "value": [{ "value": "n@x.example" }] }));
    assert_eq!(after["emails"], json!([{ "value": "n@x.example" }]));
    for empty in [json!([]), json!(null)] {
        assert!(
            patched(json!({ "op": "replace", "path": "emails", "value": empty })).get("emails").is_none()
        );
    }
    assert_eq!(patched(json!({ "op": "replace", "path": "nickName", "value": "B" }))["nickName"], "B");
}

#[test]
fn scim_048_extension_paths() {
    let urn = ENTERPRISE_URN;
    let set = |path: String, value: Value| patched(json!({ "op": "add", "path": path, "value": value }));
    assert_eq!(set(format!("{urn}:department"), json!("Ops"))[urn]["department"], "Ops");
    assert_eq!(
        set(format!("{}:MANAGER.value", urn.to_uppercase()), json!("m2"))[urn]["manager"]["value"],
        "m2"
    );
    assert_eq!(set(urn.to_owned(), json!({ "division": "N" }))[urn]["division"], "N");
    assert!(patched(json!({ "op": "remove", "path": urn })).get(urn).is_none());
    let after = run(
        json!([
            { "op": "remove", "path": format!("{urn}:department") },
            { "op": "remove", "path": format!("{urn}:manager") }
        ]),
        Absent::Refuse,
    );
    assert!(after.unwrap().get(urn).is_none(), "an empty extension is none");
    assert_eq!(set(format!("{USER_URN}:title"), json!("Prof"))["title"], "Prof");
    assert_eq!(
        set("urn:acme:2.0:Badge:color".to_owned(), json!("red"))["urn:acme:2.0:Badge"]["color"],
        "red"
    );
}

#[test]
fn scim_048_the_urn_of_an_extension_that_nobody_registered() {
    const ACME: &str = "urn:acme:2.0:User";
    for op in ["add", "replace"] {
        let whole = json!({ "op": op, "path": ACME, "value": { "badge": 7 } });
        let part = json!({ "op": op, "path": format!("{ACME}:desk"), "value": { "Floor": 3 } });
        let capital = json!({ "op": op, "path": format!("{ACME}:Seat"), "value": { "row": 1 } });
        let after = run(json!([whole, part, capital]), Absent::Refuse).unwrap();
        assert_eq!(after[ACME], json!({ "badge": 7, "desk": { "Floor": 3 }, "Seat": { "row": 1 } }));
        assert_eq!(after.get("urn:acme:2.0"), None, "{op}");
        let gone = run(json!([whole, { "op": "remove", "path": ACME }]), Absent::Refuse);
        assert_eq!(gone, Ok(unchanged()));
    }
}

#[test]
fn scim_052_a_selection_on_a_single_value_is_refused() {
    assert_eq!(refused(json!({ "op": "add", "path": "title[value eq \"x\"]", "value": "x" })), "invalidPath");
    assert_eq!(
        refused(json!({ "op": "add", "path": "name[givenName eq \"x\"]", "value": "x" })),
        "invalidPath"
    );
    assert_eq!(refused(json!({ "op": "add", "path": "name.givenName[a pr]", "value": "x" })), "invalidPath");
    assert_eq!(refused(json!({ "op": "remove", "path": "emails[]" })), "invalidFilter");
    assert_eq!(refused(json!({ "op": "remove", "path": "emails[nothing pr]" })), "invalidFilter");
}

#[test]
fn scim_053_a_new_primary_ends_the_old_one() {
    let after =
        patched(json!({ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": true }));
    assert_eq!(after["emails"][0]["primary"], false);
    assert_eq!(after["emails"][1]["primary"], true);
    let after = patched(
        json!({ "op": "add", "path": "emails", "value": [{ "value": "n@x.example", "primary": true }] }),
    );
    assert_eq!(after["emails"][0]["primary"], false);
    let two = json!([{ "value": "x", "primary": true }, { "value": "y", "primary": true }]);
    assert_eq!(refused(json!({ "op": "replace", "path": "emails", "value": two })), "invalidValue");
}

#[test]
fn scim_053_operations_see_what_earlier_ones_did_and_fail_together() {
    let after = run(
        json!([
            { "op": "remove", "path": "emails" },
            { "op": "add", "path": "emails", "value": [{ "value": "1@x.example", "type": "work" }] },
            { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "2@x.example" }
        ]),
        Absent::Refuse,
    );
    assert_eq!(after.unwrap()["emails"], json!([{ "value": "2@x.example", "type": "work" }]));
    let failing = json!([{ "op": "remove", "path": "title" }, { "op": "remove", "path": "userName" }]);
    assert!(run(failing, Absent::Create).is_err());
}

#[test]
fn scim_054_a_patch_that_says_what_is_there_changes_nothing() {
    for operation in [
        json!({ "op": "replace", "value": { "active": true, "title": "Dr" } }),
        json!({ "op": "add", "path": "name.givenName", "value": "Barbara" }),
        json!({ "op": "replace", "path": "emails[type eq \"work\"].primary", "value": true }),
        json!({ "op": "replace", "path": "password", "value": "hunter2" }),
        json!({ "op": "remove", "path": "nickName" }),
        json!({ "op": "remove", "path": "urn:acme:2.0:Badge" }),
    ] {
        assert_eq!(patched(operation.clone()), unchanged(), "{operation}");
    }
}

#[test]
fn scim_064_selections_have_a_budget() {
    let path = format!("emails[{}].value", vec!["value co \"qqq\""; 60].join(" or "));
    let operations = vec![json!({ "op": "remove", "path": path }); MAX_OPERATIONS];
    assert!(run(Value::Array(operations), Absent::Refuse).is_err());
}

fn plan(operations: Value) -> Result<GroupPatch, ScimError> {
    let group = Resource::create(&GROUP, &json!({ "schemas": [GROUP_URN], "displayName": "Sales" }))?;
    plan_group(&group, &Patch::parse(&GROUP, &body(operations))?, Absent::Create)
}

fn ids(ids: &[&str]) -> Vec<Member> {
    ids.iter().map(|id| Member { value: (*id).to_owned(), only: None }).collect()
}

#[test]
fn scim_038_046_member_changes_are_a_plan() {
    let cases = [
        (
            json!([{ "op": "add", "path": "members", "value": [{ "value": "a", "display": "A" }] }]),
            vec![MemberChange::Add(ids(&["a"]))],
        ),
        (json!([{ "op": "add", "value": { "members": ["a"] } }]), vec![MemberChange::Add(ids(&["a"]))]),
        (
            json!([{ "op": "remove", "path": "members[value eq \"a\"]" }, { "op": "remove", "path": "members[value eq \"b\"]" }]),
            vec![MemberChange::Remove(ids(&["a", "b"]))],
        ),
        (
            json!([{ "op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]" }]),
            vec![MemberChange::Remove(ids(&["a", "b"]))],
        ),
        (
            json!([{ "op": "remove", "path": "members[type eq \"group\" and value eq \"a\"]" }]),
            vec![MemberChange::Remove(vec![Member { value: "a".to_owned(), only: Some(MemberKind::Group) }])],
        ),
        (
            json!([{ "op": "remove", "path": "members[type eq \"User\" and value eq \"a\" and type eq \"Group\"]" }]),
            vec![],
        ),
        (json!([{ "op": "remove", "path": "members[type eq \"Device\" and value eq \"a\"]" }]), vec![]),
        (
            json!([{ "op": "remove", "path": "members[type eq \"User\" and value eq \"a\" and type eq \"Device\"]" }]),
            vec![],
        ),
        (
            json!([{ "op": "remove", "path": "members[(type eq \"User\" and value eq \"a\") and type eq \"Group\"]" }]),
            vec![],
        ),
        (
            json!([{ "op": "remove", "path": "members", "value": [{ "$ref": null, "value": "a" }] }]),
            vec![MemberChange::Remove(ids(&["a"]))],
        ),
        (json!([{ "op": "remove", "path": "members", "value": [] }]), vec![]),
        (json!([{ "op": "remove", "path": "members" }]), vec![MemberChange::Clear]),
        (json!([{ "op": "replace", "path": "members", "value": [] }]), vec![MemberChange::Clear]),
        (
            json!([{ "op": "replace", "path": "members", "value": [{ "value": "a" }] }]),
            vec![MemberChange::Replace(ids(&["a"]))],
        ),
        (
            json!([{ "op": "replace", "value": { "members": [], "displayName": "Sales" } }]),
            vec![MemberChange::Clear],
        ),
        (json!([{ "op": "add", "path": "members", "value": null }]), vec![]),
    ];
    for (operations, wanted) in cases {
        assert_eq!(plan(operations.clone()).unwrap().members, wanted, "{operations}");
    }
    let rename = plan(json!([{ "op": "replace", "path": "displayName", "value": "Ventes" }])).unwrap();
    assert_eq!((rename.resource.display_name(), rename.members.len()), (Some("Ventes"), 0));
}

#[test]
fn scim_033_members_are_immutable_and_selected_by_id() {
    let refused = |operation: Value| plan(json!([operation])).unwrap_err().scim_type();
    assert_eq!(
        refused(json!({ "op": "replace", "path": "members[value eq \"a\"].display", "value": "x" })),
        "mutability"
    );
    assert_eq!(
        refused(json!({ "op": "replace", "path": "members[value eq \"a\"].value", "value": "x" })),
        "mutability"
    );
    assert_eq!(
        refused(json!({ "op": "add", "path": "members[value eq \"a\"]", "value": "x" })),
        "mutability"
    );
    for other in [
        "type eq \"User\"",
        "type eq \"Device\"",
        "type ne \"User\" and value eq \"a\"",
        "value eq \"a\" and value eq \"b\"",
    ] {
        let path = format!("members[{other}]");
        assert_eq!(refused(json!({ "op": "remove", "path": path })), "invalidFilter", "{path}");
    }
    assert_eq!(refused(json!({ "op": "add", "path": "members", "value": [{}] })), "invalidValue");
    assert_eq!(refused(json!({ "op": "remove", "path": "displayName" })), "mutability");
}

#[test]
fn m05_adds_and_removes_cost_as_much_as_selections() {
    let roles: Vec<Value> = (0..500).map(|number| json!({ "value": format!("role-{number}") })).collect();
    let fill = json!({ "op": "replace", "path": "roles", "value": roles });
    for op in ["add", "remove"] {
        let again = json!({ "op": op, "path": "roles", "value": [{ "value": "nobody" }] });
        let again =
            if op == "add" { json!({ "op": op, "path": "roles", "value": [roles[499]] }) } else { again };
        let mut operations = vec![fill.clone()];
        operations.extend(std::iter::repeat_n(again.clone(), 400));
        assert!(run(json!(operations), Absent::Refuse).is_ok(), "{op}");
        operations.push(again);
        let refused = run(json!(operations), Absent::Refuse).unwrap_err();
        assert!(matches!(refused, ScimError::TooManyValues(_)), "{op}: {refused}");
    }
    // A sub-attribute of all of them: 200 times 500 elements are as many as there may be.
    let every = json!({ "op": "replace", "path": "roles.display", "value": "x" });
    let mut operations = vec![fill];
    operations.extend(std::iter::repeat_n(every.clone(), 200));
    assert!(run(json!(operations), Absent::Refuse).is_ok());
    operations.push(every);
    assert!(matches!(run(json!(operations), Absent::Refuse).unwrap_err(), ScimError::TooManyValues(_)));
    let at_once = json!([{ "op": "add", "path": "entitlements", "value": roles }]);
    assert!(run(at_once, Absent::Refuse).is_ok(), "as many as there may be");
}
