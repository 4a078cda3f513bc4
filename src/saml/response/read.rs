//! Reading the fields of an assertion, from the verified element alone.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::{
    assertion::{Attribute, NameId},
    error::Rejection,
    expected::Expected,
    parse,
};
use crate::saml::{
    claims,
    dsig::VerifiedElement,
    names::{BEARER, name_id as format, ns},
    xml::{Element, ReadError, instant, tree},
    xmlenc::{self, DecryptError, Decryption},
};

/// What names a person, a session or an assertion is kept, and has no more bytes than this (persistent names have at
/// most 256 characters, Core 8.3.7).
const MAX_NAME: usize = 1024;

/// At most this many attributes are decrypted, each of which may cost a private key operation or two.
const MAX_ENCRYPTED_ATTRIBUTES: usize = 8;

/// eduPersonTargetedID, whose value is a NameID element by definition, under the names that it has had.
const TARGETED_ID: [&str; 3] = [
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.10",
    "urn:mace:dir:attribute-def:eduPersonTargetedID",
    "eduPersonTargetedID",
];

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
pub(in crate::saml) struct Issuer {
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
    expected: &Expected<'_>,
) -> Result<Fields<'a>, Rejection> {
    let node = assertion.element();
    let subject = tree::only_child(node, ns::ASSERTION, "Subject")?.ok_or(Rejection::SubjectMissing)?;
    let mut fields = Fields {
        id: short(node, "ID", "ID of the Assertion")?.unwrap_or_default(),
        version: tree::attribute(node, "Version").unwrap_or_default(),
        issue_instant: required_instant(node, "IssueInstant", "the IssueInstant of the Assertion")?,
        issuer: issuer(node)?.ok_or(Rejection::IssuerMissing { element: "Assertion" })?,
        name_id: subject_name_id(assertion, subject, &expected.decryption)?,
        confirmations: confirmations(subject)?,
        not_before: None,
        not_on_or_after: None,
        audiences: Vec::new(),
        unknown_condition: None,
        authn: authn(node)?,
        attributes: attributes(assertion, expected)?,
    };
    if let Some(conditions) = tree::only_child(node, ns::ASSERTION, "Conditions")? {
        read_conditions(conditions, &mut fields)?;
    }
    Ok(fields)
}

/// The Issuer child, if there is one.
pub(in crate::saml) fn issuer(node: Element<'_, '_>) -> Result<Option<Issuer>, Rejection> {
    let Some(issuer) = tree::only_child(node, ns::ASSERTION, "Issuer")? else { return Ok(None) };
    // Pretty-printing providers wrap the value in white space; an entity ID has none of its own.
    let value = tree::text(issuer)?.trim().to_owned();
    let format = tree::attribute(issuer, "Format").filter(is_said);
    Ok(Some(Issuer { value, format: format.map(str::to_owned) }))
}

pub(in crate::saml) fn required_instant(
    node: Element<'_, '_>,
    attribute: &str,
    field: &'static str,
) -> Result<OffsetDateTime, Rejection> {
    let got = tree::attribute(node, attribute).unwrap_or_default();
    instant::parse(got).ok_or_else(|| Rejection::Instant { field, got: got.to_owned() })
}

pub(in crate::saml) fn optional_instant(
    node: Element<'_, '_>,
    attribute: &str,
    field: &'static str,
) -> Result<Option<OffsetDateTime>, Rejection> {
    tree::attribute(node, attribute).map(|_| required_instant(node, attribute, field)).transpose()
}

/// The NameID of the subject, encrypted or not, but not both.
pub(in crate::saml) fn subject_name_id<'a, 'i>(
    assertion: VerifiedElement<'a, 'i>,
    subject: Element<'a, 'i>,
    decryption: &Decryption<'_>,
) -> Result<Option<NameId>, Rejection> {
    let plain = tree::only_child(subject, ns::ASSERTION, "NameID")?;
    let encrypted = tree::only_child(subject, ns::ASSERTION, "EncryptedID")?;
    match (plain, encrypted) {
        (None, None) => Ok(None),
        (Some(node), None) => name_id(node).map(Some),
        (None, Some(holder)) => decrypted(holder, assertion, decryption, "NameID", name_id).map(Some),
        (Some(_), Some(_)) => Err(ReadError::Repeated { parent: "Subject".into(), child: "NameID" }.into()),
    }
}

/// A NameID element.
fn name_id(node: Element<'_, '_>) -> Result<NameId, Rejection> {
    let value = tree::text(node)?.into_owned();
    if value.trim().is_empty() || value.len() > MAX_NAME || is_nil(node) {
        return Err(Rejection::NameIdInvalid);
    }
    let owned = |name| short(node, name, name).map(|value| value.filter(is_said).map(str::to_owned));
    Ok(NameId {
        value,
        format: owned("Format")?.unwrap_or_else(|| format::UNSPECIFIED.to_owned()),
        name_qualifier: owned("NameQualifier")?,
        sp_name_qualifier: owned("SPNameQualifier")?,
    })
}

/// Reads the element `local` that is encrypted in `holder`, which a signature covers.
fn decrypted<'a, 'i, T>(
    holder: Element<'a, 'i>,
    assertion: VerifiedElement<'a, 'i>,
    decryption: &Decryption<'_>,
    local: &'static str,
    read: impl FnOnce(Element<'_, '_>) -> Result<T, Rejection>,
) -> Result<T, Rejection> {
    let refused = |fault| Rejection::Encryption { element: local, fault };
    let plaintext = xmlenc::decrypt(holder, Some(assertion), decryption).map_err(refused)?;
    let opened = plaintext.open().map_err(refused)?;
    let element = VerifiedElement::of_opened(&opened).ok_or(Rejection::SignatureMissing)?.element();
    parse::decrypted_part(element, local)?;
    if !tree::is(element, ns::ASSERTION, local) {
        return Err(Rejection::UnexpectedElement { parent: local, got: tree::name(element) });
    }
    read(element)
}

/// Templates and encoders write `Format=""` and `SPNameQualifier=""` for what is not there. No identifier is empty.
fn is_said(value: &&str) -> bool {
    !value.is_empty()
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

fn attributes(
    assertion: VerifiedElement<'_, '_>,
    expected: &Expected<'_>,
) -> Result<Vec<Attribute>, Rejection> {
    let mut found = Collected::default();
    let mut encrypted = 0;
    for statement in tree::children(assertion.element(), ns::ASSERTION, "AttributeStatement") {
        for node in statement.children() {
            if tree::is(node, ns::ASSERTION, "Attribute") {
                found.add(attribute(node)?, expected.stable_attribute)?;
            } else if tree::is(node, ns::ASSERTION, "EncryptedAttribute") {
                encrypted += 1;
                if encrypted > MAX_ENCRYPTED_ATTRIBUTES {
                    let fault = DecryptError::TooMany(MAX_ENCRYPTED_ATTRIBUTES);
                    return Err(Rejection::Encryption { element: "Attribute", fault });
                }
                let read = decrypted(node, assertion, &expected.decryption, "Attribute", attribute)?;
                found.add(read, expected.stable_attribute)?;
            }
        }
    }
    Ok(found.attributes)
}

/// Attributes by name, in the order of their first occurrence.
#[derive(Default)]
struct Collected {
    attributes: Vec<Attribute>,
    at: HashMap<String, usize>,
}

impl Collected {
    fn add(&mut self, attribute: Attribute, stable: Option<&str>) -> Result<(), Rejection> {
        let name = attribute.name.as_str();
        match self.at.get(name).and_then(|at| self.attributes.get_mut(*at)) {
            Some(_) if claims::identifies(name) || stable == Some(name) => {
                Err(Rejection::AttributeRepeated(attribute.name))
            }
            Some(known) => {
                known.values.extend(attribute.values);
                Ok(())
            }
            None => {
                self.at.insert(name.to_owned(), self.attributes.len());
                self.attributes.push(attribute);
                Ok(())
            }
        }
    }
}

fn attribute(node: Element<'_, '_>) -> Result<Attribute, Rejection> {
    let name = tree::attribute(node, "Name").filter(|n| !n.trim().is_empty());
    let name = name.ok_or(Rejection::AttributeNameMissing)?;
    let values =
        tree::children(node, ns::ASSERTION, "AttributeValue").map(|value| attribute_value(value, name));
    Ok(Attribute {
        name: name.to_owned(),
        friendly_name: tree::attribute(node, "FriendlyName").map(str::to_owned),
        values: values.collect::<Result<_, _>>()?,
    })
}

fn attribute_value(node: Element<'_, '_>, name: &str) -> Result<String, Rejection> {
    if is_nil(node) {
        return Err(Rejection::AttributeNull(name.to_owned()));
    }
    if TARGETED_ID.contains(&name)
        && let Some(inner) = tree::only_child(node, ns::ASSERTION, "NameID")?
    {
        return Ok(tree::text(inner)?.into_owned());
    }
    Ok(tree::text(node)?.into_owned())
}

fn is_nil(node: Element<'_, '_>) -> bool {
    matches!(tree::attribute_ns(node, ns::XSI, "nil"), Some("true" | "1"))
}
