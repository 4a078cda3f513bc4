//! The validator's checks in its own order, in words for the person who sets a provider up.

/// A check's name in the trace, and what it asks.
pub(super) const CHECKS: &[(&str, &str)] = &[
    ("xml", "The answer is well-formed XML of a reasonable size"),
    ("structure", "It is one SAML 2.0 response, with nothing in it that does not belong there"),
    ("version", "The response has the SAML version 2.0"),
    ("issue_instant", "It was not issued in the future"),
    ("destination", "It is addressed to our ACS URL"),
    ("issuer", "It comes from the provider that you described"),
    ("in_response_to", "It answers the request of this test"),
    ("status", "The provider says that the sign-in worked"),
    ("one_assertion", "It contains exactly one assertion"),
    (DECRYPTION, "The encrypted assertion can be opened"),
    ("signature", "It is signed with one of the provider\u{2019}s certificates, and nothing was changed"),
    ("fields", "The assertion\u{2019}s fields can be read"),
    ("assertion_version", "The assertion has the SAML version 2.0"),
    ("assertion_issue_instant", "The assertion was not issued in the future"),
    ("assertion_issuer", "The assertion comes from the provider that you described"),
    ("name_id", "It says whom it is about"),
    ("sp_name_qualifier", "The NameID is meant for us"),
    ("subject_confirmation", "It may be used here and now (recipient, time, request)"),
    ("conditions_time", "It is valid at this moment"),
    ("conditions_known", "It sets no condition that we do not know"),
    ("audience", "It is meant for our entity ID"),
    ("authn_statement", "It says how and when the person signed in"),
    ("authn_freshness", "The sign-in is as recent as asked for"),
    ("authn_context", "The way of signing in is one that was asked for"),
    ("session_end", "The session at the provider has not ended"),
];

/// Asked only of what is encrypted.
pub(super) const DECRYPTION: &str = "decryption";
