//! Encryption to a service provider, as identity providers do it. Randomness is a parameter, OAEP's seed included, so
//! that the same input gives the same message.

use openssl::{
    error::ErrorStack,
    rsa::Padding,
    sha::sha256,
    symm::{Crypter, Mode, encrypt_aead},
    x509::X509,
};

use crate::saml::{
    dsig::{DigestAlgorithm, base64},
    names::{enc, ns},
    xml::Writer,
    xmlenc::{ContentAlgorithm, KeyTransport},
};

/// How something is encrypted.
#[derive(Debug, Clone)]
pub struct Encryption<'a> {
    /// The content cipher.
    pub content: ContentAlgorithm,
    /// How its key is encrypted.
    pub transport: KeyTransport,
    /// The service provider's certificate, DER.
    pub certificate: &'a [u8],
    /// Its entity ID, if the EncryptedKey names it.
    pub recipient: Option<&'a str>,
    /// Where the EncryptedKey stands.
    pub placement: KeyPlacement,
    /// What the content key, the initialization vector and OAEP's seed are made from.
    pub random: &'a [u8; 32],
}

/// Where the EncryptedKey stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPlacement {
    /// In the KeyInfo of the EncryptedData.
    Inside,
    /// Beside the EncryptedData, which leads to it by a RetrievalMethod.
    Beside,
    /// Beside the EncryptedData, which says nothing about it.
    BesideUnnamed,
}

impl Encryption<'_> {
    /// `<holder>` with `element` encrypted in it, such as `saml:EncryptedAssertion`. The prefixes of `element` must be
    /// declared in it or where the holder will stand.
    ///
    /// # Errors
    /// What OpenSSL refuses: a certificate without an RSA key.
    pub fn encrypt(&self, holder: &'static str, element: &str) -> Result<String, ErrorStack> {
        let key = &self.derive("key")[..self.content.key_bytes()];
        let iv = &self.derive("iv")[..self.content.iv_bytes()];
        let ciphertext = self.ciphertext(key, iv, element.as_bytes())?;
        let wrapped = self.wrap(key)?;
        let key_id = format!("_k{}", hex(&self.derive("id")[..8]));

        let mut w = Writer::new();
        w.open(holder);
        w.open("xenc:EncryptedData").attr("xmlns:xenc", ns::XENC).attr("Type", enc::ELEMENT);
        w.open("xenc:EncryptionMethod").attr("Algorithm", self.content.uri()).close();
        if self.placement != KeyPlacement::BesideUnnamed {
            w.open("ds:KeyInfo").attr("xmlns:ds", ns::DSIG);
            match self.placement {
                KeyPlacement::Inside => self.encrypted_key(&mut w, &key_id, &wrapped),
                _ => {
                    w.open("ds:RetrievalMethod")
                        .attr("Type", enc::ENCRYPTED_KEY)
                        .attr("URI", &format!("#{key_id}"))
                        .close();
                }
            }
            w.close();
        }
        w.open("xenc:CipherData").leaf("xenc:CipherValue", &base64::encode(&ciphertext)).close();
        w.close();
        if self.placement != KeyPlacement::Inside {
            self.encrypted_key(&mut w, &key_id, &wrapped);
        }
        Ok(w.finish())
    }

    /// The EncryptedKey alone: for messages with several.
    ///
    /// # Errors
    /// What OpenSSL refuses.
    pub fn key_element(&self) -> Result<String, ErrorStack> {
        let wrapped = self.wrap(&self.derive("key")[..self.content.key_bytes()])?;
        let mut w = Writer::new();
        self.encrypted_key(&mut w, &format!("_k{}", hex(&self.derive("id")[..8])), &wrapped);
        Ok(w.finish())
    }

    fn encrypted_key(&self, w: &mut Writer, id: &str, wrapped: &[u8]) {
        let mgf1p = self.transport.mgf1 == DigestAlgorithm::Sha1;
        w.open("xenc:EncryptedKey").attr("xmlns:xenc", ns::XENC).attr("Id", id);
        w.attr_opt("Recipient", self.recipient);
        w.open("xenc:EncryptionMethod")
            .attr("Algorithm", if mgf1p { enc::RSA_OAEP_MGF1P } else { enc::RSA_OAEP });
        w.open("ds:DigestMethod").attr("xmlns:ds", ns::DSIG).attr("Algorithm", self.transport.digest.uri());
        w.close();
        if !mgf1p {
            w.open("xenc11:MGF").attr("xmlns:xenc11", ns::XENC11);
            w.attr("Algorithm", self.transport.mgf1_uri()).close();
        }
        w.close();
        w.open("xenc:CipherData").leaf("xenc:CipherValue", &base64::encode(wrapped)).close().close();
    }

    fn ciphertext(&self, key: &[u8], iv: &[u8], content: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let cipher = self.content.cipher();
        if self.content.authenticates() {
            let mut tag = [0; 16];
            let body = encrypt_aead(cipher, key, Some(iv), &[], content, &mut tag)?;
            return Ok([iv, &body, &tag].concat());
        }
        let block = cipher.block_size();
        let padding = block - content.len() % block;
        let mut padded = content.to_vec();
        padded.extend(std::iter::repeat_n(0, padding - 1));
        // At most 16.
        padded.push(u8::try_from(padding).unwrap_or_default());
        let mut crypter = Crypter::new(cipher, Mode::Encrypt, key, Some(iv))?;
        crypter.pad(false);
        let mut body = vec![0; padded.len() + block];
        let written = crypter.update(&padded, &mut body)?;
        let end = written + crypter.finalize(&mut body[written..])?;
        body.truncate(end);
        Ok([iv, &body].concat())
    }

    /// RSA-OAEP (RFC 8017 section 7.1.1) with a seed of ours; OpenSSL would draw its own.
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let rsa = X509::from_der(self.certificate)?.public_key()?.rsa()?;
        let KeyTransport { digest, mgf1 } = self.transport;
        let size = rsa.size() as usize;
        let mut block = digest.digest(b"");
        block.resize(size.saturating_sub(digest.length() + 2 + key.len()), 0);
        block.push(1);
        block.extend_from_slice(key);
        let mut seed = self.derive("oaep seed").to_vec();
        seed.extend_from_slice(&self.derive("more of it"));
        seed.truncate(digest.length());
        mask(mgf1, &seed, &mut block);
        mask(mgf1, &block, &mut seed);
        let encoded = [&[0], &seed[..], &block].concat();
        let mut wrapped = vec![0; size];
        rsa.public_encrypt(&encoded, &mut wrapped, Padding::NONE)?;
        Ok(wrapped)
    }

    fn derive(&self, what: &str) -> [u8; 32] {
        sha256(&[&self.random[..], what.as_bytes()].concat())
    }
}

/// XORs `data` with MGF1 of `seed`.
fn mask(digest: DigestAlgorithm, seed: &[u8], data: &mut [u8]) {
    for (counter, chunk) in (0_u32..).zip(data.chunks_mut(digest.length())) {
        let block = digest.digest(&[seed, &counter.to_be_bytes()].concat());
        chunk.iter_mut().zip(block).for_each(|(byte, mask)| *byte ^= mask);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
