//! `rsa-pss` with its parameters (RFC 9231 section 2.3.9). Only the usual ones: one digest throughout, a salt as long as
//! it, trailer 1. A shorter salt weakens the signature, and a second digest is a second thing to attack.

use super::{
    algorithm::{DigestAlgorithm, Scheme, SignatureAlgorithm},
    signature::{SignatureError, elements, no_children},
};
use crate::saml::{
    names::{alg, ns},
    xml::{Element, tree},
};

/// The algorithm that a SignatureMethod `rsa-pss` describes. What is left out has its default: SHA-256, MGF1, the digest's
/// length, 1. Java's XML Signature does not write the digest of MGF1 where it is the same: left out, it is the one that
/// DigestMethod names.
pub(super) fn parameters(method: Element<'_, '_>) -> Result<SignatureAlgorithm, SignatureError> {
    let list = elements(method)?;
    let parameters = match list.as_slice() {
        [] => return Ok(SignatureAlgorithm { scheme: Scheme::RsaPss, digest: DigestAlgorithm::Sha256 }),
        [only] if tree::is(*only, ns::DSIG_MORE_2007, "RSAPSSParams") => *only,
        _ => return Err(SignatureError::Malformed("only RSAPSSParams may qualify rsa-pss")),
    };
    let (mut digest, mut mask, mut salt, mut trailer) = (None, None, None, None);
    for part in elements(parameters)? {
        let name = (part.tag_name().namespace().unwrap_or_default(), part.tag_name().name());
        let repeated = match name {
            (ns::DSIG, "DigestMethod") => digest.replace(sha2(part)?).is_some(),
            (ns::DSIG_MORE_2007, "MaskGenerationFunction") => mask.replace(mask_digest(part)?).is_some(),
            (ns::DSIG_MORE_2007, "SaltLength") => salt.replace(number(part)?).is_some(),
            (ns::DSIG_MORE_2007, "TrailerField") => trailer.replace(number(part)?).is_some(),
            _ => return Err(SignatureError::PssParameters("an unknown one")),
        };
        if repeated {
            return Err(SignatureError::PssParameters("one of them occurs twice"));
        }
    }
    let digest = digest.unwrap_or(DigestAlgorithm::Sha256);
    if mask.flatten().is_some_and(|mask| mask != digest) {
        return Err(SignatureError::PssParameters("MGF1 with another digest"));
    }
    if salt.is_some_and(|salt| salt != digest.length()) {
        return Err(SignatureError::PssParameters("a salt that is not as long as the digest"));
    }
    if trailer.is_some_and(|trailer| trailer != 1) {
        return Err(SignatureError::PssParameters("another trailer than 1"));
    }
    Ok(SignatureAlgorithm { scheme: Scheme::RsaPss, digest })
}

/// The digest of the mask, where it has one of its own. The schema's default is MGF1.
fn mask_digest(node: Element<'_, '_>) -> Result<Option<DigestAlgorithm>, SignatureError> {
    if tree::attribute(node, "Algorithm").is_some_and(|name| name != alg::PSS_MGF1) {
        return Err(SignatureError::PssParameters("another mask than MGF1"));
    }
    match elements(node)?.as_slice() {
        [] => Ok(None),
        [only] if tree::is(*only, ns::DSIG, "DigestMethod") => sha2(*only).map(Some),
        _ => Err(SignatureError::PssParameters("an unknown one of MGF1")),
    }
}

fn sha2(node: Element<'_, '_>) -> Result<DigestAlgorithm, SignatureError> {
    no_children(node)?;
    let digest = DigestAlgorithm::from_uri(tree::attribute(node, "Algorithm").unwrap_or_default());
    digest
        .filter(|digest| *digest != DigestAlgorithm::Sha1)
        .ok_or(SignatureError::PssParameters("a digest that is not SHA-256, SHA-384 or SHA-512"))
}

fn number(node: Element<'_, '_>) -> Result<usize, SignatureError> {
    let text = tree::text(node).map_err(|_| SignatureError::Malformed("a number has child elements"))?;
    let digits = text.trim();
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain
        .then(|| digits.parse().ok())
        .flatten()
        .ok_or(SignatureError::PssParameters("something that is not a number"))
}
