//! Our metadata for a connection.

use super::{Options, SpKeyError, SpUrls, encryption_keys, options::DAY, sp_keys};
use crate::{
    model::{
        Millis,
        ids::{ProjectId, SamlConnectionId},
    },
    saml::{dsig::SignError, metadata::SpMetadata, request::message_id},
    service::Context,
    store::{StoreError, Tx, saml_connections},
};

/// Who reads our metadata, which decides how long it may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// A provider that fetches it from its address, again and again.
    Fetched,
    /// A person who downloads it, and a provider that imports it once.
    Downloaded,
}

impl Audience {
    const fn lifetime(self) -> Millis {
        match self {
            Self::Fetched => 14 * DAY,
            Self::Downloaded => 10 * 365 * DAY,
        }
    }
}

/// Why there is no metadata.
#[derive(Debug, thiserror::Error)]
pub enum SpMetadataError {
    /// There is no such connection in this project.
    #[error("there is no such connection")]
    NotFound,
    /// Our keys.
    #[error("our keys for SAML cannot be used")]
    Keys(#[from] SpKeyError),
    /// It could not be signed.
    #[error("our metadata could not be signed")]
    Sign(#[from] SignError),
    /// The database.
    #[error("database")]
    Store(#[from] StoreError),
}

/// The document for an identity provider: entity ID, addresses, and the certificates that sign and this
/// connection's own to encrypt to, unless the provider does better without, all of them during a rollover. Where the connection says so it is signed with the key that
/// signs our requests.
pub async fn sp_metadata(
    cx: &Context,
    project: &ProjectId,
    origin: &str,
    connection: &str,
    audience: Audience,
) -> Result<String, SpMetadataError> {
    let id = SamlConnectionId::parse(connection).map_err(|_| SpMetadataError::NotFound)?;
    let (of, wanted) = (project.clone(), id.clone());
    let found =
        cx.store.read(move |tx: &mut Tx<'_>| saml_connections::find_in_project(tx, &of, &wanted)).await;
    let found: Option<_> = found.map_err(SpMetadataError::Store)?;
    let connection = found.ok_or(SpMetadataError::NotFound)?;
    let options = Options::of(&connection);
    let keys = sp_keys(cx, project).await?;
    let signing = keys.certificates();
    let encryption = match options.publishes_encryption(&connection) {
        true => encryption_keys(cx, project, &id).await?.certificates(),
        false => Vec::new(),
    };
    let urls = SpUrls::new(origin, &id);
    // Many a provider sends the first format that it finds here, whatever the request asks for.
    let insisted = options.name_id_format.as_deref().map(|format| [format]);
    let metadata = SpMetadata {
        entity_id: &urls.entity_id,
        acs_url: &urls.acs_url,
        slo_url: Some(&urls.slo_url),
        requests_signed: options.signs_requests(&connection),
        signing_certificates: &signing.iter().map(Vec::as_slice).collect::<Vec<_>>(),
        encryption_certificates: &encryption.iter().map(Vec::as_slice).collect::<Vec<_>>(),
        name_id_formats: insisted.as_ref().map(<[_; 1]>::as_slice),
        valid_until: Some(cx.now().plus(audience.lifetime()).to_datetime()),
    };
    if !options.sign_metadata {
        return Ok(metadata.to_xml());
    }
    Ok(metadata.to_signed_xml(&message_id(&cx.rng.bytes::<20>()), &keys.signing_key(cx)?)?)
}
