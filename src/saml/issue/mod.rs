//! The other side: responses and metadata as an identity provider makes them. The development provider signs with
//! it, and the tests build what they then break.

mod encrypt;
mod metadata;
mod response;

pub use encrypt::{Encryption, KeyPlacement};
pub use metadata::IdpDescription;
pub use response::{IssuedAssertion, IssuedAttribute, IssuedResponse, SignedElements};
