//! Our own metadata, for an administrator to give to the identity provider.

use time::OffsetDateTime;

use crate::saml::{
    dsig::{DigestAlgorithm, SignError, SigningKey, base64, sign},
    names::{PROTOCOL_SUPPORT, binding, enc, name_id, ns},
    xml::{Writer, instant},
};

/// What a provider may encrypt with, best first: some choose by it.
const ENCRYPTION_METHODS: [&str; 5] =
    [enc::AES256_GCM, enc::AES128_GCM, enc::AES256_CBC, enc::AES128_CBC, enc::RSA_OAEP_MGF1P];

/// A service provider: one connection.
#[derive(Debug, Clone, Default)]
pub struct SpMetadata<'a> {
    /// The entity ID.
    pub entity_id: &'a str,
    /// Where responses go.
    pub acs_url: &'a str,
    /// Where logout messages go, over both bindings; none without single logout.
    pub slo_url: Option<&'a str>,
    /// Whether our requests to this provider are signed. One that reads so here refuses those that are not.
    pub requests_signed: bool,
    /// Certificates that our messages are signed with, DER. Several during a rollover.
    pub signing_certificates: &'a [&'a [u8]],
    /// Certificates to encrypt to, DER; none if nothing need be encrypted. The first is the one to use.
    pub encryption_certificates: &'a [&'a [u8]],
    /// The NameID formats to ask for; without any, those that a person can be known by.
    pub name_id_formats: Option<&'a [&'a str]>,
    /// When the document ends: days for one that is fetched, years for one that is imported once.
    pub valid_until: Option<OffsetDateTime>,
}

impl SpMetadata<'_> {
    /// The XML, with its declaration.
    #[must_use]
    pub fn to_xml(&self) -> String {
        declared(&self.document(None))
    }

    /// The XML with a signature on it, whose document has the ID `id`.
    ///
    /// # Errors
    /// What OpenSSL refuses.
    pub fn to_signed_xml(&self, id: &str, key: &SigningKey) -> Result<String, SignError> {
        sign(&self.document(Some(id)), id, key, DigestAlgorithm::Sha256).map(|xml| declared(&xml))
    }

    fn document(&self, id: Option<&str>) -> String {
        let signed = if self.requests_signed { "true" } else { "false" };
        let mut w = Writer::new();
        w.open("md:EntityDescriptor")
            .attr("xmlns:md", ns::METADATA)
            .attr_opt("ID", id)
            .attr_opt("validUntil", self.valid_until.map(instant::format).as_deref())
            .attr("entityID", self.entity_id);
        w.open("md:SPSSODescriptor")
            .attr("AuthnRequestsSigned", signed)
            .attr("WantAssertionsSigned", "true")
            .attr("protocolSupportEnumeration", PROTOCOL_SUPPORT);
        for certificate in self.signing_certificates {
            key(&mut w, "signing", certificate);
            w.close();
        }
        for certificate in self.encryption_certificates {
            key(&mut w, "encryption", certificate);
            for method in ENCRYPTION_METHODS {
                w.open("md:EncryptionMethod").attr("Algorithm", method).close();
            }
            w.close();
        }
        for binding in [binding::REDIRECT, binding::POST] {
            if let Some(url) = self.slo_url {
                w.open("md:SingleLogoutService").attr("Binding", binding).attr("Location", url).close();
            }
        }
        let usual = [name_id::EMAIL, name_id::PERSISTENT, name_id::UNSPECIFIED];
        for format in self.name_id_formats.unwrap_or(&usual) {
            w.leaf("md:NameIDFormat", format);
        }
        w.open("md:AssertionConsumerService")
            .attr("Binding", binding::POST)
            .attr("Location", self.acs_url)
            .attr("index", "0")
            .attr("isDefault", "true");
        w.finish()
    }
}

/// A KeyDescriptor, left open.
fn key(w: &mut Writer, purpose: &str, certificate: &[u8]) {
    w.open("md:KeyDescriptor").attr("use", purpose);
    w.open("ds:KeyInfo").attr("xmlns:ds", ns::DSIG).open("ds:X509Data");
    w.leaf("ds:X509Certificate", &base64::encode(certificate)).close().close();
}

fn declared(xml: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_providers_import() {
        let metadata = SpMetadata {
            entity_id: "https://sp.example/api/saml/v1/c",
            acs_url: "https://sp.example/api/saml/v1/c/acs",
            ..SpMetadata::default()
        };
        insta::assert_snapshot!(metadata.to_xml(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://sp.example/api/saml/v1/c"><md:SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat><md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat><md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified</md:NameIDFormat><md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example/api/saml/v1/c/acs" index="0" isDefault="true"></md:AssertionConsumerService></md:SPSSODescriptor></md:EntityDescriptor>
        "#);
    }
}
