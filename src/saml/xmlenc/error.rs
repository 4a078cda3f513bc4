//! Why what is encrypted cannot be read.

/// Why what is encrypted cannot be read. All but the last are seen without any secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecryptError {
    /// Missing, repeated or foreign elements.
    #[error("the encrypted element is malformed: {0}")]
    Malformed(&'static str),
    /// A ciphertext that would have to be fetched.
    #[error("the ciphertext is a reference to another place, which is not followed")]
    CipherReference,
    /// An algorithm that is not in the list.
    #[error("the encryption uses the algorithm {0:?}, which is not accepted; choose AES-GCM and RSA-OAEP")]
    Algorithm(String),
    /// RSA PKCS#1 v1.5.
    #[error("the content key is encrypted by RSA 1.5, which is not secure; choose RSA-OAEP")]
    Rsa15,
    /// Triple DES without the switch.
    #[error("the content is encrypted by Triple DES; choose AES-GCM, or allow it on the connection")]
    TripleDes,
    /// CBC that no signature covers.
    #[error(
        "the content is encrypted in CBC mode and no signature covers it; sign the response, or choose AES-GCM"
    )]
    Unauthenticated,
    /// We have no key: a configuration error.
    #[error("the content is encrypted, but the connection has no decryption key")]
    NoKeys,
    /// No EncryptedKey.
    #[error("there is no encrypted content key")]
    KeyMissing,
    /// More EncryptedKeys than are tried.
    #[error("there are {0} encrypted content keys; encrypt to this service provider alone")]
    TooManyKeys(usize),
    /// More encrypted elements than are read.
    #[error("there are more than {0} encrypted elements")]
    TooMany(usize),
    /// Decryption failed: the key, the padding, the tag, the XML inside. Which of them is not told (R26).
    #[error("decryption failed; the identity provider may hold an old certificate of ours")]
    Failed,
}

impl DecryptError {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "encryption_malformed",
            Self::CipherReference => "encryption_cipher_reference",
            Self::Algorithm(_) => "encryption_algorithm",
            Self::Rsa15 => "encryption_rsa_1_5",
            Self::TripleDes => "encryption_triple_des",
            Self::Unauthenticated => "encryption_unauthenticated",
            Self::NoKeys => "encryption_no_keys",
            Self::KeyMissing => "encryption_key_missing",
            Self::TooManyKeys(_) => "encryption_too_many_keys",
            Self::TooMany(_) => "encryption_too_many",
            Self::Failed => "decryption_failed",
        }
    }
}
