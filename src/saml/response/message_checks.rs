//! The checks of the Response itself, which cost nothing, before any signature is looked at. What was meant for somebody else,
//! or answers something else, is told before what it says.

use super::{
    common::{Status, in_response_to, issuer, read_status, version},
    error::Rejection,
    expected::Expected,
    parse::Message,
    read,
};
use crate::saml::{names::STATUS_SUCCESS, xml::tree};

/// A check of the message.
pub(super) type MessageCheck = fn(&Message<'_, '_>, &Expected<'_>) -> Result<(), Rejection>;

/// Checks of the Response (Core 3.2.2, Bindings 3.5.5.2, Profiles 4.1.4.2).
pub(super) const MESSAGE_CHECKS: &[(&str, MessageCheck)] = &[
    ("version", response_version),
    ("issue_instant", response_issue_instant),
    ("destination", destination),
    ("issuer", response_issuer),
    ("in_response_to", response_in_response_to),
    ("status", status),
];

fn response_version(message: &Message<'_, '_>, _: &Expected<'_>) -> Result<(), Rejection> {
    version(tree::attribute(message.root, "Version").unwrap_or_default(), "Response")
}

fn response_issue_instant(message: &Message<'_, '_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    let got = read::required_instant(message.root, "IssueInstant", "the IssueInstant of the Response")?;
    if expected.is_to_come(got) {
        Err(Rejection::IssuedInFuture { element: "Response", got })
    } else {
        Ok(())
    }
}

/// Mandatory in a signed message, and exact where present (Bindings 3.5.5.2).
fn destination(message: &Message<'_, '_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    let wanted = || expected.acs_url.to_owned();
    match tree::attribute(message.root, "Destination") {
        Some(got) if got == expected.acs_url => Ok(()),
        Some(got) => Err(Rejection::Destination { wanted: wanted(), got: got.to_owned() }),
        None if message.signature.is_some() => Err(Rejection::DestinationMissing { wanted: wanted() }),
        None => Ok(()),
    }
}

/// May be absent on a Response that is not signed and holds nothing encrypted (Profiles 4.1.4.2, erratum E17): then the
/// Assertion's Issuer decides.
fn response_issuer(message: &Message<'_, '_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    match read::issuer(message.root)? {
        Some(got) => issuer(&got, "Response", expected.idp_entity_id),
        None if message.signature.is_some() || message.census.is_encrypted() => {
            Err(Rejection::IssuerMissing { element: "Response" })
        }
        None => Ok(()),
    }
}

fn response_in_response_to(message: &Message<'_, '_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    in_response_to(tree::attribute(message.root, "InResponseTo"), "Response", expected)
}

fn status(message: &Message<'_, '_>, _: &Expected<'_>) -> Result<(), Rejection> {
    let Status { code, subcode, message } = read_status(message.root)?;
    if code == STATUS_SUCCESS { Ok(()) } else { Err(Rejection::Status { code, subcode, message }) }
}
