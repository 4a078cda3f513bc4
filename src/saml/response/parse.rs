//! The structure of a Response: which elements there are, and where. Nothing read here is trusted.

use std::collections::HashSet;

use roxmltree::Document;

use super::{
    common::{only_known_children, require_id},
    error::Rejection,
};
use crate::saml::{
    names::ns,
    xml::{Element, ReadError, tree},
};

/// The parts of a Response, found once.
#[derive(Debug)]
pub(super) struct Message<'a, 'i> {
    pub root: Element<'a, 'i>,
    pub census: Census<'a, 'i>,
    /// Direct child of the root.
    pub signature: Option<Element<'a, 'i>>,
}

/// What a Response is about.
#[derive(Debug)]
pub(super) enum Content<'a, 'i> {
    /// The one Assertion.
    Plain(SignedParts<'a, 'i>),
    /// The one EncryptedAssertion.
    Encrypted(Element<'a, 'i>),
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
pub(in crate::saml) struct Census<'a, 'i> {
    responses: usize,
    assertions: usize,
    encrypted: usize,
    pub signatures: usize,
    first_assertion: Option<Element<'a, 'i>>,
    first_encrypted: Option<Element<'a, 'i>>,
    ids: HashSet<&'a str>,
    signature_ids: HashSet<&'a str>,
}

impl<'a, 'i> Census<'a, 'i> {
    /// Counts what is in `root`. `outer` is what there is in the tree that `root` was decrypted from, if it was.
    pub(in crate::saml) fn take(
        root: Element<'a, 'i>,
        outer: Option<&Census<'_, '_>>,
    ) -> Result<Self, Rejection> {
        let mut census = Self::default();
        for node in root.descendants().filter(Element::is_element) {
            // Which of `ID`, `Id`, `id`, `xml:id`, `x:ID` is an identifier is a thing that libraries disagree about, so
            // no value of any of them may occur twice.
            for id in node.attributes().filter(|a| a.name().eq_ignore_ascii_case("ID")) {
                let of_signature = tree::is(node, ns::DSIG, "Signature") && id.name() == "Id";
                let elsewhere = outer.is_some_and(|outer| outer.holds(id.value(), of_signature));
                if elsewhere || !census.ids.insert(id.value()) {
                    return Err(Rejection::IdRepeated { id: id.value().to_owned() });
                }
                if of_signature {
                    census.signature_ids.insert(id.value());
                }
            }
            match node.tag_name().name() {
                "Response" if tree::is(node, ns::PROTOCOL, "Response") => census.responses += 1,
                "EncryptedAssertion" if tree::is(node, ns::ASSERTION, "EncryptedAssertion") => {
                    census.encrypted += 1;
                    census.first_encrypted.get_or_insert(node);
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

    /// Whether an identifier of a decrypted tree is one of this tree too. Two Signatures may be called the same, one in each
    /// (some versions of pysaml2 number them so): a signature is found by where it stands.
    fn holds(&self, id: &str, of_signature: bool) -> bool {
        self.ids.contains(id) && !(of_signature && self.signature_ids.contains(id))
    }

    /// Whether there is an EncryptedAssertion.
    pub(super) fn is_encrypted(&self) -> bool {
        self.encrypted > 0
    }
}

/// Finds the parts, and refuses what would let two readers find different ones.
pub(super) fn message<'a, 'i>(doc: &'a Document<'i>) -> Result<Message<'a, 'i>, Rejection> {
    let root = root(doc)?;
    let census = Census::take(root, None)?;
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
    no_comment_in_text(root)?;
    Ok(Message { root, census, signature: signature(root, "Response")? })
}

/// Finds the one Assertion, encrypted or not. Assertions anywhere count: in Advice, in Extensions, in a Signature.
pub(super) fn content<'a, 'i>(message: &Message<'a, 'i>) -> Result<Content<'a, 'i>, Rejection> {
    let census = &message.census;
    let count = census.assertions + census.encrypted;
    if count > 1 {
        return Err(Rejection::AssertionRepeated(count));
    }
    let ours = usize::from(message.signature.is_some());
    let is_child = |node: &Element<'a, 'i>| node.parent() == Some(message.root);
    match (census.first_assertion.filter(is_child), census.first_encrypted.filter(is_child)) {
        (Some(assertion), _) => signed_parts(assertion, census, ours).map(Content::Plain),
        (None, Some(_)) if census.signatures != ours => Err(Rejection::SignatureMisplaced),
        (None, Some(encrypted)) => Ok(Content::Encrypted(encrypted)),
        (None, None) => Err(Rejection::AssertionMissing),
    }
}

/// The parts of an assertion that was decrypted: the same rules again, over a tree in which nothing else may be.
pub(super) fn decrypted_content<'a, 'i>(
    element: Element<'a, 'i>,
    message: &Message<'_, '_>,
) -> Result<SignedParts<'a, 'i>, Rejection> {
    let census = Census::take(element, Some(&message.census))?;
    if !tree::is(element, ns::ASSERTION, "Assertion") {
        return Err(Rejection::UnexpectedElement { parent: "EncryptedAssertion", got: tree::name(element) });
    }
    if census.responses > 0 {
        return Err(Rejection::NestedResponse);
    }
    let count = census.assertions + census.encrypted;
    if count > 1 {
        return Err(Rejection::AssertionRepeated(count));
    }
    no_comment_in_text(element)?;
    signed_parts(element, &census, 0)
}

/// A decrypted NameID or Attribute: nothing with an ID, a signature or an assertion may have been hidden in it.
pub(super) fn decrypted_part(element: Element<'_, '_>, parent: &'static str) -> Result<(), Rejection> {
    let census = Census::take(element, None)?;
    let hidden = census.responses + census.assertions + census.encrypted + census.signatures;
    if hidden > 0 || !census.ids.is_empty() {
        return Err(Rejection::UnexpectedElement { parent, got: tree::name(element) });
    }
    no_comment_in_text(element)
}

/// The assertion's signature, if it and `elsewhere` are all the signatures that there are.
fn signed_parts<'a, 'i>(
    assertion: Element<'a, 'i>,
    census: &Census<'a, 'i>,
    elsewhere: usize,
) -> Result<SignedParts<'a, 'i>, Rejection> {
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
    if census.signatures != elsewhere + usize::from(signature.is_some()) {
        return Err(Rejection::SignatureMisplaced);
    }
    Ok(SignedParts { assertion, signature })
}

pub(in crate::saml) fn no_comment_in_text(root: Element<'_, '_>) -> Result<(), Rejection> {
    tree::comment_in_text(root)
        .map_or(Ok(()), |element| Err(ReadError::CommentInText(tree::name(element)).into()))
}

/// The one signature that is a direct child.
pub(in crate::saml) fn signature<'a, 'i>(
    parent: Element<'a, 'i>,
    element: &'static str,
) -> Result<Option<Element<'a, 'i>>, Rejection> {
    tree::only_child(parent, ns::DSIG, "Signature").map_err(|_| Rejection::SignatureRepeated { element })
}
