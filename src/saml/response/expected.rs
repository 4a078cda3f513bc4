//! What a Response is checked against.

use time::{Duration, OffsetDateTime};

use crate::saml::{
    dsig::{SignaturePolicy, VerificationKey},
    xmlenc::Decryption,
};

/// What a Response is checked against: the provider, ourselves, the request, the connection's policy, and the time.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The provider's entity ID.
    pub idp_entity_id: &'a str,
    /// The provider's keys. None is a configuration error.
    pub keys: &'a [VerificationKey],
    /// Our entity ID: the audience.
    pub sp_entity_id: &'a str,
    /// Where the Response must have been sent, as configured, not as the request's Host says.
    pub acs_url: &'a str,
    /// What it must answer.
    pub solicitation: Solicitation<'a>,
    /// The attribute that the connection takes the stable subject from, if any (R2).
    pub stable_attribute: Option<&'a str>,
    /// The connection's switches for signatures that are weaker than usual.
    pub signatures: SignaturePolicy,
    /// Our keys for what is encrypted, and the connection's switches.
    pub decryption: Decryption<'a>,
    /// How far clocks may differ, both ways.
    pub clock_skew: Duration,
    /// Now.
    pub now: OffsetDateTime,
}

/// Whether the login was started here.
#[derive(Debug, Clone, Copy)]
pub enum Solicitation<'a> {
    /// By this request, which this browser made (R7).
    Request(PendingRequest<'a>),
    /// At the provider (R8): then nothing may claim to answer a request.
    Unsolicited,
    /// At a provider that puts a made-up InResponseTo into such responses, as the connection says (R8). What it names
    /// is not read. That no request of ours has this ID is for the caller to see, both of what the Response claims, which
    /// nobody may have signed, and of [`VerifiedAssertion::answers`]: a response to a request needs its browser, whatever
    /// the connection says (R7).
    ///
    /// [`VerifiedAssertion::answers`]: super::VerifiedAssertion::answers
    UnsolicitedWithDummy,
}

/// The request that a Response must answer.
#[derive(Debug, Clone, Copy)]
pub struct PendingRequest<'a> {
    /// The ID of the AuthnRequest.
    pub id: &'a str,
    /// The user must have signed in after this, because ForceAuthn or max_age was sent (R11).
    pub authenticated_after: Option<OffsetDateTime>,
    /// The authentication contexts that were asked for; none accepts any.
    pub authn_contexts: &'a [&'a str],
}

impl Expected<'_> {
    /// What clocks may differ by, unless a connection says otherwise.
    pub const CLOCK_SKEW: Duration = Duration::seconds(180);

    /// Whether `end` (exclusive) is past, with the benefit of the doubt.
    pub(super) fn is_past(&self, end: OffsetDateTime) -> bool {
        self.now.saturating_sub(self.clock_skew) >= end
    }

    /// Whether `start` is still to come, with the benefit of the doubt.
    pub(super) fn is_to_come(&self, start: OffsetDateTime) -> bool {
        self.now.saturating_add(self.clock_skew) < start
    }
}
