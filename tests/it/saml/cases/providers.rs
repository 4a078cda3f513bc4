//! Messages in the shapes of the real providers: their prefixes, the place and the form of their signatures, the order
//! of their statements, their white space, their encryption. Each shape is sent genuine, and attacked.

use vestibule::saml::{
    dsig::{DigestAlgorithm, SignatureAlgorithm, base64, c14n, sign::sign_bytes},
    issue::{Encryption, KeyPlacement},
    names::{alg, ns},
    xmlenc::{ContentAlgorithm, KeyTransport},
};

use super::*;

/// How a provider writes.
#[derive(Clone)]
struct Shape {
    name: &'static str,
    /// Prefix of the protocol's elements.
    protocol: &'static str,
    /// Prefix of the assertion's elements; none for a default namespace.
    assertion: &'static str,
    /// Prefix of the signature's elements; none for a default namespace.
    signature: &'static str,
    /// What is signed: the response, the assertion.
    signed: (bool, bool),
    prefix_list: Option<&'static str>,
    key_info: &'static str,
    format: &'static str,
    attributes_first: bool,
    value_type: &'static str,
    extra: Extra,
}

/// What only some of them send.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extra {
    None,
    Consent,
    Locality,
    Authority,
    RepeatedRoles,
    SessionEnd,
}

const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

fn shapes() -> Vec<Shape> {
    let usual = Shape {
        name: "",
        protocol: "samlp",
        assertion: "saml",
        signature: "ds",
        signed: (false, true),
        prefix_list: None,
        key_info: "<ds:X509Data><ds:X509Certificate>MIIB</ds:X509Certificate></ds:X509Data>",
        format: EMAIL,
        attributes_first: false,
        value_type: " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"xs:string\"",
        extra: Extra::None,
    };
    let saml2 = Shape { protocol: "saml2p", assertion: "saml2", ..usual.clone() };
    vec![
        Shape {
            name: "okta",
            signed: (true, true),
            prefix_list: Some("xs"),
            format: UNSPECIFIED,
            ..saml2.clone()
        },
        Shape {
            name: "entra",
            assertion: "",
            signature: "",
            key_info: "<X509Data><X509Certificate>MIIB</X509Certificate></X509Data>",
            attributes_first: true,
            value_type: "",
            ..usual.clone()
        },
        Shape {
            name: "google",
            attributes_first: true,
            key_info: "<ds:X509Data><ds:X509SubjectName>ST=California,C=US,OU=Google For Work,CN=Google,L=Mountain View,O=Google Inc.</ds:X509SubjectName><ds:X509Certificate>MIIB</ds:X509Certificate></ds:X509Data>",
            value_type: " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"xs:anyType\"",
            ..saml2.clone()
        },
        Shape {
            name: "keycloak",
            signature: "dsig",
            signed: (true, true),
            key_info: "<dsig:KeyName>FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE</dsig:KeyName><dsig:X509Data><dsig:X509Certificate>MIIB</dsig:X509Certificate></dsig:X509Data><dsig:KeyValue><dsig:RSAKeyValue><dsig:Modulus>AQAB</dsig:Modulus><dsig:Exponent>AQAB</dsig:Exponent></dsig:RSAKeyValue></dsig:KeyValue>",
            format: UNSPECIFIED,
            extra: Extra::RepeatedRoles,
            ..usual.clone()
        },
        Shape {
            name: "adfs",
            assertion: "",
            key_info: "<ds:X509Data><ds:X509Certificate>MIIB</ds:X509Certificate></ds:X509Data>",
            attributes_first: true,
            value_type: "",
            extra: Extra::Consent,
            ..usual.clone()
        },
        Shape { name: "onelogin", extra: Extra::SessionEnd, ..usual.clone() },
        Shape { name: "pingfederate", signed: (true, false), format: UNSPECIFIED, ..usual.clone() },
        Shape {
            name: "shibboleth",
            signed: (true, false),
            prefix_list: Some("xsd"),
            format: PERSISTENT,
            value_type: " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"xsd:string\"",
            extra: Extra::Locality,
            ..saml2.clone()
        },
        Shape { name: "simplesamlphp", signed: (true, true), extra: Extra::Authority, ..usual.clone() },
        Shape {
            name: "auth0",
            signature: "",
            key_info: "<X509Data><X509Certificate>MIIB</X509Certificate></X509Data>",
            format: UNSPECIFIED,
            attributes_first: true,
            ..usual.clone()
        },
        Shape { name: "jumpcloud", prefix_list: Some("xs"), ..saml2.clone() },
        Shape {
            name: "ns0",
            protocol: "ns0",
            assertion: "ns1",
            signature: "ns2",
            key_info: "",
            ..usual.clone()
        },
        Shape { name: "nothing-declared-twice", prefix_list: Some("#default samlp saml ds xs xsi"), ..usual },
    ]
}

impl Shape {
    fn tag(prefix: &str, local: &str) -> String {
        if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
    }

    fn a(&self, local: &str) -> String {
        Self::tag(self.assertion, local)
    }

    fn declare(prefix: &str, uri: &str) -> String {
        if prefix.is_empty() { format!(" xmlns=\"{uri}\"") } else { format!(" xmlns:{prefix}=\"{uri}\"") }
    }

    fn element(&self, local: &str, attributes: &str, content: &str) -> String {
        let tag = self.a(local);
        if content.is_empty() {
            format!("<{tag}{attributes}/>")
        } else {
            format!("<{tag}{attributes}>{content}</{tag}>")
        }
    }

    /// The unsigned message; `@R` and `@A` mark where the signatures go.
    fn message(&self) -> String {
        let p = self.protocol;
        let xmlns = Self::declare(self.assertion, ns::ASSERTION);
        let consent = if self.extra == Extra::Consent {
            " Consent=\"urn:oasis:names:tc:SAML:2.0:consent:unspecified\""
        } else {
            ""
        };
        let entity = if self.name == "okta" {
            " Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\""
        } else {
            ""
        };
        let issuer = self.element("Issuer", &format!("{xmlns}{entity}"), IDP);
        let status = format!(
            "<{p}:Status><{p}:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></{p}:Status>"
        );
        format!(
            "<{p}:Response{} ID=\"_response\" Version=\"2.0\" IssueInstant=\"2026-01-15T12:00:00.123Z\" Destination=\"{ACS}\"{consent} InResponseTo=\"{REQUEST}\">{issuer}@R{status}{}</{p}:Response>",
            Self::declare(p, ns::PROTOCOL),
            self.assertion_element(&xmlns)
        )
    }

    fn assertion_element(&self, xmlns: &str) -> String {
        let e = |local: &str, attributes: &str, content: &str| self.element(local, attributes, content);
        let address = if self.extra == Extra::Locality { " Address=\"192.0.2.7\"" } else { "" };
        let data = format!(
            "{address} InResponseTo=\"{REQUEST}\" NotOnOrAfter=\"2026-01-15T12:05:00.123Z\" Recipient=\"{ACS}\""
        );
        let confirmation = e(
            "SubjectConfirmation",
            " Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"",
            &e("SubjectConfirmationData", &data, ""),
        );
        let qualifiers = if self.format == PERSISTENT {
            format!(" NameQualifier=\"{IDP}\" SPNameQualifier=\"{SP}\"")
        } else {
            String::new()
        };
        let name = e("NameID", &format!(" Format=\"{}\"{qualifiers}", self.format), "ada@acme.example");
        let subject = e("Subject", "", &(name + &confirmation));
        let restriction = e("AudienceRestriction", "", &e("Audience", "", SP));
        let times = " NotBefore=\"2026-01-15T11:59:55.000Z\" NotOnOrAfter=\"2026-01-15T12:05:00.000Z\"";
        let conditions = e("Conditions", times, &restriction);
        let (authn, attributes) = (self.authn(), self.attributes());
        let statements = if self.attributes_first { attributes + &authn } else { authn + &attributes };
        let issuer = e("Issuer", "", IDP);
        let attributes =
            format!("{xmlns} ID=\"_assertion\" IssueInstant=\"2026-01-15T12:00:00.123Z\" Version=\"2.0\"");
        e("Assertion", &attributes, &format!("{issuer}@A{subject}{conditions}{statements}"))
    }

    fn authn(&self) -> String {
        let e = |local: &str, attributes: &str, content: &str| self.element(local, attributes, content);
        let class = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
        let mut context = e("AuthnContextClassRef", "", class);
        let (mut locality, mut end) = (String::new(), "");
        match self.extra {
            Extra::Locality => locality = e("SubjectLocality", " Address=\"192.0.2.7\"", ""),
            Extra::Authority => context += &e("AuthenticatingAuthority", "", "https://upstream.example"),
            Extra::SessionEnd => end = " SessionNotOnOrAfter=\"2026-01-16T12:00:00Z\"",
            _ => {}
        }
        let attributes = format!(" AuthnInstant=\"2026-01-15T11:58:00.000Z\" SessionIndex=\"_session\"{end}");
        e("AuthnStatement", &attributes, &(locality + &e("AuthnContext", "", &context)))
    }

    fn attributes(&self) -> String {
        let one = |name: &str, values: &[&str]| {
            let values: String =
                values.iter().map(|v| self.element("AttributeValue", self.value_type, v)).collect();
            let format = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";
            self.element("Attribute", &format!(" Name=\"{name}\" NameFormat=\"{format}\""), &values)
        };
        let mut all = one("email", &["ada@acme.example"])
            + &one("groups", &["staff", "R&amp;D"])
            + &one("title", &[""]);
        if self.extra == Extra::RepeatedRoles {
            all += &(one("Role", &["offline_access"]) + &one("Role", &["uma_authorization"]));
        }
        self.element("AttributeStatement", "", &all)
    }

    /// Signs what is marked, the inner one first.
    fn sign(&self, message: &str) -> String {
        let inner = self.place(message, "@A", "_assertion", self.signed.1);
        self.place(&inner, "@R", "_response", self.signed.0)
    }

    fn place(&self, xml: &str, mark: &str, id: &str, signed: bool) -> String {
        if !signed {
            return xml.replace(mark, "");
        }
        // The other mark is no part of what is signed.
        let skeleton = |digest: &str, value: &str| xml.replace(mark, &self.skeleton(id, digest, value));
        let draft = skeleton("AAAA", "AAAA").replace("@R", "").replace("@A", "");
        let digest =
            base64::encode(&DigestAlgorithm::Sha256.digest(self.canonical(&draft, id, false).as_bytes()));
        let draft = skeleton(&digest, "AAAA").replace("@R", "").replace("@A", "");
        let info = self.canonical(&draft, id, true);
        let value = sign_bytes(&signing_key("idp"), SignatureAlgorithm::RSA_SHA256, info.as_bytes()).unwrap();
        skeleton(&digest, &base64::encode(&value))
    }

    fn skeleton(&self, id: &str, digest: &str, value: &str) -> String {
        let t = |local: &str| Self::tag(self.signature, local);
        let prefixes = self.prefix_list.map_or(String::new(), |list| {
            format!("<ec:InclusiveNamespaces xmlns:ec=\"{}\" PrefixList=\"{list}\"/>", alg::EXC_C14N)
        });
        let (signature, info, method, reference, transforms, transform) = (
            t("Signature"),
            t("SignedInfo"),
            t("CanonicalizationMethod"),
            t("Reference"),
            t("Transforms"),
            t("Transform"),
        );
        let key_info = if self.key_info.is_empty() {
            String::new()
        } else {
            format!("<{0}>{1}</{0}>", t("KeyInfo"), self.key_info)
        };
        let (signature_method, digest_method) = (t("SignatureMethod"), t("DigestMethod"));
        let (digest_value, signature_value) = (t("DigestValue"), t("SignatureValue"));
        let xmlns = Self::declare(self.signature, ns::DSIG);
        let (exclusive, enveloped, rsa, sha) = (alg::EXC_C14N, alg::ENVELOPED, alg::RSA_SHA256, alg::SHA256);
        [
            format!("<{signature}{xmlns}><{info}><{method} Algorithm=\"{exclusive}\"/>"),
            format!("<{signature_method} Algorithm=\"{rsa}\"/><{reference} URI=\"#{id}\"><{transforms}>"),
            format!("<{transform} Algorithm=\"{enveloped}\"/>"),
            format!("<{transform} Algorithm=\"{exclusive}\">{prefixes}</{transform}></{transforms}>"),
            format!("<{digest_method} Algorithm=\"{sha}\"/><{digest_value}>{digest}</{digest_value}>"),
            format!("</{reference}></{info}><{signature_value}>{value}</{signature_value}>"),
            format!("{key_info}</{signature}>"),
        ]
        .concat()
    }

    fn canonical(&self, draft: &str, id: &str, info: bool) -> String {
        let doc = roxmltree::Document::parse(draft).unwrap();
        let element = doc.descendants().find(|n| n.attribute("ID") == Some(id)).unwrap();
        let signature = element.children().find(|n| n.tag_name().name() == "Signature").unwrap();
        if info {
            let form = c14n::Canonicalization::Exclusive { inclusive_prefixes: Vec::new() };
            return c14n::canonicalize(signature.first_element_child().unwrap(), None, &form).unwrap();
        }
        let list = self.prefix_list.unwrap_or_default().split_whitespace();
        let inclusive_prefixes = list.map(|p| p.replace("#default", "")).collect();
        let form = c14n::Canonicalization::Exclusive { inclusive_prefixes };
        c14n::canonicalize(element, Some(signature.id()), &form).unwrap()
    }

    fn genuine(&self) -> String {
        self.sign(&self.message())
    }

    /// The assertion of a message.
    fn assertion_of(&self, xml: &str) -> String {
        element(xml, &self.a("Assertion"))
    }

    fn encrypted(&self, content: ContentAlgorithm, signed: (bool, bool)) -> String {
        let how = Encryption {
            content,
            transport: KeyTransport::OAEP_SHA1,
            certificate: decryption_key("sp").certificate_der().to_vec().leak(),
            recipient: None,
            placement: if self.name == "shibboleth" { KeyPlacement::Beside } else { KeyPlacement::Inside },
            random: &[5; 32],
        };
        let shape = Shape { signed, ..self.clone() };
        let inner = shape.place(&shape.message(), "@A", "_assertion", signed.1);
        let assertion = shape.assertion_of(&inner);
        let holder = how.encrypt("saml:EncryptedAssertion", &assertion).unwrap();
        let declared = holder.replacen(
            "<saml:EncryptedAssertion",
            &format!("<saml:EncryptedAssertion xmlns:saml=\"{}\"", ns::ASSERTION),
            1,
        );
        shape.place(&inner.replace(&assertion, &declared), "@R", "_response", signed.0)
    }
}

pub fn cases() -> Vec<Case> {
    shapes().iter().flat_map(|shape| [genuine(shape), attacked(shape)]).flatten().collect()
}

fn genuine(shape: &Shape) -> Vec<Case> {
    let message = shape.message();
    let ok = |what: &str, message: String| case(&format!("{}-{what}", shape.name), "accept", message);
    let signed =
        |response, assertion| Shape { signed: (response, assertion), ..shape.clone() }.sign(&message);
    let spread = message.replace("><", ">\n    <").replace(">\n    </", ">\n</").replace("@R<", "@R\n    <");
    let tabbed = spread.replace("\n    ", "\r\n\t");
    vec![
        ok("as-sent", shape.genuine()),
        ok("with-declaration", format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", shape.genuine())),
        ok("signed-assertion", signed(false, true)),
        ok("signed-response", signed(true, false)),
        ok("signed-both", signed(true, true)),
        ok("indented", shape.sign(&spread)),
        ok("indented-with-tabs-and-crlf", shape.sign(&tabbed)),
        ok(
            "attributes-in-other-order",
            shape.sign(
                &message.replace(" ID=\"_response\" Version=\"2.0\"", " Version=\"2.0\" ID=\"_response\""),
            ),
        ),
        ok("encrypted-gcm", shape.encrypted(ContentAlgorithm::Aes256Gcm, (false, true))),
        ok("encrypted-gcm-signed-response", shape.encrypted(ContentAlgorithm::Aes128Gcm, (true, false))),
        ok("encrypted-cbc-signed-response", shape.encrypted(ContentAlgorithm::Aes128Cbc, (true, false))),
        ok("encrypted-cbc-signed-both", shape.encrypted(ContentAlgorithm::Aes256Cbc, (true, true))),
        ok("signature-after-subject", {
            let conditions = format!("<{} ", shape.a("Conditions"));
            let moved = message.replace("@A", "").replacen(&conditions, &format!("@A{conditions}"), 1);
            Shape { signed: (false, true), ..shape.clone() }.sign(&moved)
        }),
    ]
}

fn attacked(shape: &Shape) -> Vec<Case> {
    let good = Shape { signed: (false, true), ..shape.clone() }.genuine();
    let of_response = Shape { signed: (true, false), ..shape.clone() }.genuine();
    let genuine = shape.assertion_of(&good);
    let unsigned = Shape { signed: (false, false), ..shape.clone() }.genuine();
    let evil = shape.assertion_of(&unsigned).replace("ada@", "eve@").replace("\"_assertion\"", "\"_evil\"");
    let bad =
        |what: &str, outcome, message: String| case(&format!("{}-{what}", shape.name), outcome, message);
    let with = |content: &str| swap(&good, &genuine, content);
    let end = format!("</{}>", shape.a("Assertion"));
    let close = format!("</{}:Response>", shape.protocol);
    vec![
        bad("unsigned", "signature_missing", unsigned.clone()),
        bad("edited", "signature_digest", good.replace(">ada@", ">eve@")),
        bad("response-edited", "signature_digest", of_response.replace(">ada@", ">eve@")),
        bad("evil-first", "assertion_repeated", with(&format!("{evil}{genuine}"))),
        bad("evil-last", "assertion_repeated", with(&format!("{genuine}{evil}"))),
        bad("evil-around", "assertion_repeated", with(&swap(&evil, &end, &format!("{genuine}{end}")))),
        bad(
            "evil-appended-to-signed-response",
            "assertion_repeated",
            swap(&of_response, &close, &format!("{evil}{close}")),
        ),
        bad(
            "for-another-audience",
            "audience_mismatch",
            shape.sign(&shape.message().replace(&format!(">{SP}<"), ">https://other.example<")),
        ),
        bad(
            "from-another-issuer",
            "issuer_mismatch",
            shape.sign(&shape.message().replace(&format!(">{IDP}<"), ">https://other.example<")),
        ),
        bad(
            "for-another-recipient",
            "recipient_mismatch",
            shape.sign(
                &shape
                    .message()
                    .replace(&format!("Recipient=\"{ACS}\""), "Recipient=\"https://other.example/acs\""),
            ),
        ),
        bad(
            "expired",
            "confirmation_expired",
            shape.sign(&shape.message().replace("12:05:00.123Z", "11:57:00.000Z")),
        ),
        bad("comment-in-name", "comment_in_text", good.replace(">ada@acme", ">ada@<!---->acme")),
    ]
}
