//! The addresses of a connection, which an administrator types into the identity provider.

use crate::model::ids::SamlConnectionId;

/// What identifies us to an identity provider, for one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpUrls {
    /// The entity ID: the audience of assertions.
    pub entity_id: String,
    /// Where responses go: Destination and Recipient.
    pub acs_url: String,
    /// Where logout messages go, over both bindings.
    pub slo_url: String,
    /// Where our metadata is.
    pub metadata_url: String,
}

impl SpUrls {
    /// The addresses under a project's origin, as configured, never as a request's Host says.
    pub fn new(origin: &str, connection: &SamlConnectionId) -> Self {
        let entity_id = format!("{origin}/api/saml/v1/{connection}");
        Self {
            acs_url: format!("{entity_id}/acs"),
            slo_url: format!("{entity_id}/slo"),
            metadata_url: format!("{entity_id}/metadata"),
            entity_id,
        }
    }
}
