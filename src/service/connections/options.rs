//! The switches of a connection that are rarely set. They are one JSON value in its row; what is not in it has the default
//! that most providers do best with.

use serde::{Deserialize, Serialize};

use crate::{
    model::{Millis, Timestamp},
    service::providers,
    store::saml_connections::SamlConnection,
};

pub(super) const DAY: Millis = 24 * 60 * 60 * 1000;

/// For so many days metadata that could not be fetched again is used after its end.
const STALE_DAYS: u32 = 30;

/// The switches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Options {
    /// Sign requests even where the provider's metadata does not ask for it.
    pub sign_requests: bool,
    /// Sign our metadata: for a provider, or a federation, that takes no other.
    pub sign_metadata: bool,
    /// Name a certificate to encrypt to in our metadata. Not set: unless the provider answers it with what is refused.
    pub publish_encryption: Option<bool>,
    /// Send requests by HTTP-POST where the provider offers both bindings.
    pub prefer_post: bool,
    /// The NameID format to insist on.
    pub name_id_format: Option<String>,
    /// With a format: the provider must know the person already.
    pub forbid_create: bool,
    /// Pass `login_hint` on as the request's Subject, where the organization has proved its domain.
    pub login_hint_as_subject: bool,
    /// Authentication contexts to insist on; one of them must come back.
    pub authn_contexts: Vec<String>,
    /// Authentication contexts that count as a second factor (R11).
    pub mfa_contexts: Vec<String>,
    /// The provider puts a made-up InResponseTo into logins that start there (R8).
    pub dummy_in_response_to: bool,
    /// Metadata with a new host, with all keys new, or with a key that somebody else than the provider publishes, waits
    /// for somebody to accept it (R24).
    pub hold_metadata_changes: bool,
    /// The certificates, base64, of which one must have signed the metadata; without any, a signature is not looked at.
    pub metadata_signers: Vec<String>,
    /// From the metadata: one of them had signed what the connection has now.
    pub metadata_was_signed: bool,
    /// For how many days after the metadata has ended logins are still accepted on its word; not set,
    /// for thirty where it has an address, and for ever where somebody uploaded it once (R24).
    pub stale_metadata_days: Option<u32>,
    /// From the metadata: the logout endpoint takes forms, not redirects.
    pub slo_by_post: bool,
    /// From the metadata: answers to logout requests go here.
    pub slo_response_url: Option<String>,
    /// From the metadata: why certificates in it were passed over.
    pub unusable_certificates: Vec<String>,
    /// From the metadata: what else was passed over.
    pub left_out: Vec<String>,
    /// The mark of the metadata that is held back.
    pub held_mark: Option<String>,
    /// From the metadata: the end, in milliseconds, that was told when it came.
    pub metadata_end_told: Option<i64>,
}

impl Options {
    /// Those of a connection. What cannot be read is as if nothing had been set.
    pub fn of(connection: &SamlConnection) -> Self {
        Self::read(connection).unwrap_or_default()
    }

    /// Those of a connection, to be written again: what cannot be read must not be written over with nothing.
    pub(crate) fn read(connection: &SamlConnection) -> Option<Self> {
        serde_json::from_str(&connection.options).ok()
    }

    /// Whether requests through this connection are signed. Our metadata says the same: a provider that reads there that
    /// they are refuses those that are not.
    pub fn signs_requests(&self, connection: &SamlConnection) -> bool {
        self.sign_requests || connection.idp_wants_signed_requests
    }

    /// Whether our metadata names a certificate to encrypt to.
    pub fn publishes_encryption(&self, connection: &SamlConnection) -> bool {
        self.publish_encryption.unwrap_or_else(|| !providers::of(&connection.provider).saml.encrypts_unsigned)
    }

    /// The authentication contexts to insist on.
    pub fn authn_contexts(&self) -> Vec<&str> {
        self.authn_contexts.iter().map(String::as_str).collect()
    }

    /// Whether a way of signing in counts as one with a second factor (R11).
    pub fn is_second_factor(&self, class: Option<&str>) -> bool {
        class.is_some_and(|class| self.mfa_contexts.iter().any(|mfa| mfa == class))
    }

    /// Whether the metadata ended so long ago that nothing is accepted on its word any more (R24). Until then the last
    /// good copy serves: a provider whose web server is down must not lock its people out.
    pub fn metadata_is_stale(&self, connection: &SamlConnection, now: Timestamp) -> bool {
        let fetched = connection.metadata_url.is_some().then_some(STALE_DAYS);
        let Some(days) = self.stale_metadata_days.or(fetched) else { return false };
        connection.metadata_valid_until.is_some_and(|end| now >= end.plus(Millis::from(days) * DAY))
    }

    /// The stored form.
    pub fn to_stored(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".into())
    }
}
