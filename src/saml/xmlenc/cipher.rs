//! The content ciphers.

use openssl::symm::{Crypter, Mode, decrypt_aead};

use super::{algorithm::ContentAlgorithm, error::DecryptError};

/// GCM tags are never shorter (XML Encryption 1.1, section 5.2.4): each bit less is half the work of a forger.
const TAG_BYTES: usize = 16;

/// The content: what stands before it is the initialization vector, what stands behind it the tag.
pub(super) fn decrypt(
    algorithm: ContentAlgorithm,
    key: &[u8],
    ciphertext: &[u8],
) -> Result<Vec<u8>, DecryptError> {
    let (iv, body) = ciphertext.split_at_checked(algorithm.iv_bytes()).ok_or(DecryptError::Failed)?;
    if algorithm.authenticates() { gcm(algorithm, key, iv, body) } else { cbc(algorithm, key, iv, body) }
}

fn gcm(algorithm: ContentAlgorithm, key: &[u8], iv: &[u8], body: &[u8]) -> Result<Vec<u8>, DecryptError> {
    let length = body.len().checked_sub(TAG_BYTES).ok_or(DecryptError::Failed)?;
    let (body, tag) = body.split_at(length);
    decrypt_aead(algorithm.cipher(), key, Some(iv), &[], body, tag).map_err(|_| DecryptError::Failed)
}

/// The last byte says how many bytes of padding there are, at most a block; the others are arbitrary (XML Encryption
/// 5.2), so OpenSSL's own padding, which checks them, is off.
fn cbc(algorithm: ContentAlgorithm, key: &[u8], iv: &[u8], body: &[u8]) -> Result<Vec<u8>, DecryptError> {
    let block = algorithm.cipher().block_size();
    if body.is_empty() || !body.len().is_multiple_of(block) {
        return Err(DecryptError::Failed);
    }
    let run = || {
        let mut crypter = Crypter::new(algorithm.cipher(), Mode::Decrypt, key, Some(iv))?;
        crypter.pad(false);
        let mut content = vec![0; body.len() + block];
        let written = crypter.update(body, &mut content)?;
        let end = written + crypter.finalize(&mut content[written..])?;
        content.truncate(end);
        Ok::<_, openssl::error::ErrorStack>(content)
    };
    let mut content = run().map_err(|_| DecryptError::Failed)?;
    let padding = content.last().map_or(0, |last| usize::from(*last));
    let length = content.len().checked_sub(padding).filter(|_| (1..=block).contains(&padding));
    content.truncate(length.ok_or(DecryptError::Failed)?);
    Ok(content)
}
