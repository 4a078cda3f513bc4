//! What the frame knows about a request before any handler runs: its id, the site, the caller's address.

use std::{
    cell::RefCell,
    future::{Ready, ready},
    net::IpAddr,
    rc::Rc,
    str::FromStr,
    sync::Arc,
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, dev::ServiceRequest};

use super::{error::HttpError, sites::Site};

/// Extracted by any handler. Clones share their content.
#[derive(Debug, Clone)]
pub struct RequestContext(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    id: String,
    site: Option<Arc<Site>>,
    address: Option<IpAddr>,
    organization: RefCell<Option<String>>,
}

impl RequestContext {
    pub(super) fn new(id: String, site: Option<Arc<Site>>, address: Option<IpAddr>) -> Self {
        Self(Rc::new(Inner { id, site, address, organization: RefCell::default() }))
    }

    /// The request id, `req_...`: in the header `x-request-id`, in the log, and the reference on error pages.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The configured site that the request came to.
    pub fn site(&self) -> Result<&Site, HttpError> {
        self.0.site.as_deref().ok_or_else(HttpError::misdirected)
    }

    pub(super) fn site_if_known(&self) -> Option<&Site> {
        self.0.site.as_deref()
    }

    /// The caller's address: the peer, or what a trusted proxy says (R28).
    pub fn address(&self) -> Option<IpAddr> {
        self.0.address
    }

    /// Names the organization in this request's log line, once the credential has told it.
    pub fn set_organization(&self, organization: &str) {
        *self.0.organization.borrow_mut() = Some(organization.to_owned());
    }

    pub(super) fn organization(&self) -> Option<String> {
        self.0.organization.borrow().clone()
    }
}

impl FromRequest for RequestContext {
    type Error = HttpError;
    type Future = Ready<Result<Self, HttpError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = request.extensions().get::<Self>().cloned();
        ready(context.ok_or_else(|| HttpError::internal("a handler ran outside the frame")))
    }
}

/// The networks whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<Network>);

#[derive(Debug, Clone, Copy)]
struct Network {
    address: u128,
    mask: u128,
}

/// Not an address or a network such as `10.0.0.0/8`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0} is not an address or a network such as 10.0.0.0/8")]
pub struct NetworkError(String);

impl TrustedProxies {
    /// Parses addresses and networks.
    pub fn parse<S: AsRef<str>>(networks: &[S]) -> Result<Self, NetworkError> {
        networks.iter().map(|text| text.as_ref().parse()).collect::<Result<_, _>>().map(Self)
    }

    fn contains(&self, address: IpAddr) -> bool {
        let bits = as_bits(address);
        self.0.iter().any(|network| bits & network.mask == network.address)
    }

    /// The caller's address. A trusted proxy appends its peer at the right end of `X-Forwarded-For`, so the list is
    /// read from there, over trusted hops only; everything further left is the caller's own invention.
    pub(super) fn caller(&self, request: &ServiceRequest) -> Option<IpAddr> {
        let mut caller = request.peer_addr()?.ip();
        let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
        for hop in hops.iter().rev() {
            if !self.contains(caller) {
                break;
            }
            match hop.parse() {
                Ok(address) => caller = address,
                Err(_) => break,
            }
        }
        Some(caller)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let refuse = || NetworkError(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().map_err(|_| refuse())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| refuse())?;
        let (width, offset) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let prefix = prefix.unwrap_or(width);
        if prefix > width {
            return Err(refuse());
        }
        let mask = u128::MAX.checked_shl(128 - (prefix + offset)).unwrap_or(0);
        Ok(Self { address: as_bits(address) & mask, mask })
    }
}

/// Both families in one space: IPv4 as its mapped IPv6 form, which is also what a dual-stack listener reports.
fn as_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn caller(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1234").parse().unwrap());
        for value in forwarded {
            request = request.append_header(("x-forwarded-for", *value));
        }
        let proxies = TrustedProxies::parse(trusted).unwrap();
        proxies.caller(&request.to_srv_request()).unwrap().to_string()
    }

    #[test]
    fn r28_forwarded_addresses_count_only_from_trusted_proxies() {
        assert_eq!(caller(&[], "192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(caller(&["10.0.0.0/8"], "192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(caller(&["10.0.0.0/8"], "10.1.2.3", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(caller(&["10.0.0.0/8"], "10.1.2.3", &["6.6.6.6, 203.0.113.9, 10.9.9.9"]), "203.0.113.9");
        assert_eq!(caller(&["10.0.0.0/8"], "10.1.2.3", &["6.6.6.6", "203.0.113.9"]), "203.0.113.9");
        assert_eq!(caller(&["10.0.0.0/8"], "10.1.2.3", &["junk"]), "10.1.2.3");
        assert_eq!(caller(&["::1"], "[::1]", &["2001:db8::7"]), "2001:db8::7");
    }

    #[test]
    fn networks_are_parsed_or_refused() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "127.0.0.1", "::/0", "2001:db8::/32"] {
            assert!(TrustedProxies::parse(&[good]).is_ok(), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "::/129", "proxy.example", "10.0.0.0/-1"] {
            assert_eq!(TrustedProxies::parse(&[bad]).unwrap_err(), NetworkError(bad.to_owned()));
        }
    }
}
