//! The files themselves.

use std::collections::HashSet;

use super::*;
use crate::saml::{
    claims,
    metadata::{Endpoint, IdpMetadata},
    names::binding,
};

fn metadata(entity_id: &str, sso: &str) -> IdpMetadata {
    IdpMetadata {
        entity_id: entity_id.into(),
        sso: vec![Endpoint {
            binding: binding::REDIRECT.into(),
            location: sso.into(),
            response_location: None,
        }],
        slo: Vec::new(),
        signing_keys: Vec::new(),
        unusable_keys: Vec::new(),
        left_out: Vec::new(),
        valid_until: None,
        cache_duration: None,
        want_authn_requests_signed: false,
        name_id_formats: Vec::new(),
    }
}

#[test]
fn every_file_is_read() {
    for text in FILES {
        let read: Result<Provider, _> = Toml::from_str(text);
        assert!(read.is_ok(), "{:?} in {}", read.err(), text.lines().nth(3).unwrap_or_default());
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("idp-configs");
    let files = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(all().len(), files, "a file in idp-configs that is not in the list");
    assert_eq!(generic().id, GENERIC);
}

#[test]
fn a_provider_is_found_by_what_people_call_it_and_by_where_it_lives() {
    let called = |id: &str, name: &str| of(id).aliases.iter().any(|alias| alias == name);
    assert!(called("entra", "Azure AD") && called("adfs", "ADFS") && called("google", "G Suite"));
    for (sso, id) in [
        ("https://acme.okta-gov.com/app/x/sso/saml", "okta"),
        ("https://acme.ciamlogin.com/x/saml2", "entra"),
        ("https://auth.pingone.sg/x/saml20/idp/sso", "pingone"),
        ("https://sso.connect.pingidentity.com/sso/idp/SSO.saml2?idpid=x", GENERIC),
        ("https://login.acme.example/idp/SSO.saml2", "pingfederate"),
        ("https://id.acme.example/application/saml/x/sso/binding/redirect/", "authentik"),
        ("https://id.acme.example/idp/profile/SAML2/Redirect/SSO", "shibboleth"),
        ("https://id.acme.example/simplesaml/module.php/saml/idp/singleSignOnService", "simplesamlphp"),
    ] {
        assert_eq!(detect(&metadata("urn:x", sso)).id, id, "{sso}");
    }
}

#[test]
fn ids_are_unique_and_every_provider_says_what_is_needed() {
    let ids: HashSet<_> = all().iter().map(|provider| provider.id.as_str()).collect();
    assert_eq!(ids.len(), all().len());
    for provider in all() {
        let (id, saml) = (&provider.id, &provider.saml);
        assert!(saml.field(SpValue::AcsUrl).is_some() && saml.field(SpValue::EntityId).is_some(), "{id}");
        assert!(!saml.steps.is_empty() && !saml.hand_back.is_empty(), "{id}");
        assert!(!saml.claims.email.is_empty() && !saml.claims.groups.is_empty(), "{id}");
        for field in &saml.fields {
            assert_eq!(field.text.is_some(), field.value == SpValue::Text, "{id}: {}", field.name);
        }
    }
}

#[test]
fn provisioning_has_a_name_for_both_values_everywhere() {
    for provider in all() {
        let scim = provider.scim_or_generic().unwrap();
        assert!(!scim.base_url.text.is_empty() && !scim.token.text.is_empty(), "{}", provider.id);
        assert!(!scim.steps.is_empty(), "{}", provider.id);
    }
    let entra = find("entra").unwrap().scim_or_generic().unwrap();
    assert_eq!(entra.base_url("https://x/scim"), "https://x/scim?aadOptscim062020");
    assert_eq!((entra.base_url.text.as_str(), entra.token.text.as_str()), ("Tenant URL", "Secret Token"));
    assert!(find("jumpcloud").unwrap().scim.as_ref().unwrap().tests_by_writing);
    assert_eq!(find("google").unwrap().scim_or_generic(), find(GENERIC).unwrap().scim.as_ref());
}

/// Two values of what tells who somebody is are refused before anything is read from them; that list is the validator's.
#[test]
fn whatever_identifies_is_known_to_the_validator() {
    let names = recognised();
    for name in [&names.email, &names.first_name, &names.last_name, &names.display_name].into_iter().flatten()
    {
        assert!(claims::identifies(name), "{name}");
    }
    for provider in all() {
        let Saml { subject, asked_subject, attributes, .. } = &provider.saml;
        assert!(subject.iter().chain(asked_subject).all(|name| claims::identifies(name)), "{}", provider.id);
        let is_asked_for = |name: &String| attributes.iter().any(|attribute| attribute.name == *name);
        assert!(asked_subject.iter().all(is_asked_for), "{}", provider.id);
    }
}

#[test]
fn every_name_that_the_protocol_knows_is_recognised() {
    let names = recognised();
    for (known, recognised) in [
        (claims::EMAIL, &names.email),
        (claims::FIRST_NAME, &names.first_name),
        (claims::LAST_NAME, &names.last_name),
        (claims::DISPLAY_NAME, &names.display_name),
        (claims::GROUPS, &names.groups),
    ] {
        for name in known {
            assert!(recognised.iter().any(|r| r == name), "{name}");
        }
    }
    assert_eq!(names.groups_link, ["http://schemas.microsoft.com/claims/groups.link"]);
}

#[test]
fn metadata_is_recognised_by_what_it_calls_itself_or_where_it_lives() {
    for (id, entity_id, sso) in [
        ("okta", "http://www.okta.com/exk1", "https://acme.okta.com/app/x/exk1/sso/saml"),
        ("okta", "https://sso.acme.example", "https://acme.okta.com/app/x/exk1/sso/saml"),
        ("entra", "https://sts.windows.net/0000/", "https://login.microsoftonline.com/0000/saml2"),
        (
            "google",
            "https://accounts.google.com/o/saml2?idpid=C1",
            "https://accounts.google.com/o/saml2/idp?idpid=C1",
        ),
        (
            "keycloak",
            "https://id.acme.example/realms/acme",
            "https://id.acme.example/realms/acme/protocol/saml",
        ),
        ("adfs", "http://fs.acme.example/adfs/services/trust", "https://fs.acme.example/adfs/ls/"),
        (
            "onelogin",
            "https://app.onelogin.com/saml/metadata/1",
            "https://acme.onelogin.com/trust/saml2/http-redirect/sso/1",
        ),
        ("jumpcloud", "https://acme.example/jumpcloud", "https://sso.jumpcloud.com/saml2/app"),
        ("pingone", "https://auth.pingone.eu/0000", "https://auth.pingone.eu/0000/saml20/idp/sso"),
        ("pingfederate", "acme:ping", "https://ping.acme.example:9031/idp/SSO.saml2"),
        ("auth0", "urn:auth0:acme:conn", "https://acme.eu.auth0.com/samlp/abc"),
        ("auth0", "urn:acme.eu.auth0.com", "https://login.acme.example/samlp/abc"),
        ("rippling", "https://www.rippling.com/1", "https://www.rippling.com/api/platform/sso/1"),
        ("cyberark", "https://abc.my.idaptive.app/1", "https://abc.my.idaptive.app/applogin/appKey/1"),
        (
            "duo",
            "https://sso-1.sso.duosecurity.com/saml2/sp/1/metadata",
            "https://sso-1.sso.duosecurity.com/saml2/sp/1/sso",
        ),
        ("lastpass", "https://identity.lastpass.com/", "https://identity.lastpass.com/redirect"),
        ("generic", "https://idp.acme.example", "https://idp.acme.example/sso"),
        ("generic", "https://evil.example/https://sts.windows.net/", "https://notokta.com/x"),
    ] {
        assert_eq!(detect(&metadata(entity_id, sso)).id, id, "{entity_id}");
    }
}
