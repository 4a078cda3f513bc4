//! Inputs that are made to be dear: each grows one thing to where the limits end.

use std::fmt::Write;

use flate2::{Compression, write::DeflateEncoder};
use vestibule::saml::{
    binding::redirect::{self, Parameter},
    dsig::base64,
    issue::{Encryption, IdpDescription, KeyPlacement},
    xmlenc::{ContentAlgorithm, KeyTransport},
};

use super::support::*;

/// Where an input comes in.
#[derive(Debug, Clone, Copy)]
pub enum Entry {
    /// A Response for the connection of that profile.
    Acs(&'static str),
    /// A form field, still base64.
    Form,
    /// A query string.
    Query,
    /// A LogoutRequest in a form.
    Logout,
    /// Metadata, which is the administrator's.
    Metadata,
    /// Metadata of which a list is made to choose from.
    Candidates,
}

/// An input and where it comes in.
pub struct Bomb {
    pub name: String,
    pub entry: Entry,
    pub input: Vec<u8>,
}

pub fn bombs() -> Vec<Bomb> {
    let responses = [documents(), signatures(), encrypted()].into_iter().flatten();
    let mut all: Vec<Bomb> =
        responses.map(|(name, xml)| bomb(&name, Entry::Acs("sp-rollover"), xml)).collect();
    all.extend(transports());
    all.extend(federations());
    for (name, xml) in documents() {
        let xml = xml.replace("samlp:Response", "samlp:LogoutRequest");
        all.push(bomb(&format!("logout-{name}"), Entry::Logout, xml));
    }
    all
}

fn bomb(name: &str, entry: Entry, input: impl Into<Vec<u8>>) -> Bomb {
    Bomb { name: name.to_owned(), entry, input: input.into() }
}

/// So many of something, each with its number.
fn many(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut all, n| {
        let _ = write!(all, "{}", one(n));
        all
    })
}

/// Whole ones of something, in less than a megabyte with what stands around them.
fn filled(one: impl Fn(usize) -> String) -> String {
    let mut all = String::new();
    for n in 0..19_900 {
        let next = one(n);
        if all.len() + next.len() > 1_040_000 {
            break;
        }
        all += &next;
    }
    all
}

/// In the Extensions of a signed Response, where anything may stand.
fn inside(content: &str) -> String {
    let place = "<samlp:Status>";
    swap(&sign_assertion(&base()), place, &format!("<samlp:Extensions>{content}</samlp:Extensions>{place}"))
}

fn documents() -> Vec<(String, String)> {
    let spaces = |count: usize| many(count, |n| format!(" xmlns:n{n}=\"u:{n}\""));
    let long = "x".repeat(1_000);
    let named = |name: &str, content: String| (name.to_owned(), inside(&content));
    vec![
        named("text", "x".repeat(1_000_000)),
        named("spaces", " ".repeat(1_000_000)),
        named("references", "&amp;".repeat(200_000)),
        named("numeric-references", "&#x41;".repeat(170_000)),
        named("ampersands", "&".repeat(1_000_000)),
        named("carriage-returns", "\r".repeat(1_000_000)),
        named("two-byte-characters", "\u{e9}".repeat(500_000)),
        named("cdata", filled(|_| "<![CDATA[x]]>x".to_owned())),
        named("comments", filled(|_| "<!---->".to_owned())),
        named("comments-beside-text", filled(|_| "x<!---->".to_owned())),
        named("instructions", filled(|_| "<?p x?>".to_owned())),
        named("elements", filled(|_| "<a/>".to_owned())),
        named("elements-nested", filled(|_| format!("{}{}", "<a>".repeat(60), "</a>".repeat(60)))),
        named("ids", filled(|n| format!("<a ID=\"{n}\"/>"))),
        named("attributes", filled(|_| format!("<a{}/>", many(30, |n| format!(" a{n}=\"\""))))),
        named("attributes-in-a-crowd", many(28, |_| format!("<a{}/>", many(256, |n| format!(" a{n}=\"\""))))),
        named(
            "attributes-of-long-names",
            many(4, |_| format!("<a{}/>", many(250, |n| format!(" {long}{n:03}=\"\"")))),
        ),
        named("namespaces-inherited", format!("<a{}>{}</a>", spaces(60), filled(|_| "<n59:a/>".to_owned()))),
        named("namespaces-within", format!("<a{}>{}</a>", spaces(50), "<n49:a n48:b=\"\"/>".repeat(7_500))),
        named(
            "prefixed-attributes",
            format!(
                "<a{}>{}</a>",
                spaces(60),
                filled(|_| "<a n59:a=\"\" n58:b=\"\" n57:c=\"\"/>".to_owned())
            ),
        ),
        named(
            "namespace-on-each-element",
            format!("<a{}>{}</a>", spaces(60), filled(|_| "<a xmlns:x=\"u\"/>".to_owned())),
        ),
        named(
            "namespaces-redeclared",
            format!("<a{}>{}</a>", spaces(60), filled(|_| format!("<a{}/>", spaces(30)))),
        ),
        named("unique-namespaces", many(11_900, |n| format!("<a xmlns:n{:05}=\"u\"/>", 99_999 - n))),
        named("unique-default-namespaces", many(11_900, |n| format!("<a xmlns=\"u{:05}\"/>", 99_999 - n))),
        named("unique-namespaces-beyond", filled(|n| format!("<a xmlns:n{:05}=\"u\"/>", 99_999 - n))),
        named("responses", filled(|_| "<samlp:Response/>".to_owned())),
        named("assertions", filled(|_| "<saml:Assertion/>".to_owned())),
    ]
}

/// Of a signature that nobody trusted has made: what is read before that is known.
fn signatures() -> Vec<(String, String)> {
    let good = sign_assertion(&base());
    let reference = element(&good, "ds:Reference");
    let transforms = element(&good, "ds:Transforms");
    let exclusive = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";
    let named = |name: &str, from: &str, to: String| (name.to_owned(), swap(&good, from, &to));
    let prefixes = |list: &str| {
        format!(
            "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"><ec:InclusiveNamespaces \
             xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"{list}\"/></ds:Transform>"
        )
    };
    let value = element(&good, "ds:SignatureValue");
    let large = |bytes: usize| base64::encode(&vec![7; bytes]);
    vec![
        named("signature-references", &reference, reference.repeat(1_500)),
        named(
            "signature-transforms",
            &transforms,
            format!("<ds:Transforms>{}</ds:Transforms>", exclusive.repeat(3_000)),
        ),
        named("signature-prefixes", exclusive, prefixes(&many(100_000, |n| format!("n{n} ")))),
        named("signature-prefixes-within", exclusive, prefixes(&many(32, |n| format!("n{n} ")))),
        named(
            "signature-value-large",
            &value,
            format!("<ds:SignatureValue>{}</ds:SignatureValue>", large(700_000)),
        ),
        named("signature-value-spaces", &value, swap(&value, ">", &format!(">{}", " ".repeat(1_000_000)))),
        named("signature-twice", &element(&good, "ds:Signature"), element(&good, "ds:Signature").repeat(400)),
        named(
            "signature-objects",
            "</ds:Signature>",
            format!("{}</ds:Signature>", filled(|_| "<ds:Object/>".into())),
        ),
        named(
            "signature-key-info",
            "</ds:Signature>",
            format!(
                "<ds:KeyInfo>{}</ds:KeyInfo></ds:Signature>",
                filled(|_| "<ds:KeyName>x</ds:KeyName>".into())
            ),
        ),
        named(
            "signature-info-attributes",
            "<ds:SignedInfo ",
            format!("<ds:SignedInfo{} ", many(250, |n| format!(" {}{n:03}=\"&lt;\"", "x".repeat(900)))),
        ),
        named(
            "signature-info-namespaces",
            "<ds:SignedInfo ",
            format!("<ds:SignedInfo{} ", many(55, |n| format!(" xmlns:{}{n:03}=\"u\"", "x".repeat(900)))),
        ),
    ]
}

/// Of what is encrypted to us, which anybody can do.
fn encrypted() -> Vec<(String, String)> {
    let key = decryption_key("sp");
    let how = |content| Encryption {
        content,
        transport: KeyTransport::OAEP_SHA1,
        certificate: key.certificate_der(),
        recipient: None,
        placement: KeyPlacement::Beside,
        random: &[3; 32],
    };
    let gcm = how(ContentAlgorithm::Aes256Gcm);
    let assertion = element(&base(), "saml:Assertion");
    let envelope = swap(&base(), &assertion, "@");
    let around = |holder: &str| envelope.replace('@', holder);
    let holder = |content: &str| gcm.encrypt("saml:EncryptedAssertion", content).unwrap();
    let good = holder(&assertion);
    let sibling = element(&good, "xenc:EncryptedKey");
    let method = element(&good, "ds:RetrievalMethod");
    let other = "<xenc:EncryptedKey xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" Id=\"x\"/>";
    let mut all = vec![
        ("encrypted-keys-four".to_owned(), around(&swap(&good, &sibling, &sibling.repeat(4)))),
        ("encrypted-keys-thousand".to_owned(), around(&swap(&good, &sibling, &sibling.repeat(1_000)))),
        (
            "encrypted-retrieval-methods".to_owned(),
            around(&swap(
                &swap(&good, &method, &method.repeat(3_000)),
                &sibling,
                &format!("{}{sibling}", other.repeat(7_000)),
            )),
        ),
        ("encrypted-large-text".to_owned(), around(&holder(&format!("<a>{}</a>", "x".repeat(700_000))))),
    ];
    for (name, xml) in documents() {
        let start = xml.find("<samlp:Extensions>").unwrap();
        let end = xml.find("</samlp:Extensions>").unwrap();
        let content = &xml[start + 18..end];
        // Ciphertext is a third longer in base64.
        let mut end = content.len().min(740_000);
        while !content.is_char_boundary(end) {
            end -= 1;
        }
        let whole = content[..end].rfind("/>").map_or(end, |at| at + 2);
        let content = if content.starts_with("<a ") && content.ends_with("</a>") {
            format!("{}</a>", &content[..whole.min(content.len() - 4)])
        } else {
            content[..if content.starts_with('<') { whole } else { end }].to_owned()
        };
        let assertion = swap(
            &assertion,
            "<saml:Subject>",
            &format!("<saml:Advice>{content}</saml:Advice><saml:Subject>"),
        );
        all.push((format!("encrypted-{name}"), around(&holder(&assertion))));
    }
    all
}

fn transports() -> Vec<Bomb> {
    let field = base64::encode(&vec![b'<'; 1 << 20]);
    let packed = |bytes: &[u8]| {
        use std::io::Write;
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(bytes).unwrap();
        let text = base64::encode(&deflate.finish().unwrap());
        format!("SAMLRequest={}", text.replace('+', "%2B").replace('=', "%3D"))
    };
    // Poorly compressible, so that the ratio does not end it.
    let noise: Vec<u8> =
        (0_u32..256 * 1024).map(|n| b"<a/>&;b "[(n.wrapping_mul(2_654_435_761) >> 29) as usize]).collect();
    let (xml, url) = (base(), "https://x.example/slo");
    let redirect = redirect::encode(url, Parameter::Request, &xml, Some(&"r".repeat(60_000))).unwrap();
    vec![
        bomb("form-large", Entry::Form, field.as_bytes()),
        bomb("form-wrapped", Entry::Form, field.as_bytes().chunks(60).collect::<Vec<_>>().join(&b"\r\n"[..])),
        bomb("form-spaces", Entry::Form, " ".repeat(1_400_000)),
        bomb("form-not-base64", Entry::Form, format!("{}*", &field[..field.len() - 4])),
        bomb("query-deflate-bomb", Entry::Query, packed(&vec![b' '; 30 << 20])),
        bomb("query-deflate-noise", Entry::Query, packed(&noise)),
        bomb("query-ampersands", Entry::Query, "&".repeat(64 * 1024)),
        bomb("query-pairs", Entry::Query, "a=&".repeat(21_000)),
        bomb("query-escapes", Entry::Query, format!("SAMLRequest={}", "%41".repeat(21_000))),
        bomb("query-relay-state", Entry::Query, redirect.split_once('?').unwrap().1),
    ]
}

fn federations() -> Vec<Bomb> {
    let key = verification_key("idp");
    let certificates = [key.certificate_der()];
    let one =
        IdpDescription { entity_id: IDP, sso_url: "https://idp.example/sso", certificates: &certificates };
    let one = one.to_xml();
    let aggregate = |content: &str| {
        format!(
            "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{content}</md:EntitiesDescriptor>"
        )
    };
    let count = (5 << 20) / one.len() - 1;
    let numbered = many(count, |n| one.replace(IDP, &format!("https://idp.example/{n}")));
    let descriptor = element(&one, "md:KeyDescriptor");
    let open = &one[..one.find('>').unwrap() + 1];
    let role = "<md:IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"/>";
    let nested = format!("{}{}", format!("{open}{role}").repeat(60), "</md:EntityDescriptor>".repeat(60));
    let texts = [
        ("metadata-aggregate-of-5-mb", aggregate(&numbered)),
        ("metadata-keys", swap(&one, &descriptor, &descriptor.repeat(4_000))),
        ("metadata-elements", aggregate(&"<a/>".repeat(149_000))),
        ("metadata-entities-nested", aggregate(&nested.repeat(200))),
        (
            "metadata-unique-namespaces",
            aggregate(&many(29_000, |n| format!("<a xmlns:n{:05}=\"u\"/>", 99_999 - n))),
        ),
        ("metadata-text", aggregate(&"x".repeat(5_000_000))),
    ];
    let both = |(name, text): (&str, String)| {
        [bomb(&format!("{name}-listed"), Entry::Candidates, text.clone()), bomb(name, Entry::Metadata, text)]
    };
    texts.into_iter().flat_map(both).collect()
}
