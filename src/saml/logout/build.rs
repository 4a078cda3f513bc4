//! Building the messages. Over HTTP-POST they carry an XML Signature; over HTTP-Redirect the query is signed instead
//! ([`query_signature::encode`](crate::saml::binding::query_signature::encode)) and the message must carry none.

use time::OffsetDateTime;

use super::LogoutOutcome;
use crate::saml::{
    dsig::{DigestAlgorithm, SignError, SigningKey, sign},
    names::{STATUS_SUCCESS, name_id, ns, status},
    response::NameId,
    xml::{Writer, instant},
};

/// A request to end a person's sessions.
#[derive(Debug, Clone)]
pub struct LogoutRequest<'a> {
    /// The message ID, from [`message_id`](crate::saml::request::message_id).
    pub id: &'a str,
    /// When it is made.
    pub issue_instant: OffsetDateTime,
    /// Our entity ID.
    pub issuer: &'a str,
    /// The provider's logout endpoint.
    pub destination: &'a str,
    /// Who: exactly as the provider named them.
    pub name_id: &'a NameId,
    /// Which sessions; none means all of them.
    pub session_indexes: &'a [&'a str],
    /// When the request loses its meaning.
    pub not_on_or_after: Option<OffsetDateTime>,
}

/// The answer to a request.
#[derive(Debug, Clone)]
pub struct LogoutResponse<'a> {
    /// The message ID.
    pub id: &'a str,
    /// When it is made.
    pub issue_instant: OffsetDateTime,
    /// Our entity ID.
    pub issuer: &'a str,
    /// The provider's logout endpoint.
    pub destination: &'a str,
    /// The request answered.
    pub in_response_to: &'a str,
    /// What came of it.
    pub outcome: &'a LogoutOutcome,
}

impl LogoutRequest<'_> {
    /// The XML, unsigned: for a signed query.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut w = Writer::new();
        head(&mut w, "samlp:LogoutRequest", self.id, self.issue_instant, self.destination);
        w.attr_opt("NotOnOrAfter", self.not_on_or_after.map(instant::format).as_deref());
        w.leaf("saml:Issuer", self.issuer);
        let name = self.name_id;
        let format = Some(name.format.as_str()).filter(|format| *format != name_id::UNSPECIFIED);
        w.open("saml:NameID")
            .attr_opt("Format", format)
            .attr_opt("NameQualifier", name.name_qualifier.as_deref())
            .attr_opt("SPNameQualifier", name.sp_name_qualifier.as_deref())
            .text(&name.value)
            .close();
        for index in self.session_indexes {
            w.leaf("samlp:SessionIndex", index);
        }
        w.finish()
    }

    /// The XML with a signature in it: for a form.
    ///
    /// # Errors
    /// What OpenSSL refuses.
    pub fn to_signed_xml(&self, key: &SigningKey) -> Result<String, SignError> {
        sign(&self.to_xml(), self.id, key, DigestAlgorithm::Sha256)
    }
}

impl LogoutResponse<'_> {
    /// The XML, unsigned: for a signed query.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut w = Writer::new();
        head(&mut w, "samlp:LogoutResponse", self.id, self.issue_instant, self.destination);
        w.attr("InResponseTo", self.in_response_to);
        w.leaf("saml:Issuer", self.issuer);
        let (code, subcode) = match self.outcome {
            LogoutOutcome::Complete => (STATUS_SUCCESS, None),
            LogoutOutcome::Partial => (STATUS_SUCCESS, Some(status::PARTIAL_LOGOUT)),
            LogoutOutcome::Failed { code, subcode, .. } => (code.as_str(), subcode.as_deref()),
        };
        w.open("samlp:Status").open("samlp:StatusCode").attr("Value", code);
        if let Some(subcode) = subcode {
            w.open("samlp:StatusCode").attr("Value", subcode).close();
        }
        w.finish()
    }

    /// The XML with a signature in it: for a form.
    ///
    /// # Errors
    /// What OpenSSL refuses.
    pub fn to_signed_xml(&self, key: &SigningKey) -> Result<String, SignError> {
        sign(&self.to_xml(), self.id, key, DigestAlgorithm::Sha256)
    }
}

fn head(w: &mut Writer, name: &'static str, id: &str, at: OffsetDateTime, destination: &str) {
    w.open(name)
        .attr("xmlns:samlp", ns::PROTOCOL)
        .attr("xmlns:saml", ns::ASSERTION)
        .attr("ID", id)
        .attr("Version", "2.0")
        .attr("IssueInstant", &instant::format(at))
        .attr("Destination", destination);
}
