//! Building an AuthnRequest.

use time::OffsetDateTime;

use crate::saml::{
    dsig::{DigestAlgorithm, SignError, SigningKey, sign},
    names::{binding, ns},
    xml::{Writer, instant},
};

/// A request for authentication, ready to be written.
#[derive(Debug, Clone)]
pub struct AuthnRequest<'a> {
    /// The message ID, from [`message_id`]: the response names it, and it names the browser's flow.
    pub id: &'a str,
    /// When it is made.
    pub issue_instant: OffsetDateTime,
    /// Our entity ID.
    pub issuer: &'a str,
    /// The provider's endpoint.
    pub destination: &'a str,
    /// Where the response goes.
    pub acs_url: &'a str,
    /// Whether the provider must ask the user again (R11). The answer's AuthnInstant is checked.
    pub force_authn: bool,
    /// Whether the provider must not ask anything (`prompt=none`); it answers NoPassive where it would have to.
    pub is_passive: bool,
    /// A NameID format to insist on; most providers do best without.
    pub name_id_format: Option<&'a str>,
    /// Whether the provider may make a new identifier for the person; said only together with a format.
    pub allow_create: bool,
    /// The authentication contexts to insist on; one of them must be named in the answer. None accepts any.
    pub authn_contexts: &'a [&'a str],
    /// Who is expected to sign in; providers may fill in their form with it.
    pub login_hint: Option<&'a str>,
}

impl AuthnRequest<'_> {
    /// The XML, unsigned.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut w = Writer::new();
        w.open("samlp:AuthnRequest")
            .attr("xmlns:samlp", ns::PROTOCOL)
            .attr("xmlns:saml", ns::ASSERTION)
            .attr("ID", self.id)
            .attr("Version", "2.0")
            .attr("IssueInstant", &instant::format(self.issue_instant))
            .attr("Destination", self.destination);
        if self.force_authn {
            w.attr("ForceAuthn", "true");
        }
        if self.is_passive {
            w.attr("IsPassive", "true");
        }
        w.attr("AssertionConsumerServiceURL", self.acs_url).attr("ProtocolBinding", binding::POST);
        w.leaf("saml:Issuer", self.issuer);
        if let Some(hint) = self.login_hint {
            w.open("saml:Subject").leaf("saml:NameID", hint).close();
        }
        if let Some(format) = self.name_id_format {
            w.open("samlp:NameIDPolicy")
                .attr("Format", format)
                .attr("AllowCreate", if self.allow_create { "true" } else { "false" })
                .close();
        }
        if !self.authn_contexts.is_empty() {
            w.open("samlp:RequestedAuthnContext").attr("Comparison", "exact");
            for class in self.authn_contexts {
                w.leaf("saml:AuthnContextClassRef", class);
            }
            w.close();
        }
        w.finish()
    }
}

impl AuthnRequest<'_> {
    /// The XML with a signature in it: for a form. In a URL the query is signed instead.
    ///
    /// # Errors
    /// What OpenSSL refuses.
    pub fn to_signed_xml(&self, key: &SigningKey) -> Result<String, SignError> {
        sign(&self.to_xml(), self.id, key, DigestAlgorithm::Sha256)
    }
}

/// A message ID of 160 random bits (Core 1.3.4 asks for 128 at least), as an XML name.
#[must_use]
pub fn message_id(random: &[u8; 20]) -> String {
    random.iter().fold(String::from("_"), |id, byte| id + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn is_written_as_the_schema_wants() {
        let request = AuthnRequest {
            id: &message_id(&[7; 20]),
            issue_instant: datetime!(2026-01-02 03:04:05 UTC),
            issuer: "https://sp.example/&",
            destination: "https://idp.example/sso?a=1&b=2",
            acs_url: "https://sp.example/acs",
            force_authn: true,
            is_passive: false,
            name_id_format: Some("urn:f"),
            allow_create: true,
            authn_contexts: &[],
            login_hint: None,
        };
        insta::assert_snapshot!(request.to_xml(), @r#"<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_0707070707070707070707070707070707070707" Version="2.0" IssueInstant="2026-01-02T03:04:05Z" Destination="https://idp.example/sso?a=1&amp;b=2" ForceAuthn="true" AssertionConsumerServiceURL="https://sp.example/acs" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"><saml:Issuer>https://sp.example/&amp;</saml:Issuer><samlp:NameIDPolicy Format="urn:f" AllowCreate="true"></samlp:NameIDPolicy></samlp:AuthnRequest>"#);
    }
}
