//! Which provider published some metadata. A guess that helps with names of fields; no decision about trust rests on it.

use url::Url;

use super::{Detection, Provider, all, generic};
use crate::saml::metadata::IdpMetadata;

/// The provider that this metadata looks like, else the generic one.
pub fn detect(idp: &IdpMetadata) -> &'static Provider {
    detect_by(&idp.entity_id, idp.sso.iter().map(|endpoint| endpoint.location.as_str()))
}

/// The same by its entity ID and the addresses of its sign-in endpoints.
pub fn detect_by<'a>(entity_id: &str, sso: impl IntoIterator<Item = &'a str>) -> &'static Provider {
    let endpoints: Vec<Url> = sso.into_iter().filter_map(|url| Url::parse(url).ok()).collect();
    // What it calls itself says more than where it lives: companies give providers hosts of their own.
    let named = all().iter().find(|provider| provider.detect.names(entity_id));
    named
        .or_else(|| all().iter().find(|provider| endpoints.iter().any(|url| provider.detect.hosts(url))))
        .or_else(|| all().iter().find(|provider| endpoints.iter().any(|url| provider.detect.routes(url))))
        .unwrap_or_else(generic)
}

impl Detection {
    fn names(&self, entity_id: &str) -> bool {
        self.entity_id_starts.iter().any(|start| entity_id.starts_with(start.as_str()))
            || self.entity_id_ends.iter().any(|end| entity_id.ends_with(end.as_str()))
    }

    fn hosts(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        self.sso_host_ends.iter().any(|rule| {
            if rule.starts_with('.') { host.ends_with(rule.as_str()) } else { host == rule.as_str() }
        })
    }

    fn routes(&self, url: &Url) -> bool {
        self.sso_path_contains.iter().any(|part| url.path().contains(part.as_str()))
    }
}
