//! Sealing of what must be read back: AES-256-GCM under the master key, bound to its place in the database, so
//! that a sealed value copied to another row or tenant does not open there.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use openssl::{
    sha::sha256,
    symm::{Cipher, decrypt_aead, encrypt_aead},
};

use crate::model::{Rng, secret::Secret};

/// The key that seals secrets. It lives in the environment or a file, never in the database.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

/// Where a sealed value lives.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The row's id.
    pub row: &'a str,
    /// The tenant's id: organization, or project where the row is the project's.
    pub tenant: &'a str,
}

/// A sealed value does not open: another master key, another place, or damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open")]
pub struct Unopened;

/// Why a text is not a master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 32 bytes in base64")]
pub struct InvalidMasterKey;

const NONCE: usize = 12;
const TAG: usize = 16;

impl MasterKey {
    /// A new key.
    pub fn random(rng: &dyn Rng) -> Self {
        Self(rng.bytes())
    }

    /// Reads a key from its base64 text.
    pub fn parse(text: &str) -> Result<Self, InvalidMasterKey> {
        let bytes =
            STANDARD_NO_PAD.decode(text.trim().trim_end_matches('=')).map_err(|_| InvalidMasterKey)?;
        Ok(Self(bytes.try_into().map_err(|_| InvalidMasterKey)?))
    }

    /// The key's text, for the file that keeps it.
    pub fn to_secret(&self) -> Secret {
        Secret::new(STANDARD_NO_PAD.encode(self.0))
    }

    /// Seals `plain` for its place.
    pub fn seal(&self, place: Place<'_>, plain: &[u8], rng: &dyn Rng) -> Result<String, Unopened> {
        let nonce = rng.bytes::<NONCE>();
        let mut tag = [0; TAG];
        let sealed =
            encrypt_aead(Cipher::aes_256_gcm(), &self.0, Some(&nonce), &place.bytes(), plain, &mut tag)
                .map_err(|_| Unopened)?;
        Ok(STANDARD_NO_PAD.encode([&nonce[..], &tag, &sealed].concat()))
    }

    /// Opens what [`Self::seal`] made for the same place.
    pub fn open(&self, place: Place<'_>, sealed: &str) -> Result<Vec<u8>, Unopened> {
        let bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| Unopened)?;
        let (nonce, rest) = bytes.split_at_checked(NONCE).ok_or(Unopened)?;
        let (tag, sealed) = rest.split_at_checked(TAG).ok_or(Unopened)?;
        decrypt_aead(Cipher::aes_256_gcm(), &self.0, Some(nonce), &place.bytes(), sealed, tag)
            .map_err(|_| Unopened)
    }

    /// A keyed hash (HMAC-SHA-256), for what must be found again and not be read: nobody without the key can try values.
    pub fn keyed_hash(&self, purpose: &str, parts: &[&str]) -> String {
        STANDARD_NO_PAD.encode(self.mac(purpose, parts))
    }

    /// The bytes of it, for what shows that it was made here. The purpose is hashed along, and each part with its length, so
    /// that no two questions share an answer by chance.
    pub fn mac(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        let mut message = Vec::new();
        for part in std::iter::once(&purpose).chain(parts) {
            message.extend_from_slice(&(part.len() as u64).to_be_bytes());
            message.extend_from_slice(part.as_bytes());
        }
        hmac(&self.0, &message)
    }
}

/// HMAC-SHA-256 (RFC 2104) with a key of one block at most.
fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut block = [0u8; 64];
    block[..32].copy_from_slice(key);
    let pad = |byte: u8| block.map(|k| k ^ byte);
    let inner = sha256(&[&pad(0x36)[..], message].concat());
    sha256(&[&pad(0x5c)[..], &inner].concat())
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl Place<'_> {
    /// Lengths go before the parts, so that no two places have the same bytes.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [self.table, self.column, self.row, self.tenant] {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SystemRng;

    const PLACE: Place<'_> = Place { table: "t", column: "c", row: "r", tenant: "o" };

    #[test]
    fn opens_only_in_its_place() {
        let key = MasterKey::random(&SystemRng);
        let sealed = key.seal(PLACE, b"secret", &SystemRng).unwrap();
        assert_eq!(key.open(PLACE, &sealed).unwrap(), b"secret");
        for place in [
            Place { table: "x", ..PLACE },
            Place { column: "x", ..PLACE },
            Place { row: "x", ..PLACE },
            Place { tenant: "x", ..PLACE },
            Place { table: "tc", column: "", ..PLACE },
        ] {
            assert_eq!(key.open(place, &sealed), Err(Unopened));
        }
        assert_eq!(MasterKey::random(&SystemRng).open(PLACE, &sealed), Err(Unopened));
    }

    #[test]
    fn a_keyed_hash_is_an_hmac_and_depends_on_every_part() {
        let key = MasterKey::random(&SystemRng);
        let pkey = openssl::pkey::PKey::hmac(&key.0).unwrap();
        let mut signer = openssl::sign::Signer::new(openssl::hash::MessageDigest::sha256(), &pkey).unwrap();
        assert_eq!(hmac(&key.0, b"text").to_vec(), signer.sign_oneshot_to_vec(b"text").unwrap());
        let hash = key.keyed_hash("p", &["a", "bc"]);
        assert_eq!(hash, key.keyed_hash("p", &["a", "bc"]));
        for other in [key.keyed_hash("q", &["a", "bc"]), key.keyed_hash("p", &["ab", "c"])] {
            assert_ne!(hash, other);
        }
        assert_ne!(hash, MasterKey::random(&SystemRng).keyed_hash("p", &["a", "bc"]));
    }

    #[test]
    fn damage_is_refused() {
        let key = MasterKey::random(&SystemRng);
        let sealed = key.seal(PLACE, b"secret", &SystemRng).unwrap();
        for text in
            ["", "!", &sealed[..10], &sealed[..sealed.len() - 1], &sealed.replacen(&sealed[..1], "", 1)]
        {
            assert_eq!(key.open(PLACE, text), Err(Unopened));
        }
    }

    #[test]
    fn a_key_is_read_back_and_silent() {
        let key = MasterKey::random(&SystemRng);
        assert_eq!(MasterKey::parse(key.to_secret().expose()).unwrap().0, key.0);
        assert_eq!(format!("{key:?}"), "MasterKey(..)");
        assert!(MasterKey::parse("short").is_err());
    }
}
