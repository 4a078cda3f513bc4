//! Signing an element of a document: for the issuing side (development provider, tests) and for our own requests.

use openssl::{bn::BigNumRef, error::ErrorStack, pkey_ctx::PkeyCtx, rsa::Padding, sign::RsaPssSaltlen};

use super::{
    algorithm::{DigestAlgorithm, Scheme, SignatureAlgorithm},
    base64,
    c14n::{C14nError, Canonicalization, canonicalize},
    key::SigningKey,
};
use crate::saml::{
    names::{alg, ns},
    xml::{Writer, tree},
};

/// Why an element was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The document is not well formed.
    #[error("the document to sign is not well formed")]
    NotWellFormed(#[from] roxmltree::Error),
    /// No element, or no Issuer to put the signature behind.
    #[error("no element with that ID and an Issuer can be signed")]
    NoSuchElement,
    /// The content has no canonical form.
    #[error(transparent)]
    C14n(#[from] C14nError),
    /// OpenSSL refused.
    #[error("signing failed")]
    Crypto(#[from] ErrorStack),
    /// The message could not be packed into a URL.
    #[error("the message could not be packed")]
    Pack(#[from] std::io::Error),
}

/// Returns `xml` with an enveloped signature in the element whose ID is `id`, right behind its Issuer where there is
/// one (where the SAML schemas want it), else as the first child.
///
/// # Errors
/// See [`SignError`].
pub fn sign(xml: &str, id: &str, key: &SigningKey, digest: DigestAlgorithm) -> Result<String, SignError> {
    let doc = roxmltree::Document::parse(xml)?;
    let element =
        doc.descendants().find(|n| tree::attribute(*n, "ID") == Some(id)).ok_or(SignError::NoSuchElement)?;
    let first = element.first_element_child().ok_or(SignError::NoSuchElement)?;
    let at = if tree::is(first, ns::ASSERTION, "Issuer") { first.range().end } else { first.range().start };

    let form = Canonicalization::Exclusive { inclusive_prefixes: Vec::new() };
    let value = digest.digest(canonicalize(element, None, &form)?.as_bytes());
    let algorithm = SignatureAlgorithm::usual(key.kind, digest);
    let info = signed_info(id, algorithm, &value);
    // Written in canonical form, so the bytes written are the bytes signed.
    let signature = sign_bytes(key, algorithm, info.as_bytes())?;

    let mut w = Writer::new();
    w.open("ds:Signature").attr("xmlns:ds", ns::DSIG).raw(&info);
    w.leaf("ds:SignatureValue", &base64::encode(&signature));
    w.open("ds:KeyInfo")
        .open("ds:X509Data")
        .leaf("ds:X509Certificate", &base64::encode(key.certificate_der()));
    let mut signed = xml.to_owned();
    signed.insert_str(at, &w.finish());
    Ok(signed)
}

/// SignedInfo as exclusive C14N writes it.
fn signed_info(id: &str, algorithm: SignatureAlgorithm, digest: &[u8]) -> String {
    let mut w = Writer::new();
    w.open("ds:SignedInfo").attr("xmlns:ds", ns::DSIG);
    w.open("ds:CanonicalizationMethod").attr("Algorithm", alg::EXC_C14N).close();
    w.open("ds:SignatureMethod").attr("Algorithm", algorithm.uri()).close();
    w.open("ds:Reference").attr("URI", &format!("#{id}")).open("ds:Transforms");
    w.open("ds:Transform").attr("Algorithm", alg::ENVELOPED).close();
    w.open("ds:Transform").attr("Algorithm", alg::EXC_C14N).close();
    w.close();
    w.open("ds:DigestMethod").attr("Algorithm", algorithm.digest.uri()).close();
    w.leaf("ds:DigestValue", &base64::encode(digest));
    w.finish()
}

/// The signature over `bytes`, in the form that XML Signature writes it.
///
/// # Errors
/// What OpenSSL refuses, a key of another kind among it.
pub fn sign_bytes(
    key: &SigningKey,
    algorithm: SignatureAlgorithm,
    bytes: &[u8],
) -> Result<Vec<u8>, ErrorStack> {
    let hash = algorithm.digest.digest(bytes);
    if algorithm.scheme == Scheme::Ecdsa {
        let signature = openssl::ecdsa::EcdsaSig::sign(&hash, &*key.pkey.ec_key()?)?;
        let padded = |n: &BigNumRef| n.to_vec_padded(i32::try_from(key.field_bytes).unwrap_or(i32::MAX));
        return Ok([padded(signature.r())?, padded(signature.s())?].concat());
    }
    let mut context = PkeyCtx::new(&key.pkey)?;
    context.sign_init()?;
    set_rsa_scheme(&mut context, algorithm)?;
    let mut signature = Vec::new();
    context.sign_to_vec(&hash, &mut signature)?;
    Ok(signature)
}

/// Padding and digests of an RSA signature, the same for making and checking one.
pub(super) fn set_rsa_scheme<T>(
    context: &mut PkeyCtx<T>,
    algorithm: SignatureAlgorithm,
) -> Result<(), ErrorStack> {
    let pss = algorithm.scheme == Scheme::RsaPss;
    context.set_rsa_padding(if pss { Padding::PKCS1_PSS } else { Padding::PKCS1 })?;
    context.set_signature_md(algorithm.digest.md())?;
    if pss {
        context.set_rsa_mgf1_md(algorithm.digest.md())?;
        context.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
    }
    Ok(())
}
