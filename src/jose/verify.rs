//! Verifying our own tokens, strictly (RFC 8725): one form, the algorithm of the key, and every claim that binds a
//! token to its purpose.

use openssl::{hash::MessageDigest, sign::Verifier};
use serde::{Deserialize, de::DeserializeOwned};
use time::OffsetDateTime;

use super::{
    base64url, ecdsa,
    key::{Algorithm, VerifyingKey},
};

/// Longer tokens are none of ours.
const MAX_LENGTH: usize = 8 * 1024;

/// What a token must be for, where it is used.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The kind of token.
    pub typ: &'a str,
    /// Who issued it.
    pub issuer: &'a str,
    /// Who it is for.
    pub audience: &'a str,
}

/// Claims whose signature and binding were checked. Only [`verify`] makes one.
#[derive(Debug)]
pub struct Verified<C> {
    claims: C,
}

impl<C> Verified<C> {
    /// The claims.
    pub fn claims(&self) -> &C {
        &self.claims
    }

    /// The claims, owned.
    pub fn into_claims(self) -> C {
        self.claims
    }
}

/// The check that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// More than 8 KiB.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts separated by dots.
    #[error("the token does not have three parts")]
    NotCompact,
    /// A part that is not canonical base64url.
    #[error("the token is not base64url")]
    NotBase64Url,
    /// A header that is not exactly `alg`, `kid` and `typ`.
    #[error("the header cannot be used")]
    Header,
    /// No key of ours has this `kid`.
    #[error("the key is unknown")]
    UnknownKey,
    /// Another algorithm than the key's, `none` among them.
    #[error("the algorithm is not the key's")]
    Algorithm,
    /// A token of another kind.
    #[error("the token is of another type")]
    Type,
    /// The signature is not the key's over these bytes.
    #[error("the signature does not verify")]
    Signature,
    /// Claims that are missing, doubled or of another shape.
    #[error("the claims cannot be read")]
    Claims,
    /// Another issuer.
    #[error("the issuer is another")]
    Issuer,
    /// For somebody else.
    #[error("the audience is another")]
    Audience,
    /// `exp` has come.
    #[error("the token has expired")]
    Expired,
    /// `nbf` has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
}

impl VerifyError {
    /// A stable name for logs and tests.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "token_too_long",
            Self::NotCompact => "token_not_compact",
            Self::NotBase64Url => "token_not_base64url",
            Self::Header => "token_header",
            Self::UnknownKey => "token_unknown_key",
            Self::Algorithm => "token_algorithm",
            Self::Type => "token_type",
            Self::Signature => "token_signature",
            Self::Claims => "token_claims",
            Self::Issuer => "token_issuer",
            Self::Audience => "token_audience",
            Self::Expired => "token_expired",
            Self::NotYetValid => "token_not_yet_valid",
        }
    }
}

// Ours have these three members and no others: an unknown one (`crit`, `jwk`, `jku`, `x5u`, ...) asks for something
// that we do not do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

// `aud` as one string: we never issue a list.
#[derive(Deserialize)]
struct Registered {
    iss: String,
    aud: String,
    exp: i64,
    nbf: Option<i64>,
}

/// The claims of a token that one of `keys` signed, that is what `expected` says, and that is valid at `now`. No
/// leeway: issuer and verifier are the same service.
pub fn verify<C: DeserializeOwned>(
    token: &str,
    keys: &[VerifyingKey],
    expected: Expected<'_>,
    now: OffsetDateTime,
) -> Result<Verified<C>, VerifyError> {
    if token.len() > MAX_LENGTH {
        return Err(VerifyError::TooLong);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(VerifyError::NotCompact)?;
    let (header, payload) = signed.split_once('.').ok_or(VerifyError::NotCompact)?;
    if payload.contains('.') {
        return Err(VerifyError::NotCompact);
    }
    let [header, payload, signature] = [header, payload, signature].map(base64url::decode);
    let header: Header =
        serde_json::from_slice(&header.ok_or(VerifyError::NotBase64Url)?).map_err(|_| VerifyError::Header)?;
    let payload = payload.ok_or(VerifyError::NotBase64Url)?;
    let signature = signature.ok_or(VerifyError::NotBase64Url)?;

    let key = keys.iter().find(|key| key.kid() == header.kid).ok_or(VerifyError::UnknownKey)?;
    if header.alg != key.algorithm().as_str() {
        return Err(VerifyError::Algorithm);
    }
    if header.typ != expected.typ {
        return Err(VerifyError::Type);
    }
    check_signature(key, signed.as_bytes(), signature)?;
    check_claims(&payload, expected, now)?;
    let claims = serde_json::from_slice(&payload).map_err(|_| VerifyError::Claims)?;
    Ok(Verified { claims })
}

fn check_signature(key: &VerifyingKey, signed: &[u8], signature: Vec<u8>) -> Result<(), VerifyError> {
    let signature = match key.algorithm() {
        Algorithm::Rs256 => signature,
        Algorithm::Es256 => ecdsa::to_der(&signature).ok_or(VerifyError::Signature)?,
    };
    let holds = Verifier::new(MessageDigest::sha256(), key.public())
        .and_then(|mut verifier| verifier.verify_oneshot(&signature, signed));
    if matches!(holds, Ok(true)) { Ok(()) } else { Err(VerifyError::Signature) }
}

fn check_claims(payload: &[u8], expected: Expected<'_>, now: OffsetDateTime) -> Result<(), VerifyError> {
    let claims: Registered = serde_json::from_slice(payload).map_err(|_| VerifyError::Claims)?;
    if claims.iss != expected.issuer {
        return Err(VerifyError::Issuer);
    }
    if claims.aud != expected.audience {
        return Err(VerifyError::Audience);
    }
    if now.unix_timestamp() >= claims.exp {
        return Err(VerifyError::Expired);
    }
    if claims.nbf.is_some_and(|not_before| now.unix_timestamp() < not_before) {
        return Err(VerifyError::NotYetValid);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
