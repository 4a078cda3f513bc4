//! Verification. Opens no socket and no file, takes no key from the message.

use openssl::{bn::BigNum, ecdsa::EcdsaSig, error::ErrorStack, memcmp, pkey_ctx::PkeyCtx};
use roxmltree::Document;

use super::{
    algorithm::{DigestAlgorithm, KeyKind, SignatureAlgorithm},
    c14n::{C14nError, canonicalize},
    key::VerificationKey,
    sign::set_rsa_scheme,
    signature::{Signature, SignatureError, SignaturePolicy},
};
use crate::saml::{
    binding::query_signature::QueryVerification,
    names::ns,
    xml::{Element, tree},
    xmlenc::Opened,
};

/// An element that a signature of a trusted key covers. Only a verification makes one: [`verify`], that of a query, or
/// the decryption of what is covered; and what is read from it is what was digested, because there is only this tree.
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

    /// `inner`, if it lies in this element: then it is covered as well. Not in a signature: the enveloped one is left out of
    /// its own digest, with all that somebody may have put into its `KeyInfo` since.
    #[must_use]
    pub fn covers(&self, inner: Element<'a, 'i>) -> Option<VerifiedElement<'a, 'i>> {
        let mut up_to_here = inner.ancestors().take_while(|n| *n != self.element);
        let lies_within = inner.ancestors().any(|n| n == self.element);
        let in_a_signature = up_to_here.any(|n| n.is_element() && tree::is(n, ns::DSIG, "Signature"));
        (lies_within && !in_a_signature).then_some(VerifiedElement { element: inner })
    }

    /// The root of a message in a URL whose query is signed: the signature covers every octet of it.
    pub(in crate::saml) fn of_signed_query(doc: &'a Document<'i>, _: &QueryVerification<'_>) -> Self {
        Self { element: doc.root_element() }
    }

    /// What a ciphertext decrypted to, if a signature covers the ciphertext: then it covers the content as well.
    pub(in crate::saml) fn of_opened(opened: &'a Opened<'i>) -> Option<Self> {
        opened.is_covered().then(|| Self { element: opened.element() })
    }
}

/// A good signature: what it covers, and how it was made.
#[derive(Debug, Clone, Copy)]
pub struct Verification<'a, 'i, 'k> {
    /// The element it covers.
    pub element: VerifiedElement<'a, 'i>,
    /// The key that made it.
    pub key: &'k VerificationKey,
    /// Whether SHA-1 has a part in it.
    pub sha1: bool,
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
/// canonicalise content of their choosing under a PrefixList of their choosing. SignedInfo is canonicalised before, but
/// its shape is known by then and its size bounded.
///
/// # Errors
/// One variant per check; see [`VerifyError`].
pub fn verify<'a, 'i, 'k>(
    parent: Element<'a, 'i>,
    signature: Element<'a, 'i>,
    keys: &'k [VerificationKey],
    policy: SignaturePolicy,
) -> Result<Verification<'a, 'i, 'k>, VerifyError> {
    if keys.is_empty() {
        return Err(VerifyError::NoKeys);
    }
    let parsed = Signature::parse(signature, policy)?;
    let id = tree::attribute(parent, "ID").unwrap_or_default();
    if id.is_empty() || parsed.reference != id || signature.parent() != Some(parent) {
        return Err(VerifyError::WrongElement { wanted: id.to_owned(), got: parsed.reference.to_owned() });
    }
    let signed_info = canonicalize(parsed.signed_info, None, &parsed.signed_info_form)?;
    let key = signing_key(parsed.algorithm, signed_info.as_bytes(), &parsed.value, keys)?;
    let content = canonicalize(parent, Some(parsed.node), &parsed.content_form)?;
    let digest = parsed.digest.digest(content.as_bytes());
    if digest.len() != parsed.digest_value.len() || !memcmp::eq(&digest, &parsed.digest_value) {
        return Err(VerifyError::Digest);
    }
    let sha1 = [parsed.digest, parsed.algorithm.digest].contains(&DigestAlgorithm::Sha1);
    Ok(Verification { element: VerifiedElement { element: parent }, key, sha1 })
}

/// The key that made `value` over `signed`. Tries every key of the right kind: during a rollover a provider has several.
pub(in crate::saml) fn signing_key<'k>(
    algorithm: SignatureAlgorithm,
    signed: &[u8],
    value: &[u8],
    keys: &'k [VerificationKey],
) -> Result<&'k VerificationKey, VerifyError> {
    let hash = algorithm.digest.digest(signed);
    let wanted = algorithm.scheme.key_kind();
    let mut fitting = keys.iter().filter(|key| key.kind == wanted).peekable();
    if fitting.peek().is_none() {
        return Err(VerifyError::KeyKind(if wanted == KeyKind::Rsa { "RSA" } else { "ECDSA" }));
    }
    // An error inside OpenSSL is a no.
    let made_it = |key: &&VerificationKey| match wanted {
        KeyKind::Rsa => verify_rsa(key, algorithm, &hash, value).unwrap_or(false),
        KeyKind::Ec => verify_ec(key, &hash, value).unwrap_or(false),
    };
    fitting.find(made_it).ok_or(VerifyError::Value(keys.len()))
}

fn verify_rsa(
    key: &VerificationKey,
    algorithm: SignatureAlgorithm,
    hash: &[u8],
    value: &[u8],
) -> Result<bool, ErrorStack> {
    let mut context = PkeyCtx::new(&key.pkey)?;
    context.verify_init()?;
    set_rsa_scheme(&mut context, algorithm)?;
    // A false signature leaves an error in OpenSSL's queue; `verify` turns it into Ok(false) or Err and clears it.
    context.verify(hash, value)
}

/// XML Signature writes ECDSA as r and s side by side, each as long as the field (RFC 4050), not as DER.
fn verify_ec(key: &VerificationKey, hash: &[u8], value: &[u8]) -> Result<bool, ErrorStack> {
    if value.len() != 2 * key.field_bytes {
        return Ok(false);
    }
    let (r, s) = value.split_at(key.field_bytes);
    let signature = EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?;
    signature.verify(hash, &*key.pkey.ec_key()?)
}
