//! What both messages have in common: the envelope and the signature.

use roxmltree::Document;
use time::{Duration, OffsetDateTime};

use super::error::LogoutRejection;
use crate::saml::{
    binding::{query_signature, redirect},
    dsig::{self, SignaturePolicy, VerificationKey, VerifiedElement},
    names::ns,
    response::{
        Rejection,
        common::{self, only_known_children, require_id},
        parse::{self, Census},
        read,
    },
    xml::{Element, tree},
    xmlenc::Decryption,
};

/// A message that was issued longer ago is refused: whoever waits behind a logout does not wait for an hour, and its ID
/// need not be remembered for ever.
pub(super) const MAX_AGE: Duration = Duration::minutes(10);

/// A message as it arrived.
#[derive(Debug, Clone, Copy)]
pub enum Inbound<'a> {
    /// In a URL: the query is signed.
    Redirect(&'a redirect::Decoded),
    /// In a form, decoded: the message is signed.
    Post(&'a [u8]),
}

/// What a logout message is checked against.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedLogout<'a> {
    /// The provider's entity ID.
    pub idp_entity_id: &'a str,
    /// The provider's keys. None is a configuration error.
    pub keys: &'a [VerificationKey],
    /// Our entity ID.
    pub sp_entity_id: &'a str,
    /// Where the message must have been sent, as configured.
    pub slo_url: &'a str,
    /// The connection's switches for signatures that are weaker than usual.
    pub signatures: SignaturePolicy,
    /// Our keys for a NameID that is encrypted.
    pub decryption: Decryption<'a>,
    /// How far clocks may differ, both ways.
    pub clock_skew: Duration,
    /// Now.
    pub now: OffsetDateTime,
}

impl ExpectedLogout<'_> {
    /// Whether `end` (exclusive) is past, with the benefit of the doubt.
    pub(super) fn is_past(&self, end: OffsetDateTime) -> bool {
        self.now.saturating_sub(self.clock_skew) >= end
    }
}

impl<'a> Inbound<'a> {
    pub(super) fn xml(&self) -> &'a [u8] {
        match self {
            Self::Redirect(decoded) => &decoded.xml,
            Self::Post(xml) => xml,
        }
    }
}

/// A message whose envelope and signature are in order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Envelope<'a, 'i> {
    pub root: VerifiedElement<'a, 'i>,
    pub issued_at: OffsetDateTime,
}

/// Checks the envelope of `<samlp:element>` in the order of Core 3.2 and verifies its signature. `children` are those
/// that it has of its own, in the namespaces of protocol and assertion.
pub(super) fn envelope<'a, 'i>(
    doc: &'a Document<'i>,
    inbound: Inbound<'_>,
    element: &'static str,
    children: &[&str],
    expected: &ExpectedLogout<'_>,
) -> Result<Envelope<'a, 'i>, LogoutRejection> {
    let root = doc.root_element();
    if !tree::is(root, ns::PROTOCOL, element) {
        return Err(LogoutRejection::OtherMessage { wanted: element, got: tree::name(root) });
    }
    let census = Census::take(root, None)?;
    only_known_children(root, element, |n| {
        let name = n.tag_name();
        let ours = matches!(name.namespace(), Some(ns::PROTOCOL | ns::ASSERTION));
        (ours && (matches!(name.name(), "Issuer" | "Extensions") || children.contains(&name.name())))
            || tree::is(n, ns::DSIG, "Signature")
    })?;
    require_id(root, element)?;
    parse::no_comment_in_text(root)?;
    common::version(tree::attribute(root, "Version").unwrap_or_default(), element)?;
    let issued_at = issue_instant(root, element, expected)?;
    destination(root, element, expected)?;
    let issuer = read::issuer(root)?.ok_or(Rejection::IssuerMissing { element })?;
    common::issuer(&issuer, element, expected.idp_entity_id)?;

    let signature = parse::signature(root, element)?;
    if census.signatures != usize::from(signature.is_some()) {
        return Err(Rejection::SignatureMisplaced.into());
    }
    let root = verified(doc, inbound, signature, element, expected)?;
    Ok(Envelope { root, issued_at })
}

fn issue_instant(
    root: Element<'_, '_>,
    element: &'static str,
    expected: &ExpectedLogout<'_>,
) -> Result<OffsetDateTime, LogoutRejection> {
    let got = read::required_instant(root, "IssueInstant", "the IssueInstant")?;
    if expected.now.saturating_add(expected.clock_skew) < got {
        return Err(Rejection::IssuedInFuture { element, got }.into());
    }
    if expected.is_past(got.saturating_add(MAX_AGE)) {
        return Err(LogoutRejection::Stale { element, issued_at: got, now: expected.now });
    }
    Ok(got)
}

/// Mandatory, because the message is signed (Bindings 3.4.5.2, 3.5.5.2).
fn destination(
    root: Element<'_, '_>,
    element: &'static str,
    expected: &ExpectedLogout<'_>,
) -> Result<(), LogoutRejection> {
    let wanted = || expected.slo_url.to_owned();
    match tree::attribute(root, "Destination") {
        Some(got) if got == expected.slo_url => Ok(()),
        Some(got) => Err(LogoutRejection::Destination { element, wanted: wanted(), got: got.to_owned() }),
        None => Err(LogoutRejection::DestinationMissing { element, wanted: wanted() }),
    }
}

fn verified<'a, 'i>(
    doc: &'a Document<'i>,
    inbound: Inbound<'_>,
    signature: Option<Element<'a, 'i>>,
    element: &'static str,
    expected: &ExpectedLogout<'_>,
) -> Result<VerifiedElement<'a, 'i>, LogoutRejection> {
    let fault = |fault| LogoutRejection::Message(Rejection::Signature { element, fault });
    let unsigned = LogoutRejection::Unsigned { element };
    match (inbound, signature) {
        (Inbound::Redirect(_), Some(_)) => Err(LogoutRejection::SignatureInside { element }),
        (Inbound::Redirect(decoded), None) => {
            let signature = decoded.signature.as_ref().ok_or(unsigned)?;
            let verification =
                query_signature::verify(signature, expected.keys, expected.signatures).map_err(fault)?;
            Ok(VerifiedElement::of_signed_query(doc, &verification))
        }
        (Inbound::Post(_), signature) => {
            let signature = signature.ok_or(unsigned)?;
            let verification =
                dsig::verify(doc.root_element(), signature, expected.keys, expected.signatures);
            Ok(verification.map_err(fault)?.element)
        }
    }
}
