//! Metadata: the identity provider's is read, ours is written (SAML 2.0 Metadata).

mod error;
mod idp;
mod sp;

pub use error::MetadataError;
pub use idp::{Endpoint, IdpMetadata, check_endpoint, parse};
pub use sp::SpMetadata;
