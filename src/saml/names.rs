//! The names of SAML 2.0 and XML Signature: namespaces, algorithms, bindings, formats.

/// The namespaces of the messages.
pub mod ns {
    /// `samlp`: requests and responses.
    pub const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
    /// `saml`: assertions.
    pub const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
    /// `md`: metadata.
    pub const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
    /// `ds`: XML Signature.
    pub const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
    /// `dsig-more`: parameters of RSA-PSS (RFC 9231).
    pub const DSIG_MORE_2007: &str = "http://www.w3.org/2007/05/xmldsig-more#";
    /// `xenc`: XML Encryption.
    pub const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
    /// `xenc11`: XML Encryption 1.1.
    pub const XENC11: &str = "http://www.w3.org/2009/xmlenc11#";
    /// `xsi`: XML Schema instance attributes.
    pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
    /// The prefix `xml` is bound to this by definition.
    pub const XML: &str = "http://www.w3.org/XML/1998/namespace";
}

/// Algorithm identifiers (RFC 9231 and the XML Signature recommendation).
pub mod alg {
    /// Exclusive C14N without comments; also the namespace of `InclusiveNamespaces`.
    pub const EXC_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
    /// Inclusive C14N 1.0 without comments.
    pub const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    /// The enveloped-signature transform.
    pub const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
    /// SHA-256 digest.
    pub const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
    /// SHA-384 digest.
    pub const SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#sha384";
    /// SHA-512 digest.
    pub const SHA512: &str = "http://www.w3.org/2001/04/xmlenc#sha512";
    /// SHA-1 digest: refused, unless a connection's switch allows it.
    pub const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
    /// RSA PKCS#1 v1.5 with SHA-256.
    pub const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    /// RSA PKCS#1 v1.5 with SHA-384.
    pub const RSA_SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384";
    /// RSA PKCS#1 v1.5 with SHA-512.
    pub const RSA_SHA512: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512";
    /// RSA with SHA-1: refused, unless a connection's switch allows it.
    pub const RSA_SHA1: &str = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
    /// ECDSA with SHA-256.
    pub const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    /// ECDSA with SHA-384.
    pub const ECDSA_SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384";
    /// ECDSA with SHA-512.
    pub const ECDSA_SHA512: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512";
    /// ECDSA with SHA-1: refused, unless a connection's switch allows it.
    pub const ECDSA_SHA1: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1";
    /// RSA-PSS, whose parameters stand beside it.
    pub const RSA_PSS: &str = "http://www.w3.org/2007/05/xmldsig-more#rsa-pss";
    /// MGF1, the one mask generation function of RSA-PSS.
    pub const PSS_MGF1: &str = "http://www.w3.org/2007/05/xmldsig-more#MGF1";
    /// RSA-PSS without parameters, with SHA-256 throughout.
    pub const RSA_PSS_SHA256: &str = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1";
    /// RSA-PSS without parameters, with SHA-384 throughout.
    pub const RSA_PSS_SHA384: &str = "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1";
    /// RSA-PSS without parameters, with SHA-512 throughout.
    pub const RSA_PSS_SHA512: &str = "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1";
}

/// Identifiers of XML Encryption 1.0 and 1.1.
pub mod enc {
    /// Content that is one whole element.
    pub const ELEMENT: &str = "http://www.w3.org/2001/04/xmlenc#Element";
    /// A RetrievalMethod that leads to an EncryptedKey.
    pub const ENCRYPTED_KEY: &str = "http://www.w3.org/2001/04/xmlenc#EncryptedKey";
    /// AES-128-GCM.
    pub const AES128_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
    /// AES-192-GCM.
    pub const AES192_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes192-gcm";
    /// AES-256-GCM.
    pub const AES256_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
    /// AES-128-CBC, which proves nothing about what it decrypts to.
    pub const AES128_CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
    /// AES-192-CBC.
    pub const AES192_CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes192-cbc";
    /// AES-256-CBC.
    pub const AES256_CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
    /// Triple DES in CBC mode.
    pub const TRIPLE_DES_CBC: &str = "http://www.w3.org/2001/04/xmlenc#tripledes-cbc";
    /// RSA-OAEP with MGF1 over SHA-1.
    pub const RSA_OAEP_MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
    /// RSA-OAEP with a choice of MGF1.
    pub const RSA_OAEP: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
    /// RSA PKCS#1 v1.5, refused: every receiver of it becomes an oracle sooner or later.
    pub const RSA_1_5: &str = "http://www.w3.org/2001/04/xmlenc#rsa-1_5";
    /// MGF1 over SHA-1, and so on.
    pub const MGF1_SHA1: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha1";
    /// MGF1 over SHA-256.
    pub const MGF1_SHA256: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";
    /// MGF1 over SHA-384.
    pub const MGF1_SHA384: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha384";
    /// MGF1 over SHA-512.
    pub const MGF1_SHA512: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha512";
}

/// Bindings (SAML 2.0 Bindings).
pub mod binding {
    /// HTTP-Redirect.
    pub const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
    /// HTTP-POST.
    pub const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
}

/// NameID formats (Core 8.3).
pub mod name_id {
    /// The provider says nothing about the value. Also what an absent Format means.
    pub const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
    /// An email address.
    pub const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    /// An opaque, stable pseudonym for one service provider.
    pub const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    /// A new value for each session: never a key (R2).
    pub const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
    /// An entity: the only Format that an Issuer may carry.
    pub const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
}

/// Status code: the request succeeded (Core 3.2.2.2).
pub const STATUS_SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
/// Other status codes.
pub mod status {
    /// The request could not be carried out for a fault of its sender.
    pub const REQUESTER: &str = "urn:oasis:names:tc:SAML:2.0:status:Requester";
    /// The request could not be carried out for a fault of its receiver.
    pub const RESPONDER: &str = "urn:oasis:names:tc:SAML:2.0:status:Responder";
    /// Not everyone was signed out.
    pub const PARTIAL_LOGOUT: &str = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout";
    /// The provider could not sign the user in without asking.
    pub const NO_PASSIVE: &str = "urn:oasis:names:tc:SAML:2.0:status:NoPassive";
}

/// Subject confirmation method: whoever bears the assertion (Profiles 3.3).
pub const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
/// The protocol that a role descriptor supports (Metadata 2.4.1).
pub const PROTOCOL_SUPPORT: &str = ns::PROTOCOL;
