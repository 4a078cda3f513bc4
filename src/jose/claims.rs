//! The claims of the tokens that the OpenID Provider issues.

use serde::{Deserialize, Serialize};

/// `typ` of an ID token.
pub const ID_TOKEN_TYPE: &str = "JWT";

/// `typ` of an OAuth access token (RFC 9068 section 2.1).
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// The customer that the user belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationClaim {
    /// The organization's identifier, the same as `organization_id`.
    pub id: String,
    /// Its name for people.
    pub display_name: String,
}

/// An ID token (OpenID Connect Core section 2), for the client in `aud`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdTokenClaims {
    /// Issuer.
    pub iss: String,
    /// The user's identifier.
    pub sub: String,
    /// The client's identifier.
    pub aud: String,
    /// Expiry, in seconds since the epoch.
    pub exp: i64,
    /// Issued at, in seconds.
    pub iat: i64,
    /// When the user authenticated, by the provider's word, in seconds.
    pub auth_time: i64,
    /// As the client asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The provider's authentication context, where it named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// Authentication methods (RFC 8176), where known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The session's identifier.
    pub sid: String,
    /// The user's login address, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the organization has proved the address's domain; where there is an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// The user's name, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The organization's identifier: what the host app keys its tenant on.
    pub organization_id: String,
    /// The organization.
    pub organization: OrganizationClaim,
    /// The names of the user's roles.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The names of the user's groups, where they were asked for and are not too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// They were asked for and are too many for a token.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub groups_omitted: bool,
}

/// An OAuth access token (RFC 9068), for our own userinfo endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// Issuer.
    pub iss: String,
    /// The user's identifier.
    pub sub: String,
    /// The resource that takes it.
    pub aud: String,
    /// Expiry, in seconds since the epoch.
    pub exp: i64,
    /// Issued at, in seconds.
    pub iat: i64,
    /// This token's identifier.
    pub jti: String,
    /// The client that it was given to.
    pub client_id: String,
    /// What was granted, separated by spaces.
    pub scope: String,
    /// The session that must be alive for the token to count.
    pub sid: String,
    /// The organization's identifier.
    pub organization_id: String,
}
