//! What `vestibule saml-connection` is told of a provider, and the files with it.

use std::path::Path;

use super::Failure;
use crate::service::connections::{Description, MetadataSource, ProviderFields};

/// How the identity provider is described: by its metadata, or by what it shows on a page.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Described {
    /// The provider's metadata: a file, or an https address.
    #[arg(long, value_name = "FILE|URL", conflicts_with = "sso_url")]
    metadata: Option<String>,
    /// Which provider, by its entity ID, where the metadata is of several.
    #[arg(long, value_name = "ENTITY_ID", requires = "metadata")]
    idp: Option<String>,
    /// Without metadata: the provider's single sign-on URL.
    #[arg(long, value_name = "URL", requires_all = ["entity_id", "certificate"])]
    sso_url: Option<String>,
    /// Without metadata: the provider's entity ID, or issuer.
    #[arg(long, value_name = "URI", requires = "sso_url")]
    entity_id: Option<String>,
    /// Without metadata: the provider's signing certificate, PEM; may be given several times, while it is being changed.
    #[arg(long, value_name = "FILE", requires = "sso_url")]
    certificate: Vec<String>,
    /// Without metadata: the provider's logout URL, if it has one.
    #[arg(long, value_name = "URL", requires = "sso_url")]
    slo_url: Option<String>,
}

impl Described {
    /// What was given, if anything was.
    pub(super) fn into_description(self) -> Result<Option<Description>, Failure> {
        let source = match (self.metadata, self.sso_url) {
            (Some(metadata), _) => source(&metadata)?,
            (None, Some(sso_url)) => MetadataSource::Fields(ProviderFields {
                sso_url,
                entity_id: self.entity_id.unwrap_or_default(),
                certificates: read_all(&self.certificate)?,
                slo_url: self.slo_url.unwrap_or_default(),
            }),
            (None, None) => return Ok(None),
        };
        Ok(Some(Description { source, entity_id: self.idp }))
    }
}

/// Metadata: a file, or an address.
fn source(text: &str) -> Result<MetadataSource, Failure> {
    if text.starts_with("https://") || text.starts_with("http://") {
        return Ok(MetadataSource::Url(text.to_owned()));
    }
    let document = std::fs::read(Path::new(text)).map_err(|error| format!("{text}: {error}"))?;
    Ok(MetadataSource::Document(document))
}

/// Certificates. A file without one is a mistake: as if none had been asked for, it would leave nothing to be checked.
pub(super) fn read_all(names: &[String]) -> Result<Vec<String>, Failure> {
    let read = |name: &String| {
        let text = std::fs::read_to_string(name).map_err(|error| format!("{name:?}: {error}"))?;
        if text.trim().is_empty() {
            return Err(Failure::from(format!("{name} is empty: it should hold a certificate")));
        }
        Ok(text)
    };
    names.iter().map(read).collect()
}
