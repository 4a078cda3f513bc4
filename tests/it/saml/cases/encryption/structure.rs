//! Elements of encryption that are not as they should be.

use super::*;

pub fn cases() -> Vec<Case> {
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
