//! Secrets as types: shown once, stored as a hash, silent in `Debug`.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::sha::sha256;

use super::Rng;

/// A secret that is being handed out or was handed in. Printing it takes an explicit [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new random token of 256 bits behind a prefix that scanners can find in leaked text.
    pub fn random(prefix: &str, rng: &dyn Rng) -> Self {
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(rng.bytes::<32>())))
    }

    /// A secret that came from outside.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret's text, for the one answer that shows it or the one that compares it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the database keeps.
    pub fn hash(&self) -> TokenHash {
        TokenHash(URL_SAFE_NO_PAD.encode(sha256(self.0.as_bytes())))
    }

    /// The last four characters, by which a person can tell tokens apart.
    pub fn suffix(&self) -> String {
        let start = self.0.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        self.0[start..].to_owned()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// SHA-256 of a random token. A fast hash is enough: there is nothing to guess in 256 random bits.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenHash(String);

impl TokenHash {
    /// The hash's text, as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A hash read back from the database.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SystemRng;

    #[test]
    fn a_token_has_its_prefix_and_is_silent() {
        let token = Secret::random("vestibule_scim_", &SystemRng);
        assert!(token.expose().starts_with("vestibule_scim_"));
        assert_eq!(format!("{token:?} {:?}", token.hash()), "Secret(..) TokenHash(..)");
        assert!(token.expose().ends_with(&token.suffix()));
    }

    #[test]
    fn the_suffix_of_a_short_or_wide_text_does_not_panic() {
        assert_eq!(Secret::new("ab").suffix(), "ab");
        assert_eq!(Secret::new("äöüß€").suffix(), "öüß€");
    }
}
