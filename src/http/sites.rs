//! Which project a request is for: found by host name among the configured ones, nothing else (R28).

use std::{collections::HashMap, sync::Arc};

use crate::model::ids::ProjectId;

/// One configured public address and the project that lives there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The project.
    pub project: ProjectId,
    /// The origin, `https://login.example.com`, without a slash at its end. Every URL that we hand out starts with
    /// it; the Host header never ends up in one.
    pub origin: String,
}

impl Site {
    /// The absolute URL of a path that starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The host, with its port where it is not the scheme's own.
    pub fn host(&self) -> &str {
        self.origin.split_once("://").map_or("", |(_, host)| host)
    }

    /// Whether browsers reach it over TLS: everywhere but on loopback.
    pub fn is_https(&self) -> bool {
        self.origin.starts_with("https://")
    }
}

/// Why a public address cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SiteError {
    /// Not an absolute http(s) URL with a host and nothing after it.
    #[error("{0} is not an origin such as https://login.example.com")]
    NotAnOrigin(String),
    /// Two projects cannot live at one host: a request would not say whose it is.
    #[error("two projects share the host {0}")]
    Duplicate(String),
}

/// The configured sites by host name.
#[derive(Debug, Clone, Default)]
pub struct Sites(HashMap<String, Arc<Site>>);

impl Sites {
    /// Adds a project's public address.
    pub fn add(&mut self, project: &ProjectId, public_url: &str) -> Result<(), SiteError> {
        let refuse = || SiteError::NotAnOrigin(public_url.to_owned());
        let url = url::Url::parse(public_url).map_err(|_| refuse())?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !bare || !anonymous {
            return Err(refuse());
        }
        let host = url.host_str().ok_or_else(refuse)?.to_owned();
        let site = Site { project: project.clone(), origin: url.origin().ascii_serialization() };
        match self.0.insert(host.clone(), Arc::new(site)) {
            None => Ok(()),
            Some(_) => Err(SiteError::Duplicate(host)),
        }
    }

    /// The site of a Host header. The port does not count: proxies and port forwards change it.
    pub fn find(&self, host: &str) -> Option<Arc<Site>> {
        self.0.get(&host_name(host)).cloned()
    }

    /// All sites, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Site>> {
        self.0.values()
    }
}

/// `LOGIN.Example.com.:8443` as `login.example.com`, `[::1]:80` as `[::1]`.
fn host_name(host: &str) -> String {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => format!("[{address}]"),
        None => host.split(':').next().unwrap_or_default().to_owned(),
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_site_by_name_whatever_the_port_and_case() {
        let mut sites = Sites::default();
        let (a, b) = (ProjectId::from_u128(1), ProjectId::from_u128(2));
        sites.add(&a, "https://login.example.com").unwrap();
        sites.add(&b, "http://[::1]:8080").unwrap();
        for host in ["login.example.com", "LOGIN.example.com:443", "login.example.com."] {
            assert_eq!(sites.find(host).unwrap().project, a, "{host}");
        }
        assert_eq!(sites.find("[::1]:9").unwrap().origin, "http://[::1]:8080");
        for host in ["", ":80", "example.com", "login.example.com.evil.example", "[::1", "[]"] {
            assert_eq!(sites.find(host), None, "{host}");
        }
    }

    #[test]
    fn refuses_what_is_not_an_origin_and_a_second_project_on_one_host() {
        let (mut sites, p) = (Sites::default(), ProjectId::from_u128(1));
        for bad in ["login.example.com", "ftp://a.example", "https://a.example/x", "https://u@a.example"] {
            assert_eq!(sites.add(&p, bad), Err(SiteError::NotAnOrigin(bad.to_owned())));
        }
        sites.add(&p, "https://a.example/").unwrap();
        assert_eq!(sites.add(&p, "http://a.example"), Err(SiteError::Duplicate("a.example".to_owned())));
    }
}
