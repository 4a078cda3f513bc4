//! What the SAML tests share: one moment, one provider, one connection, and a base message to break.

use std::{fs, path::PathBuf};

use openssl::{
    asn1::Asn1Time,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    x509::{X509, X509NameBuilder},
};
use time::{Duration, OffsetDateTime, macros::datetime};
use vestibule::saml::{
    Decryption, DecryptionKey, SigningKey, VerificationKey,
    dsig::{
        DigestAlgorithm, SignatureAlgorithm, SignaturePolicy, base64,
        c14n::{Canonicalization, canonicalize},
        sign,
        sign::sign_bytes,
    },
    issue::{IssuedAssertion, IssuedResponse},
    names::{alg, name_id},
    response::{Expected, PendingRequest, Solicitation},
};

/// When all of this happens.
pub const NOW: OffsetDateTime = datetime!(2026-01-15 12:00:00 UTC);
pub const IDP: &str = "https://idp.example/metadata";
pub const SP: &str = "https://sp.example/api/saml/v1/conn";
pub const ACS: &str = "https://sp.example/api/saml/v1/conn/acs";
pub const REQUEST: &str = "_f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed";

pub fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/saml")
}

/// A test key by name; see `fixtures/saml/keys`.
pub fn signing_key(name: &str) -> SigningKey {
    let read = |extension| fs::read(fixtures().join("keys").join(format!("{name}.{extension}"))).unwrap();
    SigningKey::from_pem(&read("key"), &read("crt")).unwrap()
}

pub fn certificate(name: &str) -> String {
    fs::read_to_string(fixtures().join("keys").join(format!("{name}.crt"))).unwrap()
}

pub fn verification_key(name: &str) -> VerificationKey {
    VerificationKey::from_text(&certificate(name)).unwrap()
}

/// A test key whose certificate an authority issued, and both certificates, PEM.
pub struct Issued {
    pub key: SigningKey,
    pub certificate: String,
    pub authority: String,
}

/// One that is made for this test, with its authority.
pub fn issued() -> Issued {
    let pem = |one: &X509| String::from_utf8(one.to_pem().unwrap()).unwrap();
    let (authority, key) = (new_key(), new_key());
    let top = new_certificate("authority", &authority, "authority", &authority);
    let own = new_certificate("idp", &key, "authority", &authority);
    Issued { key: SigningKey::new(key, &own).unwrap(), certificate: pem(&own), authority: pem(&top) }
}

fn new_key() -> PKey<Private> {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap()
}

fn new_certificate(subject: &str, of: &PKey<Private>, issuer: &str, by: &PKey<Private>) -> X509 {
    let name = |text: &str| {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_nid(Nid::COMMONNAME, text).unwrap();
        name.build()
    };
    let mut one = X509::builder().unwrap();
    one.set_subject_name(&name(subject)).unwrap();
    one.set_issuer_name(&name(issuer)).unwrap();
    one.set_pubkey(of).unwrap();
    one.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
    one.set_not_after(&Asn1Time::from_unix(2_000_000_000).unwrap()).unwrap();
    one.sign(by, MessageDigest::sha256()).unwrap();
    one.build()
}

/// A test key of the service provider.
pub fn decryption_key(name: &str) -> DecryptionKey {
    let read = |extension| fs::read(fixtures().join("keys").join(format!("{name}.{extension}"))).unwrap();
    DecryptionKey::from_pem(&read("key"), &read("crt")).unwrap()
}

/// A connection as a case wants it.
pub struct Profile {
    name: String,
    keys: Vec<VerificationKey>,
    sp_keys: Vec<DecryptionKey>,
}

impl Profile {
    pub fn named(name: &str) -> Self {
        let keys: &[&str] = match name {
            "no-keys" => &[],
            "rollover" => &["idp-next", "idp"],
            "p256" | "p384" | "p521" => &[name],
            "ec-and-rsa" => &["p256", "idp"],
            _ => &["idp"],
        };
        let sp_keys: &[&str] = match name {
            "no-sp-keys" => &[],
            "sp-rollover" => &["sp-next", "sp"],
            _ => &["sp"],
        };
        Self {
            name: name.to_owned(),
            keys: keys.iter().map(|key| verification_key(key)).collect(),
            sp_keys: sp_keys.iter().map(|key| decryption_key(key)).collect(),
        }
    }

    pub fn expected(&self) -> Expected<'_> {
        let is = |name| self.name == name;
        let request = PendingRequest {
            id: REQUEST,
            authenticated_after: is("force-authn").then_some(NOW - Duration::seconds(30)),
            authn_contexts: if is("mfa") { &["https://refeds.org/profile/mfa"] } else { &[] },
        };
        Expected {
            idp_entity_id: IDP,
            keys: &self.keys,
            sp_entity_id: SP,
            acs_url: ACS,
            solicitation: match self.name.as_str() {
                "unsolicited" => Solicitation::Unsolicited,
                "unsolicited-with-dummy" => Solicitation::UnsolicitedWithDummy,
                _ => Solicitation::Request(request),
            },
            stable_attribute: is("stable-attribute").then_some("uid"),
            signatures: SignaturePolicy { allow_inclusive_c14n: is("inclusive"), allow_sha1: is("sha1") },
            decryption: Decryption {
                keys: &self.sp_keys,
                recipient: SP,
                allow_triple_des: is("triple-des"),
                random: &[7; 32],
            },
            clock_skew: Expected::CLOCK_SKEW,
            now: NOW,
        }
    }
}

/// A good response, unsigned.
pub fn base() -> String {
    response(&[("email", &["ada@acme.example"]), ("firstName", &["Ada"]), ("groups", &["staff", "admins"])])
}

pub fn response(attributes: &[(&str, &[&str])]) -> String {
    IssuedResponse {
        id: "_response",
        issuer: IDP,
        acs_url: ACS,
        in_response_to: Some(REQUEST),
        issued_at: NOW,
        assertion: IssuedAssertion {
            id: "_assertion",
            audience: SP,
            name_id: "ada@acme.example",
            name_id_format: name_id::EMAIL,
            authenticated_at: NOW - Duration::minutes(2),
            validity: (NOW - Duration::seconds(5), NOW + Duration::minutes(5)),
            session_index: Some("_session"),
            session_not_on_or_after: Some(NOW + Duration::hours(8)),
            attributes,
        },
    }
    .to_xml()
}

pub fn sign_assertion(xml: &str) -> String {
    sign(xml, "_assertion", &signing_key("idp"), DigestAlgorithm::Sha256).unwrap()
}

pub fn sign_response(xml: &str) -> String {
    sign(xml, "_response", &signing_key("idp"), DigestAlgorithm::Sha256).unwrap()
}

/// The signed message with its first SignedInfo rewritten and signed again, so that only the rewriting is at fault.
pub fn with_signed_info(
    xml: &str,
    key: &SigningKey,
    algorithm: SignatureAlgorithm,
    rewrite: impl Fn(&str) -> String,
) -> String {
    let info = element(xml, "ds:SignedInfo");
    let xml = swap(xml, &info, &rewrite(&info));
    let document = roxmltree::Document::parse(&xml).unwrap();
    let node = document.descendants().find(|n| n.tag_name().name() == "SignedInfo").unwrap();
    let form = Canonicalization::Exclusive { inclusive_prefixes: Vec::new() };
    let value = sign_bytes(key, algorithm, canonicalize(node, None, &form).unwrap().as_bytes()).unwrap();
    let value = format!("<ds:SignatureValue>{}</ds:SignatureValue>", base64::encode(&value));
    swap(&xml, &element(&xml, "ds:SignatureValue"), &value)
}

/// As [`sign`] signs, over inclusive C14N.
pub fn signed_inclusively(xml: &str, id: &str, key: &SigningKey) -> String {
    let draft = sign(xml, id, key, DigestAlgorithm::Sha256).unwrap().replace(alg::EXC_C14N, alg::C14N);
    let canonical = |xml: &str, of_info: bool| {
        let doc = roxmltree::Document::parse(xml).unwrap();
        let find = |name: &str| doc.descendants().find(|n| n.tag_name().name() == name).unwrap();
        let signed = doc.descendants().find(|n| n.attribute("ID") == Some(id)).unwrap();
        let (node, without) = match of_info {
            true => (find("SignedInfo"), None),
            false => (signed, Some(find("Signature").id())),
        };
        canonicalize(node, without, &Canonicalization::Inclusive).unwrap()
    };
    let put = |xml: &str, name: &str, value: &[u8]| {
        swap(xml, &element(xml, name), &format!("<{name}>{}</{name}>", base64::encode(value)))
    };
    let digest = DigestAlgorithm::Sha256.digest(canonical(&draft, false).as_bytes());
    let draft = put(&draft, "ds:DigestValue", &digest);
    let value = sign_bytes(key, SignatureAlgorithm::RSA_SHA256, canonical(&draft, true).as_bytes()).unwrap();
    put(&draft, "ds:SignatureValue", &value)
}

/// Replaces the first `from`, which must be there.
pub fn swap(xml: &str, from: &str, to: &str) -> String {
    assert!(xml.contains(from), "{from} is not in the message");
    xml.replacen(from, to, 1)
}

/// The source of the first element called `name`.
pub fn element(xml: &str, name: &str) -> String {
    let start = xml.find(&format!("<{name} ")).or_else(|| xml.find(&format!("<{name}>"))).unwrap();
    let end = format!("</{name}>");
    let length = xml[start..].find(&end).unwrap() + end.len();
    xml[start..start + length].to_owned()
}

pub fn without(xml: &str, name: &str) -> String {
    swap(xml, &element(xml, name), "")
}
