//! The algorithms that are accepted, by identifier. What is not in the list is refused, and what is known to be
//! broken is refused under its own code, so that an administrator learns what to change at the provider.

use openssl::{md::MdRef, sha};

use crate::saml::names::alg;

/// Digest of the signed element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// What makes the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA PKCS#1 v1.5.
    Rsa,
    /// ECDSA over a NIST prime curve.
    Ec,
}

/// Signature over SignedInfo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    /// The kind of key that makes it.
    pub kind: KeyKind,
    /// The digest it is made over.
    pub digest: DigestAlgorithm,
}

impl DigestAlgorithm {
    /// By identifier.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        match uri {
            alg::SHA256 => Some(Self::Sha256),
            alg::SHA384 => Some(Self::Sha384),
            alg::SHA512 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The identifier.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::Sha256 => alg::SHA256,
            Self::Sha384 => alg::SHA384,
            Self::Sha512 => alg::SHA512,
        }
    }

    /// The digest of `bytes`.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => sha::sha256(bytes).to_vec(),
            Self::Sha384 => sha::sha384(bytes).to_vec(),
            Self::Sha512 => sha::sha512(bytes).to_vec(),
        }
    }

    pub(super) fn md(self) -> &'static MdRef {
        match self {
            Self::Sha256 => openssl::md::Md::sha256(),
            Self::Sha384 => openssl::md::Md::sha384(),
            Self::Sha512 => openssl::md::Md::sha512(),
        }
    }
}

impl SignatureAlgorithm {
    /// RSA with SHA-256: what every provider can make and check.
    pub const RSA_SHA256: Self = Self { kind: KeyKind::Rsa, digest: DigestAlgorithm::Sha256 };

    /// By identifier.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        let (kind, digest) = match uri {
            alg::RSA_SHA256 => (KeyKind::Rsa, DigestAlgorithm::Sha256),
            alg::RSA_SHA384 => (KeyKind::Rsa, DigestAlgorithm::Sha384),
            alg::RSA_SHA512 => (KeyKind::Rsa, DigestAlgorithm::Sha512),
            alg::ECDSA_SHA256 => (KeyKind::Ec, DigestAlgorithm::Sha256),
            alg::ECDSA_SHA384 => (KeyKind::Ec, DigestAlgorithm::Sha384),
            alg::ECDSA_SHA512 => (KeyKind::Ec, DigestAlgorithm::Sha512),
            _ => return None,
        };
        Some(Self { kind, digest })
    }

    /// The identifier.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match (self.kind, self.digest) {
            (KeyKind::Rsa, DigestAlgorithm::Sha256) => alg::RSA_SHA256,
            (KeyKind::Rsa, DigestAlgorithm::Sha384) => alg::RSA_SHA384,
            (KeyKind::Rsa, DigestAlgorithm::Sha512) => alg::RSA_SHA512,
            (KeyKind::Ec, DigestAlgorithm::Sha256) => alg::ECDSA_SHA256,
            (KeyKind::Ec, DigestAlgorithm::Sha384) => alg::ECDSA_SHA384,
            (KeyKind::Ec, DigestAlgorithm::Sha512) => alg::ECDSA_SHA512,
        }
    }
}

/// Whether an identifier names something that was once used and is broken: SHA-1, MD5, DSA, HMAC.
#[must_use]
pub fn is_weak(uri: &str) -> bool {
    let name = uri.rsplit('#').next().unwrap_or_default();
    name.ends_with("sha1") || name.contains("md5") || name.starts_with("dsa") || name.starts_with("hmac")
}
