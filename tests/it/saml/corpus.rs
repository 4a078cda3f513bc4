//! Every case has its outcome, and the files are the cases.

use std::{collections::BTreeSet, fs};

use serde_json::json;
use time::Duration;
use vestibule::saml::{
    response::{Received, scan, validate},
    validate as validate_message,
};

use super::{
    cases::{Case, all},
    support::{IDP, NOW, Profile, REQUEST, fixtures},
};

/// Set to write the files anew after a change to the cases.
const UPDATE: &str = "VESTIBULE_UPDATE_FIXTURES";

fn outcome(case_profile: &str, message: &[u8]) -> String {
    let profile = Profile::named(case_profile);
    match validate_message(message, &profile.expected()) {
        Ok(_) => "accept".to_owned(),
        Err(rejection) => rejection.code().to_owned(),
    }
}

#[test]
fn every_case_has_its_outcome() {
    let wrong: Vec<String> = all()
        .iter()
        .map(|case| (case, outcome(case.profile, &case.message)))
        .filter(|(case, got)| case.outcome != got)
        .map(|(case, got)| format!("{}: wanted {}, got {got}", case.name, case.outcome))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all().len(), wrong.join("\n"));
}

#[test]
fn an_accepted_message_tells_who() {
    for case in all().iter().filter(|case| case.outcome == "accept") {
        let profile = Profile::named(case.profile);
        let assertion = validate(&case.message, &profile.expected()).unwrap();
        let name = assertion.name_id().map(|n| n.value.as_str());
        let wanted = (case.profile != "stable-attribute").then_some("ada@acme.example");
        assert_eq!(name, wanted, "{}", case.name);
        assert_eq!(assertion.id(), "_assertion", "{}", case.name);
    }
}

#[test]
fn an_accepted_message_tells_of_the_session() {
    let case = |name: &str| all().iter().find(|case| case.name == name).unwrap();
    let read = |name: &str| {
        let case = case(name);
        validate(&case.message, &Profile::named(case.profile).expected()).unwrap()
    };
    let assertion = read("assertion-signed");
    assert_eq!(assertion.issuer(), IDP);
    assert_eq!(assertion.session_index(), Some("_session"));
    assert_eq!(assertion.session_not_on_or_after(), Some(NOW + Duration::hours(8)));
    assert_eq!(assertion.authn_instant(), NOW - Duration::minutes(2));
    assert_eq!(assertion.first_of(&["none", "firstName", "email"]), Some("Ada"));
    assert_eq!(assertion.first_of(&["none"]), None);
    assert_eq!(read("asked-for-context").authn_context(), Some("https://refeds.org/profile/mfa"));
    let case = case("assertion-signed");
    let text = scan(&case.message).unwrap();
    assert_eq!(Received::read(&text).unwrap().claimed_request().unwrap().as_deref(), Some(REQUEST));
}

#[test]
fn values_under_one_name_are_one_list() {
    let case = all().iter().find(|case| case.name == "repeated-role-attribute").unwrap();
    let assertion = validate(&case.message, &Profile::named(case.profile).expected()).unwrap();
    let roles = assertion.attributes().iter().filter(|a| a.name == "Role").map(|a| a.values.as_slice());
    assert_eq!(roles.collect::<Vec<_>>(), [["a", "b"]]);
}

/// A check that no message fails may be a check that does nothing.
#[test]
fn every_reason_has_a_case() {
    let sources = [
        include_str!("../../../src/saml/response/error.rs"),
        include_str!("../../../src/saml/dsig/signature.rs"),
        include_str!("../../../src/saml/dsig/verify.rs"),
        include_str!("../../../src/saml/xmlenc/error.rs"),
        include_str!("../../../src/saml/xml/mod.rs"),
        include_str!("../../../src/saml/xml/prescan/error.rs"),
    ];
    let outcomes: BTreeSet<_> = all().iter().map(|case| case.outcome).collect();
    let codes = sources.iter().flat_map(|source| source.lines()).filter_map(|line| {
        let (_, code) = line.split_once(" => \"")?;
        code.trim().strip_suffix("\",")
    });
    let without: Vec<_> = codes.filter(|code| !outcomes.contains(code)).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn names_are_unique() {
    let names: BTreeSet<_> = all().iter().map(|case| case.name.clone()).collect();
    assert_eq!(names.len(), all().len(), "names are unique");
}

/// The manifest lists each file, the connection it meets and what becomes of it.
#[test]
fn fixtures_are_the_cases() {
    let cases = all();
    let kept: Vec<&Case> = cases.iter().filter(|case| case.kept).collect();
    if std::env::var_os(UPDATE).is_some() {
        write(&kept);
    }
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(fixtures().join("manifest.json")).unwrap()).unwrap();
    assert!(manifest == manifest_of(&kept), "set {UPDATE}=1 to write the fixtures anew");
    for case in kept {
        let file = fs::read(fixtures().join(file_of(case))).unwrap();
        assert!(file == case.message, "{}: set {UPDATE}=1 to write the fixtures anew", case.name);
    }
}

fn file_of(case: &Case) -> String {
    let folder = if case.outcome == "accept" { "accept" } else { "reject" };
    format!("{folder}/{}.xml", case.name)
}

fn manifest_of(cases: &[&Case]) -> serde_json::Value {
    let entry =
        |case: &&Case| json!({"file": file_of(case), "connection": case.profile, "outcome": case.outcome});
    json!({ "now": "2026-01-15T12:00:00Z", "messages": cases.iter().map(entry).collect::<Vec<_>>() })
}

fn write(cases: &[&Case]) {
    for folder in ["accept", "reject"] {
        let path = fixtures().join(folder);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
    }
    for case in cases {
        fs::write(fixtures().join(file_of(case)), &case.message).unwrap();
    }
    let manifest = serde_json::to_string_pretty(&manifest_of(cases)).unwrap();
    fs::write(fixtures().join("manifest.json"), manifest + "\n").unwrap();
}
