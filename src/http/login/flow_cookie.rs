//! The flow cookie (R7): it ties a login to the browser that began it. It holds a nonce and nothing else; the flow's row
//! holds the nonce's hash. Several tabs share one.

use actix_web::{HttpRequest, http::header};

use crate::{
    http::cookies::{self, HostCookie, SameSite},
    model::{
        ids::{LoginFlowId, SamlConnectionId},
        secret::Secret,
    },
    service::{Context, login::FLOW_LIFETIME},
};

const NAME: &str = "vestibule_flow";

/// A browser's nonce.
#[derive(Debug, Clone)]
pub struct FlowCookie(Secret);

impl FlowCookie {
    /// The nonce that the browser sent, if it sent one.
    pub fn sent(request: &HttpRequest) -> Option<Self> {
        cookies::read(request, NAME).map(|value| Self(Secret::new(value)))
    }

    /// The nonce that the browser sent, else a new one.
    pub fn of(request: &HttpRequest, cx: &Context) -> Self {
        Self::sent(request).unwrap_or_else(|| Self(Secret::random("", &*cx.rng)))
    }

    /// The cookie of a nonce that was made elsewhere.
    pub fn from_nonce(nonce: Secret) -> Self {
        Self(nonce)
    }

    /// The nonce.
    pub fn nonce(&self) -> &Secret {
        &self.0
    }

    /// Sets the cookie, for as long as a flow lives from now. SameSite=None: the provider's response is a cross-site
    /// POST, and it must arrive with it.
    pub fn header(&self) -> (header::HeaderName, String) {
        let max_age = u32::try_from(FLOW_LIFETIME / 1000).ok();
        let value = self.0.expose().to_owned();
        HostCookie { name: NAME.into(), value, max_age, same_site: SameSite::None }.header()
    }
}

/// Where a flow goes on to a SAML connection's identity provider.
pub fn saml_init(connection: &SamlConnectionId, flow: &LoginFlowId) -> String {
    format!("/api/saml/v1/{connection}/init?flow={flow}")
}
