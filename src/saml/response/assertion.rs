//! What a login may rely on.

use time::OffsetDateTime;

/// An assertion that passed every check, about one person. Only validation makes one; it holds nothing that the
/// signature did not cover.
#[derive(Debug, Clone)]
pub struct VerifiedAssertion {
    pub(super) id: String,
    pub(super) issuer: String,
    pub(super) name_id: Option<NameId>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) answers: Vec<String>,
    pub(super) issue_instant: OffsetDateTime,
    pub(super) session_index: Option<String>,
    pub(super) authn_instant: OffsetDateTime,
    pub(super) authn_context: Option<String>,
    pub(super) session_not_on_or_after: Option<OffsetDateTime>,
    pub(super) replay_until: OffsetDateTime,
}

/// Who the assertion is about, as the provider names them (Core 2.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameId {
    /// The value, as sent.
    pub value: String,
    /// The format; unspecified where the provider says nothing.
    pub format: String,
    /// The provider's qualifier.
    pub name_qualifier: Option<String>,
    /// The service provider, or group of them, that the value is for.
    pub sp_name_qualifier: Option<String>,
}

/// An attribute with all its values, over all elements of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name.
    pub name: String,
    /// The name for people, if the provider sends one.
    pub friendly_name: Option<String>,
    /// The values, in the order sent.
    pub values: Vec<String>,
}

impl VerifiedAssertion {
    /// The assertion's ID: to be kept until [`replay_until`](Self::replay_until) and accepted once.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The provider's entity ID.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The subject. Absent only where the connection's stable attribute is present.
    #[must_use]
    pub fn name_id(&self) -> Option<&NameId> {
        self.name_id.as_ref()
    }

    /// The attributes, in the order sent.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The values of an attribute; none if it was not sent.
    #[must_use]
    pub fn values(&self, name: &str) -> &[String] {
        self.attributes.iter().find(|a| a.name == name).map_or(&[], |a| &a.values)
    }

    /// The first non-blank value of the first of `names` that has one, without the space around it.
    #[must_use]
    pub fn first_of(&self, names: &[&str]) -> Option<&str> {
        names
            .iter()
            .flat_map(|name| self.values(name))
            .map(|value| value.trim())
            .find(|value| !value.is_empty())
    }

    /// The requests that its confirmations say they answer. After [`Solicitation::UnsolicitedWithDummy`] the caller must see
    /// that none of them is one of ours.
    ///
    /// [`Solicitation::UnsolicitedWithDummy`]: super::Solicitation::UnsolicitedWithDummy
    #[must_use]
    pub fn answers(&self) -> &[String] {
        &self.answers
    }

    /// When the provider made it, by the provider's clock.
    #[must_use]
    pub fn issue_instant(&self) -> OffsetDateTime {
        self.issue_instant
    }

    /// The session at the provider, for logout.
    #[must_use]
    pub fn session_index(&self) -> Option<&str> {
        self.session_index.as_deref()
    }

    /// When the user proved who they are.
    #[must_use]
    pub fn authn_instant(&self) -> OffsetDateTime {
        self.authn_instant
    }

    /// How the user proved it.
    #[must_use]
    pub fn authn_context(&self) -> Option<&str> {
        self.authn_context.as_deref()
    }

    /// When our session must end at the latest.
    #[must_use]
    pub fn session_not_on_or_after(&self) -> Option<OffsetDateTime> {
        self.session_not_on_or_after
    }

    /// Until when the ID must be remembered: from then on the assertion is expired by itself, skew included.
    #[must_use]
    pub fn replay_until(&self) -> OffsetDateTime {
        self.replay_until
    }
}
