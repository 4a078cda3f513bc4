//! Signing keys, JWKS, and the JSON web tokens that Vestibule issues (RFC 7515, 7517, 7519).
//!
//! Only our own tokens are verified here, so the verifier takes exactly what the signer writes: compact form, three
//! header members, one key named by `kid`, the algorithm that belongs to that key.

mod base64url;
mod claims;
mod ecdsa;
mod jwk;
mod key;
mod sign;
mod verify;

pub use claims::{ACCESS_TOKEN_TYPE, AccessTokenClaims, ID_TOKEN_TYPE, IdTokenClaims, OrganizationClaim};
pub use jwk::{Jwk, JwkSet};
pub use key::{Algorithm, KeyError, SigningKey, VerifyingKey};
pub use sign::{SignError, sign};
pub use verify::{Expected, Verified, VerifyError, verify};

pub use base64url::{decode as base64url_decode, encode as base64url_encode};
