//! Signing keys, JWKS, and the JSON web tokens that Vestibule issues (RFC 7515, 7517, 7519).
