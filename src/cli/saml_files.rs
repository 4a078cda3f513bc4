//! The files that `vestibule saml-connection` is given.

use std::path::Path;

use super::Failure;
use crate::service::connections::MetadataSource;

/// Metadata: a file, or an address.
pub(super) fn source(text: &str) -> Result<MetadataSource, Failure> {
    if text.starts_with("https://") || text.starts_with("http://") {
        return Ok(MetadataSource::Url(text.to_owned()));
    }
    let document = std::fs::read(Path::new(text)).map_err(|error| format!("{text}: {error}"))?;
    Ok(MetadataSource::Document(document))
}

/// Certificates; an empty name is no file.
pub(super) fn read_all(names: &[String]) -> Result<Vec<String>, Failure> {
    let named = names.iter().filter(|name| !name.is_empty());
    let read = |name: &String| {
        std::fs::read_to_string(name).map_err(|error| Failure::from(format!("{name}: {error}")))
    };
    named.map(read).collect()
}
