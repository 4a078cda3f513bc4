//! Keys. In SAML the key is the trust (metadata profile): the certificate around it is only a wrapper, and its dates
//! and issuer are not checked here, only reported.

use std::fmt;

use openssl::{
    asn1::{Asn1Time, Asn1TimeRef},
    nid::Nid,
    pkey::{Id, PKey, Private, Public},
    sha::sha256,
    x509::X509,
};
use time::{Duration, OffsetDateTime};

use super::{algorithm::KeyKind, base64};

/// Smaller RSA keys can be factored.
const MIN_RSA_BITS: u32 = 2048;
/// Larger RSA keys cost a verifier more than they are worth.
const MAX_RSA_BITS: u32 = 8192;
/// All keys have 65537 or less; with a long exponent, to look at a signature costs what it costs to make one.
const MAX_EXPONENT_BITS: i32 = 64;

/// A public key that signatures of one identity provider are checked against.
#[derive(Clone)]
pub struct VerificationKey {
    pub(super) pkey: PKey<Public>,
    pub(super) kind: KeyKind,
    /// Length of r and of s in an ECDSA signature; 0 for RSA.
    pub(super) field_bytes: usize,
    certificate_der: Vec<u8>,
    fingerprint: String,
    not_before: Option<OffsetDateTime>,
    not_after: Option<OffsetDateTime>,
}

/// Why a key is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a certificate or key.
    #[error("the certificate cannot be read")]
    Unreadable,
    /// Somebody's secret.
    #[error(
        "this holds a private key, which was not kept; make a new one at its owner, and give the certificate alone"
    )]
    Private,
    /// An RSA key that is too small.
    #[error("the RSA key has {0} bits; at least {MIN_RSA_BITS} are needed")]
    TooSmall(u32),
    /// An RSA key that is too large.
    #[error("the RSA key has {0} bits; at most {MAX_RSA_BITS} are accepted")]
    TooLarge(u32),
    /// DSA, Ed25519, an unusual curve...
    #[error("the key is neither RSA with a usual exponent nor on one of the curves P-256, P-384, P-521")]
    Unsupported,
}

impl KeyError {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable => "certificate_unreadable",
            Self::Private => "certificate_is_private_key",
            Self::TooSmall(_) => "certificate_key_too_small",
            Self::TooLarge(_) => "certificate_key_too_large",
            Self::Unsupported => "certificate_key_unsupported",
        }
    }
}

impl VerificationKey {
    /// From the DER form of an X.509 certificate.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let certificate = X509::from_der(der).map_err(|_| KeyError::Unreadable)?;
        let pkey = certificate.public_key().map_err(|_| KeyError::Unsupported)?;
        let (kind, field_bytes) = classify(&pkey)?;
        Ok(Self {
            kind,
            field_bytes,
            fingerprint: hex(&sha256(der)),
            not_before: instant(certificate.not_before()),
            not_after: instant(certificate.not_after()),
            certificate_der: der.to_vec(),
            pkey,
        })
    }

    /// From base64, as `ds:X509Certificate` carries it, or PEM, as consoles hand it out.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        Self::from_der(&Self::der_of_text(text)?)
    }

    /// The DER form in such a text, if it is one of a certificate.
    pub(in crate::saml) fn der_of_text(text: &str) -> Result<Vec<u8>, KeyError> {
        // It has travelled, whatever stands beside it: its owner must hear of that.
        if text.contains("PRIVATE KEY-----") {
            return Err(KeyError::Private);
        }
        // Consoles and clipboards put it on one line as well, with its markers.
        let inner = text.split_once("-----BEGIN CERTIFICATE-----").map_or(text, |(_, rest)| rest);
        let inner = inner.split_once("-----END CERTIFICATE-----").map_or(inner, |(body, _)| body);
        let body: String = inner.lines().filter(|line| !line.trim_start().starts_with("-----")).collect();
        base64::decode(&body).ok_or(KeyError::Unreadable)
    }

    /// The certificate, DER.
    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate_der
    }

    /// SHA-256 of the certificate in lower-case hex: what consoles show as the fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// SHA-1 of the certificate in upper-case hex: what some consoles show as the thumbprint. To compare by eye alone.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        hex(&openssl::sha::sha1(&self.certificate_der)).to_ascii_uppercase()
    }

    /// When the certificate says that it starts and ends. For warnings only: the key is the trust.
    #[must_use]
    pub fn validity(&self) -> (Option<OffsetDateTime>, Option<OffsetDateTime>) {
        (self.not_before, self.not_after)
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey")
            .field("kind", &self.kind)
            .field("fingerprint", &self.fingerprint)
            .finish()
    }
}

/// A private key with its certificate, of ours.
#[derive(Clone)]
pub struct SigningKey {
    pub(super) pkey: PKey<Private>,
    pub(super) kind: KeyKind,
    pub(super) field_bytes: usize,
    certificate_der: Vec<u8>,
}

impl SigningKey {
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
    /// See [`KeyError`].
    pub fn new(pkey: PKey<Private>, certificate: &X509) -> Result<Self, KeyError> {
        let public = certificate.public_key().map_err(|_| KeyError::Unsupported)?;
        let (kind, field_bytes) = classify(&public)?;
        if !public.public_eq(&pkey) {
            return Err(KeyError::Unreadable);
        }
        let certificate_der = certificate.to_der().map_err(|_| KeyError::Unreadable)?;
        Ok(Self { pkey, kind, field_bytes, certificate_der })
    }

    /// The certificate, DER.
    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate_der
    }

    /// RSA or EC.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Whether a signature by the key costs no more to look at than one of a key that is taken.
pub(super) fn is_cheap(pkey: &PKey<Public>) -> bool {
    match pkey.rsa() {
        Ok(key) => pkey.bits() <= MAX_RSA_BITS && key.e().num_bits() <= MAX_EXPONENT_BITS,
        Err(_) => pkey.id() == Id::EC,
    }
}

/// The kind of key and, for EC, the length of a field element.
fn classify(pkey: &PKey<Public>) -> Result<(KeyKind, usize), KeyError> {
    match pkey.id() {
        Id::RSA => match pkey.bits() {
            bits if bits < MIN_RSA_BITS => Err(KeyError::TooSmall(bits)),
            bits if bits > MAX_RSA_BITS => Err(KeyError::TooLarge(bits)),
            _ if !is_cheap(pkey) => Err(KeyError::Unsupported),
            _ => Ok((KeyKind::Rsa, 0)),
        },
        Id::EC => match pkey.ec_key().ok().and_then(|key| key.group().curve_name()) {
            Some(Nid::X9_62_PRIME256V1) => Ok((KeyKind::Ec, 32)),
            Some(Nid::SECP384R1) => Ok((KeyKind::Ec, 48)),
            Some(Nid::SECP521R1) => Ok((KeyKind::Ec, 66)),
            _ => Err(KeyError::Unsupported),
        },
        _ => Err(KeyError::Unsupported),
    }
}

fn instant(time: &Asn1TimeRef) -> Option<OffsetDateTime> {
    let since = Asn1Time::from_unix(0).ok()?.diff(time).ok()?;
    OffsetDateTime::UNIX_EPOCH
        .checked_add(Duration::days(i64::from(since.days)) + Duration::seconds(i64::from(since.secs)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
