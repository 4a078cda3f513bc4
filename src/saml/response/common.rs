//! What the checks of the Response and the Assertion share, and those of logout messages with them.

use super::{
    error::Rejection,
    expected::{Expected, Solicitation},
    read::Issuer,
};
use crate::saml::{
    names::{name_id, ns},
    xml::{Element, tree},
};

pub(in crate::saml) fn version(got: &str, element: &'static str) -> Result<(), Rejection> {
    if got == "2.0" { Ok(()) } else { Err(Rejection::Version { element, got: got.to_owned() }) }
}

pub(in crate::saml) fn issuer(got: &Issuer, element: &'static str, wanted: &str) -> Result<(), Rejection> {
    if let Some(format) = got.format.as_deref().filter(|format| *format != name_id::ENTITY) {
        return Err(Rejection::IssuerFormat { element, got: format.to_owned() });
    }
    if got.value == wanted {
        return Ok(());
    }
    Err(Rejection::Issuer { element, wanted: wanted.to_owned(), got: got.value.clone() })
}

pub(super) fn in_response_to(
    got: Option<&str>,
    place: &'static str,
    expected: &Expected<'_>,
) -> Result<(), Rejection> {
    // Empty where a template was filled with no request (samlify).
    match (got.filter(|got| !got.is_empty()), expected.solicitation) {
        (Some(got), Solicitation::Request(request)) if got == request.id => Ok(()),
        (Some(got), Solicitation::Request(request)) => {
            Err(Rejection::InResponseTo { place, wanted: request.id.to_owned(), got: got.to_owned() })
        }
        (None, Solicitation::Request(_)) => Err(Rejection::InResponseToMissing { place }),
        (Some(got), Solicitation::Unsolicited) => {
            Err(Rejection::InResponseToUnexpected { place, got: got.to_owned() })
        }
        (None, Solicitation::Unsolicited) | (_, Solicitation::UnsolicitedWithDummy) => Ok(()),
    }
}

/// The Status of a message (Core 3.2.2.1).
#[derive(Debug)]
pub(in crate::saml) struct Status {
    pub code: String,
    pub subcode: Option<String>,
    pub message: Option<String>,
}

pub(in crate::saml) fn read_status(root: Element<'_, '_>) -> Result<Status, Rejection> {
    let one = |node, name| tree::only_child(node, ns::PROTOCOL, name).map_err(|_| Rejection::StatusMalformed);
    let status = one(root, "Status")?.ok_or(Rejection::StatusMalformed)?;
    let code = one(status, "StatusCode")?.ok_or(Rejection::StatusMalformed)?;
    let value = |node| tree::attribute(node, "Value").map(str::to_owned);
    let message = one(status, "StatusMessage")?.and_then(|m| tree::text(m).ok());
    Ok(Status {
        code: value(code).ok_or(Rejection::StatusMalformed)?,
        subcode: one(code, "StatusCode")?.and_then(value),
        message: message.map(|m| m.trim().to_owned()),
    })
}

pub(in crate::saml) fn require_id(node: Element<'_, '_>, element: &'static str) -> Result<(), Rejection> {
    match tree::attribute(node, "ID") {
        Some(id) if !id.trim().is_empty() => Ok(()),
        _ => Err(Rejection::IdMissing { element }),
    }
}

pub(in crate::saml) fn only_known_children(
    node: Element<'_, '_>,
    parent: &'static str,
    known: impl Fn(Element<'_, '_>) -> bool,
) -> Result<(), Rejection> {
    for child in node.children() {
        if child.is_element() && !known(child) {
            return Err(Rejection::UnexpectedElement { parent, got: tree::name(child) });
        }
        if child.is_text() && child.text().is_some_and(|text| !text.trim().is_empty()) {
            return Err(Rejection::UnexpectedText { parent });
        }
    }
    Ok(())
}
