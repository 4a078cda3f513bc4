//! The way back to the host app from a login that was refused (RFC 6749 section 4.1.2.1).

use crate::store::login_flows::LoginFlow;

/// Where an error goes. Client and redirect URI were checked when the login began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayBack {
    /// The registered redirect URI.
    pub redirect_uri: String,
    /// The client's own state.
    pub state: Option<String>,
    /// The registered error.
    pub error: &'static str,
    /// Whether the browser goes at once (`prompt=none`), or the person is told first and offered the way.
    pub at_once: bool,
}

impl WayBack {
    /// The way back of a flow, if a host app began it.
    pub fn of(flow: &LoginFlow) -> Option<Self> {
        let redirect_uri = flow.client_id.as_ref().and(flow.redirect_uri.clone())?;
        Some(Self {
            redirect_uri,
            state: flow.oauth_state.clone(),
            error: if flow.passive { "login_required" } else { "access_denied" },
            at_once: flow.passive,
        })
    }
}
