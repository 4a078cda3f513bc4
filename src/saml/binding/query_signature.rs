//! The signature over a query (Bindings 3.4.4.1): made over the octets as they are sent, checked over the octets as they
//! came. Escaping anew would make another message of the same meaning, and the signature false.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::redirect::{self, Parameter, QuerySignature};
use crate::saml::dsig::{
    DigestAlgorithm, SignError, SignatureAlgorithm, SignatureError, SignaturePolicy, SigningKey,
    VerificationKey, VerifyError, base64, sign::sign_bytes, signature::algorithm_of, verify::signing_key,
};

/// A good signature over a query. Only [`verify`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct QueryVerification<'k> {
    key: &'k VerificationKey,
}

impl<'k> QueryVerification<'k> {
    /// The key that made it.
    #[must_use]
    pub fn key(&self) -> &'k VerificationKey {
        self.key
    }
}

/// The URL that takes a signed message to `endpoint`. The message itself carries no signature (Bindings 3.4.4.1).
///
/// # Errors
/// What OpenSSL refuses.
pub fn encode(
    endpoint: &str,
    parameter: Parameter,
    xml: &str,
    relay_state: Option<&str>,
    key: &SigningKey,
) -> Result<String, SignError> {
    let algorithm = SignatureAlgorithm::usual(key.kind(), DigestAlgorithm::Sha256);
    let mut signed = redirect::message_query(parameter, xml, relay_state)?;
    signed.push_str("&SigAlg=");
    signed.extend(utf8_percent_encode(algorithm.uri(), NON_ALPHANUMERIC));
    let value = base64::encode(&sign_bytes(key, algorithm, signed.as_bytes())?);
    signed.push_str("&Signature=");
    signed.extend(utf8_percent_encode(&value, NON_ALPHANUMERIC));
    Ok(redirect::with_query(endpoint, &signed))
}

/// Verifies that one of `keys` made the signature.
///
/// # Errors
/// The algorithm, the base64, the kind of key, the value; no key at all is a configuration error.
pub fn verify<'k>(
    signature: &QuerySignature,
    keys: &'k [VerificationKey],
    policy: SignaturePolicy,
) -> Result<QueryVerification<'k>, VerifyError> {
    if keys.is_empty() {
        return Err(VerifyError::NoKeys);
    }
    let algorithm = algorithm_of(&signature.algorithm, policy)?;
    let value = base64::decode(&signature.value).filter(|value| !value.is_empty());
    let value = value.ok_or(SignatureError::Base64("Signature"))?;
    let key = signing_key(algorithm, signature.octets.as_bytes(), &value, keys)?;
    Ok(QueryVerification { key })
}
