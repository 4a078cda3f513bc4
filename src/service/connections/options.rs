//! The switches of a connection that are rarely set. They are one JSON value in its row; what is not in it has the default
//! that most providers do best with.

use serde::{Deserialize, Serialize};

use crate::store::saml_connections::SamlConnection;

/// The switches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Options {
    /// Sign requests even where the provider's metadata does not ask for it.
    pub sign_requests: bool,
    /// Send requests by HTTP-POST where the provider offers both bindings.
    pub prefer_post: bool,
    /// The NameID format to insist on.
    pub name_id_format: Option<String>,
    /// With a format: the provider must know the person already.
    pub forbid_create: bool,
    /// Pass `login_hint` on as the request's Subject.
    pub login_hint_as_subject: bool,
    /// Authentication contexts to insist on; one of them must come back.
    pub authn_contexts: Vec<String>,
    /// Authentication contexts that count as a second factor (R11).
    pub mfa_contexts: Vec<String>,
    /// The provider puts a made-up InResponseTo into logins that start there (R8).
    pub dummy_in_response_to: bool,
    /// Metadata with a new host, or with all keys new, waits for somebody to accept it (R24).
    pub hold_metadata_changes: bool,
    /// From the metadata: the logout endpoint takes forms, not redirects.
    pub slo_by_post: bool,
    /// From the metadata: answers to logout requests go here.
    pub slo_response_url: Option<String>,
}

impl Options {
    /// Those of a connection. What cannot be read is as if nothing had been set.
    pub fn of(connection: &SamlConnection) -> Self {
        serde_json::from_str(&connection.options).unwrap_or_default()
    }

    /// Whether requests through this connection are signed. Our metadata says the same: a provider that reads there that
    /// they are refuses those that are not.
    pub fn signs_requests(&self, connection: &SamlConnection) -> bool {
        self.sign_requests || connection.idp_wants_signed_requests
    }

    /// The stored form.
    pub fn to_stored(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".into())
    }
}
