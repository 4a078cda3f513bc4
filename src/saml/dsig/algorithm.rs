//! The algorithms that are accepted, by identifier. What is not in the list is refused, and what is known to be
//! broken is refused under its own code, so that an administrator learns what to change at the provider.

use openssl::{
    hash::{MessageDigest, hash},
    md::{Md, MdRef},
    sha,
};

use crate::saml::names::alg;

/// A digest, of the signed element or of SignedInfo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestAlgorithm {
    /// SHA-1: broken, and only where a connection's switch says so.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA.
    Rsa,
    /// A NIST prime curve.
    Ec,
}

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RSA PKCS#1 v1.5.
    RsaPkcs1,
    /// RSA-PSS with MGF1 over the same digest and a salt as long as the digest.
    RsaPss,
    /// ECDSA.
    Ecdsa,
}

impl Scheme {
    /// The kind of key that signs so.
    #[must_use]
    pub fn key_kind(self) -> KeyKind {
        match self {
            Self::RsaPkcs1 | Self::RsaPss => KeyKind::Rsa,
            Self::Ecdsa => KeyKind::Ec,
        }
    }
}

/// Signature over SignedInfo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    /// How it is made.
    pub scheme: Scheme,
    /// The digest it is made over.
    pub digest: DigestAlgorithm,
}

impl DigestAlgorithm {
    const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// By identifier.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|digest| digest.uri() == uri)
    }

    /// The identifier.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::Sha1 => alg::SHA1,
            Self::Sha256 => alg::SHA256,
            Self::Sha384 => alg::SHA384,
            Self::Sha512 => alg::SHA512,
        }
    }

    /// The digest of `bytes`.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            // Not in `sha`'s constant-size functions on every build; a digest that cannot be made equals no other.
            Self::Sha1 => hash(MessageDigest::sha1(), bytes).map(|d| d.to_vec()).unwrap_or_default(),
            Self::Sha256 => sha::sha256(bytes).to_vec(),
            Self::Sha384 => sha::sha384(bytes).to_vec(),
            Self::Sha512 => sha::sha512(bytes).to_vec(),
        }
    }

    /// The bytes of a digest.
    #[must_use]
    pub fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    pub(in crate::saml) fn md(self) -> &'static MdRef {
        match self {
            Self::Sha1 => Md::sha1(),
            Self::Sha256 => Md::sha256(),
            Self::Sha384 => Md::sha384(),
            Self::Sha512 => Md::sha512(),
        }
    }
}

impl SignatureAlgorithm {
    /// RSA with SHA-256: what every provider can make and check.
    pub const RSA_SHA256: Self = Self { scheme: Scheme::RsaPkcs1, digest: DigestAlgorithm::Sha256 };

    /// What a key of this kind signs with, unless there is a reason for something else.
    #[must_use]
    pub fn usual(kind: KeyKind, digest: DigestAlgorithm) -> Self {
        let scheme = if kind == KeyKind::Ec { Scheme::Ecdsa } else { Scheme::RsaPkcs1 };
        Self { scheme, digest }
    }

    /// By identifier. `rsa-pss`, which has parameters beside it, is not among them.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        let (_, scheme, digest) = *ALGORITHMS.iter().find(|(name, _, _)| *name == uri)?;
        Some(Self { scheme, digest })
    }

    /// The identifier.
    #[must_use]
    pub fn uri(self) -> &'static str {
        let named = |(_, scheme, digest): &&(&str, Scheme, DigestAlgorithm)| {
            (*scheme, *digest) == (self.scheme, self.digest)
        };
        ALGORITHMS.iter().find(named).map_or(alg::RSA_PSS, |(uri, _, _)| uri)
    }
}

const ALGORITHMS: &[(&str, Scheme, DigestAlgorithm)] = &[
    (alg::RSA_SHA256, Scheme::RsaPkcs1, DigestAlgorithm::Sha256),
    (alg::RSA_SHA384, Scheme::RsaPkcs1, DigestAlgorithm::Sha384),
    (alg::RSA_SHA512, Scheme::RsaPkcs1, DigestAlgorithm::Sha512),
    (alg::RSA_SHA1, Scheme::RsaPkcs1, DigestAlgorithm::Sha1),
    (alg::ECDSA_SHA256, Scheme::Ecdsa, DigestAlgorithm::Sha256),
    (alg::ECDSA_SHA384, Scheme::Ecdsa, DigestAlgorithm::Sha384),
    (alg::ECDSA_SHA512, Scheme::Ecdsa, DigestAlgorithm::Sha512),
    (alg::ECDSA_SHA1, Scheme::Ecdsa, DigestAlgorithm::Sha1),
    (alg::RSA_PSS_SHA256, Scheme::RsaPss, DigestAlgorithm::Sha256),
    (alg::RSA_PSS_SHA384, Scheme::RsaPss, DigestAlgorithm::Sha384),
    (alg::RSA_PSS_SHA512, Scheme::RsaPss, DigestAlgorithm::Sha512),
];

/// Whether an identifier names something that XML Signature knows and that we never take: SHA-1, MD5 and DSA, which are
/// broken or nearly so, and HMAC, whose key would be a secret that both sides hold.
#[must_use]
pub fn is_weak(uri: &str) -> bool {
    let name = uri.rsplit('#').next().unwrap_or_default();
    name.ends_with("sha1")
        || name.starts_with("sha1-")
        || name.contains("md5")
        || name.starts_with("dsa")
        || name.starts_with("hmac")
}
