//! Our own metadata, for an administrator to give to the identity provider.

use crate::saml::{
    dsig::base64,
    names::{PROTOCOL_SUPPORT, binding, name_id, ns},
    xml::Writer,
};

/// A service provider: one connection.
#[derive(Debug, Clone)]
pub struct SpMetadata<'a> {
    /// The entity ID.
    pub entity_id: &'a str,
    /// Where responses go.
    pub acs_url: &'a str,
    /// Certificates that our requests are signed with, DER; none if they are not signed.
    pub signing_certificates: &'a [&'a [u8]],
}

impl SpMetadata<'_> {
    /// The XML, with its declaration.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let signed = if self.signing_certificates.is_empty() { "false" } else { "true" };
        let mut w = Writer::new();
        w.open("md:EntityDescriptor").attr("xmlns:md", ns::METADATA).attr("entityID", self.entity_id);
        w.open("md:SPSSODescriptor")
            .attr("AuthnRequestsSigned", signed)
            .attr("WantAssertionsSigned", "true")
            .attr("protocolSupportEnumeration", PROTOCOL_SUPPORT);
        for certificate in self.signing_certificates {
            w.open("md:KeyDescriptor").attr("use", "signing");
            w.open("ds:KeyInfo").attr("xmlns:ds", ns::DSIG).open("ds:X509Data");
            w.leaf("ds:X509Certificate", &base64::encode(certificate));
            w.close().close().close();
        }
        for format in [name_id::EMAIL, name_id::PERSISTENT, name_id::UNSPECIFIED] {
            w.leaf("md:NameIDFormat", format);
        }
        w.open("md:AssertionConsumerService")
            .attr("Binding", binding::POST)
            .attr("Location", self.acs_url)
            .attr("index", "0")
            .attr("isDefault", "true");
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", w.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_providers_import() {
        let metadata = SpMetadata {
            entity_id: "https://sp.example/api/saml/v1/c",
            acs_url: "https://sp.example/api/saml/v1/c/acs",
            signing_certificates: &[],
        };
        insta::assert_snapshot!(metadata.to_xml(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://sp.example/api/saml/v1/c"><md:SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat><md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat><md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified</md:NameIDFormat><md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example/api/saml/v1/c/acs" index="0" isDefault="true"></md:AssertionConsumerService></md:SPSSODescriptor></md:EntityDescriptor>
        "#);
    }
}
