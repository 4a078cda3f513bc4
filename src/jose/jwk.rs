//! JSON Web Keys (RFC 7517, 7518 section 6) and their thumbprints (RFC 7638).

use openssl::{
    bn::{BigNum, BigNumContext},
    ec::{EcGroup, EcKey},
    nid::Nid,
    pkey::{HasPublic, PKey, PKeyRef, Public},
    rsa::Rsa,
    sha::sha256,
};
use serde::{Deserialize, Serialize};

use super::{
    base64url,
    key::{Algorithm, KeyError},
};

/// A published key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// `sig`: ours only sign.
    #[serde(rename = "use")]
    pub usage: String,
    /// The algorithm's registered name.
    pub alg: String,
    /// The thumbprint.
    pub kid: String,
    /// The key itself.
    #[serde(flatten)]
    pub material: Material,
}

/// The members that make up a key, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub enum Material {
    /// RSA: exponent and modulus.
    #[serde(rename = "RSA")]
    Rsa {
        /// The public exponent.
        e: String,
        /// The modulus.
        n: String,
    },
    /// Elliptic curve: a point.
    #[serde(rename = "EC")]
    Ec {
        /// The curve.
        crv: String,
        /// First coordinate, 32 bytes on P-256, zeros in front included.
        x: String,
        /// Second coordinate, likewise.
        y: String,
    },
}

/// What the JWKS endpoint serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    /// Every key that signs, has signed a token still alive, or will sign soon.
    pub keys: Vec<Jwk>,
}

impl Jwk {
    pub(super) fn new<T: HasPublic>(
        algorithm: Algorithm,
        kid: String,
        key: &PKeyRef<T>,
    ) -> Result<Self, KeyError> {
        let (usage, alg) = ("sig".to_owned(), algorithm.as_str().to_owned());
        Ok(Self { usage, alg, kid, material: material(algorithm, key)? })
    }

    pub(super) fn key(&self) -> Result<(Algorithm, PKey<Public>), KeyError> {
        let number = |text: &str| -> Result<BigNum, KeyError> {
            Ok(BigNum::from_slice(&base64url::decode(text).ok_or(KeyError::Jwk)?)?)
        };
        let algorithm = Algorithm::from_name(&self.alg).ok_or(KeyError::Jwk)?;
        let key = match &self.material {
            Material::Rsa { e, n } => PKey::from_rsa(Rsa::from_public_components(number(n)?, number(e)?)?)?,
            Material::Ec { crv, x, y } if crv == "P-256" => {
                let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
                // Refuses a point that is not on the curve.
                PKey::from_ec_key(EcKey::from_public_key_affine_coordinates(
                    &curve,
                    &*number(x)?,
                    &*number(y)?,
                )?)?
            }
            Material::Ec { .. } => return Err(KeyError::Jwk),
        };
        Ok((algorithm, key))
    }
}

/// SHA-256 over the required members in lexicographic order without spaces.
pub(super) fn thumbprint<T: HasPublic>(algorithm: Algorithm, key: &PKeyRef<T>) -> Result<String, KeyError> {
    // Every value is base64url or a constant: nothing in it needs escaping.
    let canonical = match material(algorithm, key)? {
        Material::Rsa { e, n } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        Material::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
    };
    Ok(base64url::encode(&sha256(canonical.as_bytes())))
}

fn material<T: HasPublic>(algorithm: Algorithm, key: &PKeyRef<T>) -> Result<Material, KeyError> {
    match algorithm {
        Algorithm::Rs256 => {
            let rsa = key.rsa()?;
            Ok(Material::Rsa {
                e: base64url::encode(&rsa.e().to_vec()),
                n: base64url::encode(&rsa.n().to_vec()),
            })
        }
        Algorithm::Es256 => {
            let ec = key.ec_key()?;
            let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
            ec.public_key().affine_coordinates(ec.group(), &mut x, &mut y, &mut *BigNumContext::new()?)?;
            let coordinate = |n: &BigNum| Ok::<_, KeyError>(base64url::encode(&n.to_vec_padded(32)?));
            Ok(Material::Ec { crv: "P-256".to_owned(), x: coordinate(&x)?, y: coordinate(&y)? })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::SigningKey;

    /// The example of RFC 7638 section 3.1.
    #[test]
    fn thumbprint_of_the_specification() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3o\
                 knjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6\
                 qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJ\
                 zKnqDKgw";
        let n = BigNum::from_slice(&base64url::decode(n).unwrap()).unwrap();
        let rsa = Rsa::from_public_components(n, BigNum::from_u32(65537).unwrap()).unwrap();
        let key = PKey::from_rsa(rsa).unwrap();
        assert_eq!(
            thumbprint(Algorithm::Rs256, &key).unwrap(),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
    }

    #[test]
    fn a_point_off_the_curve_is_no_key() {
        let mut jwk = SigningKey::generate(Algorithm::Es256).unwrap().public().unwrap().jwk().unwrap();
        if let Material::Ec { y, .. } = &mut jwk.material {
            *y = base64url::encode(&[1; 32]);
        }
        assert!(crate::jose::VerifyingKey::from_jwk(&jwk).is_err());
    }

    #[test]
    fn a_jwk_has_its_public_members_and_no_others() {
        let jwk = |algorithm| {
            let key = SigningKey::generate(algorithm).unwrap();
            serde_json::to_value(key.public().unwrap().jwk().unwrap()).unwrap()
        };
        let names = |value: &serde_json::Value| {
            value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
        };
        let (rsa, ec) = (jwk(Algorithm::Rs256), jwk(Algorithm::Es256));
        assert_eq!(names(&rsa), "alg e kid kty n use");
        assert_eq!(names(&ec), "alg crv kid kty use x y");
        assert_eq!((&rsa["e"], &ec["crv"], &ec["use"]), (&"AQAB".into(), &"P-256".into(), &"sig".into()));
        for coordinate in ["x", "y"] {
            assert_eq!(ec[coordinate].as_str().unwrap().len(), 43);
        }
    }
}
