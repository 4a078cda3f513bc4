//! Responses.

use time::OffsetDateTime;

use super::Encryption;
use crate::saml::{
    dsig::{DigestAlgorithm, SignError, SigningKey, sign},
    names::{BEARER, STATUS_SUCCESS, ns},
    xml::{Writer, instant, tree},
};

/// A Response with one assertion.
#[derive(Debug, Clone)]
pub struct IssuedResponse<'a> {
    /// The message ID.
    pub id: &'a str,
    /// The provider's entity ID.
    pub issuer: &'a str,
    /// The ACS URL: Destination and Recipient.
    pub acs_url: &'a str,
    /// The request answered; none for a login that starts at the provider.
    pub in_response_to: Option<&'a str>,
    /// Now.
    pub issued_at: OffsetDateTime,
    /// The assertion.
    pub assertion: IssuedAssertion<'a>,
}

/// An assertion about one person.
#[derive(Debug, Clone)]
pub struct IssuedAssertion<'a> {
    /// The assertion ID.
    pub id: &'a str,
    /// The service provider's entity ID.
    pub audience: &'a str,
    /// The NameID.
    pub name_id: &'a str,
    /// Its format.
    pub name_id_format: &'a str,
    /// When the person proved who they are.
    pub authenticated_at: OffsetDateTime,
    /// The start and the end of the validity.
    pub validity: (OffsetDateTime, OffsetDateTime),
    /// The session at the provider.
    pub session_index: Option<&'a str>,
    /// When sessions that follow from it must end.
    pub session_not_on_or_after: Option<OffsetDateTime>,
    /// Attributes.
    pub attributes: &'a [IssuedAttribute<'a>],
}

/// An attribute: its name and its values.
pub type IssuedAttribute<'a> = (&'a str, &'a [&'a str]);

/// What carries a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedElements {
    /// The assertion, as most providers do.
    Assertion,
    /// The response around it.
    Response,
    /// Both.
    Both,
}

impl IssuedResponse<'_> {
    /// The XML, unsigned.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut w = Writer::new();
        w.open("samlp:Response")
            .attr("xmlns:samlp", ns::PROTOCOL)
            .attr("xmlns:saml", ns::ASSERTION)
            .attr("ID", self.id)
            .attr("Version", "2.0")
            .attr("IssueInstant", &instant::format(self.issued_at))
            .attr("Destination", self.acs_url)
            .attr_opt("InResponseTo", self.in_response_to);
        w.leaf("saml:Issuer", self.issuer);
        w.open("samlp:Status").open("samlp:StatusCode").attr("Value", STATUS_SUCCESS).close().close();
        self.assertion(&mut w);
        w.finish()
    }

    /// The XML, signed by `key` with SHA-256.
    ///
    /// # Errors
    /// What OpenSSL refuses; the XML itself is always in order.
    pub fn to_signed_xml(&self, key: &SigningKey, signed: SignedElements) -> Result<String, SignError> {
        let mut xml = self.to_xml();
        // The inner one first: the outer one covers it.
        if signed != SignedElements::Response {
            xml = sign(&xml, self.assertion.id, key, DigestAlgorithm::Sha256)?;
        }
        if signed != SignedElements::Assertion {
            xml = sign(&xml, self.id, key, DigestAlgorithm::Sha256)?;
        }
        Ok(xml)
    }

    /// The XML with its assertion encrypted: signed by `key` inside, outside, or both.
    ///
    /// # Errors
    /// What OpenSSL refuses, a certificate without an RSA key among it.
    pub fn to_encrypted_xml(
        &self,
        key: &SigningKey,
        signed: SignedElements,
        encryption: &Encryption<'_>,
    ) -> Result<String, SignError> {
        let mut xml = self.to_xml();
        if signed != SignedElements::Response {
            xml = sign(&xml, self.assertion.id, key, DigestAlgorithm::Sha256)?;
        }
        let range = {
            let doc = roxmltree::Document::parse(&xml)?;
            let assertion = doc.root_element().children().find(|n| tree::is(*n, ns::ASSERTION, "Assertion"));
            assertion.ok_or(SignError::NoSuchElement)?.range()
        };
        let holder = encryption.encrypt("saml:EncryptedAssertion", &xml[range.clone()])?;
        xml.replace_range(range, &holder);
        if signed != SignedElements::Assertion {
            xml = sign(&xml, self.id, key, DigestAlgorithm::Sha256)?;
        }
        Ok(xml)
    }

    fn assertion(&self, w: &mut Writer) {
        let assertion = &self.assertion;
        let (from, to) = assertion.validity;
        w.open("saml:Assertion")
            .attr("xmlns:xs", "http://www.w3.org/2001/XMLSchema")
            .attr("xmlns:xsi", ns::XSI)
            .attr("ID", assertion.id)
            .attr("Version", "2.0")
            .attr("IssueInstant", &instant::format(self.issued_at));
        w.leaf("saml:Issuer", self.issuer);
        w.open("saml:Subject");
        w.open("saml:NameID").attr("Format", assertion.name_id_format).text(assertion.name_id).close();
        w.open("saml:SubjectConfirmation").attr("Method", BEARER);
        w.open("saml:SubjectConfirmationData")
            .attr("NotOnOrAfter", &instant::format(to))
            .attr("Recipient", self.acs_url)
            .attr_opt("InResponseTo", self.in_response_to);
        w.close().close().close();
        w.open("saml:Conditions")
            .attr("NotBefore", &instant::format(from))
            .attr("NotOnOrAfter", &instant::format(to));
        w.open("saml:AudienceRestriction").leaf("saml:Audience", assertion.audience).close().close();
        w.open("saml:AuthnStatement")
            .attr("AuthnInstant", &instant::format(assertion.authenticated_at))
            .attr_opt("SessionIndex", assertion.session_index)
            .attr_opt(
                "SessionNotOnOrAfter",
                assertion.session_not_on_or_after.map(instant::format).as_deref(),
            );
        w.open("saml:AuthnContext").leaf(
            "saml:AuthnContextClassRef",
            "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
        );
        w.close().close();
        if !assertion.attributes.is_empty() {
            w.open("saml:AttributeStatement");
            for (name, values) in assertion.attributes {
                w.open("saml:Attribute")
                    .attr("Name", name)
                    .attr("NameFormat", "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified");
                for value in *values {
                    w.open("saml:AttributeValue").attr("xsi:type", "xs:string").text(value).close();
                }
                w.close();
            }
            w.close();
        }
        w.close();
    }
}
