//! The rules for bodies.

use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::scim::schema::{ENTERPRISE_URN, GROUP, GROUP_URN, USER, USER_URN};

fn body(extra: Value) -> Value {
    let mut body = json!({ "schemas": [USER_URN], "userName": "bjensen@acme.example" });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

fn create(extra: Value) -> Result<Resource, ScimError> {
    Resource::create(&USER, &body(extra))
}

fn refused(extra: Value) -> &'static str {
    create(extra).unwrap_err().scim_type()
}

#[test]
fn scim_013_schemas_must_name_the_base_schema() {
    for schemas in
        [json!(null), json!([]), json!("x"), json!([1]), json!([GROUP_URN]), json!([ENTERPRISE_URN])]
    {
        let body = json!({ "schemas": schemas, "userName": "x" });
        assert_eq!(Resource::create(&USER, &body).unwrap_err().scim_type(), "invalidSyntax", "{body}");
    }
    let entra = json!({
        "schemas": ["http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group", GROUP_URN],
        "displayName": "Sales"
    });
    assert!(Resource::create(&GROUP, &entra).is_ok());
}

#[test]
fn scim_013_schemas_are_what_is_there() {
    let meta = Meta {
        id: "u1".into(),
        created: datetime!(2026-01-02 03:04:05.678 UTC),
        last_modified: datetime!(2026-01-02 03:04:05 UTC),
        version: 7,
        location: "https://x.example/api/scim/v1/Users/u1".into(),
    };
    let with = create(json!({ ENTERPRISE_URN: { "department": "R&D" }, "urn:acme:ext": { "a": [null, 1] } }));
    insta::assert_json_snapshot!(with.unwrap().render(&meta), @r#"
    {
      "active": true,
      "id": "u1",
      "meta": {
        "created": "2026-01-02T03:04:05.678Z",
        "lastModified": "2026-01-02T03:04:05Z",
        "location": "https://x.example/api/scim/v1/Users/u1",
        "resourceType": "User",
        "version": "W/\"7\""
      },
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:acme:ext",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
      ],
      "urn:acme:ext": {
        "a": [
          1
        ]
      },
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
        "department": "R&D"
      },
      "userName": "bjensen@acme.example"
    }
    "#);
    let empty = create(json!({ ENTERPRISE_URN: { "department": null, "manager": {} } })).unwrap();
    assert_eq!(empty.render(&meta)["schemas"], json!([USER_URN]), "an empty extension is none");
}

#[test]
fn scim_017_null_empty_and_absent_are_one_state() {
    let empty =
        create(json!({ "title": null, "emails": [], "name": {}, "ims": [{}], "nickName": [] })).unwrap();
    assert_eq!(empty, create(json!({})).unwrap());
}

#[test]
fn scim_018_names_become_canonical_and_two_spellings_are_refused() {
    let user = create(json!({ "DISPLAYNAME": "B", "Name": { "GIVENNAME": "Barbara" } })).unwrap();
    assert_eq!(user.attributes()["displayName"], "B");
    assert_eq!(user.attributes()["name"]["givenName"], "Barbara");
    assert_eq!(refused(json!({ "title": "a", "TITLE": "a" })), "invalidSyntax");
    assert_eq!(refused(json!({ "name": { "givenName": "a", "GivenName": "b" } })), "invalidSyntax");
}

#[test]
fn scim_019_one_primary_and_no_element_twice() {
    let twice = json!({ "value": "a@b.example", "type": "work" });
    let user =
        create(json!({ "emails": [twice, twice, { "value": "a@b.example", "type": "home" }] })).unwrap();
    assert_eq!(user.attributes()["emails"].as_array().unwrap().len(), 2);
    let primary = |value: &str| json!({ "value": value, "primary": true });
    assert_eq!(refused(json!({ "emails": [primary("a"), primary("b")] })), "invalidValue");
}

#[test]
fn scim_020_values_have_the_type_of_the_attribute() {
    for extra in [
        json!({ "title": 1 }),
        json!({ "active": "maybe" }),
        json!({ "active": 1 }),
        json!({ "name": "Barbara" }),
        json!({ "name": ["Barbara"] }),
        json!({ "emails": { "value": "x" } }),
        json!({ "emails": [1] }),
        json!({ "emails": [{ "primary": "yes", "value": "x" }] }),
        json!({ "x509Certificates": [{ "value": "not base64!" }] }),
        json!({ ENTERPRISE_URN: "x" }),
        json!({ "title": "a\0b" }),
        json!({ "title": "x".repeat(2000) }),
        json!({ "title": "\u{FDFA}".repeat(300) }),
        json!({ "emails": vec![json!({ "display": "x" }); MAX_VALUES + 1] }),
    ] {
        assert_eq!(
            refused(extra.clone()),
            "invalidValue",
            "{}",
            &extra.to_string()[..60.min(extra.to_string().len())]
        );
    }
    for not_an_object in [json!(null), json!([]), json!("x"), json!(1)] {
        assert_eq!(Resource::create(&USER, &not_an_object).unwrap_err(), ScimError::NotAnObject);
    }
}

#[test]
fn scim_021_unknown_attributes_are_ignored_and_unknown_extensions_kept() {
    let user =
        create(json!({ "usrName": "x", "urn:acme:2.0:Badge": { "color": "red" }, "urn:odd": 1 })).unwrap();
    assert!(!user.attributes().contains_key("usrName") && !user.attributes().contains_key("urn:odd"));
    assert_eq!(user.attributes()["urn:acme:2.0:Badge"]["color"], "red");
}

#[test]
fn scim_021_what_only_looks_like_an_extension_is_refused() {
    for key in [
        format!("{ENTERPRISE_URN}:department"),
        format!("{ENTERPRISE_URN}.department"),
        USER_URN.to_owned(),
        GROUP_URN.to_owned(),
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0".to_owned(),
    ] {
        for value in [json!("x"), json!({ "department": "x" })] {
            assert_eq!(refused(json!({ key.as_str(): value })), "invalidSyntax", "{key}");
        }
    }
}

#[test]
fn scim_022_a_password_is_dropped() {
    assert_eq!(create(json!({ "password": "hunter2" })).unwrap(), create(json!({})).unwrap());
}

#[test]
fn scim_023_what_is_read_only_is_ignored() {
    let user =
        create(json!({ "id": "mine", "meta": { "version": "x" }, "groups": [{ "value": "g" }] })).unwrap();
    assert_eq!(user, create(json!({})).unwrap());
    let user =
        create(json!({ ENTERPRISE_URN: { "manager": { "value": "m", "displayName": "Boss" } } })).unwrap();
    assert_eq!(user.attributes()[ENTERPRISE_URN]["manager"], json!({ "value": "m" }));
}

#[test]
fn scim_026_a_required_attribute_must_be_there() {
    for name in [json!(null), json!(""), json!("  ")] {
        assert_eq!(refused(json!({ "userName": name })), "invalidValue");
    }
    assert!(Resource::create(&GROUP, &json!({ "schemas": [GROUP_URN] })).is_err());
}

#[test]
fn scim_030_replace_clears_what_is_left_out_but_keeps_active() {
    let old = create(json!({ "title": "Dr", "active": false })).unwrap();
    let new = old.replace(&body(json!({ "displayName": "B" }))).unwrap();
    assert_eq!((new.text("title"), new.display_name(), new.active()), (None, Some("B"), Some(false)));
    assert_eq!(old.changes(&new), ["displayName", "title"]);
    assert!(old.changes(&old.clone()).is_empty());
    let active = |given: Value| old.replace(&body(json!({ "active": given }))).unwrap().active();
    assert_eq!(active(json!(true)), Some(true));
    assert_eq!(active(json!(null)), Some(false), "null activates nobody");
}

#[test]
fn the_login_address_is_the_primary_else_the_first_else_the_user_name() {
    let emails = json!([{ "value": "a@x.example" }, { "value": "b@x.example", "primary": true }]);
    assert_eq!(create(json!({ "emails": emails })).unwrap().login_email(), Some("b@x.example"));
    assert_eq!(
        create(json!({ "emails": [{ "value": "a@x.example" }] })).unwrap().login_email(),
        Some("a@x.example")
    );
    assert_eq!(create(json!({})).unwrap().login_email(), Some("bjensen@acme.example"));
    for name in ["bjensen", "a@b", "@b.example", "a@.example", "a b@c.example", "a@b@c.example"] {
        assert_eq!(create(json!({ "userName": name })).unwrap().login_email(), None, "{name}");
    }
}

#[test]
fn scim_033_members_in_every_form() {
    let members = |value: Value| members_of(&json!({ "Members": value })).map(|m| m.len());
    assert_eq!(members(json!([{ "value": "a", "$ref": null, "type": "User" }, { "VALUE": "b" }])), Ok(2));
    assert_eq!(members(json!(["a", "a"])), Ok(1));
    let named = |reference: &str| {
        members_of(&json!({ "members": [{ "$ref": reference }] })).map(|m| m[0].value.clone())
    };
    for reference in ["https://x.example/scim/v2/Users/a", "../users/a", "Users/a", "Groups/a/"] {
        assert_eq!(named(reference).as_deref(), Ok("a"), "{reference}");
    }
    for reference in [
        "a",
        "",
        "Devices/a",
        "https://x.example/Users/",
        "Users/a?x",
        "Users/a#x",
        "Users/%61",
        "/Users/bulkId:x",
    ] {
        assert!(named(reference).is_err(), "{reference}");
    }
    assert_eq!(
        members(json!([{ "value": "a", "$ref": "Users/b" }, { "value": "a", "$ref": "Users/c" }])),
        Ok(1),
        "the id counts"
    );
    assert_eq!(members(json!(null)), Ok(0));
    assert_eq!(members_of(&json!({})), Ok(vec![]));
    for bad in [json!([{}]), json!([1]), json!([""]), json!([{ "value": 1 }]), json!(["a\0"])] {
        assert_eq!(members(bad).unwrap_err().scim_type(), "invalidValue");
    }
}
