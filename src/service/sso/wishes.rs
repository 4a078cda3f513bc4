//! What a login asks of the provider beyond a sign-in, and what the answer is held to for it. Both are here, so that
//! nothing is asked for that is not checked, and a test sign-in asks and checks what a login would.

use super::refusal::Refusal;
use crate::{
    model::Timestamp,
    saml::{
        binding::post,
        response::{self, PendingRequest, Received},
    },
    service::connections::Options,
    store::{login_flows::LoginFlow, saml_connections::SamlConnection},
};

/// What one login asks of the provider.
#[derive(Debug)]
pub(crate) struct Wishes<'a> {
    /// For a new sign-in: the connection or `prompt=login` wants it.
    new_sign_in: bool,
    /// For one that is not older than so many seconds (`max_age`).
    max_age_s: Option<i64>,
    /// That nobody is asked anything (`prompt=none`).
    pub(super) passive: bool,
    /// Whom the provider may expect.
    pub(super) login_hint: Option<&'a str>,
}

impl<'a> Wishes<'a> {
    /// What any login through the connection asks.
    pub(crate) fn of_connection(connection: &SamlConnection) -> Self {
        Self { new_sign_in: connection.force_authn, max_age_s: None, passive: false, login_hint: None }
    }

    /// And what this one asks.
    pub(super) fn of_flow(connection: &SamlConnection, flow: &'a LoginFlow) -> Self {
        Self {
            new_sign_in: flow.force_authn || connection.force_authn,
            max_age_s: flow.max_age_s,
            passive: flow.passive,
            login_hint: flow.login_hint.as_deref(),
        }
    }

    /// `ForceAuthn`. For max_age too: the provider may not know how long ago the person signed in, but it knows how to ask
    /// (R11).
    pub(super) fn force_authn(&self) -> bool {
        self.new_sign_in || self.max_age_s.is_some()
    }

    /// The request that the answer must be to, and what else it is held to.
    pub(crate) fn request<'r>(
        &self,
        id: &'r str,
        requested_at: Option<Timestamp>,
        authn_contexts: &'r [&'r str],
        now: Timestamp,
    ) -> PendingRequest<'r> {
        let authenticated_after = self.authenticated_after(requested_at, now).map(Timestamp::to_datetime);
        PendingRequest { id, authenticated_after, authn_contexts }
    }

    /// R11: `prompt=login` asks for a new sign-in, `max_age` for one that is not older.
    fn authenticated_after(&self, requested_at: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        if self.new_sign_in {
            return requested_at;
        }
        self.max_age_s.map(|seconds| now.plus(seconds.saturating_mul(-1000)))
    }
}

/// Whether anything is accepted on the word of the connection's metadata (R24).
pub(crate) fn check_metadata(connection: &SamlConnection, now: Timestamp) -> Result<(), Refusal> {
    match connection.metadata_valid_until {
        Some(end) if Options::of(connection).metadata_is_stale(connection, now) => {
            Err(Refusal::MetadataEnded(end))
        }
        _ => Ok(()),
    }
}

/// Whoever brings a message of the draft's provider is told that it is a draft; to strangers it is as one that is switched off.
pub(super) fn unusable(connection: &SamlConnection, saml_response: &str) -> Refusal {
    let issuer = || {
        let message = post::decode(saml_response).ok()?;
        Received::read(&response::scan(&message).ok()?).ok()?.claimed_issuer()
    };
    match Refusal::of_status(connection.status) {
        Refusal::ConnectionDraft if issuer().as_ref() != Some(&connection.idp_entity_id) => {
            Refusal::ConnectionNotUsable
        }
        refusal => refusal,
    }
}
