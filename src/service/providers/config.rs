//! What a provider's file says. Unknown keys are refused, so that a misspelt one does not go unnoticed.

use serde::Deserialize;

/// How a fact is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Seen at the provider itself.
    Verified,
    /// Taken from the provider's documentation.
    Documentation,
    /// General knowledge; the wording is tolerant.
    Unconfirmed,
}

/// A sentence, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The sentence, or the name of a field.
    pub text: String,
    /// How it is known.
    pub from: Source,
}

/// An identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The stable id, as connections keep it.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// What people call it as well.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// How its metadata is recognised.
    pub detect: Detection,
    /// Signing in.
    pub saml: Saml,
    /// Provisioning; none where it does not push.
    pub scim: Option<Scim>,
}

/// How metadata is recognised: any one of these is enough.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detection {
    /// How this is known.
    pub from: Source,
    /// What the entity ID starts with.
    #[serde(default)]
    pub entity_id_starts: Vec<String>,
    /// What the entity ID ends with.
    #[serde(default)]
    pub entity_id_ends: Vec<String>,
    /// The host of a sign-in endpoint: the whole of it, or its end where this begins with a dot.
    #[serde(default)]
    pub sso_host_ends: Vec<String>,
    /// A part of the path of a sign-in endpoint.
    #[serde(default)]
    pub sso_path_contains: Vec<String>,
}

/// Setting up SAML.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saml {
    /// Whether it publishes metadata at an address, which can be fetched again.
    pub metadata_url: bool,
    /// The attribute that identifies people for good, where its NameID does not (R2).
    pub subject: Option<String>,
    /// The same where it does not come by itself: the set-up pages ask for it among the attributes to send, and a test sign-in
    /// fails without it.
    pub asked_subject: Option<String>,
    /// Whether it encrypts to any certificate that our metadata names, in CBC mode, and signs inside of that alone, unless told
    /// otherwise: what it sends then is refused, so its metadata names none.
    #[serde(default)]
    pub encrypts_unsigned: bool,
    /// Where signing is switched on.
    pub signing: Option<Fact>,
    /// What to do there, in order.
    pub steps: Vec<Fact>,
    /// What to hand back to us, best first.
    pub hand_back: Vec<Fact>,
    /// What surprises people.
    pub quirks: Vec<Fact>,
    /// What is typed into it.
    pub fields: Vec<SpField>,
    /// What it has to be told to send.
    pub attributes: Vec<MappedAttribute>,
    /// What it is recognised to send.
    pub claims: Claims,
    /// What it shows by itself where the test does not come back.
    #[serde(default)]
    pub provider_errors: Vec<ProviderError>,
}

/// An error that the provider shows on a page of its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderError {
    /// What is seen.
    pub seen: String,
    /// Where to look.
    pub look: String,
    /// How this is known.
    pub from: Source,
}

/// A field of the provider's form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpField {
    /// Its name there.
    pub name: String,
    /// Which value of ours goes into it.
    pub value: SpValue,
    /// The value, where it is none of ours. What stands for ours in it, `{acs_url}` and `{entity_id}`, is filled in.
    pub text: Option<String>,
    /// How this is known.
    pub from: Source,
}

/// What goes into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpValue {
    /// The address of our assertion consumer service.
    AcsUrl,
    /// The same as a regular expression.
    AcsUrlPattern,
    /// Our entity ID.
    EntityId,
    /// Where our metadata is.
    MetadataUrl,
    /// Where logout messages go, over both bindings.
    LogoutUrl,
    /// The certificate that our requests and logout messages are signed with.
    SigningCertificate,
    /// The certificate to encrypt assertions to.
    EncryptionCertificate,
    /// The field's own text.
    Text,
}

impl SpValue {
    /// Whether a sign-in works without it.
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::LogoutUrl | Self::SigningCertificate | Self::EncryptionCertificate)
    }
}

/// An attribute that has to be added at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappedAttribute {
    /// The name that it is sent by.
    pub name: String,
    /// What it is filled from there.
    pub source: String,
    /// How this is known.
    pub from: Source,
}

/// Names of attributes, first choice first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// How these are known.
    pub from: Source,
    /// The email address.
    #[serde(default)]
    pub email: Vec<String>,
    /// The given name.
    #[serde(default)]
    pub first_name: Vec<String>,
    /// The family name.
    #[serde(default)]
    pub last_name: Vec<String>,
    /// The whole name.
    #[serde(default)]
    pub display_name: Vec<String>,
    /// The whole name where this provider alone sends it so, and no better one came. Another may send something else by that
    /// name: Entra has a user's principal name there.
    #[serde(default)]
    pub whole_name: Vec<String>,
    /// Groups.
    #[serde(default)]
    pub groups: Vec<String>,
    /// What is sent in place of groups when they are too many: a link that nobody follows.
    #[serde(default)]
    pub groups_link: Vec<String>,
}

/// Setting up SCIM.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scim {
    /// The field for our base URL.
    pub base_url: Fact,
    /// What has to stand behind the base URL, as its query.
    pub query: Option<String>,
    /// The field for the bearer token.
    pub token: Fact,
    /// What else is chosen or typed there.
    #[serde(default)]
    pub settings: Vec<Setting>,
    /// Whether its own connection test makes a user, which a connection refuses until it is live.
    #[serde(default)]
    pub tests_by_writing: bool,
    /// What to do there, in order.
    pub steps: Vec<Fact>,
    /// What surprises people.
    pub quirks: Vec<Fact>,
}

/// A field of the provider's form with a value that is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Its name there.
    pub name: String,
    /// What to type or choose.
    pub text: String,
    /// How this is known.
    pub from: Source,
}

impl Provider {
    /// How provisioning is set up there, in general words where it is not known to push by itself.
    pub fn scim_or_generic(&self) -> Option<&Scim> {
        self.scim.as_ref().or(super::generic().scim.as_ref())
    }
}

impl Scim {
    /// The base URL as this provider wants it.
    pub fn base_url(&self, address: &str) -> String {
        self.query.as_ref().map_or_else(|| address.to_owned(), |query| format!("{address}?{query}"))
    }
}

impl Saml {
    /// The name of the field for a value of ours.
    pub fn field(&self, value: SpValue) -> Option<&str> {
        self.names(value).next()
    }

    /// The names of all fields for it.
    pub fn names(&self, value: SpValue) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |field| field.value == value).map(|field| field.name.as_str())
    }
}
