//! Who an assertion is about, in our words: the connection's attribute map first, then the names that its provider sends
//! by default, then those that any provider does.

use crate::{
    model::EmailAddress,
    saml::{VerifiedAssertion, names::name_id},
    service::{
        connections::AttributeMap,
        providers::{self, Claims},
    },
    store::saml_connections::SamlConnection,
};

/// More groups than any login needs; providers themselves stop at a few hundred.
const MAX_GROUPS: usize = 5_000;
/// A group's name longer than this is no name.
const MAX_GROUP_NAME: usize = 512;
/// The same for names of people.
const MAX_NAME: usize = 256;

/// What an assertion says about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub email: Option<EmailAddress>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub display_name: Option<String>,
    /// Each once, sorted.
    pub groups: Vec<String>,
    /// The provider sent a link in place of groups, because they are too many (Entra, above 150): which they are is
    /// not known.
    pub groups_withheld: bool,
}

/// Reads the profile.
pub(crate) fn profile(assertion: &VerifiedAssertion, connection: &SamlConnection) -> Profile {
    let map = AttributeMap::of(connection);
    let own = &providers::of(&connection.provider).saml.claims;
    let named = |field: &str, names: fn(&Claims) -> &[String]| match map.get(field) {
        Some(name) => assertion.first_of(&[name]).map(str::to_owned),
        None => first_of(assertion, names(own))
            .or_else(|| first_of(assertion, names(providers::recognised())))
            .map(str::to_owned),
    };
    let name = |field, names| named(field, names).filter(|value| is_name(value));
    let given_name = name("firstName", |claims| &claims.first_name);
    let family_name = name("lastName", |claims| &claims.last_name);
    let joined = || match (&given_name, &family_name) {
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        (one, other) => one.clone().or_else(|| other.clone()),
    };
    let groups = groups(assertion, map.get("groups"));
    Profile {
        email: named("email", |claims| &claims.email)
            .or_else(|| email_name_id(assertion))
            .and_then(|text| EmailAddress::parse(&text).ok()),
        display_name: name("displayName", |claims| &claims.display_name)
            .or_else(joined)
            .or_else(|| first_of(assertion, &own.whole_name).filter(|name| is_name(name)).map(str::to_owned)),
        given_name,
        family_name,
        groups_withheld: groups.is_empty()
            && first_of(assertion, &providers::recognised().groups_link).is_some(),
        groups,
    }
}

fn first_of<'a>(assertion: &'a VerifiedAssertion, names: &[String]) -> Option<&'a str> {
    names.iter().find_map(|name| assertion.first_of(&[name.as_str()]))
}

/// A NameID that says that it is an address.
fn email_name_id(assertion: &VerifiedAssertion) -> Option<String> {
    let name = assertion.name_id().filter(|name| name.format == name_id::EMAIL)?;
    Some(name.value.trim().to_owned())
}

fn groups(assertion: &VerifiedAssertion, mapped: Option<&str>) -> Vec<String> {
    let recognised = || providers::recognised().groups.iter().map(String::as_str).collect();
    let names: Vec<&str> = mapped.map_or_else(recognised, |name| vec![name]);
    let mut groups: Vec<String> = names
        .iter()
        .flat_map(|name| assertion.values(name))
        .map(|value| value.trim())
        .filter(|value| {
            !value.is_empty() && value.len() <= MAX_GROUP_NAME && !value.contains(char::is_control)
        })
        .take(MAX_GROUPS)
        .map(str::to_owned)
        .collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

fn is_name(value: &str) -> bool {
    value.chars().count() <= MAX_NAME && !value.contains(char::is_control)
}
