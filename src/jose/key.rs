//! Signing keys: RS256 with 2048 bits, and ES256 on P-256 (RFC 7518).

use std::fmt;

use openssl::{
    ec::{EcGroup, EcKey},
    error::ErrorStack,
    nid::Nid,
    pkey::{HasPublic, Id, PKey, PKeyRef, Private, Public},
    rsa::Rsa,
};

use super::jwk::{self, Jwk};

/// What a key signs with. A key has one algorithm for all its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what every OpenID Connect library must take.
    Rs256,
    /// ECDSA on P-256 with SHA-256: smaller and faster to make.
    Es256,
}

impl Algorithm {
    /// The registered name (RFC 7518 section 3.1), also the stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }

    /// The algorithm of a registered name, exactly spelled.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Es256].into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a key cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// OpenSSL refused it.
    #[error("the key cannot be used: {0}")]
    Openssl(#[from] ErrorStack),
    /// A key of another kind, size or curve than its algorithm has.
    #[error("the key is no {0} key")]
    WrongKind(Algorithm),
    /// A JWK whose members are not what its kind has.
    #[error("the key's JSON form cannot be read")]
    Jwk,
}

/// A private key and its `kid`.
#[derive(Clone)]
pub struct SigningKey {
    algorithm: Algorithm,
    kid: String,
    key: PKey<Private>,
}

impl SigningKey {
    /// A new key from OpenSSL's own generator: keys are the one thing that no seed should ever determine.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let key = match algorithm {
            Algorithm::Rs256 => PKey::from_rsa(Rsa::generate(2048)?)?,
            Algorithm::Es256 => {
                PKey::from_ec_key(EcKey::generate(&*EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?)?)?
            }
        };
        Self::new(algorithm, key)
    }

    /// Reads what [`Self::to_der`] wrote.
    pub fn from_der(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, KeyError> {
        Self::new(algorithm, PKey::private_key_from_pkcs8(pkcs8)?)
    }

    /// The private key as PKCS #8, to be sealed before it is stored.
    pub fn to_der(&self) -> Result<Vec<u8>, KeyError> {
        Ok(self.key.private_key_to_pkcs8()?)
    }

    fn new(algorithm: Algorithm, key: PKey<Private>) -> Result<Self, KeyError> {
        require_kind(algorithm, &key)?;
        let kid = jwk::thumbprint(algorithm, &key)?;
        Ok(Self { algorithm, kid, key })
    }

    /// What it signs with.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its name: the RFC 7638 thumbprint, so that one key has one name everywhere.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The half that is published.
    pub fn public(&self) -> Result<VerifyingKey, KeyError> {
        let key = PKey::public_key_from_der(&self.key.public_key_to_der()?)?;
        Ok(VerifyingKey { algorithm: self.algorithm, kid: self.kid.clone(), key })
    }

    pub(super) fn private(&self) -> &PKeyRef<Private> {
        &self.key
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// A public key and its `kid`.
#[derive(Debug, Clone)]
pub struct VerifyingKey {
    algorithm: Algorithm,
    kid: String,
    key: PKey<Public>,
}

impl VerifyingKey {
    /// Reads what [`Self::jwk`] wrote.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        let (algorithm, key) = jwk.key()?;
        require_kind(algorithm, &key)?;
        let kid = jwk::thumbprint(algorithm, &key)?;
        Ok(Self { algorithm, kid, key })
    }

    /// What its signatures are made with. The token's own `alg` is only compared with it.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its name, as in [`SigningKey::kid`].
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// As published.
    pub fn jwk(&self) -> Result<Jwk, KeyError> {
        Jwk::new(self.algorithm, self.kid.clone(), &self.key)
    }

    pub(super) fn public(&self) -> &PKeyRef<Public> {
        &self.key
    }
}

fn require_kind<T: HasPublic>(algorithm: Algorithm, key: &PKeyRef<T>) -> Result<(), KeyError> {
    let fits = match algorithm {
        Algorithm::Rs256 => key.id() == Id::RSA && key.bits() >= 2048,
        Algorithm::Es256 => {
            key.id() == Id::EC && key.ec_key()?.group().curve_name() == Some(Nid::X9_62_PRIME256V1)
        }
    };
    if fits { Ok(()) } else { Err(KeyError::WrongKind(algorithm)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_storage_with_their_name() {
        for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
            let key = SigningKey::generate(algorithm).unwrap();
            let back = SigningKey::from_der(algorithm, &key.to_der().unwrap()).unwrap();
            assert_eq!((back.kid(), back.algorithm()), (key.kid(), algorithm));
            let public = key.public().unwrap();
            let back = VerifyingKey::from_jwk(&public.jwk().unwrap()).unwrap();
            assert_eq!(back.kid(), key.kid());
        }
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        let ec = SigningKey::generate(Algorithm::Es256).unwrap().to_der().unwrap();
        assert!(matches!(
            SigningKey::from_der(Algorithm::Rs256, &ec),
            Err(KeyError::WrongKind(Algorithm::Rs256))
        ));
        let small = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap().private_key_to_pkcs8().unwrap();
        assert!(matches!(SigningKey::from_der(Algorithm::Rs256, &small), Err(KeyError::WrongKind(_))));
        let curve = EcGroup::from_curve_name(Nid::SECP384R1).unwrap();
        let other =
            PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap().private_key_to_pkcs8().unwrap();
        assert!(matches!(SigningKey::from_der(Algorithm::Es256, &other), Err(KeyError::WrongKind(_))));
        assert!(matches!(SigningKey::from_der(Algorithm::Es256, b"junk"), Err(KeyError::Openssl(_))));
    }

    #[test]
    fn debug_shows_no_key() {
        let text = format!("{:?}", SigningKey::generate(Algorithm::Es256).unwrap());
        assert!(text.starts_with("SigningKey { algorithm: Es256, kid:") && text.ends_with(".. }"), "{text}");
    }
}
