//! The development identity provider: signs anyone in as one of its demo accounts. Mounted by `demo` only, on loopback,
//! with keys made at start, so that nothing it signs is worth anything elsewhere (R29).

mod accounts;
mod key;

pub use accounts::{ACCOUNTS, Account};
pub use key::KeyFailure;

use time::Duration;
use url::{Host, Url};

use crate::{
    model::{Clock, Rng},
    saml::{
        SigningKey,
        dsig::SignError,
        issue::{IdpDescription, IssuedAssertion, IssuedResponse, SignedElements},
        names::name_id,
        request::{ReceivedRequest, message_id},
    },
};

/// How long a response may be used: somebody reads the page first.
const LIFETIME: Duration = Duration::minutes(10);

/// The provider.
#[derive(Debug)]
pub struct DevIdp {
    key: SigningKey,
    entity_id: String,
    sso_url: String,
}

/// Why the provider does not answer a request.
#[derive(Debug, thiserror::Error)]
pub enum DevIdpError {
    /// A request that names no place on this machine to answer to. The provider vouches for anyone, so it answers to
    /// loopback only.
    #[error("the request comes from {0:?}; the development provider answers to this machine only")]
    NotLocal(String),
    /// Signing failed.
    #[error("the response could not be signed")]
    Sign(#[from] SignError),
}

impl DevIdp {
    /// A provider at `origin` (such as `http://127.0.0.1:8082`) with a key of its own.
    pub fn start(origin: &str, clock: &dyn Clock) -> Result<Self, KeyFailure> {
        Ok(Self {
            key: key::make(clock.now())?,
            entity_id: format!("{origin}/devidp/metadata"),
            sso_url: format!("{origin}/devidp/sso"),
        })
    }

    /// What a connection is made from.
    pub fn metadata(&self) -> String {
        let certificates = [self.key.certificate_der()];
        IdpDescription { entity_id: &self.entity_id, sso_url: &self.sso_url, certificates: &certificates }
            .to_xml()
    }

    /// The signed answer to a request, for an account.
    pub fn sign_in(
        &self,
        request: &ReceivedRequest,
        account: &Account<'_>,
        clock: &dyn Clock,
        rng: &dyn Rng,
    ) -> Result<Answer, DevIdpError> {
        let acs_url = request.acs_url.as_deref().filter(|url| is_loopback(url));
        let acs_url =
            acs_url.ok_or_else(|| DevIdpError::NotLocal(request.acs_url.clone().unwrap_or_default()))?;
        let now = clock.now().to_datetime();
        let id = || message_id(&rng.bytes::<20>());
        let (response_id, assertion_id, session_index) = (id(), id(), id());
        let attributes: Vec<(&str, &[&str])> = vec![
            ("email", std::slice::from_ref(&account.email)),
            ("firstName", std::slice::from_ref(&account.first_name)),
            ("lastName", std::slice::from_ref(&account.last_name)),
            ("groups", account.groups),
        ];
        let response = IssuedResponse {
            id: &response_id,
            issuer: &self.entity_id,
            acs_url,
            in_response_to: Some(&request.id),
            issued_at: now,
            assertion: IssuedAssertion {
                id: &assertion_id,
                audience: &request.issuer,
                name_id: account.email,
                name_id_format: name_id::EMAIL,
                authenticated_at: now,
                validity: (now, now + LIFETIME),
                session_index: Some(&session_index),
                session_not_on_or_after: None,
                attributes: &attributes,
            },
        };
        let xml = response.to_signed_xml(&self.key, SignedElements::Both)?;
        Ok(Answer { acs_url: acs_url.to_owned(), xml })
    }
}

/// A response and where the browser takes it.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The service provider's ACS.
    pub acs_url: String,
    /// The response.
    pub xml: String,
}

fn is_loopback(url: &str) -> bool {
    match Url::parse(url).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_go_to_this_machine_only() {
        for url in ["http://localhost:8080/acs", "https://127.0.0.1/acs", "http://[::1]:1/"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in
            ["https://login.example.com/acs", "http://localhost.evil.example/", "javascript:alert(1)", ""]
        {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
