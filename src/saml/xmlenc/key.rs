//! Our private keys, and the content keys that providers encrypt to them.

use std::fmt;

use openssl::{
    error::ErrorStack,
    pkey::{Id, PKey, Private},
    pkey_ctx::PkeyCtx,
    rsa::Padding,
    x509::X509,
};

use super::read::EncryptedKey;
use crate::saml::dsig::KeyError;

/// Smaller keys can be factored.
const MIN_RSA_BITS: u32 = 2048;
/// Larger keys cost more than they are worth, for every stranger who posts something.
const MAX_RSA_BITS: u32 = 4096;

/// A private key of ours that providers encrypt to.
#[derive(Clone)]
pub struct DecryptionKey {
    pkey: PKey<Private>,
    certificate_der: Vec<u8>,
}

impl DecryptionKey {
    /// From a PKCS#8 or traditional PEM key and a PEM certificate.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn from_pem(key: &[u8], certificate: &[u8]) -> Result<Self, KeyError> {
        let pkey = PKey::private_key_from_pem(key).map_err(|_| KeyError::Unreadable)?;
        let certificate = X509::from_pem(certificate).map_err(|_| KeyError::Unreadable)?;
        Self::new(pkey, &certificate)
    }

    /// From an openssl key and certificate.
    ///
    /// # Errors
    /// Only RSA keys of 2048 to 4096 bits are used.
    pub fn new(pkey: PKey<Private>, certificate: &X509) -> Result<Self, KeyError> {
        if pkey.id() != Id::RSA {
            return Err(KeyError::Unsupported);
        }
        match pkey.bits() {
            bits if bits < MIN_RSA_BITS => return Err(KeyError::TooSmall(bits)),
            bits if bits > MAX_RSA_BITS => return Err(KeyError::TooLarge(bits)),
            _ => {}
        }
        let public = certificate.public_key().map_err(|_| KeyError::Unsupported)?;
        if !public.public_eq(&pkey) {
            return Err(KeyError::Unreadable);
        }
        Ok(Self { pkey, certificate_der: certificate.to_der().map_err(|_| KeyError::Unreadable)? })
    }

    /// The certificate, DER: for our metadata.
    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate_der
    }

    /// The content key, if this key unwraps it. OpenSSL removes the padding in constant time.
    pub(super) fn unwrap_key(&self, encrypted: &EncryptedKey) -> Option<Vec<u8>> {
        self.try_unwrap(encrypted).ok()
    }

    fn try_unwrap(&self, encrypted: &EncryptedKey) -> Result<Vec<u8>, ErrorStack> {
        let mut context = PkeyCtx::new(&self.pkey)?;
        context.decrypt_init()?;
        context.set_rsa_padding(Padding::PKCS1_OAEP)?;
        context.set_rsa_oaep_md(encrypted.transport.digest.md())?;
        context.set_rsa_mgf1_md(encrypted.transport.mgf1.md())?;
        if !encrypted.label.is_empty() {
            context.set_rsa_oaep_label(&encrypted.label)?;
        }
        let mut key = Vec::new();
        context.decrypt_to_vec(&encrypted.ciphertext, &mut key)?;
        Ok(key)
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey").field("bits", &self.pkey.bits()).finish_non_exhaustive()
    }
}
