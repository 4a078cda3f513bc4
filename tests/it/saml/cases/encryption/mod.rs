//! What is encrypted (fact 54): every cipher that is accepted, and every way in which it is not.

use vestibule::saml::{
    dsig::{DigestAlgorithm, base64},
    issue::{Encryption, KeyPlacement},
    names::{enc, ns},
    xmlenc::{ContentAlgorithm, KeyTransport},
};

use super::*;

mod keys;
mod parts;
mod structure;
mod wrapping;

pub fn cases() -> Vec<Case> {
    [accepted(), refused(), keys::cases(), structure::cases(), parts::cases(), wrapping::cases()]
        .into_iter()
        .flatten()
        .collect()
}

/// AES-256-GCM and RSA-OAEP with SHA-1, to our key: the best that most providers send.
fn usual() -> Encryption<'static> {
    Encryption {
        content: ContentAlgorithm::Aes256Gcm,
        transport: KeyTransport::OAEP_SHA1,
        certificate: sp_certificate("sp"),
        recipient: None,
        placement: KeyPlacement::Inside,
        random: &[3; 32],
    }
}

/// The certificate, for as long as the tests run.
fn sp_certificate(name: &str) -> &'static [u8] {
    decryption_key(name).certificate_der().to_vec().leak()
}

/// The message with its assertion encrypted: the prefixes of the message are in scope where it stands.
fn encrypted(xml: &str, how: &Encryption<'_>) -> String {
    let assertion = element(xml, "saml:Assertion");
    swap(xml, &assertion, &how.encrypt("saml:EncryptedAssertion", &assertion).unwrap())
}

/// Signed inside, encrypted.
fn inside(how: &Encryption<'_>) -> String {
    encrypted(&sign_assertion(&base()), how)
}

/// Encrypted, then signed outside.
fn outside(how: &Encryption<'_>) -> String {
    sign_response(&encrypted(&base(), how))
}

fn accepted() -> Vec<Case> {
    let mut cases = Vec::new();
    let transports = [
        ("oaep-sha1", KeyTransport::OAEP_SHA1),
        ("oaep-sha256", KeyTransport::OAEP_SHA256),
        (
            "oaep-sha256-mgf1-sha1",
            KeyTransport { digest: DigestAlgorithm::Sha256, mgf1: DigestAlgorithm::Sha1 },
        ),
        (
            "oaep-sha1-mgf1-sha256",
            KeyTransport { digest: DigestAlgorithm::Sha1, mgf1: DigestAlgorithm::Sha256 },
        ),
        ("oaep-sha512", KeyTransport { digest: DigestAlgorithm::Sha512, mgf1: DigestAlgorithm::Sha512 }),
    ];
    let mut ok = |name: String, profile, message| cases.push(case(&name, "accept", message).at(profile));
    for content in ContentAlgorithm::ALL {
        let name = content.uri().rsplit('#').next().unwrap();
        let profile = if content == ContentAlgorithm::TripleDesCbc { "triple-des" } else { "default" };
        for (transport_name, transport) in transports {
            let how = Encryption { content, transport, ..usual() };
            ok(format!("encrypted-{name}-{transport_name}-response-signed"), profile, outside(&how));
            let both = sign_response(&encrypted(&sign_assertion(&base()), &how));
            ok(format!("encrypted-{name}-{transport_name}-both-signed"), profile, both);
            if content.authenticates() {
                ok(format!("encrypted-{name}-{transport_name}-assertion-signed"), profile, inside(&how));
            }
        }
    }
    for (name, placement) in
        [("beside", KeyPlacement::Beside), ("beside-unnamed", KeyPlacement::BesideUnnamed)]
    {
        ok(format!("encrypted-key-{name}"), "default", inside(&Encryption { placement, ..usual() }));
    }
    // Nothing has to be followed: the key is tried anyway.
    ok("encrypted-key-and-a-method-that-leads-to-it".into(), "default", {
        let key = usual().key_element().unwrap();
        let id = key.split_once(" Id=\"").unwrap().1.split_once('"').unwrap().0;
        let method = format!("<ds:RetrievalMethod URI=\"#{id}\" Type=\"{}\"/>", enc::ENCRYPTED_KEY);
        swap(&inside(&usual()), &key, &format!("{method}{key}"))
    });
    let sha384 = KeyTransport { digest: DigestAlgorithm::Sha384, mgf1: DigestAlgorithm::Sha384 };
    ok("encrypted-oaep-sha384".into(), "default", inside(&Encryption { transport: sha384, ..usual() }));
    let named = Encryption { recipient: Some(SP), ..usual() };
    ok("encrypted-key-with-recipient".into(), "default", inside(&named));
    // Of seven keys one says that it is ours, and only that one is tried.
    ok("encrypted-to-six-others-as-well".into(), "default", {
        let ours = named.key_element().unwrap();
        let theirs = Encryption {
            recipient: Some("https://other.example"),
            certificate: sp_certificate("sp-next"),
            ..usual()
        };
        let theirs = theirs.key_element().unwrap();
        let theirs: String = (0..6).map(|n| theirs.replace(" Id=\"", &format!(" Id=\"_{n}"))).collect();
        swap(&inside(&named), &ours, &format!("{theirs}{ours}"))
    });
    ok("encrypted-four-keys".into(), "default", {
        let (ours, theirs) = (usual().key_element().unwrap(), sp_certificate("sp-next"));
        let theirs = Encryption { certificate: theirs, ..usual() }.key_element().unwrap();
        let theirs: String = (0..3).map(|n| theirs.replace(" Id=\"", &format!(" Id=\"_{n}"))).collect();
        swap(&inside(&usual()), &ours, &format!("{theirs}{ours}"))
    });
    ok("encrypted-with-declaration-of-version".into(), "default", {
        let xml = sign_assertion(&base());
        let assertion = element(&xml, "saml:Assertion");
        let whole = format!("<?xml version=\"1.0\"?>{assertion}");
        swap(&xml, &assertion, &usual().encrypt("saml:EncryptedAssertion", &whole).unwrap())
    });
    let other = Encryption { recipient: Some("urn:whatever"), ..usual() };
    ok("encrypted-key-with-unknown-recipient".into(), "default", inside(&other));
    ok("encrypted-to-old-key".into(), "sp-rollover", inside(&usual()));
    let next = Encryption { certificate: sp_certificate("sp-next"), ..usual() };
    ok("encrypted-to-new-key".into(), "sp-rollover", inside(&next));
    ok("encrypted-to-others-as-well".into(), "default", {
        let ours = usual().key_element().unwrap();
        let theirs = Encryption { recipient: Some("https://other.example"), ..next.clone() };
        let theirs = theirs.key_element().unwrap().replace(" Id=\"", " Id=\"_x");
        swap(&inside(&usual()), &ours, &format!("{theirs}{ours}"))
    });
    ok(
        "encrypted-without-type".into(),
        "default",
        swap(&inside(&usual()), &format!(" Type=\"{}\"", enc::ELEMENT), ""),
    );
    for (name, from, to) in key_shapes() {
        ok(format!("encrypted-key-{name}"), "default", swap(&inside(&usual()), &from, &to));
    }
    ok("encrypted-signatures-of-one-name".into(), "default", {
        let named = |xml: &str| swap(xml, "<ds:Signature ", "<ds:Signature Id=\"Signature1\" ");
        named(&sign_response(&encrypted(&named(&sign_assertion(&base())), &usual())))
    });
    ok("encrypted-unsolicited".into(), "unsolicited", {
        let xml = base().replace(&format!(" InResponseTo=\"{REQUEST}\""), "");
        encrypted(&sign_assertion(&xml), &usual())
    });
    let unprefixed = |xml: &str| {
        let assertion = element(xml, "saml:Assertion").replace("<saml:", "<").replace("</saml:", "</");
        assertion.replacen("<Assertion ", &format!("<Assertion xmlns=\"{}\" ", ns::ASSERTION), 1)
    };
    ok("encrypted-with-default-namespace".into(), "default", {
        let xml = base();
        let xml = swap(&xml, &element(&xml, "saml:Assertion"), &unprefixed(&xml));
        let xml = sign_assertion(&xml);
        let assertion = element(&xml, "Assertion");
        swap(&xml, &assertion, &usual().encrypt("saml:EncryptedAssertion", &assertion).unwrap())
    });
    ok("encrypted-with-declaration".into(), "default", {
        let xml = sign_assertion(&base());
        let assertion = element(&xml, "saml:Assertion");
        let whole = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{assertion}\n");
        swap(&xml, &assertion, &usual().encrypt("saml:EncryptedAssertion", &whole).unwrap())
    });
    ok("encrypted-with-wrapped-lines".into(), "default", {
        let xml = inside(&usual());
        let start = xml.rfind("<xenc:CipherValue>").unwrap() + "<xenc:CipherValue>".len();
        let end = xml.rfind("</xenc:CipherValue>").unwrap();
        let lines: Vec<_> =
            xml.as_bytes()[start..end].chunks(64).map(|c| std::str::from_utf8(c).unwrap()).collect();
        format!("{}\n{}\n{}", &xml[..start], lines.join("\n"), &xml[end..])
    });
    ok("encrypted-pretty-printed".into(), "default", inside(&usual()).replace("><xenc:", ">\n  <xenc:"));
    cases
}

/// Other ways to write the same EncryptedKey: defaults left out or written out, and what only says something.
fn key_shapes() -> Vec<(&'static str, String, String)> {
    let digest = format!(
        "<ds:DigestMethod xmlns:ds=\"{}\" Algorithm=\"{}\"></ds:DigestMethod>",
        ns::DSIG,
        DigestAlgorithm::Sha1.uri()
    );
    let (method, end) = (format!("Algorithm=\"{}\">{digest}", enc::RSA_OAEP_MGF1P), "</xenc:EncryptedKey>");
    let newer = |mask: &str| format!("Algorithm=\"{}\">{digest}{mask}", enc::RSA_OAEP);
    let mask = format!("<m:MGF xmlns:m=\"{}\" Algorithm=\"{}mgf1sha1\"/>", ns::XENC11, ns::XENC11);
    vec![
        ("without-digest", digest.clone(), String::new()),
        ("in-the-newer-form-without-mask", method.clone(), newer("")),
        ("in-the-newer-form-with-the-old-mask", method, newer(&mask)),
        (
            "with-references-and-name",
            end.to_owned(),
            format!(
                "<xenc:ReferenceList><xenc:DataReference URI=\"#_d\"/></xenc:ReferenceList>\
                 <xenc:CarriedKeyName>k</xenc:CarriedKeyName>{end}"
            ),
        ),
    ]
}

fn refused() -> Vec<Case> {
    let mut cases = Vec::new();
    for content in ContentAlgorithm::ALL.into_iter().filter(|a| !a.authenticates()) {
        let name = content.uri().rsplit('#').next().unwrap();
        let how = Encryption { content, ..usual() };
        let message = inside(&how);
        cases.push(
            case(&format!("encrypted-{name}-without-outer-signature"), "encryption_unauthenticated", message)
                .at("triple-des"),
        );
    }
    let des = Encryption { content: ContentAlgorithm::TripleDesCbc, ..usual() };
    cases.push(case("encrypted-triple-des-without-switch", "encryption_triple_des", outside(&des)));
    let good = inside(&usual());
    let algorithm = |from: &str, to: &str| good.replace(from, to);
    cases.extend([
        case(
            "encrypted-without-response-issuer",
            "issuer_missing",
            encrypted(&sign_assertion(&without(&base(), "saml:Issuer")), &usual()),
        ),
        case("encrypted-unsigned", "signature_missing", encrypted(&base(), &usual())),
        case("encrypted-rsa-1-5", "encryption_rsa_1_5", algorithm(enc::RSA_OAEP_MGF1P, enc::RSA_1_5)),
        case(
            "encrypted-key-wrap",
            "encryption_algorithm",
            algorithm(enc::RSA_OAEP_MGF1P, "http://www.w3.org/2001/04/xmlenc#kw-aes128"),
        ),
        case("encrypted-by-unknown-cipher", "encryption_algorithm", algorithm(enc::AES256_GCM, "urn:x")),
        case(
            "encrypted-by-chacha",
            "encryption_algorithm",
            algorithm(enc::AES256_GCM, "http://www.w3.org/2007/05/xmldsig-more#chacha20poly1305"),
        ),
        case(
            "encrypted-by-nothing",
            "encryption_algorithm",
            algorithm(&format!("Algorithm=\"{}\"", enc::AES256_GCM), ""),
        ),
        case(
            "encrypted-oaep-digest-md5",
            "encryption_algorithm",
            algorithm("http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2001/04/xmldsig-more#md5"),
        ),
        case(
            "encrypted-gcm-claimed-as-cbc",
            "encryption_unauthenticated",
            algorithm(enc::AES256_GCM, enc::AES256_CBC),
        ),
        case(
            "encrypted-gcm-claimed-as-128",
            "decryption_failed",
            algorithm(enc::AES256_GCM, enc::AES128_GCM),
        ),
        case(
            "encrypted-oaep-other-digest-claimed",
            "decryption_failed",
            algorithm("http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2001/04/xmlenc#sha256"),
        ),
        case(
            "encrypted-content-type",
            "encryption_malformed",
            algorithm(enc::ELEMENT, "http://www.w3.org/2001/04/xmlenc#Content"),
        ),
        case(
            "encrypted-to-somebody-else",
            "decryption_failed",
            inside(&Encryption { certificate: sp_certificate("sp-next"), ..usual() }),
        ),
        case("encrypted-no-keys-of-ours", "encryption_no_keys", good.clone()).at("no-sp-keys"),
    ]);
    cases
}

/// The text of a CipherValue: the first is the key's, the last the content's.
fn rewritten(xml: &str, last: bool, rewrite: impl Fn(&mut Vec<u8>)) -> String {
    let open = "<xenc:CipherValue>";
    let start = if last { xml.rfind(open) } else { xml.find(open) }.unwrap() + open.len();
    let end = start + xml[start..].find('<').unwrap();
    let mut bytes = base64::decode(&xml[start..end]).unwrap();
    rewrite(&mut bytes);
    format!("{}{}{}", &xml[..start], base64::encode(&bytes), &xml[end..])
}

fn cbc() -> Encryption<'static> {
    Encryption { content: ContentAlgorithm::Aes128Cbc, ..usual() }
}
