//! Encrypted names and attributes (EncryptedID, EncryptedAttribute).

use super::*;

pub fn cases() -> Vec<Case> {
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
