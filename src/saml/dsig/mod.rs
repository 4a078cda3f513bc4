//! XML Signature, the part of it that SAML allows: one enveloped signature over its parent, by RSA or ECDSA with
//! SHA-256 or better, exclusive canonicalisation. Everything else is refused by name, SHA-1 and inclusive
//! canonicalisation unless a connection's switch allows them.

pub mod algorithm;
pub mod base64;
pub mod c14n;
mod chain;
pub mod key;
mod pss;
pub mod sign;
pub mod signature;
pub mod verify;

pub use algorithm::{DigestAlgorithm, KeyKind, Scheme, SignatureAlgorithm};
pub(in crate::saml) use chain::leaf;
pub use chain::without_issuers;
pub use key::{KeyError, SigningKey, VerificationKey};
pub use sign::{SignError, sign};
pub use signature::{Signature, SignatureError, SignaturePolicy};
pub use verify::{Verification, VerifiedElement, VerifyError, verify};
