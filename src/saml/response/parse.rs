//! The structure of a Response: which elements there are, and where. Nothing read here is trusted.

use std::collections::HashSet;

use roxmltree::Document;

use super::error::Rejection;
use crate::saml::{
    names::ns,
    xml::{Element, tree},
};

/// The parts of a Response, found once.
#[derive(Debug)]
pub(super) struct Message<'a, 'i> {
    pub root: Element<'a, 'i>,
    census: Census<'a, 'i>,
    /// Direct child of the root.
    pub signature: Option<Element<'a, 'i>>,
}

/// The one Assertion of a Response.
#[derive(Debug)]
pub(super) struct SignedParts<'a, 'i> {
    pub assertion: Element<'a, 'i>,
    /// Direct child of the assertion.
    pub signature: Option<Element<'a, 'i>>,
}

/// The root, if it is a Response.
pub(super) fn root<'a, 'i>(doc: &'a Document<'i>) -> Result<Element<'a, 'i>, Rejection> {
    let root = doc.root_element();
    if tree::is(root, ns::PROTOCOL, "Response") {
        Ok(root)
    } else {
        Err(Rejection::NotAResponse { got: tree::name(root) })
    }
}

/// What there is anywhere in the document, counted in one pass: in Advice, in Extensions, in a Signature.
#[derive(Debug, Default)]
struct Census<'a, 'i> {
    responses: usize,
    assertions: usize,
    encrypted: usize,
    signatures: usize,
    first_assertion: Option<Element<'a, 'i>>,
}

impl<'a, 'i> Census<'a, 'i> {
    fn take(root: Element<'a, 'i>) -> Result<Self, Rejection> {
        let (mut census, mut ids) = (Self::default(), HashSet::new());
        for node in root.descendants().filter(Element::is_element) {
            // Which of `ID`, `Id`, `id`, `xml:id`, `x:ID` is an identifier is a thing that libraries disagree about, so
            // no value of any of them may occur twice.
            for id in node.attributes().filter(|a| a.name().eq_ignore_ascii_case("ID")) {
                if !ids.insert(id.value()) {
                    return Err(Rejection::IdRepeated { id: id.value().to_owned() });
                }
            }
            match node.tag_name().name() {
                "Response" if tree::is(node, ns::PROTOCOL, "Response") => census.responses += 1,
                "EncryptedAssertion" if tree::is(node, ns::ASSERTION, "EncryptedAssertion") => {
                    census.encrypted += 1
                }
                "Signature" if tree::is(node, ns::DSIG, "Signature") => census.signatures += 1,
                "Assertion" if tree::is(node, ns::ASSERTION, "Assertion") => {
                    census.assertions += 1;
                    census.first_assertion.get_or_insert(node);
                }
                _ => {}
            }
        }
        Ok(census)
    }
}

/// Finds the parts, and refuses what would let two readers find different ones.
pub(super) fn message<'a, 'i>(doc: &'a Document<'i>) -> Result<Message<'a, 'i>, Rejection> {
    let root = root(doc)?;
    let census = Census::take(root)?;
    if census.responses > 1 {
        return Err(Rejection::NestedResponse);
    }
    only_known_children(root, "Response", |n| {
        (n.tag_name().namespace() == Some(ns::PROTOCOL)
            && matches!(n.tag_name().name(), "Extensions" | "Status"))
            || (n.tag_name().namespace() == Some(ns::ASSERTION)
                && matches!(n.tag_name().name(), "Issuer" | "Assertion" | "EncryptedAssertion"))
            || tree::is(n, ns::DSIG, "Signature")
    })?;
    require_id(root, "Response")?;
    if let Some(element) = tree::comment_in_text(root) {
        return Err(crate::saml::xml::ReadError::CommentInText(tree::name(element)).into());
    }
    Ok(Message { root, census, signature: signature(root, "Response")? })
}

/// Finds the one Assertion and its signature. Assertions anywhere count: in Advice, in Extensions, in a Signature.
pub(super) fn signed_parts<'a, 'i>(message: &Message<'a, 'i>) -> Result<SignedParts<'a, 'i>, Rejection> {
    let root = message.root;
    let census = &message.census;
    let count = census.assertions + census.encrypted;
    if count > 1 {
        return Err(Rejection::AssertionRepeated(count));
    }
    let assertion = match census.first_assertion {
        Some(assertion) if assertion.parent() == Some(root) => assertion,
        None if census.encrypted == 1 => return Err(Rejection::EncryptedAssertion),
        _ => return Err(Rejection::AssertionMissing),
    };
    require_id(assertion, "Assertion")?;
    only_known_children(assertion, "Assertion", |n| {
        (n.tag_name().namespace() == Some(ns::ASSERTION)
            && matches!(
                n.tag_name().name(),
                "Issuer"
                    | "Subject"
                    | "Conditions"
                    | "Advice"
                    | "AuthnStatement"
                    | "AttributeStatement"
                    | "AuthzDecisionStatement"
            ))
            || tree::is(n, ns::DSIG, "Signature")
    })?;
    let signature = signature(assertion, "Assertion")?;
    let placed = usize::from(message.signature.is_some()) + usize::from(signature.is_some());
    if census.signatures != placed {
        return Err(Rejection::SignatureMisplaced);
    }
    Ok(SignedParts { assertion, signature })
}

fn signature<'a, 'i>(
    parent: Element<'a, 'i>,
    element: &'static str,
) -> Result<Option<Element<'a, 'i>>, Rejection> {
    tree::only_child(parent, ns::DSIG, "Signature").map_err(|_| Rejection::SignatureRepeated { element })
}

fn require_id(node: Element<'_, '_>, element: &'static str) -> Result<(), Rejection> {
    match tree::attribute(node, "ID") {
        Some(id) if !id.trim().is_empty() => Ok(()),
        _ => Err(Rejection::IdMissing { element }),
    }
}

fn only_known_children(
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
