//! The algorithms that are accepted, by identifier.

use openssl::symm::Cipher;

use crate::saml::{dsig::DigestAlgorithm, names::enc};

/// What the content is encrypted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentAlgorithm {
    /// AES-128-GCM.
    Aes128Gcm,
    /// AES-192-GCM.
    Aes192Gcm,
    /// AES-256-GCM.
    Aes256Gcm,
    /// AES-128-CBC.
    Aes128Cbc,
    /// AES-192-CBC.
    Aes192Cbc,
    /// AES-256-CBC.
    Aes256Cbc,
    /// Triple DES, CBC.
    TripleDesCbc,
}

impl ContentAlgorithm {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Aes128Gcm,
        Self::Aes192Gcm,
        Self::Aes256Gcm,
        Self::Aes128Cbc,
        Self::Aes192Cbc,
        Self::Aes256Cbc,
        Self::TripleDesCbc,
    ];

    /// By identifier.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.uri() == uri)
    }

    /// The identifier.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::Aes128Gcm => enc::AES128_GCM,
            Self::Aes192Gcm => enc::AES192_GCM,
            Self::Aes256Gcm => enc::AES256_GCM,
            Self::Aes128Cbc => enc::AES128_CBC,
            Self::Aes192Cbc => enc::AES192_CBC,
            Self::Aes256Cbc => enc::AES256_CBC,
            Self::TripleDesCbc => enc::TRIPLE_DES_CBC,
        }
    }

    /// Whether a changed ciphertext is noticed.
    #[must_use]
    pub fn authenticates(self) -> bool {
        matches!(self, Self::Aes128Gcm | Self::Aes192Gcm | Self::Aes256Gcm)
    }

    /// The bytes of a key.
    #[must_use]
    pub fn key_bytes(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aes128Cbc => 16,
            Self::Aes192Gcm | Self::Aes192Cbc | Self::TripleDesCbc => 24,
            Self::Aes256Gcm | Self::Aes256Cbc => 32,
        }
    }

    /// The bytes of the initialization vector, which stands before the ciphertext.
    #[must_use]
    pub fn iv_bytes(self) -> usize {
        match self {
            Self::TripleDesCbc => 8,
            _ if self.authenticates() => 12,
            _ => 16,
        }
    }

    pub(in crate::saml) fn cipher(self) -> Cipher {
        match self {
            Self::Aes128Gcm => Cipher::aes_128_gcm(),
            Self::Aes192Gcm => Cipher::aes_192_gcm(),
            Self::Aes256Gcm => Cipher::aes_256_gcm(),
            Self::Aes128Cbc => Cipher::aes_128_cbc(),
            Self::Aes192Cbc => Cipher::aes_192_cbc(),
            Self::Aes256Cbc => Cipher::aes_256_cbc(),
            Self::TripleDesCbc => Cipher::des_ede3_cbc(),
        }
    }
}

/// How the content key is encrypted: RSA-OAEP. SHA-1 is sound here, and what most providers send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTransport {
    /// The digest of OAEP.
    pub digest: DigestAlgorithm,
    /// The digest of its mask generation.
    pub mgf1: DigestAlgorithm,
}

impl KeyTransport {
    /// `rsa-oaep-mgf1p` with SHA-1.
    pub const OAEP_SHA1: Self = Self { digest: DigestAlgorithm::Sha1, mgf1: DigestAlgorithm::Sha1 };
    /// `rsa-oaep` with SHA-256 in both places.
    pub const OAEP_SHA256: Self = Self { digest: DigestAlgorithm::Sha256, mgf1: DigestAlgorithm::Sha256 };

    /// A mask generation function, by identifier.
    #[must_use]
    pub fn mgf1_from_uri(uri: &str) -> Option<DigestAlgorithm> {
        match uri {
            enc::MGF1_SHA1 => Some(DigestAlgorithm::Sha1),
            enc::MGF1_SHA256 => Some(DigestAlgorithm::Sha256),
            enc::MGF1_SHA384 => Some(DigestAlgorithm::Sha384),
            enc::MGF1_SHA512 => Some(DigestAlgorithm::Sha512),
            _ => None,
        }
    }

    /// The identifier of the mask generation function.
    #[must_use]
    pub fn mgf1_uri(self) -> &'static str {
        match self.mgf1 {
            DigestAlgorithm::Sha1 => enc::MGF1_SHA1,
            DigestAlgorithm::Sha256 => enc::MGF1_SHA256,
            DigestAlgorithm::Sha384 => enc::MGF1_SHA384,
            DigestAlgorithm::Sha512 => enc::MGF1_SHA512,
        }
    }
}
