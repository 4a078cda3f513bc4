//! Identifiers: a prefix that names the kind, an underscore, and 128 bits in base36, lower case, padded to 25
//! digits. The bits are a UUID version 7, so that rows made together lie together in an index.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use super::{Clock, Rng, Timestamp};

/// Why a text is not an identifier of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind, which is {0}_ and 25 digits and lower-case letters")]
pub struct InvalidId(&'static str);

const DIGITS: usize = 25;
const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// What the identifier starts with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new identifier, never made before.
            pub fn new(clock: &dyn Clock, rng: &dyn Rng) -> Self {
                Self(format(Self::PREFIX, uuid_v7(clock, rng)))
            }

            /// The identifier with these 128 bits.
            pub fn from_u128(bits: u128) -> Self {
                Self(format(Self::PREFIX, bits))
            }

            /// Reads an identifier; only the one form that [`Self::new`] makes is accepted.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                parse(Self::PREFIX, text)?;
                Ok(Self(text.to_owned()))
            }

            /// The identifier's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    )*

        /// Every kind's prefix, for the test that none is used twice.
        #[cfg(test)]
        const PREFIXES: &[&str] = &[$($prefix),*];
    };
}

ids! {
    /// A project.
    ProjectId = "project";
    /// An organization.
    OrganizationId = "org";
    /// A mail domain of an organization.
    DomainId = "domain";
    /// A user.
    UserId = "user";
    /// A link between a user and an external login.
    IdentityId = "identity";
    /// A session.
    SessionId = "session";
    /// A refresh token's row.
    RefreshTokenId = "refresh_token";
    /// A group.
    GroupId = "group";
    /// A SAML connection.
    SamlConnectionId = "saml_connection";
    /// A certificate of a SAML identity provider.
    SamlIdpKeyId = "saml_idp_key";
    /// A key of ours for SAML.
    SamlSpKeyId = "saml_sp_key";
    /// A SCIM connection.
    ScimConnectionId = "scim_connection";
    /// A SCIM bearer token's row.
    ScimApiKeyId = "scim_api_key";
    /// An OAuth client of a SCIM connection.
    ScimOauthClientId = "scim_client";
    /// What a SCIM client asked and got.
    ScimTraceId = "scim_trace";
    /// An OIDC connection.
    OidcConnectionId = "oidc_connection";
    /// An OAuth client.
    OauthClientId = "client";
    /// An OAuth client secret's row.
    OauthClientSecretId = "client_secret";
    /// An authorization code's row.
    AuthorizationCodeId = "authorization_code";
    /// A signing key.
    SigningKeyId = "session_signing_key";
    /// A login in progress.
    LoginFlowId = "login_flow";
    /// A back-end key of the host app.
    BackendApiKeyId = "backend_api_key";
    /// A role.
    RoleId = "role";
    /// A mapping of a group or an attribute to a role.
    RoleMappingId = "role_mapping";
    /// A role of a user.
    UserRoleAssignmentId = "user_role_assignment";
    /// An audit log event.
    AuditLogEventId = "audit_log_event";
    /// An outbox event.
    EventId = "event";
    /// A setup link.
    SetupLinkId = "setup_link";
    /// A test login of a setup link.
    SamlTestLoginId = "saml_test_login";
    /// A login trace.
    LoginTraceId = "login_trace";
    /// One request to this server; also the reference that a person can quote.
    RequestId = "req";
}

/// Makes 128-bit ids that rise within the process, also within one millisecond, so that rows written one after
/// the other sort so.
#[derive(Debug, Default)]
pub struct IdSource(Mutex<u128>);

impl IdSource {
    /// The next id's bits.
    pub fn next(&self, clock: &dyn Clock, rng: &dyn Rng) -> u128 {
        let fresh = uuid_v7(clock, rng);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // RFC 9562 section 6.2, method 2: the same millisecond goes on from the last id by a random step. A clock
        // that went back more than a little is followed: it may have been wrong before.
        let same_moment = (fresh >> 80).abs_diff(*last >> 80) <= 1;
        if same_moment && fresh <= *last {
            *last = last.saturating_add(1 + (fresh & 0xffff_ffff));
        } else {
            *last = fresh;
        }
        *last
    }
}

/// The bits below those of every id that is made at this instant or later: so much of an index is older.
pub fn first_at(instant: Timestamp) -> u128 {
    let millis = u64::try_from(instant.millis()).unwrap_or(0);
    u128::from(millis & 0xffff_ffff_ffff) << 80
}

/// RFC 9562 section 5.7: 48 bits of milliseconds, then random bits around version and variant.
fn uuid_v7(clock: &dyn Clock, rng: &dyn Rng) -> u128 {
    let millis = u128::from(clock.now().millis().unsigned_abs() & 0xffff_ffff_ffff);
    let random = u128::from_be_bytes(rng.bytes::<16>());
    let low = random & 0x0fff_3fff_ffff_ffff_ffff;
    (millis << 80) | (0x7 << 76) | (0x2 << 62) | low
}

fn format(prefix: &str, mut bits: u128) -> String {
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(bits % 36) as usize];
        bits /= 36;
    }
    let mut text = String::with_capacity(prefix.len() + 1 + DIGITS);
    text.push_str(prefix);
    text.push('_');
    text.extend(digits.map(char::from));
    text
}

fn parse(prefix: &'static str, text: &str) -> Result<u128, InvalidId> {
    let invalid = InvalidId(prefix);
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(invalid)?;
    if digits.len() != DIGITS {
        return Err(invalid);
    }
    digits.bytes().try_fold(0u128, |bits, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'z' => digit - b'a' + 10,
            _ => return Err(invalid),
        };
        bits.checked_mul(36).and_then(|b| b.checked_add(u128::from(value))).ok_or(invalid)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        model::{SystemClock, SystemRng},
        testing::{MockClock, SeededRng},
    };

    #[test]
    fn prefixes_are_unique() {
        assert_eq!(PREFIXES.iter().collect::<HashSet<_>>().len(), PREFIXES.len());
    }

    #[test]
    fn new_ids_are_version_7() {
        let id = UserId::new(&SystemClock, &SystemRng);
        let bits = parse("user", id.as_str()).unwrap();
        assert_eq!((bits >> 76) & 0xf, 7);
        assert_eq!((bits >> 62) & 0x3, 2);
    }

    #[test]
    fn ids_of_one_millisecond_rise() {
        let (source, clock, rng) = (IdSource::default(), MockClock::new(), SeededRng::new(1));
        let ids: Vec<u128> = (0..1000).map(|_| source.next(&clock, &rng)).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.iter().all(|bits| (bits >> 76) & 0xf == 7 && (bits >> 62) & 0x3 == 2));
    }

    #[test]
    fn an_instant_is_before_the_ids_that_are_made_then() {
        let clock = MockClock::new();
        let earlier = UserId::new(&clock, &SystemRng);
        clock.advance(1);
        let bound = UserId::from_u128(first_at(clock.now()));
        assert!(earlier < bound && bound < UserId::new(&clock, &SystemRng));
    }

    #[test]
    fn more_than_128_bits_is_refused() {
        assert_eq!(UserId::parse("user_zzzzzzzzzzzzzzzzzzzzzzzzz"), Err(InvalidId("user")));
        assert!(UserId::parse(UserId::from_u128(u128::MAX).as_str()).is_ok());
    }

    proptest! {
        #[test]
        fn every_id_is_read_back(bits: u128) {
            let id = OrganizationId::from_u128(bits);
            prop_assert_eq!(id.as_str().len(), "org_".len() + 25);
            prop_assert_eq!(parse("org", id.as_str()), Ok(bits));
        }

        #[test]
        fn ids_sort_as_their_bits(a: u128, b: u128) {
            prop_assert_eq!(a.cmp(&b), UserId::from_u128(a).cmp(&UserId::from_u128(b)));
        }

        #[test]
        fn only_the_one_form_is_accepted(text in "\\PC{0,40}|org_[0-9A-Za-z]{24,26}") {
            if let Ok(bits) = parse("org", &text) {
                prop_assert_eq!(format("org", bits), text);
            }
        }
    }
}
