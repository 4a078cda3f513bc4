//! Small closed sets that are stored as text.

/// A stored text that is not of the set: a row written by a newer version, or a damaged one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {set}: {text}")]
pub struct UnknownText {
    /// The set's name.
    pub set: &'static str,
    /// The text found.
    pub text: String,
}

macro_rules! text_enums {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// The stored text.
            pub const fn as_str(&self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Reads the stored text.
            pub fn parse(text: &str) -> Result<Self, UnknownText> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(UnknownText { set: stringify!($name), text: text.to_owned() }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}

text_enums! {
    /// Whether an organization's users may sign in at all.
    OrganizationStatus {
        /// The normal state.
        Active = "active",
        /// Switched off by the operator; looks like an unknown organization from outside (R12).
        Disabled = "disabled",
    }

    /// What a user may do.
    UserStatus {
        /// May sign in.
        Active = "active",
        /// Visible, cannot sign in.
        Inactive = "inactive",
        /// A tombstone: invisible, its names free, its id never used again.
        Deleted = "deleted",
    }

    /// Who deactivated a user; only SCIM's own deactivation may be undone by SCIM.
    DeactivatedBy {
        /// The SCIM connection that holds the user.
        Scim = "scim",
        /// An owner of the organization.
        Owner = "owner",
        /// The operator, or the host app's back end.
        Operator = "operator",
    }

    /// The state of a SAML, OIDC or SCIM connection.
    ConnectionStatus {
        /// Being set up: tests work, logins do not.
        Draft = "draft",
        /// In use.
        Enabled = "enabled",
        /// Switched off.
        Disabled = "disabled",
    }

    /// How a domain was proved.
    DomainMethod {
        /// A TXT record.
        Dns = "dns",
        /// The operator said so.
        Operator = "operator",
    }

    /// How a token endpoint caller proves to be the client (RFC 6749 section 2.3, RFC 7591 section 2).
    TokenEndpointAuthMethod {
        /// A public client: PKCE alone.
        None = "none",
        /// HTTP Basic.
        ClientSecretBasic = "client_secret_basic",
        /// Secret in the body.
        ClientSecretPost = "client_secret_post",
    }

    /// The first proof of a session.
    AuthFactor {
        /// A link or code sent by mail.
        Email = "email",
        /// Google.
        Google = "google",
        /// Microsoft.
        Microsoft = "microsoft",
        /// SAML.
        Saml = "saml",
        /// Opened by the operator on a user's behalf.
        Impersonation = "impersonation",
        /// GitHub.
        Github = "github",
        /// Enterprise OIDC.
        Oidc = "oidc",
    }

    /// Where a login in progress stands.
    FlowState {
        /// Waiting for the person to say who they are.
        Identifying = "identifying",
        /// Sent to a SAML identity provider, waiting for its response.
        AwaitingSaml = "awaiting_saml",
        /// Vouched for by a provider where the login began, waiting for the person's consent (R8).
        AwaitingConsent = "awaiting_consent",
        /// A session was issued.
        Completed = "completed",
        /// Refused; a flow does not come back from here.
        Failed = "failed",
    }

    /// The algorithm of a signing key (RFC 7518 section 3.1).
    SigningAlgorithm {
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        Rs256 = "RS256",
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
    }

    /// What a key of ours for SAML is for.
    SpKeyPurpose {
        /// Signing our requests.
        Signing = "signing",
        /// Reading what providers encrypt to us.
        Encryption = "encryption",
    }

    /// What a role mapping knows its group by (R5).
    MatchedBy {
        /// Our id of the group.
        GroupId = "group_id",
        /// The provider's stable id: the externalId of SCIM, the name in the SAML attribute.
        ExternalId = "external_id",
        /// The display name: a rename suspends the mapping.
        DisplayName = "display_name",
        /// No group: a SAML attribute and its value.
        Attribute = "attribute",
    }

    /// What a SAML subject was read from (R2).
    SubjectKind {
        /// A configured stable attribute.
        Attribute = "attribute",
        /// A persistent NameID with its qualifiers.
        PersistentNameId = "persistent",
        /// An email-format or unspecified NameID: a weak key.
        WeakNameId = "weak",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_back_and_strangers_are_refused() {
        assert_eq!(UserStatus::parse(UserStatus::Inactive.as_str()), Ok(UserStatus::Inactive));
        assert!(UserStatus::parse("ACTIVE").is_err());
    }
}
