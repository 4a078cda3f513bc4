//! Verification. Opens no socket and no file, takes no key from the message.

use openssl::{bn::BigNum, ecdsa::EcdsaSig, memcmp, pkey_ctx::PkeyCtx};

use super::{
    algorithm::{KeyKind, SignatureAlgorithm},
    c14n::{C14nError, canonicalize},
    key::VerificationKey,
    signature::{Signature, SignatureError},
};
use crate::saml::xml::{Element, tree};

/// An element that a signature of a trusted key covers. Only [`verify`] makes one, and what is read from it is what
/// was digested, because there is only this one tree.
#[derive(Debug, Clone, Copy)]
pub struct VerifiedElement<'a, 'i> {
    element: Element<'a, 'i>,
}

impl<'a, 'i> VerifiedElement<'a, 'i> {
    /// The element.
    #[must_use]
    pub fn element(&self) -> Element<'a, 'i> {
        self.element
    }

    /// `inner`, if it lies in this element: then it is covered as well.
    #[must_use]
    pub fn covers(&self, inner: Element<'a, 'i>) -> Option<VerifiedElement<'a, 'i>> {
        inner.ancestors().any(|n| n == self.element).then_some(VerifiedElement { element: inner })
    }
}

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The shape is wrong.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The Reference names another element than the one around the signature.
    #[error("the signature covers {got:?}, not the element it stands in, {wanted:?}")]
    WrongElement {
        /// The ID of the parent.
        wanted: String,
        /// The ID referred to.
        got: String,
    },
    /// No key to check with: a configuration error, never a reason to skip.
    #[error("the connection has no signing certificate")]
    NoKeys,
    /// None of the keys can have made such a signature.
    #[error("the signature uses {0}, but the connection's certificates hold keys of another kind")]
    KeyKind(&'static str),
    /// None of the keys made it.
    #[error("the signature was not made by any of the connection's {0} certificates")]
    Value(usize),
    /// Content was changed after signing.
    #[error("the signed content was changed after signing (the digest differs)")]
    Digest,
    /// Content that has no canonical form.
    #[error(transparent)]
    C14n(#[from] C14nError),
}

impl VerifyError {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Signature(e) => e.code(),
            Self::WrongElement { .. } => "signature_wrong_element",
            Self::NoKeys => "no_signing_keys",
            Self::KeyKind(_) => "signature_key_kind",
            Self::Value(_) => "signature_invalid",
            Self::Digest => "signature_digest",
            Self::C14n(_) => "signature_c14n",
        }
    }
}

/// Verifies that `signature`, a direct child, covers `parent` and was made by one of `keys`.
///
/// The signature value comes first and the digest second: only then can nobody without the provider's key make us
/// canonicalise content of their choosing under a PrefixList of their choosing.
///
/// # Errors
/// One variant per check; see [`VerifyError`].
pub fn verify<'a, 'i>(
    parent: Element<'a, 'i>,
    signature: Element<'a, 'i>,
    keys: &[VerificationKey],
    allow_inclusive_c14n: bool,
) -> Result<VerifiedElement<'a, 'i>, VerifyError> {
    if keys.is_empty() {
        return Err(VerifyError::NoKeys);
    }
    let parsed = Signature::parse(signature, allow_inclusive_c14n)?;
    let id = tree::attribute(parent, "ID").unwrap_or_default();
    if id.is_empty() || parsed.reference != id || signature.parent() != Some(parent) {
        return Err(VerifyError::WrongElement { wanted: id.to_owned(), got: parsed.reference.to_owned() });
    }
    let signed_info = canonicalize(parsed.signed_info, None, &parsed.signed_info_form)?;
    check_value(&parsed, signed_info.as_bytes(), keys)?;
    let content = canonicalize(parent, Some(parsed.node), &parsed.content_form)?;
    let digest = parsed.digest.digest(content.as_bytes());
    if digest.len() != parsed.digest_value.len() || !memcmp::eq(&digest, &parsed.digest_value) {
        return Err(VerifyError::Digest);
    }
    Ok(VerifiedElement { element: parent })
}

/// Tries every key of the right kind: during a rollover a provider has several.
fn check_value(
    signature: &Signature<'_, '_>,
    signed_info: &[u8],
    keys: &[VerificationKey],
) -> Result<(), VerifyError> {
    let hash = signature.algorithm.digest.digest(signed_info);
    let mut fitting = keys.iter().filter(|key| key.kind == signature.algorithm.kind).peekable();
    if fitting.peek().is_none() {
        let named = if signature.algorithm.kind == KeyKind::Rsa { "RSA" } else { "ECDSA" };
        return Err(VerifyError::KeyKind(named));
    }
    if fitting.any(|key| verifies(key, signature.algorithm, &hash, &signature.value)) {
        Ok(())
    } else {
        Err(VerifyError::Value(keys.len()))
    }
}

/// Whether `key` made `value` over `hash`. An error inside OpenSSL is a no.
fn verifies(key: &VerificationKey, algorithm: SignatureAlgorithm, hash: &[u8], value: &[u8]) -> bool {
    let verified = match key.kind {
        KeyKind::Rsa => verify_rsa(key, algorithm, hash, value),
        KeyKind::Ec => verify_ec(key, hash, value),
    };
    verified.unwrap_or(false)
}

fn verify_rsa(
    key: &VerificationKey,
    algorithm: SignatureAlgorithm,
    hash: &[u8],
    value: &[u8],
) -> Result<bool, openssl::error::ErrorStack> {
    let mut context = PkeyCtx::new(&key.pkey)?;
    context.verify_init()?;
    context.set_rsa_padding(openssl::rsa::Padding::PKCS1)?;
    context.set_signature_md(algorithm.digest.md())?;
    // A false signature leaves an error in OpenSSL's queue; `verify` turns it into Ok(false) or Err and clears it.
    context.verify(hash, value)
}

/// XML Signature writes ECDSA as r and s side by side, each as long as the field (RFC 4050), not as DER.
fn verify_ec(key: &VerificationKey, hash: &[u8], value: &[u8]) -> Result<bool, openssl::error::ErrorStack> {
    if value.len() != 2 * key.field_bytes {
        return Ok(false);
    }
    let (r, s) = value.split_at(key.field_bytes);
    let signature = EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?;
    signature.verify(hash, &*key.pkey.ec_key()?)
}
