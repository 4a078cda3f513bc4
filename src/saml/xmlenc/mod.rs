//! XML Encryption, the part of it that SAML uses: one element, encrypted under a content key that is itself encrypted
//! to us by RSA-OAEP. Whatever goes wrong once a secret is involved is one error, [`DecryptError::Failed`], and takes
//! the same time (R26): a key that cannot be unwrapped is replaced by one that nobody knows, and decryption goes on.

mod algorithm;
mod cipher;
mod error;
mod key;
mod opened;
mod read;

pub use algorithm::{ContentAlgorithm, KeyTransport};
pub use error::DecryptError;
pub use key::DecryptionKey;
pub use opened::{Opened, Plaintext};

use openssl::sha::sha256;

use self::read::{Encrypted, EncryptedKey};
use super::{dsig::VerifiedElement, xml::Element};

/// Whether anything in a message can be encrypted at all: the name of such an element is in its bytes. Whoever has to
/// unseal keys first need not where it is not.
#[must_use]
pub fn may_be_in(message: &[u8]) -> bool {
    memchr::memmem::find(message, b"Encrypted").is_some()
}

/// At most this many EncryptedKeys are tried: each costs a private key operation per key of ours.
const MAX_ENCRYPTED_KEYS: usize = 4;

/// What is needed to read what is encrypted to us.
#[derive(Debug, Clone, Copy)]
pub struct Decryption<'a> {
    /// Our keys: two during a rollover.
    pub keys: &'a [DecryptionKey],
    /// Our entity ID, by which a provider may say which of several EncryptedKeys is ours.
    pub recipient: &'a str,
    /// The connection's switch for Triple DES.
    pub allow_triple_des: bool,
    /// Fresh random bytes, from which the keys are made that take the place of those that cannot be unwrapped.
    pub random: &'a [u8; 32],
}

impl<'a> Decryption<'a> {
    /// Without a key, so that whatever is encrypted is refused by name.
    #[must_use]
    pub const fn none() -> Self {
        Self { keys: &[], recipient: "", allow_triple_des: false, random: &[0; 32] }
    }
}

/// Decrypts the EncryptedData in `holder`: an EncryptedAssertion, EncryptedID or EncryptedAttribute. `verified` is what
/// a signature around it covers, if there is one: without, only ciphers that authenticate are accepted, because anyone
/// could have rewritten the ciphertext and learn from our answers what it decrypts to.
///
/// # Errors
/// What is wrong with the structure, each by name; what is wrong inside, as [`DecryptError::Failed`].
pub fn decrypt<'a, 'i: 'a>(
    holder: Element<'a, 'i>,
    verified: Option<VerifiedElement<'a, 'i>>,
    decryption: &Decryption<'_>,
) -> Result<Plaintext, DecryptError> {
    let encrypted = Encrypted::parse(holder)?;
    let covered = verified.is_some_and(|verified| verified.covers(holder).is_some());
    if encrypted.algorithm == ContentAlgorithm::TripleDesCbc && !decryption.allow_triple_des {
        return Err(DecryptError::TripleDes);
    }
    if !encrypted.algorithm.authenticates() && !covered {
        return Err(DecryptError::Unauthenticated);
    }
    if decryption.keys.is_empty() {
        return Err(DecryptError::NoKeys);
    }
    let candidates = candidates(&encrypted, decryption)?;
    let key = content_key(&candidates, encrypted.algorithm, decryption);
    let content = cipher::decrypt(encrypted.algorithm, &key, &encrypted.ciphertext)?;
    Plaintext::new(encrypted.data, &content, covered)
}

/// The EncryptedKeys that are for us: those that say so, or all where none says so.
fn candidates<'e>(
    encrypted: &'e Encrypted<'_, '_>,
    decryption: &Decryption<'_>,
) -> Result<Vec<&'e EncryptedKey>, DecryptError> {
    let ours = |key: &&EncryptedKey| key.recipient.as_deref() == Some(decryption.recipient);
    let mut found: Vec<&EncryptedKey> = encrypted.keys.iter().filter(ours).collect();
    if found.is_empty() {
        found = encrypted.keys.iter().collect();
    }
    match found.len() {
        0 => Err(DecryptError::KeyMissing),
        n if n > MAX_ENCRYPTED_KEYS => Err(DecryptError::TooManyKeys(n)),
        _ => Ok(found),
    }
}

/// The content key. Every EncryptedKey is tried with every key of ours, also once one has fitted, so that the time does
/// not tell which. If none fits, the key is one that depends on the message and on bytes that nobody else has.
fn content_key(
    candidates: &[&EncryptedKey],
    algorithm: ContentAlgorithm,
    decryption: &Decryption<'_>,
) -> Vec<u8> {
    let mut found: Option<Vec<u8>> = None;
    let mut seed = decryption.random.to_vec();
    for encrypted in candidates {
        seed.extend_from_slice(&encrypted.ciphertext);
        for key in decryption.keys {
            let unwrapped = key.unwrap_key(encrypted).filter(|k| k.len() == algorithm.key_bytes());
            found = found.or(unwrapped);
        }
    }
    let mut substitute = sha256(&seed).to_vec();
    substitute.truncate(algorithm.key_bytes());
    found.unwrap_or(substitute)
}
