//! Messages that hide behind ciphertext.

use super::*;

/// Ciphertext as a place to hide in (facts 3 to 9, 26, 30 again).
pub fn cases() -> Vec<Case> {
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
