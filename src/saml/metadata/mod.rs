//! Metadata: the identity provider's is read, ours is written (SAML 2.0 Metadata).

mod choice;
mod error;
mod idp;
mod left_out;
mod lifetime;
mod sp;

pub use choice::{Candidate, candidates};
pub use error::MetadataError;
pub use idp::{Endpoint, IdpMetadata, Reading, check_endpoint, check_entity_id, parse, read};
pub use left_out::LeftOut;
pub use sp::SpMetadata;
