//! Proof Key for Code Exchange (RFC 7636), S256 only.

use openssl::{memcmp, sha::sha256};

use crate::jose::{base64url_decode, base64url_encode};

/// A challenge that was well-formed when it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeChallenge(String);

/// Not the base64url of a SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code challenge is the base64url of 32 bytes")]
pub struct InvalidChallenge;

impl CodeChallenge {
    /// Reads a challenge: 32 bytes in base64url.
    pub fn parse(text: &str) -> Result<Self, InvalidChallenge> {
        match base64url_decode(text) {
            Some(bytes) if bytes.len() == 32 => Ok(Self(text.to_owned())),
            _ => Err(InvalidChallenge),
        }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether `verifier` is what a stored challenge was made from (RFC 7636 section 4.6).
pub(super) fn matches(challenge: &str, verifier: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let well_formed = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
    let made = base64url_encode(&sha256(verifier.as_bytes()));
    well_formed && made.len() == challenge.len() && memcmp::eq(made.as_bytes(), challenge.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_specification_matches() {
        assert_eq!(CodeChallenge::parse(CHALLENGE).unwrap().as_str(), CHALLENGE);
        assert!(matches(CHALLENGE, VERIFIER));
    }

    #[test]
    fn r14_anything_else_does_not() {
        let long = "a".repeat(129);
        for verifier in ["", &VERIFIER[1..], CHALLENGE, &long, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEj é"]
        {
            assert!(!matches(CHALLENGE, verifier), "{verifier}");
        }
        for challenge in
            ["", "abc", VERIFIER.trim_end_matches('k'), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="]
        {
            assert_eq!(CodeChallenge::parse(challenge), Err(InvalidChallenge), "{challenge}");
        }
    }
}
