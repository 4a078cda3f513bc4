//! The one client for everything that goes out (R25): addresses are checked before connecting and pinned, no proxy, no
//! redirects, bounded in time and size.

mod address;

use std::{net::SocketAddr, path::Path, time::Duration};

use address::is_public;
pub use address::{IpRange, IpRangeError};
use openssl::x509::X509;
use url::{Host, Url};

/// For the name lookup; with [`TIME_LIMIT`], ten seconds in all.
const LOOKUP_LIMIT: Duration = Duration::from_secs(3);

/// From the connection to the last byte.
const TIME_LIMIT: Duration = Duration::from_secs(7);

/// The client. It resolves names itself and connects only to what it has checked.
#[derive(Debug, Clone, Default)]
pub struct Egress {
    allowed: Vec<IpRange>,
}

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// Not a URL that may be fetched: https, or http to an allowed loopback address.
    #[error("{0} cannot be fetched: only https addresses can")]
    Url(String),
    /// The name does not exist, or leads nowhere.
    #[error("the name {0} cannot be resolved")]
    Unresolved(String),
    /// An address inside a network, which an outsider must not make us call.
    #[error(
        "{0} leads to an address that is not public; allow its range in the configuration if this is intended"
    )]
    NotPublic(String),
    /// The answer was no success.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// The answer was too large.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// No connection, no TLS, too slow.
    #[error("the server cannot be reached")]
    Unreachable(#[source] reqwest::Error),
}

impl Egress {
    /// A client that may also call these ranges, which are not public.
    pub fn allowing(allowed: Vec<IpRange>) -> Self {
        Self { allowed }
    }

    /// How many authorities' certificates are in a file, PEM; none in one that cannot be read.
    pub fn authorities(bundle: &Path) -> usize {
        let read = std::fs::read(bundle).ok().and_then(|pem| X509::stack_from_pem(&pem).ok());
        read.map_or(0, |all| all.len())
    }

    /// Fetches a document of at most `limit` bytes.
    pub async fn get(&self, url: &str, limit: usize) -> Result<Vec<u8>, EgressError> {
        let refused = || EgressError::Url(url.chars().take(200).collect());
        let url = Url::parse(url).map_err(|_| refused())?;
        let host = url.host_str().ok_or_else(refused)?.to_owned();
        let port = url.port_or_known_default().ok_or_else(refused)?;
        let plain = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(refused()),
        };
        let addresses = self.checked(&url, port).await?;
        if plain && !addresses.iter().all(|address| address.ip().is_loopback()) {
            return Err(refused());
        }
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIME_LIMIT)
            // What was checked is what is called: a name server cannot answer differently the second time.
            .resolve_to_addrs(&host, &addresses)
            .build()
            .map_err(EgressError::Unreachable)?;
        let mut response = client.get(url).send().await.map_err(EgressError::Unreachable)?;
        if !response.status().is_success() {
            return Err(EgressError::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(EgressError::Unreachable)? {
            if body.len() + chunk.len() > limit {
                return Err(EgressError::TooLarge(limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The addresses of the URL's host, every one of them public or allowed.
    async fn checked(&self, url: &Url, port: u16) -> Result<Vec<SocketAddr>, EgressError> {
        let addresses: Vec<SocketAddr> = match url.host() {
            Some(Host::Ipv4(ip)) => vec![SocketAddr::from((ip, port))],
            Some(Host::Ipv6(ip)) => vec![SocketAddr::from((ip, port))],
            Some(Host::Domain(name)) => resolve(name.to_owned(), port).await?,
            None => return Err(EgressError::Url(url.to_string())),
        };
        let permitted = |address: &SocketAddr| {
            let ip = address.ip().to_canonical();
            is_public(ip) || self.allowed.iter().any(|range| range.contains(ip))
        };
        if addresses.iter().all(permitted) {
            Ok(addresses)
        } else {
            Err(EgressError::NotPublic(url.host_str().unwrap_or_default().to_owned()))
        }
    }
}

async fn resolve(name: String, port: u16) -> Result<Vec<SocketAddr>, EgressError> {
    let lookup = name.clone();
    let found = tokio::task::spawn_blocking(move || {
        use std::net::ToSocketAddrs as _;
        (lookup.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>)
    });
    match tokio::time::timeout(LOOKUP_LIMIT, found).await {
        Ok(Ok(Ok(addresses))) if !addresses.is_empty() => Ok(addresses),
        _ => Err(EgressError::Unresolved(name)),
    }
}
