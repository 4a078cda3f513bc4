//! What is encrypted (fact 54): every cipher that is accepted, and every way in which it is not.

use vestibule::saml::{
    dsig::{DigestAlgorithm, base64},
    issue::{Encryption, KeyPlacement},
    names::{enc, ns},
    xmlenc::{ContentAlgorithm, KeyTransport},
};

use super::*;

pub fn cases() -> Vec<Case> {
    [accepted(), refused(), keys(), structure(), parts(), wrapping()].into_iter().flatten().collect()
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

/// One code for whatever goes wrong where a secret is involved (R26).
fn keys() -> Vec<Case> {
    let good = inside(&usual());
    let failed = |name: &str, message: String| case(name, "decryption_failed", message);
    let contents = |name: &str, content: &str| {
        let xml = sign_assertion(&base());
        let message = usual().encrypt("saml:EncryptedAssertion", content).unwrap();
        failed(name, swap(&xml, &element(&xml, "saml:Assertion"), &message))
    };
    let assertion = element(&sign_assertion(&base()), "saml:Assertion");
    vec![
        failed("encrypted-key-flipped", rewritten(&good, false, |b| b[9] ^= 1)),
        failed("encrypted-key-zero", rewritten(&good, false, |b| b.fill(0))),
        failed("encrypted-key-largest", rewritten(&good, false, |b| b.fill(0xff))),
        failed("encrypted-key-short", rewritten(&good, false, |b| b.truncate(255))),
        failed("encrypted-key-long", rewritten(&good, false, |b| b.push(0))),
        failed("encrypted-key-of-one-byte", rewritten(&good, false, |b| b.truncate(1))),
        failed("encrypted-content-flipped", rewritten(&good, true, |b| b[40] ^= 1)),
        failed("encrypted-iv-flipped", rewritten(&good, true, |b| b[0] ^= 1)),
        failed("encrypted-tag-flipped", rewritten(&good, true, |b| *b.last_mut().unwrap() ^= 1)),
        failed(
            "encrypted-tag-of-15-bytes",
            rewritten(&good, true, |b| {
                b.pop();
            }),
        ),
        failed("encrypted-tag-of-4-bytes", rewritten(&good, true, |b| b.truncate(b.len() - 12))),
        failed("encrypted-tag-missing", rewritten(&good, true, |b| b.truncate(b.len() - 16))),
        failed("encrypted-content-truncated", rewritten(&good, true, |b| b.truncate(100))),
        failed("encrypted-content-of-an-iv", rewritten(&good, true, |b| b.truncate(12))),
        failed("encrypted-content-of-11-bytes", rewritten(&good, true, |b| b.truncate(11))),
        failed("encrypted-content-extended", rewritten(&good, true, |b| b.push(0))),
        contents("encrypted-nothing", ""),
        contents("encrypted-text", "hello"),
        contents("encrypted-not-well-formed", "<saml:Assertion>"),
        contents("encrypted-two-elements", &format!("{assertion}<x/>")),
        contents("encrypted-text-beside", &format!("{assertion}x")),
        contents("encrypted-comment-beside", &format!("{assertion}<!-- x -->")),
        contents("encrypted-breaking-out", "</plaintext><x/><plaintext>"),
        contents(
            "encrypted-breaking-out-of-the-wrapper",
            &format!("{assertion}</plaintext><plaintext>{assertion}"),
        ),
        contents("encrypted-doctype", &format!("<!DOCTYPE x>{assertion}")),
        contents("encrypted-undeclared-prefix", "<no:Assertion/>"),
        contents("encrypted-control-character", &assertion.replace(">Ada<", ">\u{8}<")),
        contents(
            "encrypted-declaration-of-latin1",
            &format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{assertion}"),
        ),
        contents("encrypted-deep", &("<a>".repeat(100) + &"</a>".repeat(100))),
        failed(
            "encrypted-cbc-key-flipped",
            sign_response(&rewritten(&encrypted(&base(), &cbc()), false, |b| b[9] ^= 1)),
        ),
        failed("encrypted-cbc-padding-zero", cbc_with_last_byte(0)),
        failed("encrypted-cbc-padding-17", cbc_with_last_byte(17)),
        failed("encrypted-cbc-padding-255", cbc_with_last_byte(255)),
        // Two blocks of padding, whose removal would leave the assertion whole.
        failed("encrypted-cbc-padding-32", cbc_with_last_byte(32)),
        failed(
            "encrypted-cbc-odd-length",
            sign_response(&rewritten(&encrypted(&base(), &cbc()), true, |b| {
                b.pop();
            })),
        ),
        failed(
            "encrypted-cbc-iv-alone",
            sign_response(&rewritten(&encrypted(&base(), &cbc()), true, |b| b.truncate(16))),
        ),
        failed(
            "encrypted-cbc-flipped-and-signed",
            sign_response(&rewritten(&encrypted(&base(), &cbc()), true, |b| b[0] ^= 1)),
        ),
    ]
}

fn cbc() -> Encryption<'static> {
    Encryption { content: ContentAlgorithm::Aes128Cbc, ..usual() }
}

/// A response signed around CBC content whose last byte, which tells the padding, is this: the content is chosen so that
/// its last block is padding alone, and the block before it is turned until the byte comes out.
fn cbc_with_last_byte(wanted: u8) -> String {
    let xml = base();
    let assertion = element(&xml, "saml:Assertion");
    // A whole number of blocks, so that the padding has a block of its own, of which the last byte is 16; and one more
    // before it, which is lost with the turning.
    let padded = format!("{assertion}{}", " ".repeat(32 - assertion.len() % 16));
    let message = cbc().encrypt("saml:EncryptedAssertion", &padded).unwrap();
    let message = swap(&xml, &assertion, &message);
    sign_response(&rewritten(&message, true, |bytes| {
        let at = bytes.len() - 17;
        bytes[at] ^= 16 ^ wanted;
    }))
}

fn structure() -> Vec<Case> {
    let good = inside(&usual());
    let malformed = "encryption_malformed";
    let key = usual().key_element().unwrap();
    let in_data = |from: &str, to: &str| swap(&good, from, to);
    let data_method =
        format!("<xenc:EncryptionMethod Algorithm=\"{}\"></xenc:EncryptionMethod>", enc::AES256_GCM);
    let many: String = (0..5).map(|n| key.replace(" Id=\"", &format!(" Id=\"_{n}"))).collect();
    let beside = inside(&Encryption { placement: KeyPlacement::Beside, ..usual() });
    let last_value = good.rfind("<xenc:CipherValue>").unwrap();
    let content_data = good[last_value..].split_once("</xenc:CipherData>").unwrap().0;
    let reference = "<xenc:CipherReference URI=\"http://127.0.0.1:1/cipher\"/>";
    vec![
        case(
            "encrypted-empty",
            malformed,
            in_data(&element(&good, "saml:EncryptedAssertion"), "<saml:EncryptedAssertion/>"),
        ),
        case(
            "encrypted-other-content",
            malformed,
            in_data(
                &element(&good, "saml:EncryptedAssertion"),
                "<saml:EncryptedAssertion><x/></saml:EncryptedAssertion>",
            ),
        ),
        case(
            "encrypted-text-in-holder",
            malformed,
            in_data("<saml:EncryptedAssertion>", "<saml:EncryptedAssertion>x"),
        ),
        case("encrypted-two-data", malformed, {
            let data = element(&good, "xenc:EncryptedData");
            in_data(&data, &format!("{data}{}", data.replace(" Id=\"", " Id=\"_2")))
        }),
        case("encrypted-without-method", malformed, in_data(&data_method, "")),
        case(
            "encrypted-two-methods",
            malformed,
            in_data(&data_method, &format!("{data_method}{data_method}")),
        ),
        case(
            "encrypted-without-cipher-data",
            malformed,
            in_data(&format!("<xenc:CipherData>{content_data}</xenc:CipherData>"), ""),
        ),
        case("encrypted-cipher-data-empty", malformed, in_data(content_data, "")),
        case("encrypted-cipher-value-empty", malformed, in_data(content_data, "<xenc:CipherValue/>")),
        case(
            "encrypted-cipher-value-not-base64",
            malformed,
            in_data(content_data, "<xenc:CipherValue>???</xenc:CipherValue>"),
        ),
        case(
            "encrypted-cipher-value-url-safe",
            malformed,
            in_data(content_data, "<xenc:CipherValue>-_-_</xenc:CipherValue>"),
        ),
        case(
            "encrypted-cipher-value-with-element",
            malformed,
            in_data(content_data, "<xenc:CipherValue>AAAA<x/></xenc:CipherValue>"),
        ),
        case(
            "encrypted-cipher-value-with-comment",
            "comment_in_text",
            in_data(content_data, &content_data.replacen('>', "><!-- -->", 1)),
        ),
        case(
            "encrypted-cipher-value-of-another-name",
            malformed,
            in_data(content_data, &content_data.replace("xenc:CipherValue", "xenc:CipherText")),
        ),
        case(
            "encrypted-two-cipher-values",
            malformed,
            in_data(content_data, &format!("{content_data}{content_data}")),
        ),
        case("encrypted-cipher-reference", "encryption_cipher_reference", in_data(content_data, reference)),
        case("encrypted-key-cipher-reference", "encryption_cipher_reference", {
            let value = element(&key, "xenc:CipherValue");
            in_data(&value, reference)
        }),
        case("encrypted-without-key", "encryption_key_missing", in_data(&key, "")),
        case(
            "encrypted-without-key-info",
            "encryption_key_missing",
            in_data(&element(&good, "ds:KeyInfo"), ""),
        ),
        case(
            "encrypted-key-agreement",
            "encryption_key_missing",
            in_data(&key, "<xenc:AgreementMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#ECDH-ES\"/>"),
        ),
        case(
            "encrypted-key-name-only",
            "encryption_key_missing",
            in_data(&key, "<ds:KeyName>sp</ds:KeyName>"),
        ),
        case("encrypted-five-keys", "encryption_too_many_keys", in_data(&key, &many)),
        case("encrypted-key-twice", "id_repeated", in_data(&key, &format!("{key}{key}"))),
        case("encrypted-key-without-method", malformed, {
            let method = element(&key, "xenc:EncryptionMethod");
            in_data(&method, "")
        }),
        case(
            "encrypted-mgf1p-with-mgf",
            malformed,
            in_data(
                "</xenc:EncryptionMethod><xenc:CipherData>",
                &format!(
                    "<xenc11:MGF xmlns:xenc11=\"{}\" Algorithm=\"{}\"/></xenc:EncryptionMethod><xenc:CipherData>",
                    ns::XENC11,
                    enc::MGF1_SHA256
                ),
            ),
        ),
        case(
            "encrypted-other-label",
            "decryption_failed",
            in_data(
                "</xenc:EncryptionMethod><xenc:CipherData>",
                "<xenc:OAEPparams>AAAA</xenc:OAEPparams></xenc:EncryptionMethod><xenc:CipherData>",
            ),
        ),
        case(
            "encrypted-label-not-base64",
            malformed,
            in_data(
                "</xenc:EncryptionMethod><xenc:CipherData>",
                "<xenc:OAEPparams>?</xenc:OAEPparams></xenc:EncryptionMethod><xenc:CipherData>",
            ),
        ),
        case("encrypted-retrieval-to-nothing", malformed, swap(&beside, " URI=\"#", " URI=\"#x")),
        case(
            "encrypted-retrieval-by-http",
            malformed,
            swap(&beside, " URI=\"#", " URI=\"http://127.0.0.1:1/"),
        ),
        case(
            "encrypted-retrieval-of-file",
            malformed,
            swap(&beside, " URI=\"#", " URI=\"file:///etc/hostname#"),
        ),
        case("encrypted-retrieval-of-empty-id", malformed, {
            let id = beside.split_once("URI=\"#").unwrap().1.split_once('"').unwrap().0;
            let empty = swap(&beside, &format!("URI=\"#{id}\""), "URI=\"#\"");
            swap(&empty, &format!(" Id=\"{id}\""), " Id=\"\"")
        }),
        case("encrypted-retrieval-of-nothing", malformed, {
            let at = beside.find(" URI=\"#").unwrap() + 7;
            let end = at + beside[at..].find('"').unwrap();
            format!("{}{}", &beside[..at], &beside[end..])
        }),
        case(
            "encrypted-retrieval-of-other-type",
            malformed,
            swap(&beside, enc::ENCRYPTED_KEY, "http://www.w3.org/2000/09/xmldsig#X509Data"),
        ),
        case(
            "encrypted-retrieval-with-transform",
            malformed,
            swap(&beside, "></ds:RetrievalMethod>", "><ds:Transforms/></ds:RetrievalMethod>"),
        ),
        case("encrypted-nested-data", "unexpected_element", {
            let xml = sign_assertion(&base());
            let assertion = element(&xml, "saml:Assertion");
            let once = usual().encrypt("saml:EncryptedAssertion", &assertion).unwrap();
            let data = element(&once, "xenc:EncryptedData");
            let again = Encryption { random: &[4; 32], ..usual() };
            swap(&xml, &assertion, &again.encrypt("saml:EncryptedAssertion", &data).unwrap())
        }),
        case("encrypted-holder-inside", "unexpected_element", {
            let xml = sign_assertion(&base());
            let assertion = element(&xml, "saml:Assertion");
            let once = usual().encrypt("saml:EncryptedAssertion", &assertion).unwrap();
            let again = Encryption { random: &[4; 32], ..usual() };
            swap(&xml, &assertion, &again.encrypt("saml:EncryptedAssertion", &once).unwrap())
        }),
        case("encrypted-response-inside", "unexpected_element", {
            let xml = sign_assertion(&base());
            let assertion = element(&xml, "saml:Assertion");
            let inner = sign_response(&base()).replace("_response", "_other");
            swap(&xml, &assertion, &usual().encrypt("saml:EncryptedAssertion", &inner).unwrap())
        }),
    ]
}

fn parts() -> Vec<Case> {
    let name_id = element(&base(), "saml:NameID");
    let with_id = |content: &str, how: &Encryption<'_>| {
        swap(&base(), &name_id, &how.encrypt("saml:EncryptedID", content).unwrap())
    };
    let attribute =
        "<saml:Attribute Name=\"title\"><saml:AttributeValue>Countess</saml:AttributeValue></saml:Attribute>";
    let around = |hidden: &str| swap(attribute, "</saml:Attribute>", &format!("{hidden}</saml:Attribute>"));
    let first = "<saml:AttributeStatement>";
    let with_attribute = |content: &str, how: &Encryption<'_>| {
        let holder = how.encrypt("saml:EncryptedAttribute", content).unwrap();
        swap(&base(), first, &format!("{first}{holder}"))
    };
    let many = |count: u8| {
        let holders: String = (0..count)
            .map(|n| {
                let random = Box::leak(Box::new([n + 1; 32]));
                let content = attribute.replace("title", &format!("title{n}"));
                Encryption { random, ..usual() }.encrypt("saml:EncryptedAttribute", &content).unwrap()
            })
            .collect();
        swap(&base(), first, &format!("{first}{holders}"))
    };
    let evil = "<saml:Assertion ID=\"_evil\"/>";
    vec![
        case("name-id-encrypted", "accept", sign_assertion(&with_id(&name_id, &usual()))),
        case("name-id-encrypted-cbc", "accept", sign_assertion(&with_id(&name_id, &cbc()))),
        case("name-id-encrypted-response-signed", "accept", sign_response(&with_id(&name_id, &cbc()))),
        case("name-id-encrypted-in-encrypted-assertion", "accept", {
            let again = Encryption { random: &[4; 32], ..usual() };
            encrypted(&sign_assertion(&with_id(&name_id, &usual())), &again)
        }),
        case("attribute-encrypted", "accept", sign_assertion(&with_attribute(attribute, &usual()))),
        case("attribute-encrypted-cbc", "accept", sign_assertion(&with_attribute(attribute, &cbc()))),
        case("attributes-encrypted-eight", "accept", sign_assertion(&many(8))),
        case("attributes-encrypted-nine", "encryption_too_many", sign_assertion(&many(9))),
        case(
            "name-id-encrypted-empty",
            "encryption_malformed",
            sign_assertion(&swap(&base(), &name_id, "<saml:EncryptedID/>")),
        ),
        case(
            "name-id-encrypted-to-somebody-else",
            "decryption_failed",
            sign_assertion(&with_id(
                &name_id,
                &Encryption { certificate: sp_certificate("sp-next"), ..usual() },
            )),
        ),
        case(
            "name-id-plain-and-encrypted",
            "element_repeated",
            sign_assertion(&swap(
                &with_id(&name_id, &usual()),
                "<saml:EncryptedID>",
                &format!("{name_id}<saml:EncryptedID>"),
            )),
        ),
        case(
            "name-id-encrypted-but-issuer",
            "unexpected_element",
            sign_assertion(&with_id("<saml:Issuer>x</saml:Issuer>", &usual())),
        ),
        case(
            "name-id-encrypted-but-assertion",
            "unexpected_element",
            sign_assertion(&with_id(evil, &usual())),
        ),
        case(
            "name-id-encrypted-with-id",
            "unexpected_element",
            sign_assertion(&with_id(&name_id.replacen("NameID ", "NameID ID=\"_assertion\" ", 1), &usual())),
        ),
        case(
            "name-id-encrypted-with-comment",
            "comment_in_text",
            sign_assertion(&with_id("<saml:NameID>ada<!-- -->@acme.example</saml:NameID>", &usual())),
        ),
        case(
            "name-id-encrypted-blank",
            "name_id_invalid",
            sign_assertion(&with_id("<saml:NameID> </saml:NameID>", &usual())),
        ),
        case(
            "name-id-encrypted-without-keys",
            "encryption_no_keys",
            sign_assertion(&with_id(&name_id, &usual())),
        )
        .at("no-sp-keys"),
        case(
            "attribute-encrypted-empty",
            "encryption_malformed",
            sign_assertion(&swap(&base(), first, &format!("{first}<saml:EncryptedAttribute/>"))),
        ),
        case(
            "attribute-encrypted-but-name-id",
            "unexpected_element",
            sign_assertion(&with_attribute(&name_id, &usual())),
        ),
        case(
            "attribute-encrypted-with-assertion",
            "unexpected_element",
            sign_assertion(&with_attribute(&around("<saml:Assertion/>"), &usual())),
        ),
        case(
            "attribute-encrypted-with-encrypted-assertion",
            "unexpected_element",
            sign_assertion(&with_attribute(&around("<saml:EncryptedAssertion/>"), &usual())),
        ),
        case(
            "attribute-encrypted-with-response",
            "unexpected_element",
            sign_assertion(&with_attribute(&around("<samlp:Response/>"), &usual())),
        ),
        case(
            "attribute-encrypted-with-signature",
            "unexpected_element",
            sign_assertion(&with_attribute(
                &around("<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/>"),
                &usual(),
            )),
        ),
        case(
            "attribute-encrypted-email-twice",
            "attribute_repeated",
            sign_assertion(&with_attribute("<saml:Attribute Name=\"email\"/>", &usual())),
        ),
        case(
            "attribute-encrypted-without-name",
            "attribute_name_missing",
            sign_assertion(&with_attribute("<saml:Attribute/>", &usual())),
        ),
        case(
            "attribute-encrypted-flipped",
            "signature_digest",
            rewritten(&sign_assertion(&with_attribute(attribute, &usual())), true, |b| b[20] ^= 1),
        ),
    ]
}

/// Ciphertext as a place to hide in (facts 3 to 9, 26, 30 again).
fn wrapping() -> Vec<Case> {
    let signed = sign_assertion(&base());
    let genuine = element(&signed, "saml:Assertion");
    let signature = element(&genuine, "ds:Signature");
    let evil = swap(&genuine, &signature, "").replace("ada@", "eve@").replace("_assertion", "_evil");
    let holder = |content: &str| usual().encrypt("saml:EncryptedAssertion", content).unwrap();
    let other = |content: &str| {
        Encryption { random: &[4; 32], ..usual() }.encrypt("saml:EncryptedAssertion", content).unwrap()
    };
    let with = |content: &str| swap(&signed, &genuine, content);
    let extensions = |content: &str, inner: &str| {
        swap(
            &with(content),
            "<samlp:Status>",
            &format!("<samlp:Extensions>{inner}</samlp:Extensions><samlp:Status>"),
        )
    };
    let outside = outside(&usual());
    vec![
        case(
            "encrypted-evil-beside-genuine",
            "assertion_repeated",
            with(&format!("{genuine}{}", holder(&evil))),
        ),
        case(
            "encrypted-genuine-beside-evil",
            "assertion_repeated",
            with(&format!("{evil}{}", holder(&genuine))),
        ),
        case(
            "encrypted-evil-beside-encrypted",
            "assertion_repeated",
            with(&format!("{}{}", holder(&evil), other(&genuine))),
        ),
        case(
            "encrypted-genuine-evil-in-extensions",
            "assertion_repeated",
            extensions(&holder(&genuine), &evil),
        ),
        case("encrypted-only-in-extensions", "assertion_missing", extensions("", &holder(&genuine))),
        case("encrypted-evil-unsigned", "signature_missing", with(&holder(&evil))),
        case(
            "encrypted-evil-in-signed-response",
            "signature_digest",
            swap(&outside, &element(&outside, "saml:EncryptedAssertion"), &holder(&evil)),
        ),
        case(
            "encrypted-evil-appended-to-signed-response",
            "assertion_repeated",
            swap(&outside, "</samlp:Response>", &format!("{}</samlp:Response>", other(&evil))),
        ),
        case(
            "encrypted-assertion-edited-inside",
            "signature_digest",
            with(&holder(&genuine.replace(">ada@", ">eve@"))),
        ),
        case(
            "encrypted-evil-around-genuine",
            "assertion_repeated",
            with(&holder(&swap(&evil, "</saml:Assertion>", &format!("{genuine}</saml:Assertion>")))),
        ),
        case(
            "encrypted-genuine-in-advice",
            "assertion_repeated",
            with(&holder(&swap(
                &evil,
                "<saml:AuthnStatement ",
                &format!("<saml:Advice>{genuine}</saml:Advice><saml:AuthnStatement "),
            ))),
        ),
        case("encrypted-response-in-advice", "nested_response", {
            let advice = "<saml:Advice><samlp:Response/></saml:Advice><saml:AuthnStatement ";
            encrypted(&sign_assertion(&swap(&base(), "<saml:AuthnStatement ", advice)), &usual())
        }),
        case("encrypted-encrypted-in-advice", "assertion_repeated", {
            let advice = "<saml:Advice><saml:EncryptedAssertion/></saml:Advice><saml:AuthnStatement ";
            encrypted(&sign_assertion(&swap(&base(), "<saml:AuthnStatement ", advice)), &usual())
        }),
        case(
            "encrypted-genuine-inside-signature",
            "assertion_repeated",
            with(&holder(&swap(
                &genuine,
                "</ds:Signature>",
                &format!("<ds:Object>{evil}</ds:Object></ds:Signature>"),
            ))),
        ),
        case(
            "encrypted-with-the-id-of-the-response",
            "id_repeated",
            with(&holder(&genuine.replacen("\"_assertion\"", "\"_response\"", 1))),
        ),
        case(
            "encrypted-signature-with-the-id-of-the-response",
            "id_repeated",
            with(&holder(&swap(&genuine, "<ds:Signature ", "<ds:Signature Id=\"_response\" "))),
        ),
        case("encrypted-with-the-id-of-the-outer-signature", "id_repeated", {
            let signed = sign_response(&encrypted(&sign_assertion(&base()), &usual()));
            swap(&signed, "<ds:Signature ", "<ds:Signature Id=\"_assertion\" ")
        }),
        // Two Signatures may be called the same, by `Id`; nothing else may, and by no other name.
        case("encrypted-with-an-id-of-the-outer-message", "id_repeated", {
            let inner = swap(&genuine, "<saml:Subject>", "<saml:Subject Id=\"_same\">");
            swap(&with(&holder(&inner)), "<samlp:Status>", "<samlp:Status Id=\"_same\">")
        }),
        case("encrypted-signatures-of-one-id-of-another-name", "id_repeated", {
            let named = |xml: &str| swap(xml, "<ds:Signature ", "<ds:Signature ID=\"_same\" ");
            named(&sign_response(&encrypted(&named(&sign_assertion(&base())), &usual())))
        }),
        case(
            "encrypted-with-an-id-twice",
            "id_repeated",
            with(&holder(&swap(&genuine, "<saml:Subject>", "<saml:Subject xml:id=\"_assertion\">"))),
        ),
        case(
            "encrypted-without-id",
            "id_missing",
            with(&holder(&genuine.replacen(" ID=\"_assertion\"", "", 1))),
        ),
        case(
            "encrypted-with-two-signatures",
            "signature_repeated",
            with(&holder(&swap(&genuine, &signature, &format!("{signature}{signature}")))),
        ),
        case(
            "encrypted-with-signature-elsewhere",
            "signature_misplaced",
            with(&holder(&swap(
                &swap(&genuine, &signature, ""),
                "<saml:Subject>",
                &format!("<saml:Subject>{signature}"),
            ))),
        ),
        case(
            "encrypted-signature-left-outside",
            "unexpected_element",
            swap(
                &with(&holder(&swap(&genuine, &signature, ""))),
                "<saml:EncryptedAssertion>",
                &format!("<samlp:Signature/>{signature}<saml:EncryptedAssertion>"),
            ),
        ),
        case(
            "encrypted-signature-in-holder",
            "signature_misplaced",
            swap(
                &with(&holder(&swap(&genuine, &signature, ""))),
                "<saml:EncryptedAssertion>",
                &format!("<saml:EncryptedAssertion>{signature}"),
            ),
        ),
        case(
            "encrypted-signature-moved-to-response",
            "signature_wrong_element",
            swap(
                &with(&holder(&swap(&genuine, &signature, ""))),
                "<saml:EncryptedAssertion>",
                &format!("{signature}<saml:EncryptedAssertion>"),
            ),
        ),
        case("encrypted-by-a-stranger", "signature_invalid", {
            let xml = vestibule::saml::dsig::sign(
                &base(),
                "_assertion",
                &signing_key("other"),
                DigestAlgorithm::Sha256,
            )
            .unwrap();
            encrypted(&xml, &usual())
        }),
        case(
            "encrypted-with-comment-in-name-id",
            "comment_in_text",
            with(&holder(&genuine.replace(">ada@", ">ada<!-- -->@"))),
        ),
        case(
            "encrypted-expired",
            "confirmation_expired",
            encrypted(&sign_assertion(&base().replace("12:05:00", "11:57:00")), &usual()),
        ),
        case(
            "encrypted-for-another-audience",
            "audience_mismatch",
            encrypted(&sent(&format!("<saml:Audience>{SP}"), "<saml:Audience>https://x.example"), &usual()),
        ),
        case(
            "encrypted-prefix-rebound-outside",
            "unexpected_element",
            swap(
                &with(&holder(&genuine)),
                "<saml:EncryptedAssertion>",
                "<saml:EncryptedAssertion xmlns:saml=\"urn:x\">",
            ),
        ),
    ]
}
