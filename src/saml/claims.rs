//! The attribute names that identity providers send by default: what is recognised without any mapping.

/// The email address.
pub const EMAIL: &[&str] = &[
    "email",
    "mail",
    "Email",
    "emailAddress",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "urn:oid:1.2.840.113549.1.9.1",
    "User.Email",
    "Email Address",
];

/// The given name.
pub const FIRST_NAME: &[&str] = &[
    "firstName",
    "FirstName",
    "firstname",
    "first_name",
    "givenName",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
    "urn:oid:2.5.4.42",
    "User.FirstName",
    "First Name",
];

/// The family name.
pub const LAST_NAME: &[&str] = &[
    "lastName",
    "LastName",
    "lastname",
    "last_name",
    "sn",
    "surname",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
    "urn:oid:2.5.4.4",
    "User.LastName",
    "Last Name",
];

/// The whole name.
pub const DISPLAY_NAME: &[&str] = &[
    "displayName",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "urn:oid:2.16.840.1.113730.3.1.241",
];

/// A stable identifier of the person, best first. One of these beats the NameID where a connection names it (R2).
pub const STABLE_ID: &[&str] = &[
    "urn:oasis:names:tc:SAML:attribute:subject-id",
    "urn:oasis:names:tc:SAML:attribute:pairwise-id",
    "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "id",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
];

/// Groups.
pub const GROUPS: &[&str] = &[
    "groups",
    "memberOf",
    "isMemberOf",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
    "http://schemas.xmlsoap.org/claims/Group",
    "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
];

/// Whether an attribute tells who somebody is. Such an attribute occurs once: of two, which one counts would be a
/// guess. Others may repeat (Keycloak sends one `Role` attribute per role).
#[must_use]
pub fn identifies(name: &str) -> bool {
    [EMAIL, STABLE_ID, FIRST_NAME, LAST_NAME, DISPLAY_NAME].iter().any(|names| names.contains(&name))
}
