//! The provider's key: made at start, kept in memory, gone at the end.

use openssl::{
    asn1::Asn1Time,
    bn::BigNum,
    error::ErrorStack,
    hash::MessageDigest,
    pkey::PKey,
    rsa::Rsa,
    x509::{X509Builder, X509NameBuilder},
};

use crate::{
    model::Timestamp,
    saml::{SigningKey, dsig::KeyError},
};

/// Longer than anyone leaves a demo running, and than the days before the end of a certificate on which the gateway warns.
const LIFETIME_S: i64 = 90 * 24 * 60 * 60;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFailure {
    /// OpenSSL refused.
    #[error("the development provider's key could not be made")]
    Crypto(#[from] ErrorStack),
    /// What was made is no key that we would use.
    #[error(transparent)]
    Key(#[from] KeyError),
}

pub(super) fn make(now: Timestamp) -> Result<SigningKey, KeyFailure> {
    let key = PKey::from_rsa(Rsa::generate(2048)?)?;
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", "Vestibule development provider, for tests only")?;
    let name = name.build();
    let mut certificate = X509Builder::new()?;
    certificate.set_version(2)?;
    certificate.set_serial_number(&*BigNum::from_u32(1)?.to_asn1_integer()?)?;
    certificate.set_subject_name(&name)?;
    certificate.set_issuer_name(&name)?;
    certificate.set_pubkey(&key)?;
    certificate.set_not_before(&*Asn1Time::from_unix(now.seconds())?)?;
    certificate.set_not_after(&*Asn1Time::from_unix(now.seconds() + LIFETIME_S)?)?;
    certificate.sign(&key, MessageDigest::sha256())?;
    Ok(SigningKey::new(key, &certificate.build())?)
}
