//! SAML connections: made and kept up to date from the identity provider's metadata.

mod attribute_map;
mod create;
mod difference;
mod encryption_keys;
mod expiry;
mod fields;
mod gauges;
mod held;
mod key_cache;
mod key_pair;
mod metadata;
mod options;
mod refresh;
mod signers;
mod sp_certificate;
mod sp_keys;
mod sp_metadata;
mod update;
mod urls;

pub use attribute_map::AttributeMap;
pub use create::{NewSamlConnection, create_saml_connection};
pub use encryption_keys::{
    EncryptionKeys, encryption_keys, existing_encryption_keys, rotate_encryption_keys,
};
pub use expiry::warn_of_expiry;
pub use fields::{FieldError, ProviderFields};
pub use gauges::Gauges;
pub use held::{Held, accept_held_metadata, held_metadata};
pub use key_cache::KeyCache;
pub use metadata::{Description, MetadataSource, set_metadata};
pub use options::Options;
pub use refresh::{Refreshed, refresh_after_failure, refresh_due};
pub use signers::signer_fingerprints;
pub use sp_certificate::sp_certificate;
pub use sp_keys::{
    Rotation, SpKeyError, SpKeyInUse, SpKeys, check_sp_keys, rotate_sp_keys, sharing_connections, sp_keys,
    sp_keys_in_use,
};
pub use sp_metadata::{Audience, SpMetadataError, sp_metadata};
pub use update::{Pairing, Update, disable, insist_on_name, list, settings, update};
pub use urls::SpUrls;

pub(in crate::service) use create::add_draft;
pub(in crate::service) use metadata::{draft_metadata, read_metadata, view_with_keys as connection_view};
pub(in crate::service) use signers::Signers;
pub(in crate::service) use update::enable;

use crate::{saml::metadata::MetadataError, service::egress::EgressError, store::StoreError};

/// Why a connection could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// There is no such thing, or it is another project's.
    #[error("there is no {0} of this id")]
    NotFound(&'static str),
    /// The input cannot be used; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// The metadata cannot be used.
    #[error("the metadata cannot be used: {0}")]
    Metadata(#[from] MetadataError),
    /// What was given in place of metadata cannot be used.
    #[error(transparent)]
    Fields(#[from] FieldError),
    /// The metadata cannot be fetched.
    #[error("the metadata cannot be fetched: {0}")]
    Egress(#[from] EgressError),
    /// The database.
    #[error("database")]
    Store(#[from] StoreError),
}
