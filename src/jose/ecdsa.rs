//! ECDSA signatures on P-256: OpenSSL speaks DER, JWS speaks two 32-byte numbers (RFC 7518 section 3.4).

use openssl::{bn::BigNum, ecdsa::EcdsaSig, error::ErrorStack};

/// DER to `r || s`.
pub(super) fn to_raw(der: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let signature = EcdsaSig::from_der(der)?;
    let mut raw = signature.r().to_vec_padded(32)?;
    raw.extend(signature.s().to_vec_padded(32)?);
    Ok(raw)
}

/// `r || s` to DER; none unless it is 64 bytes long.
pub(super) fn to_der(raw: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = raw.split_at_checked(32)?;
    if s.len() != 32 {
        return None;
    }
    let number = |bytes| BigNum::from_slice(bytes).ok();
    EcdsaSig::from_private_components(number(r)?, number(s)?).ok()?.to_der().ok()
}
