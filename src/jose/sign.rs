//! Signing: JWS compact serialization (RFC 7515 section 3.1).

use openssl::{error::ErrorStack, hash::MessageDigest, sign::Signer};
use serde::Serialize;

use super::{
    base64url, ecdsa,
    key::{Algorithm, SigningKey},
};

/// Why a token cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// OpenSSL failed.
    #[error("signing failed: {0}")]
    Openssl(#[from] ErrorStack),
    /// The claims have no JSON form.
    #[error("the claims cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
    typ: &'a str,
}

/// The token of these claims. `typ` tells kinds of tokens apart (RFC 8725 section 3.11).
pub fn sign<C: Serialize>(key: &SigningKey, typ: &str, claims: &C) -> Result<String, SignError> {
    let header = Header { alg: key.algorithm().as_str(), kid: key.kid(), typ };
    let header = base64url::encode(&serde_json::to_vec(&header)?);
    let mut token = format!("{header}.{}", base64url::encode(&serde_json::to_vec(claims)?));
    let signature =
        Signer::new(MessageDigest::sha256(), key.private())?.sign_oneshot_to_vec(token.as_bytes())?;
    let signature = match key.algorithm() {
        Algorithm::Rs256 => signature,
        Algorithm::Es256 => ecdsa::to_raw(&signature)?,
    };
    token.push('.');
    token.push_str(&base64url::encode(&signature));
    Ok(token)
}
