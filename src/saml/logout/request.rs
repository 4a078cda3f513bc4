//! LogoutRequest, as a provider sends it.

use time::OffsetDateTime;

use super::{
    error::LogoutRejection,
    verify::{Envelope, ExpectedLogout, Inbound, MAX_AGE, envelope},
};
use crate::saml::{
    names::ns,
    response::{NameId, Rejection, read},
    xml::{Limits, Scanned, tree},
};

/// More sessions of one person than any provider names.
const MAX_SESSIONS: usize = 64;
/// A SessionIndex longer than this was never kept; a longer ID is refused.
const MAX_INDEX: usize = 1024;

/// A request of the provider to end sessions. Only verification makes one.
#[derive(Debug, Clone)]
pub struct VerifiedLogoutRequest {
    id: String,
    name_id: NameId,
    session_indexes: Vec<String>,
    issue_instant: OffsetDateTime,
    replay_until: OffsetDateTime,
}

impl VerifiedLogoutRequest {
    /// The message's ID: for the answer, and to be accepted once until [`replay_until`](Self::replay_until).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whose sessions.
    #[must_use]
    pub fn name_id(&self) -> &NameId {
        &self.name_id
    }

    /// Which of them; none means all, also those that an assertion begins later which was issued before this request.
    #[must_use]
    pub fn session_indexes(&self) -> &[String] {
        &self.session_indexes
    }

    /// When the provider made it, by the provider's clock.
    #[must_use]
    pub fn issue_instant(&self) -> OffsetDateTime {
        self.issue_instant
    }

    /// Until when the ID must be remembered: from then on the request is stale by itself, skew included.
    #[must_use]
    pub fn replay_until(&self) -> OffsetDateTime {
        self.replay_until
    }
}

/// Verifies a LogoutRequest.
///
/// # Errors
/// The first check that fails.
pub fn verify_request(
    inbound: Inbound<'_>,
    expected: &ExpectedLogout<'_>,
) -> Result<VerifiedLogoutRequest, LogoutRejection> {
    let text = Scanned::scan(inbound.xml(), &Limits::MESSAGE)?;
    let doc = text.tree()?;
    let children = ["NameID", "EncryptedID", "BaseID", "SessionIndex"];
    let Envelope { root, issued_at } = envelope(&doc, inbound, "LogoutRequest", &children, expected)?;
    let node = root.element();
    let end = read::optional_instant(node, "NotOnOrAfter", "the NotOnOrAfter")?;
    if let Some(not_on_or_after) = end.filter(|end| expected.is_past(*end)) {
        return Err(LogoutRejection::Expired { not_on_or_after, now: expected.now });
    }
    let id = tree::attribute(node, "ID").unwrap_or_default();
    if id.len() > MAX_INDEX {
        return Err(Rejection::TooLong("ID").into());
    }
    let name_id = read::subject_name_id(root, node, &expected.decryption)?;
    let name_id = name_id.ok_or(LogoutRejection::NameIdMissing)?;
    if let Some(got) = name_id.sp_name_qualifier.clone().filter(|got| got != expected.sp_entity_id) {
        return Err(Rejection::SpNameQualifier { wanted: expected.sp_entity_id.to_owned(), got }.into());
    }
    let mut session_indexes = Vec::new();
    for index in tree::children(node, ns::PROTOCOL, "SessionIndex") {
        let index = tree::text(index)?.trim().to_owned();
        if index.is_empty() || index.len() > MAX_INDEX {
            return Err(LogoutRejection::SessionIndex);
        }
        if session_indexes.len() == MAX_SESSIONS {
            return Err(LogoutRejection::TooManySessions(MAX_SESSIONS));
        }
        session_indexes.push(index);
    }
    Ok(VerifiedLogoutRequest {
        id: id.to_owned(),
        name_id,
        session_indexes,
        issue_instant: issued_at,
        replay_until: issued_at.saturating_add(MAX_AGE).saturating_add(expected.clock_skew),
    })
}
