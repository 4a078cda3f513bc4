//! SAML 2.0 service provider, pure: no I/O, no clock, no database. `now` is a parameter, and so is randomness.
//!
//! | Module | What it does |
//! |---|---|
//! | [`binding`] | what arrives in a form field or a query becomes bytes, bounded |
//! | [`xml`] | bytes become one tree, bounded |
//! | [`dsig`] | an element of the tree becomes a verified element |
//! | [`xmlenc`] | an encrypted element becomes a tree of its own |
//! | [`request`] | AuthnRequest: built for the identity provider, read by the development one |
//! | [`response`] | a Response becomes a [`VerifiedAssertion`], or a [`Rejection`] that names the check that failed |
//! | [`logout`] | LogoutRequest and LogoutResponse, both ways |
//! | [`mod@redact`], [`mod@remark`] | a message, and what a provider says in it, become what may be kept of them |
//! | [`claims`] | the attribute names that are recognised without a mapping |
//! | [`metadata`] | identity provider metadata is read, our own is written |
//! | [`issue`] | the other side: responses as an identity provider makes them, for the development provider and tests |

pub mod binding;
pub mod claims;
pub mod dsig;
pub mod issue;
pub mod logout;
pub mod metadata;
pub mod names;
pub mod redact;
pub mod remark;
pub mod request;
pub mod response;
pub mod xml;
pub mod xmlenc;

pub use dsig::{SigningKey, VerificationKey};
pub use redact::redact;
pub use remark::remark;
pub use response::{Expected, Rejection, VerifiedAssertion, validate};
pub use xmlenc::{Decryption, DecryptionKey};
