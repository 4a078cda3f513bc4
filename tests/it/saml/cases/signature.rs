//! The shape of the signature, its algorithms and keys (facts 12 to 24, 31 to 37).

use openssl::{
    hash::MessageDigest,
    pkey::PKey,
    rsa::Padding,
    sign::{RsaPssSaltlen, Signer},
};
use vestibule::saml::{
    dsig::{
        DigestAlgorithm, Scheme, SignatureAlgorithm, base64,
        c14n::{Canonicalization, canonicalize},
        sign,
    },
    names::alg,
};

use super::{
    accept::{signed_over, with_prefix_list},
    *,
};

pub fn cases() -> Vec<Case> {
    [shape(), references(), transforms(), algorithms(), pss(), sha1(), keys()].into_iter().flatten().collect()
}

fn shape() -> Vec<Case> {
    let xml = sign_assertion(&base());
    let info = element(&xml, "ds:SignedInfo");
    let value = element(&xml, "ds:SignatureValue");
    let text =
        value.trim_start_matches("<ds:SignatureValue>").trim_end_matches("</ds:SignatureValue>").to_owned();
    let with_value =
        |new: String| swap(&xml, &value, &format!("<ds:SignatureValue>{new}</ds:SignatureValue>"));
    let url_safe = text.replace('+', "-").replace('/', "_");
    vec![
        case("two-signed-infos", "signature_malformed", swap(&xml, &info, &format!("{info}{info}"))),
        case(
            "evil-signed-info-first",
            "signature_malformed",
            swap(&xml, &info, &format!("{}{info}", info.replace("DigestValue>", "DigestValue>A"))),
        ),
        case(
            "signed-info-after-value",
            "signature_malformed",
            swap(&swap(&xml, &info, ""), &value, &format!("{value}{info}")),
        ),
        case("no-signed-info", "signature_malformed", swap(&xml, &info, "")),
        case("no-signature-value", "signature_malformed", swap(&xml, &value, "")),
        case("two-signature-values", "signature_malformed", swap(&xml, &value, &format!("{value}{value}"))),
        case("empty-signature-value", "signature_base64", with_value(String::new())),
        case("text-in-signature", "signature_malformed", swap(&xml, &value, &format!("x{value}"))),
        case(
            "comment-in-digest-value",
            "comment_in_text",
            tampered("<ds:DigestValue>", "<ds:DigestValue><!--AAAA-->"),
        ),
        case(
            "comment-in-signed-info",
            "signature_comment",
            tampered("<ds:CanonicalizationMethod ", "<!--x--><ds:CanonicalizationMethod "),
        ),
        case(
            "instruction-in-signature-value",
            "comment_in_text",
            tampered("<ds:SignatureValue>", "<ds:SignatureValue><?x?>"),
        ),
        case("comment-in-key-info", "signature_comment", tampered("<ds:X509Data>", "<ds:X509Data><!--x-->")),
        case(
            "element-in-digest-value",
            "signature_malformed",
            tampered("<ds:DigestValue>", "<ds:DigestValue><x/>"),
        ),
        case("signature-value-url-safe", "signature_base64", with_value(format!("-_{}", &url_safe[2..]))),
        case(
            "signature-value-without-padding",
            "signature_base64",
            with_value(text.trim_end_matches('=').to_owned()),
        ),
        case("signature-value-with-other-characters", "signature_base64", with_value(format!("*{text}"))),
        case("signature-value-flipped", "signature_invalid", with_value(flip(&text))),
        case("signature-value-short", "signature_invalid", with_value("AAAA".into())),
        case(
            "digest-value-of-nothing",
            "signature_invalid",
            replace_digest("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ),
        case("digest-value-short", "signature_digest", {
            let algorithm = SignatureAlgorithm { scheme: Scheme::RsaPkcs1, digest: DigestAlgorithm::Sha256 };
            with_signed_info(&sign_assertion(&base()), &signing_key("idp"), algorithm, |info| {
                let value = element(info, "ds:DigestValue");
                swap(info, &value, "<ds:DigestValue>AAAA</ds:DigestValue>")
            })
        }),
        case(
            "digest-value-trailing-bits",
            "signature_base64",
            replace_digest("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV="),
        ),
        case(
            "relative-namespace-in-assertion",
            "signature_c14n",
            tampered("<saml:Subject>", "<saml:Subject xmlns:r=\"relative\" r:x=\"\">"),
        ),
    ]
}

fn flip(base64: &str) -> String {
    let first = if base64.starts_with('A') { "B" } else { "A" };
    format!("{first}{}", &base64[1..])
}

fn replace_digest(new: &str) -> String {
    let xml = sign_assertion(&base());
    let value = element(&xml, "ds:DigestValue");
    swap(&xml, &value, &format!("<ds:DigestValue>{new}</ds:DigestValue>"))
}

fn references() -> Vec<Case> {
    let uri = |new: &str| tampered(" URI=\"#_assertion\"", new);
    let reference = element(&sign_assertion(&base()), "ds:Reference");
    vec![
        case("reference-uri-empty", "signature_reference", uri(" URI=\"\"")),
        case("reference-uri-missing", "signature_reference", uri("")),
        case("reference-uri-bare-hash", "signature_reference", uri(" URI=\"#\"")),
        case("reference-uri-http", "signature_reference", uri(" URI=\"http://127.0.0.1:1/x\"")),
        case("reference-uri-file", "signature_reference", uri(" URI=\"file:///etc/hostname\"")),
        case("reference-uri-cid", "signature_reference", uri(" URI=\"cid:x\"")),
        case("reference-uri-xpointer", "signature_reference", uri(" URI=\"#xpointer(id('_assertion'))\"")),
        case("reference-to-root", "signature_wrong_element", uri(" URI=\"#_response\"")),
        case(
            "reference-to-a-third-element",
            "signature_wrong_element",
            swap(&uri(" URI=\"#_subject\""), "<saml:Subject>", "<saml:Subject ID=\"_subject\">"),
        ),
        case("reference-to-nothing", "signature_wrong_element", uri(" URI=\"#_nothing\"")),
        case(
            "reference-type-manifest",
            "signature_reference",
            uri(" URI=\"#_assertion\" Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\""),
        ),
        case("no-reference", "signature_reference", tampered(&reference, "")),
        case(
            "two-references",
            "signature_reference",
            tampered(&reference, &format!("{reference}{reference}")),
        ),
    ]
}

fn transforms() -> Vec<Case> {
    let xml = sign_assertion(&base());
    let all = element(&xml, "ds:Transforms");
    let with = |list: &[&str]| {
        let list: String =
            list.iter().map(|a| format!("<ds:Transform Algorithm=\"{a}\"></ds:Transform>")).collect();
        swap(&xml, &all, &format!("<ds:Transforms>{list}</ds:Transforms>"))
    };
    let xpath = "http://www.w3.org/TR/1999/REC-xpath-19991116";
    let refused = "signature_transform";
    let inclusive =
        signed_over(&format!("<ds:Transform Algorithm=\"{}\"></ds:Transform>", alg::C14N), alg::C14N);
    let many: String = (0..40).map(|n| format!("p{n} ")).collect();
    vec![
        case("transform-xpath", refused, with(&[alg::ENVELOPED, xpath, alg::EXC_C14N])),
        case(
            "transform-xslt",
            refused,
            with(&["http://www.w3.org/TR/1999/REC-xslt-19991116", alg::EXC_C14N]),
        ),
        case("transform-base64", refused, with(&["http://www.w3.org/2000/09/xmldsig#base64"])),
        case(
            "transform-with-comments",
            refused,
            with(&[alg::ENVELOPED, "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"]),
        ),
        case("transform-three", refused, with(&[alg::ENVELOPED, alg::EXC_C14N, alg::EXC_C14N])),
        case("transform-c14n-twice", refused, with(&[alg::EXC_C14N, alg::EXC_C14N])),
        case("transform-enveloped-twice", refused, with(&[alg::ENVELOPED, alg::ENVELOPED])),
        case("transform-order-reversed", refused, with(&[alg::EXC_C14N, alg::ENVELOPED])),
        case("transform-none", refused, with(&[])),
        case("transform-enveloped-only", refused, with(&[alg::ENVELOPED])),
        case("transform-c14n-only", refused, with(&[alg::EXC_C14N])),
        case("transforms-missing", "signature_malformed", swap(&xml, &all, "")),
        case(
            "transform-with-child",
            "signature_malformed",
            tampered("#enveloped-signature\">", "#enveloped-signature\"><ds:XPath>1</ds:XPath>"),
        ),
        case("inclusive-c14n-without-switch", refused, inclusive),
        case(
            "c14n-method-unknown",
            refused,
            tampered(
                "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">",
                "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2006/12/xml-c14n11\">",
            ),
        ),
        case(
            "prefix-list-changed",
            "signature_invalid",
            swap(&with_prefix_list("xs"), "PrefixList=\"xs\"", "PrefixList=\"xsi\""),
        ),
        case(
            "prefix-list-in-another-element",
            "signature_malformed",
            with_prefix_list("xs").replace("InclusiveNamespaces", "OtherNamespaces"),
        ),
        case(
            "prefix-list-too-long",
            "signature_malformed",
            swap(&with_prefix_list("xs"), "PrefixList=\"xs\"", &format!("PrefixList=\"{many}\"")),
        ),
        case(
            "prefix-list-huge",
            "signature_malformed",
            swap(
                &with_prefix_list("xs"),
                "PrefixList=\"xs\"",
                &format!("PrefixList=\"{}\"", "x ".repeat(200_000)),
            ),
        )
        .made_anew(),
    ]
}

fn algorithms() -> Vec<Case> {
    let method = |uri: &str| tampered(alg::RSA_SHA256, uri);
    let digest = |uri: &str| {
        tampered(
            &format!("DigestMethod Algorithm=\"{}\"", alg::SHA256),
            &format!("DigestMethod Algorithm=\"{uri}\""),
        )
    };
    let weak = "signature_weak_algorithm";
    let ds = "http://www.w3.org/2000/09/xmldsig#";
    let more = "http://www.w3.org/2001/04/xmldsig-more#";
    vec![
        case("rsa-sha1", weak, method(alg::RSA_SHA1)),
        case("digest-sha1", weak, digest(alg::SHA1)),
        case("rsa-md5", weak, method(&format!("{more}rsa-md5"))),
        case("digest-md5", weak, digest(&format!("{more}md5"))),
        case("dsa-sha1", weak, method(&format!("{ds}dsa-sha1"))),
        case("hmac-sha1", weak, method(&format!("{ds}hmac-sha1"))),
        case("hmac-sha256", weak, method(&format!("{more}hmac-sha256"))),
        case("ecdsa-sha1", weak, method(&format!("{more}ecdsa-sha1"))),
        case("rsa-pss-claimed", "signature_invalid", method(alg::RSA_PSS)),
        case("rsa-pss-sha256-claimed", "signature_invalid", method(alg::RSA_PSS_SHA256)),
        case(
            "rsa-pss-sha3-claimed",
            "signature_algorithm",
            method("http://www.w3.org/2007/05/xmldsig-more#sha3-256-rsa-MGF1"),
        ),
        case("rsa-pss-sha1-claimed", weak, method("http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1")),
        case("rsa-ripemd-claimed", "signature_algorithm", method(&format!("{more}rsa-ripemd160"))),
        case("rsa-sha224-claimed", "signature_algorithm", method(&format!("{more}rsa-sha224"))),
        case("ecdsa-sha224-claimed", "signature_algorithm", method(&format!("{more}ecdsa-sha224"))),
        case(
            "eddsa-claimed",
            "signature_algorithm",
            method("http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519"),
        ),
        case("dsa-sha256", weak, method("http://www.w3.org/2009/xmldsig11#dsa-sha256")),
        case("hmac-sha512", weak, method(&format!("{more}hmac-sha512"))),
        case("algorithm-with-space", "signature_algorithm", method(&format!(" {}", alg::RSA_SHA256))),
        case("algorithm-in-capitals", "signature_algorithm", method(&alg::RSA_SHA256.to_uppercase())),
        case("digest-sha224", "signature_algorithm", digest(&format!("{more}sha224"))),
        case("digest-ripemd", "signature_algorithm", digest("http://www.w3.org/2001/04/xmlenc#ripemd160")),
        case("digest-empty", "signature_algorithm", digest("")),
        case("digest-sha512-claimed", "signature_invalid", digest(alg::SHA512)),
        hmac("hmac-keyed-with-pem", certificate("idp").as_bytes()),
        hmac("hmac-keyed-with-der", verification_key("idp").certificate_der()),
        hmac("hmac-keyed-with-public-key", &{
            let certificate = openssl::x509::X509::from_pem(certificate("idp").as_bytes()).unwrap();
            certificate.public_key().unwrap().public_key_to_der().unwrap()
        }),
        case("algorithm-unknown", "signature_algorithm", method("urn:x")),
        case("algorithm-empty", "signature_algorithm", method("")),
        case(
            "method-with-parameters",
            "signature_malformed",
            tampered("#rsa-sha256\">", "#rsa-sha256\"><ds:HMACOutputLength>1</ds:HMACOutputLength>"),
        ),
        case("rsa-sha512-claimed", "signature_invalid", method(alg::RSA_SHA512)),
        case("ecdsa-claimed-for-an-rsa-key", "signature_key_kind", method(alg::ECDSA_SHA256)),
        case("rsa-claimed-for-an-ec-key", "signature_key_kind", sign_assertion(&base())).at("p256"),
        ecdsa("ecdsa-value-short", |value| value[..63].to_vec()),
        ecdsa("ecdsa-value-with-a-zero-before-s", |value| [&value[..32], &[0], &value[32..]].concat()),
        ecdsa("ecdsa-value-zero", |_| vec![0; 64]),
        ecdsa("ecdsa-value-as-der", |value| {
            let number = |bytes: &[u8]| openssl::bn::BigNum::from_slice(bytes).unwrap();
            let (r, s) = value.split_at(32);
            openssl::ecdsa::EcdsaSig::from_private_components(number(r), number(s)).unwrap().to_der().unwrap()
        }),
    ]
}

/// A message authenticated with what everybody knows: the certificate or its key as the secret of an HMAC.
fn hmac(name: &str, secret: &[u8]) -> Case {
    use openssl::{hash::MessageDigest, pkey::PKey, sign::Signer};
    use vestibule::saml::dsig::{
        base64,
        c14n::{Canonicalization, canonicalize},
    };
    let xml = tampered(alg::RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256");
    let doc = roxmltree::Document::parse(&xml).unwrap();
    let info = doc.descendants().find(|n| n.tag_name().name() == "SignedInfo").unwrap();
    let form = Canonicalization::Exclusive { inclusive_prefixes: Vec::new() };
    let info = canonicalize(info, None, &form).unwrap();
    let key = PKey::hmac(secret).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    let value = base64::encode(&signer.sign_oneshot_to_vec(info.as_bytes()).unwrap());
    let value = format!("<ds:SignatureValue>{value}</ds:SignatureValue>");
    case(name, "signature_weak_algorithm", swap(&xml, &element(&xml, "ds:SignatureValue"), &value))
}

/// A good ECDSA signature whose value is then rewritten.
fn ecdsa(name: &str, rewrite: impl Fn(&[u8]) -> Vec<u8>) -> Case {
    use vestibule::saml::dsig::base64;
    let xml = sign(&base(), "_assertion", &signing_key("p256"), DigestAlgorithm::Sha256).unwrap();
    let value = element(&xml, "ds:SignatureValue");
    let text = value.trim_start_matches("<ds:SignatureValue>").trim_end_matches("</ds:SignatureValue>");
    let rewritten = base64::encode(&rewrite(&base64::decode(text).unwrap()));
    case(name, "signature_invalid", swap(&xml, text, &rewritten)).at("p256").made_anew()
}

/// RSA-PSS: with a name of its own, or with parameters, of which only the usual ones are accepted.
/// The message, signed again by RSA-PSS with SHA-256 and a salt of so many bytes.
fn salted(xml: &str, salt: i32) -> String {
    let key = std::fs::read(fixtures().join("keys/idp.key")).unwrap();
    let key = PKey::private_key_from_pem(&key).unwrap();
    let doc = roxmltree::Document::parse(xml).unwrap();
    let info = doc.descendants().find(|n| n.tag_name().name() == "SignedInfo").unwrap();
    let form = Canonicalization::Exclusive { inclusive_prefixes: Vec::new() };
    let info = canonicalize(info, None, &form).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
    signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(salt)).unwrap();
    let value = base64::encode(&signer.sign_oneshot_to_vec(info.as_bytes()).unwrap());
    let value = format!("<ds:SignatureValue>{value}</ds:SignatureValue>");
    swap(xml, &element(xml, "ds:SignatureValue"), &value)
}

fn pss() -> Vec<Case> {
    let algorithm = |digest| SignatureAlgorithm { scheme: Scheme::RsaPss, digest };
    let with = |uri: &str, inner: &str, digest| {
        with_signed_info(&sign_assertion(&base()), &signing_key("idp"), algorithm(digest), |info| {
            let method = element(info, "ds:SignatureMethod");
            let new = format!("<ds:SignatureMethod Algorithm=\"{uri}\">{inner}</ds:SignatureMethod>");
            swap(info, &method, &new)
        })
    };
    let digest_method = |uri: &str| format!("<ds:DigestMethod Algorithm=\"{uri}\"/>");
    let mgf = |uri: &str, inner: &str| {
        format!("<p:MaskGenerationFunction Algorithm=\"{uri}\">{inner}</p:MaskGenerationFunction>")
    };
    let usual = |uri: &str| digest_method(uri) + &mgf(alg::PSS_MGF1, &digest_method(uri));
    let parameters = |inner: &str, digest| {
        let ns = "http://www.w3.org/2007/05/xmldsig-more#";
        with(alg::RSA_PSS, &format!("<p:RSAPSSParams xmlns:p=\"{ns}\">{inner}</p:RSAPSSParams>"), digest)
    };
    let (sha256, sha384, sha512) =
        (DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512);
    let salt = |length: &str| format!("{}<p:SaltLength>{length}</p:SaltLength>", usual(alg::SHA256));
    let odd = "signature_pss_parameters";
    // The salt is random, so none is kept as a file.
    let cases = vec![
        case("rsa-pss-sha256", "accept", with(alg::RSA_PSS_SHA256, "", sha256)),
        case("rsa-pss-sha384", "accept", with(alg::RSA_PSS_SHA384, "", sha384)),
        case("rsa-pss-sha512", "accept", with(alg::RSA_PSS_SHA512, "", sha512)),
        case("rsa-pss-without-parameters", "accept", with(alg::RSA_PSS, "", sha256)),
        case("rsa-pss-empty-parameters", "accept", parameters("", sha256)),
        case("rsa-pss-mask-without-digest", "accept", parameters(&mgf(alg::PSS_MGF1, ""), sha256)),
        case("rsa-pss-parameters-sha256", "accept", parameters(&usual(alg::SHA256), sha256)),
        case("rsa-pss-parameters-sha384", "accept", parameters(&usual(alg::SHA384), sha384)),
        case("rsa-pss-parameters-sha512", "accept", parameters(&usual(alg::SHA512), sha512)),
        // As Java's write them.
        case("rsa-pss-digest-without-mask", "accept", parameters(&digest_method(alg::SHA512), sha512)),
        case(
            "rsa-pss-digest-and-mask-without-its-own",
            "accept",
            parameters(&(digest_method(alg::SHA512) + "<p:MaskGenerationFunction/>"), sha512),
        ),
        case(
            "rsa-pss-digest-of-another-signature",
            "signature_invalid",
            parameters(&digest_method(alg::SHA512), sha256),
        ),
        case(
            "rsa-pss-all-parameters",
            "accept",
            parameters(&(salt("32") + "<p:TrailerField>1</p:TrailerField>"), sha256),
        ),
        case("rsa-pss-other-digest-than-claimed", "signature_invalid", with(alg::RSA_PSS_SHA256, "", sha384)),
        case(
            "rsa-pss-salt-shorter-than-said",
            "signature_invalid",
            salted(&with(alg::RSA_PSS_SHA256, "", sha256), 20),
        ),
        case(
            "rsa-pss-salt-longer-than-said",
            "signature_invalid",
            salted(&with(alg::RSA_PSS_SHA256, "", sha256), 64),
        ),
        case("rsa-pss-salt-20", odd, parameters(&salt("20"), sha256)),
        case("rsa-pss-salt-0", odd, parameters(&salt("0"), sha256)),
        case("rsa-pss-salt-maximal", odd, parameters(&salt("222"), sha256)),
        case("rsa-pss-salt-negative", odd, parameters(&salt("-1"), sha256)),
        case("rsa-pss-salt-with-sign", odd, parameters(&salt("+32"), sha256)),
        case("rsa-pss-salt-empty", odd, parameters(&salt(""), sha256)),
        case(
            "rsa-pss-mask-of-another-name",
            odd,
            parameters(
                &(digest_method(alg::SHA256)
                    + &mgf(alg::PSS_MGF1, &format!("<ds:Other Algorithm=\"{}\"/>", alg::SHA256))),
                sha256,
            ),
        ),
        case("rsa-pss-salt-huge", odd, parameters(&salt("99999999999999999999"), sha256)),
        case(
            "rsa-pss-salt-twice",
            odd,
            parameters(&(salt("32") + "<p:SaltLength>32</p:SaltLength>"), sha256),
        ),
        case(
            "rsa-pss-trailer-2",
            odd,
            parameters(&(usual(alg::SHA256) + "<p:TrailerField>2</p:TrailerField>"), sha256),
        ),
        case("rsa-pss-digest-sha1", odd, parameters(&usual(alg::SHA1), sha256)),
        case(
            "rsa-pss-mask-of-another-digest",
            odd,
            parameters(
                &(digest_method(alg::SHA512) + &mgf(alg::PSS_MGF1, &digest_method(alg::SHA256))),
                sha512,
            ),
        ),
        case("rsa-pss-mask-unknown", odd, parameters(&mgf("urn:x", ""), sha256)),
        case("rsa-pss-unknown-parameter", odd, parameters("<p:Other/>", sha256)),
        case("rsa-pss-other-child", "signature_malformed", with(alg::RSA_PSS, "<x/>", sha256)),
        case(
            "rsa-pss-name-with-parameters",
            "signature_malformed",
            with(alg::RSA_PSS_SHA256, "<x/>", sha256),
        ),
    ];
    cases.into_iter().map(Case::made_anew).collect()
}

/// SHA-1, only by the connection's switch.
fn sha1() -> Vec<Case> {
    let with = |key: &str| sign(&base(), "_assertion", &signing_key(key), DigestAlgorithm::Sha1).unwrap();
    let by = |xml: &str, id: &str, digest| sign(xml, id, &signing_key("idp"), digest).unwrap();
    let mixed = by(&by(&base(), "_assertion", DigestAlgorithm::Sha256), "_response", DigestAlgorithm::Sha1);
    vec![
        case("sha1-by-switch", "accept", with("idp")).at("sha1"),
        case("sha1-on-response-by-switch", "accept", mixed.clone()).at("sha1"),
        case("sha1-on-response", "signature_weak_algorithm", mixed),
        case("sha1-by-switch-edited", "signature_digest", with("idp").replace(">ada@", ">eve@")).at("sha1"),
        case("md5-despite-switch", "signature_weak_algorithm", {
            let more = "http://www.w3.org/2001/04/xmldsig-more#";
            tampered(alg::RSA_SHA256, &format!("{more}rsa-md5"))
        })
        .at("sha1"),
        case("hmac-despite-switch", "signature_weak_algorithm", {
            tampered(alg::RSA_SHA256, "http://www.w3.org/2000/09/xmldsig#hmac-sha1")
        })
        .at("sha1"),
    ]
}

fn keys() -> Vec<Case> {
    let by_other = sign(&base(), "_assertion", &signing_key("other"), DigestAlgorithm::Sha256).unwrap();
    let key_info = element(&sign_assertion(&base()), "ds:KeyInfo");
    let with_key_info = |inner: &str| {
        swap(&by_other, &element(&by_other, "ds:KeyInfo"), &format!("<ds:KeyInfo>{inner}</ds:KeyInfo>"))
    };
    let response_by_idp = sign(
        &sign(&base(), "_assertion", &signing_key("other"), DigestAlgorithm::Sha256).unwrap(),
        "_response",
        &signing_key("idp"),
        DigestAlgorithm::Sha256,
    )
    .unwrap();
    vec![
        case("signed-by-a-stranger-with-own-certificate", "signature_invalid", by_other.clone()),
        case(
            "signed-by-a-stranger-with-our-certificate",
            "signature_invalid",
            swap(&by_other, &element(&by_other, "ds:KeyInfo"), &key_info),
        ),
        case(
            "key-value-in-key-info",
            "signature_invalid",
            with_key_info(
                "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>",
            ),
        ),
        case(
            "retrieval-method-in-key-info",
            "signature_invalid",
            with_key_info("<ds:RetrievalMethod URI=\"http://127.0.0.1:1/key\"/>"),
        ),
        case("key-name-in-key-info", "signature_invalid", with_key_info("<ds:KeyName>idp</ds:KeyName>")),
        case("assertion-by-a-stranger-response-by-the-provider", "signature_invalid", response_by_idp),
        case("no-signing-keys", "no_signing_keys", sign_assertion(&base())).at("no-keys"),
        case("no-signing-keys-and-unsigned", "no_signing_keys", base()).at("no-keys"),
    ]
}
