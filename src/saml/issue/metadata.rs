//! Identity provider metadata.

use crate::saml::{
    dsig::base64,
    names::{PROTOCOL_SUPPORT, binding, name_id, ns},
    xml::Writer,
};

/// An identity provider, as it describes itself.
#[derive(Debug, Clone)]
pub struct IdpDescription<'a> {
    /// The entity ID.
    pub entity_id: &'a str,
    /// Where AuthnRequests go, by HTTP-Redirect.
    pub sso_url: &'a str,
    /// Certificates of the keys that sign, DER.
    pub certificates: &'a [&'a [u8]],
}

impl IdpDescription<'_> {
    /// The metadata document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut w = Writer::new();
        w.open("md:EntityDescriptor").attr("xmlns:md", ns::METADATA).attr("entityID", self.entity_id);
        w.open("md:IDPSSODescriptor")
            .attr("WantAuthnRequestsSigned", "false")
            .attr("protocolSupportEnumeration", PROTOCOL_SUPPORT);
        for certificate in self.certificates {
            w.open("md:KeyDescriptor").attr("use", "signing");
            w.open("ds:KeyInfo").attr("xmlns:ds", ns::DSIG).open("ds:X509Data");
            w.leaf("ds:X509Certificate", &base64::encode(certificate));
            w.close().close().close();
        }
        w.leaf("md:NameIDFormat", name_id::EMAIL);
        w.open("md:SingleSignOnService").attr("Binding", binding::REDIRECT).attr("Location", self.sso_url);
        w.finish()
    }
}
