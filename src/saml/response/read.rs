//! Reading the fields of an assertion, from the verified element alone.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::{
    assertion::{Attribute, NameId},
    error::Rejection,
};
use crate::saml::{
    claims,
    dsig::VerifiedElement,
    names::{BEARER, name_id, ns},
    xml::{Element, ReadError, instant, tree},
};

/// What names a person, a session or an assertion is kept, and has no more bytes than this (persistent names have at
/// most 256 characters, Core 8.3.7).
const MAX_NAME: usize = 1024;

/// eduPersonTargetedID, whose value is a NameID element by definition.
const TARGETED_ID: &str = "urn:oid:1.3.6.1.4.1.5923.1.1.1.10";

/// The fields of an assertion whose signature was verified. What they mean is yet to be checked.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    pub id: &'a str,
    pub version: &'a str,
    pub issue_instant: OffsetDateTime,
    pub issuer: Issuer,
    pub name_id: Option<NameId>,
    /// Those with the method bearer.
    pub confirmations: Vec<Confirmation<'a>>,
    pub not_before: Option<OffsetDateTime>,
    pub not_on_or_after: Option<OffsetDateTime>,
    /// One list per AudienceRestriction; all of them must name us.
    pub audiences: Vec<Vec<String>>,
    pub unknown_condition: Option<String>,
    pub authn: Option<Authn<'a>>,
    pub attributes: Vec<Attribute>,
}

#[derive(Debug)]
pub(super) struct Issuer {
    pub value: String,
    pub format: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Confirmation<'a> {
    pub recipient: Option<&'a str>,
    pub in_response_to: Option<&'a str>,
    pub has_not_before: bool,
    pub not_on_or_after: Option<OffsetDateTime>,
}

/// What the AuthnStatements say; of several, the first names the session and the earliest end counts.
#[derive(Debug)]
pub(super) struct Authn<'a> {
    pub instant: OffsetDateTime,
    pub session_index: Option<&'a str>,
    pub session_not_on_or_after: Option<OffsetDateTime>,
    pub context: Option<String>,
}

pub(super) fn fields<'a>(
    assertion: VerifiedElement<'a, '_>,
    stable_attribute: Option<&str>,
) -> Result<Fields<'a>, Rejection> {
    let node = assertion.element();
    let subject = tree::only_child(node, ns::ASSERTION, "Subject")?.ok_or(Rejection::SubjectMissing)?;
    let mut fields = Fields {
        id: short(node, "ID", "ID of the Assertion")?.unwrap_or_default(),
        version: tree::attribute(node, "Version").unwrap_or_default(),
        issue_instant: required_instant(node, "IssueInstant", "the IssueInstant of the Assertion")?,
        issuer: issuer(node)?.ok_or(Rejection::IssuerMissing { element: "Assertion" })?,
        name_id: read_name_id(subject)?,
        confirmations: confirmations(subject)?,
        not_before: None,
        not_on_or_after: None,
        audiences: Vec::new(),
        unknown_condition: None,
        authn: authn(node)?,
        attributes: attributes(node, stable_attribute)?,
    };
    if let Some(conditions) = tree::only_child(node, ns::ASSERTION, "Conditions")? {
        read_conditions(conditions, &mut fields)?;
    }
    Ok(fields)
}

/// The Issuer child, if there is one.
pub(super) fn issuer(node: Element<'_, '_>) -> Result<Option<Issuer>, Rejection> {
    let Some(issuer) = tree::only_child(node, ns::ASSERTION, "Issuer")? else { return Ok(None) };
    // Pretty-printing providers wrap the value in white space; an entity ID has none of its own.
    let value = tree::text(issuer)?.trim().to_owned();
    Ok(Some(Issuer { value, format: tree::attribute(issuer, "Format").map(str::to_owned) }))
}

pub(super) fn required_instant(
    node: Element<'_, '_>,
    attribute: &str,
    field: &'static str,
) -> Result<OffsetDateTime, Rejection> {
    let got = tree::attribute(node, attribute).unwrap_or_default();
    instant::parse(got).ok_or_else(|| Rejection::Instant { field, got: got.to_owned() })
}

fn optional_instant(
    node: Element<'_, '_>,
    attribute: &str,
    field: &'static str,
) -> Result<Option<OffsetDateTime>, Rejection> {
    tree::attribute(node, attribute).map(|_| required_instant(node, attribute, field)).transpose()
}

fn read_name_id(subject: Element<'_, '_>) -> Result<Option<NameId>, Rejection> {
    if tree::only_child(subject, ns::ASSERTION, "EncryptedID")?.is_some() {
        return Err(Rejection::EncryptedPart("NameID"));
    }
    let Some(node) = tree::only_child(subject, ns::ASSERTION, "NameID")? else { return Ok(None) };
    let value = tree::text(node)?.into_owned();
    if value.trim().is_empty() || value.len() > MAX_NAME || is_nil(node) {
        return Err(Rejection::NameIdInvalid);
    }
    let owned = |name| short(node, name, name).map(|value| value.map(str::to_owned));
    Ok(Some(NameId {
        value,
        format: owned("Format")?.unwrap_or_else(|| name_id::UNSPECIFIED.to_owned()),
        name_qualifier: owned("NameQualifier")?,
        sp_name_qualifier: owned("SPNameQualifier")?,
    }))
}

/// An attribute that is kept.
fn short<'a>(node: Element<'a, '_>, name: &str, what: &'static str) -> Result<Option<&'a str>, Rejection> {
    match tree::attribute(node, name) {
        Some(value) if value.len() > MAX_NAME => Err(Rejection::TooLong(what)),
        value => Ok(value),
    }
}

fn confirmations<'a>(subject: Element<'a, '_>) -> Result<Vec<Confirmation<'a>>, Rejection> {
    let bearer = tree::children(subject, ns::ASSERTION, "SubjectConfirmation")
        .filter(|node| tree::attribute(*node, "Method") == Some(BEARER));
    let mut found = Vec::new();
    for node in bearer {
        let Some(data) = tree::only_child(node, ns::ASSERTION, "SubjectConfirmationData")? else {
            found.push(Confirmation::default());
            continue;
        };
        found.push(Confirmation {
            recipient: tree::attribute(data, "Recipient"),
            in_response_to: tree::attribute(data, "InResponseTo"),
            has_not_before: tree::attribute(data, "NotBefore").is_some(),
            not_on_or_after: optional_instant(
                data,
                "NotOnOrAfter",
                "the NotOnOrAfter of the SubjectConfirmationData",
            )?,
        });
    }
    Ok(found)
}

fn read_conditions(node: Element<'_, '_>, fields: &mut Fields<'_>) -> Result<(), Rejection> {
    fields.not_before = optional_instant(node, "NotBefore", "the NotBefore of the Conditions")?;
    fields.not_on_or_after = optional_instant(node, "NotOnOrAfter", "the NotOnOrAfter of the Conditions")?;
    for condition in node.children().filter(Element::is_element) {
        let name = condition.tag_name();
        match name.name() {
            "AudienceRestriction" if name.namespace() == Some(ns::ASSERTION) => {
                let audiences = tree::children(condition, ns::ASSERTION, "Audience")
                    .map(|audience| Ok(tree::text(audience)?.trim().to_owned()))
                    .collect::<Result<_, ReadError>>()?;
                fields.audiences.push(audiences);
            }
            // Every assertion is accepted once only, and we issue none on the strength of another.
            "OneTimeUse" | "ProxyRestriction" if name.namespace() == Some(ns::ASSERTION) => {}
            other => fields.unknown_condition = Some(other.to_owned()),
        }
    }
    Ok(())
}

fn authn<'a>(assertion: Element<'a, '_>) -> Result<Option<Authn<'a>>, Rejection> {
    let mut found: Option<Authn<'a>> = None;
    for node in tree::children(assertion, ns::ASSERTION, "AuthnStatement") {
        let end = optional_instant(node, "SessionNotOnOrAfter", "the SessionNotOnOrAfter")?;
        let instant = required_instant(node, "AuthnInstant", "the AuthnInstant")?;
        if let Some(first) = &mut found {
            first.session_not_on_or_after = [first.session_not_on_or_after, end].into_iter().flatten().min();
            continue;
        }
        let context = match tree::only_child(node, ns::ASSERTION, "AuthnContext")? {
            Some(context) => tree::only_child(context, ns::ASSERTION, "AuthnContextClassRef")?,
            None => None,
        };
        found = Some(Authn {
            instant,
            session_index: short(node, "SessionIndex", "SessionIndex")?,
            session_not_on_or_after: end,
            context: context.map(tree::text).transpose()?.map(|c| c.trim().to_owned()),
        });
    }
    Ok(found)
}

fn attributes(assertion: Element<'_, '_>, stable: Option<&str>) -> Result<Vec<Attribute>, Rejection> {
    let mut found: Vec<Attribute> = Vec::new();
    let mut at: HashMap<&str, usize> = HashMap::new();
    for statement in tree::children(assertion, ns::ASSERTION, "AttributeStatement") {
        if tree::children(statement, ns::ASSERTION, "EncryptedAttribute").next().is_some() {
            return Err(Rejection::EncryptedPart("Attribute"));
        }
        for node in tree::children(statement, ns::ASSERTION, "Attribute") {
            let name = tree::attribute(node, "Name").filter(|n| !n.trim().is_empty());
            let name = name.ok_or(Rejection::AttributeNameMissing)?;
            let values = tree::children(node, ns::ASSERTION, "AttributeValue")
                .map(|value| attribute_value(value, name))
                .collect::<Result<Vec<_>, _>>()?;
            let next = found.len();
            let index = *at.entry(name).or_insert(next);
            match found.get_mut(index) {
                Some(_) if claims::identifies(name) || stable == Some(name) => {
                    return Err(Rejection::AttributeRepeated(name.to_owned()));
                }
                Some(known) => known.values.extend(values),
                None => found.push(Attribute {
                    name: name.to_owned(),
                    friendly_name: tree::attribute(node, "FriendlyName").map(str::to_owned),
                    values,
                }),
            }
        }
    }
    Ok(found)
}

fn attribute_value(node: Element<'_, '_>, name: &str) -> Result<String, Rejection> {
    if is_nil(node) {
        return Err(Rejection::AttributeNull(name.to_owned()));
    }
    if name == TARGETED_ID
        && let Some(inner) = tree::only_child(node, ns::ASSERTION, "NameID")?
    {
        return Ok(tree::text(inner)?.into_owned());
    }
    Ok(tree::text(node)?.into_owned())
}

fn is_nil(node: Element<'_, '_>) -> bool {
    matches!(tree::attribute_ns(node, ns::XSI, "nil"), Some("true" | "1"))
}
