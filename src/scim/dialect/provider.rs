//! Which identity provider is speaking, from what is seen of it. Nothing of weight hangs on it: it decides no right, only
//! whether a create that comes twice is a mistake or a habit, whether members are told with names, and what the admin is
//! shown.

use serde_json::Value;

/// A provider that is known by its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Okta.
    Okta,
    /// Microsoft Entra ID.
    Entra,
    /// OneLogin.
    OneLogin,
    /// JumpCloud.
    JumpCloud,
    /// Google Workspace.
    Google,
    /// PingFederate and PingOne.
    Ping,
    /// Rippling.
    Rippling,
    /// SailPoint.
    SailPoint,
    /// authentik.
    Authentik,
    /// Keycloak.
    Keycloak,
    /// midPoint.
    MidPoint,
}

/// The names in `User-Agent`, in lower case.
const AGENTS: &[(&str, Provider)] = &[
    ("okta", Provider::Okta),
    ("google-auto-provisioning", Provider::Google),
    ("onelogin", Provider::OneLogin),
    ("jumpcloud", Provider::JumpCloud),
    ("pingfederate", Provider::Ping),
    ("pingone", Provider::Ping),
    ("rippling", Provider::Rippling),
    ("sailpoint", Provider::SailPoint),
    ("authentik", Provider::Authentik),
    ("keycloak", Provider::Keycloak),
    // The library below midPoint's connector, which has no name of its own.
    ("jersey/", Provider::MidPoint),
    ("azure", Provider::Entra),
    ("microsoft", Provider::Entra),
];

/// The schema that Entra adds to groups.
const ENTRA_GROUP_URN: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 11] = [
        Self::Okta,
        Self::Entra,
        Self::OneLogin,
        Self::JumpCloud,
        Self::Google,
        Self::Ping,
        Self::Rippling,
        Self::SailPoint,
        Self::Authentik,
        Self::Keycloak,
        Self::MidPoint,
    ];

    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::OneLogin => "onelogin",
            Self::JumpCloud => "jumpcloud",
            Self::Google => "google",
            Self::Ping => "ping",
            Self::Rippling => "rippling",
            Self::SailPoint => "sailpoint",
            Self::Authentik => "authentik",
            Self::Keycloak => "keycloak",
            Self::MidPoint => "midpoint",
        }
    }

    /// Reads the stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text)
    }

    /// Whether it sends a create again after a lost answer, and expects the first one's answer.
    pub fn sends_creates_again(self) -> bool {
        self == Self::Rippling
    }

    /// Whether it fails on a member of a group without `display`, which the standard leaves to the server (RFC 7643 section
    /// 4.2) and ours tells on request: a name for each of very many members is read from as many rows.
    pub fn reads_names_of_members(self) -> bool {
        self == Self::MidPoint
    }

    /// By the headers and the query of a request. OneLogin names no product, but a media type where one belongs.
    pub fn of_request(user_agent: Option<&str>, query: &str) -> Option<Self> {
        let agent = user_agent.unwrap_or_default().to_ascii_lowercase();
        let named = AGENTS.iter().find(|(name, _)| agent.contains(name)).map(|(_, provider)| *provider);
        named
            .or_else(|| query.contains("aadOptscim062020").then_some(Self::Entra))
            .or_else(|| (agent == "application/json").then_some(Self::OneLogin))
    }

    /// By the shape of a body, as it came.
    pub fn of_body(body: &Value) -> Option<Self> {
        let schemas = body.get("schemas").and_then(Value::as_array)?;
        let names = |urn: &str| schemas.iter().any(|schema| schema.as_str() == Some(urn));
        if names(ENTRA_GROUP_URN) {
            return Some(Self::Entra);
        }
        if names("urn:scim:schemas:core:2.0") {
            return Some(Self::OneLogin);
        }
        let operations = body.get("Operations").and_then(Value::as_array)?;
        let is_capital = |operation: &Value| {
            matches!(operation.get("op").and_then(Value::as_str), Some("Add" | "Replace" | "Remove"))
        };
        operations.iter().any(is_capital).then_some(Self::Entra)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn providers_are_known_by_what_they_send() {
        let agent = |agent| Provider::of_request(Some(agent), "");
        assert_eq!(agent("Okta SCIM Client 1.0.0"), Some(Provider::Okta));
        assert_eq!(agent("Google-Auto-Provisioning"), Some(Provider::Google));
        assert_eq!(agent("application/json"), Some(Provider::OneLogin));
        assert_eq!(agent("Rippling/1"), Some(Provider::Rippling));
        assert_eq!(agent("Jersey/3.1.10 (Apache HttpClient 5.4)"), Some(Provider::MidPoint));
        assert_eq!(agent("curl/8"), None);
        assert_eq!(Provider::of_request(None, "aadOptscim062020"), Some(Provider::Entra));
        let group = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group", ENTRA_GROUP_URN] });
        assert_eq!(Provider::of_body(&group), Some(Provider::Entra));
        let patch = json!({ "schemas": ["x"], "Operations": [{ "op": "Add" }] });
        assert_eq!(Provider::of_body(&patch), Some(Provider::Entra));
        assert_eq!(
            Provider::of_body(&json!({ "schemas": ["urn:scim:schemas:core:2.0"] })),
            Some(Provider::OneLogin)
        );
        assert_eq!(Provider::of_body(&json!([])), None);
    }

    #[test]
    fn stored_names_are_read_back() {
        for provider in Provider::ALL {
            assert_eq!(Provider::parse(provider.as_str()), Some(provider));
        }
        assert_eq!(Provider::parse("generic"), None);
    }
}
