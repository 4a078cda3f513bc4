//! Signature wrapping (facts 1 to 19, 26 to 30): a genuine signature in a message that says something else.

use super::*;

/// The signed assertion with another person in it.
fn evil(assertion: &str) -> String {
    assertion.replace("ada@acme.example", "eve@acme.example").replace("\"_assertion\"", "\"_evil\"")
}

/// The signed assertion, the same without its signature but evil, and the message around them.
struct Parts {
    message: String,
    genuine: String,
    unsigned_evil: String,
    signature: String,
}

fn parts() -> Parts {
    let message = sign_assertion(&base());
    let genuine = element(&message, "saml:Assertion");
    let signature = element(&genuine, "ds:Signature");
    let unsigned_evil = evil(&swap(&genuine, &signature, ""));
    Parts { message, genuine, unsigned_evil, signature }
}

/// The message with its assertion replaced by `content`.
fn with_content(content: &str) -> String {
    let p = parts();
    swap(&p.message, &p.genuine, content)
}

pub fn cases() -> Vec<Case> {
    [of_responses(), of_assertions(), elsewhere(), identifiers(), edits()].into_iter().flatten().collect()
}

fn of_responses() -> Vec<Case> {
    let signed = sign_response(&base());
    let signature = element(&signed, "ds:Signature");
    let bare = swap(&signed, &signature, "");
    let other_root = |xml: &str| {
        evil(xml).replace("\"_response\"", "\"_evil-response\"").replace("\"_evil\"", "\"_evil2\"")
    };
    let inside =
        swap(&signature, "</ds:Signature>", &format!("<ds:Object>{bare}</ds:Object></ds:Signature>"));
    vec![
        case(
            "xsw1-response-inside-signature",
            "nested_response",
            other_root(&bare).replacen("</saml:Issuer>", &format!("</saml:Issuer>{inside}"), 1),
        ),
        case(
            "xsw2-response-before-signature",
            "nested_response",
            other_root(&bare).replacen("</saml:Issuer>", &format!("</saml:Issuer>{bare}{signature}"), 1),
        ),
        case(
            "response-inside-response",
            "nested_response",
            swap(
                &other_root(&bare),
                "<samlp:Status>",
                &format!("<samlp:Extensions>{signed}</samlp:Extensions><samlp:Status>"),
            ),
        ),
        case(
            "response-in-status-detail",
            "nested_response",
            swap(
                &other_root(&bare),
                "</samlp:Status>",
                &format!("<samlp:StatusDetail>{signed}</samlp:StatusDetail></samlp:Status>"),
            ),
        ),
        case(
            "response-signature-moved-to-assertion",
            "signature_wrong_element",
            swap(&bare, "</saml:Issuer><saml:Subject>", &format!("</saml:Issuer>{signature}<saml:Subject>")),
        ),
        case(
            "assertion-appended-to-signed-response",
            "assertion_repeated",
            swap(&signed, "</samlp:Response>", &format!("{}</samlp:Response>", parts().unsigned_evil)),
        ),
        case(
            "assertion-as-root",
            "not_a_response",
            element(&sign_assertion(&base()), "saml:Assertion").replacen(
                "<saml:Assertion ",
                "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ",
                1,
            ),
        ),
    ]
}

fn of_assertions() -> Vec<Case> {
    let p = parts();
    let (genuine, plain) = (&p.genuine, &p.unsigned_evil);
    let unsigned = swap(genuine, &p.signature, "");
    // The evil assertion carries the genuine signature; the genuine one, without it, goes where libraries look.
    let carrying = evil(genuine);
    let signature_with =
        |inner: &str| swap(&p.signature, "</ds:Signature>", &format!("{inner}</ds:Signature>"));
    let object = |inner: &str| signature_with(&format!("<ds:Object>{inner}</ds:Object>"));
    let with_signature = |signature: &str| swap(&carrying, &p.signature, signature);
    vec![
        case("xsw3-evil-before-genuine", "assertion_repeated", with_content(&format!("{plain}{genuine}"))),
        case("xsw3-evil-after-genuine", "assertion_repeated", with_content(&format!("{genuine}{plain}"))),
        case(
            "xsw4-evil-around-genuine",
            "assertion_repeated",
            with_content(&swap(plain, "</saml:Assertion>", &format!("{genuine}</saml:Assertion>"))),
        ),
        case("xsw5-genuine-appended", "assertion_repeated", with_content(&format!("{carrying}{unsigned}"))),
        case(
            "xsw6-genuine-inside-signature",
            "assertion_repeated",
            with_content(&with_signature(&signature_with(&unsigned))),
        ),
        case(
            "xsw7-genuine-in-extensions",
            "assertion_repeated",
            swap(
                &with_content(plain),
                "<samlp:Status>",
                &format!("<samlp:Extensions>{genuine}</samlp:Extensions><samlp:Status>"),
            ),
        ),
        case(
            "xsw7-evil-in-extensions",
            "assertion_repeated",
            swap(
                &p.message,
                "<samlp:Status>",
                &format!("<samlp:Extensions>{plain}</samlp:Extensions><samlp:Status>"),
            ),
        ),
        case(
            "xsw8-genuine-in-object",
            "assertion_repeated",
            with_content(&with_signature(&object(&unsigned))),
        ),
        case(
            "object-in-signature",
            "signature_malformed",
            tampered("</ds:Signature>", "<ds:Object><x/></ds:Object></ds:Signature>"),
        ),
        case(
            "genuine-in-status-detail",
            "assertion_repeated",
            swap(
                &with_content(plain),
                "</samlp:Status>",
                &format!("<samlp:StatusDetail>{genuine}</samlp:StatusDetail></samlp:Status>"),
            ),
        ),
        case(
            "genuine-only-in-status-detail",
            "assertion_missing",
            swap(
                &with_content(""),
                "</samlp:Status>",
                &format!("<samlp:StatusDetail>{genuine}</samlp:StatusDetail></samlp:Status>"),
            ),
        ),
        case(
            "genuine-only-in-extensions",
            "assertion_missing",
            swap(
                &with_content(""),
                "<samlp:Status>",
                &format!("<samlp:Extensions>{genuine}</samlp:Extensions><samlp:Status>"),
            ),
        ),
        case(
            "genuine-in-advice",
            "assertion_repeated",
            with_content(&swap(
                plain,
                "<saml:AuthnStatement ",
                &format!("<saml:Advice>{genuine}</saml:Advice><saml:AuthnStatement "),
            )),
        ),
        case(
            "unsigned-in-advice-of-genuine",
            "assertion_repeated",
            sign_assertion(&swap(
                &base(),
                "<saml:AuthnStatement ",
                &format!("<saml:Advice>{plain}</saml:Advice><saml:AuthnStatement "),
            )),
        ),
        case(
            "encrypted-beside-genuine",
            "assertion_repeated",
            with_content(&format!("{genuine}<saml:EncryptedAssertion/>")),
        ),
    ]
}

fn elsewhere() -> Vec<Case> {
    let p = parts();
    vec![
        case(
            "signature-beside-assertion",
            "signature_wrong_element",
            with_content(&format!("{}{}", p.signature, swap(&p.genuine, &p.signature, ""))),
        ),
        case(
            "signature-inside-subject",
            "signature_misplaced",
            with_content(&swap(
                &swap(&p.genuine, &p.signature, ""),
                "<saml:Subject>",
                &format!("<saml:Subject>{}", p.signature),
            )),
        ),
        case(
            "signature-inside-attribute",
            "signature_misplaced",
            swap(&p.message, ">Ada<", &format!(">{}<", p.signature)),
        ),
        case(
            "two-signatures-on-assertion",
            "signature_repeated",
            swap(&p.message, &p.signature, &format!("{0}{0}", p.signature)),
        ),
        case(
            "two-signatures-on-response",
            "signature_repeated",
            both().replacen(
                "</saml:Issuer>",
                &format!("</saml:Issuer>{}", element(&both(), "ds:Signature")),
                1,
            ),
        ),
        case(
            "assertion-in-foreign-namespace",
            "unexpected_element",
            with_content(&p.genuine.replacen("<saml:Assertion ", "<saml:Assertion xmlns:saml=\"urn:x\" ", 1)),
        ),
        case(
            "response-in-foreign-namespace",
            "not_a_response",
            swap(&p.message, "urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.0:protocol"),
        ),
        case(
            "prefix-redefined-inside",
            "unexpected_element",
            sent("<saml:Subject>", "<saml:Subject xmlns:saml=\"urn:x\">"),
        ),
        case(
            "signature-in-namespace-with-u-0080",
            "unexpected_element",
            swap(
                &p.message,
                "<samlp:Status>",
                &format!("{}<samlp:Status>", p.signature.replace("xmldsig#\"", "xmldsig#\u{80}\"")),
            ),
        ),
        case("two-signatures-of-two-keys", "signature_repeated", {
            use vestibule::saml::dsig::{DigestAlgorithm, sign};
            let other = sign(&base(), "_assertion", &signing_key("other"), DigestAlgorithm::Sha256).unwrap();
            swap(&p.message, &p.signature, &format!("{}{}", element(&other, "ds:Signature"), p.signature))
        }),
        case(
            "foreign-digest-value-in-extensions",
            "signature_digest",
            swap(
                &tampered(">ada@acme.example<", ">eve@acme.example<"),
                "<samlp:Status>",
                "<samlp:Extensions><x:DigestValue xmlns:x=\"http://www.w3.org/2000/09/xmldsig#\">AAAA</x:DigestValue></samlp:Extensions><samlp:Status>",
            ),
        ),
    ]
}

fn identifiers() -> Vec<Case> {
    vec![
        case("id-twice", "id_repeated", tampered("ID=\"_response\"", "ID=\"_assertion\"")),
        case(
            "id-as-xml-id",
            "id_repeated",
            tampered("<samlp:Status>", "<samlp:Status xml:id=\"_assertion\">"),
        ),
        case("id-as-Id", "id_repeated", tampered("<samlp:Status>", "<samlp:Status Id=\"_assertion\">")),
        case(
            "id-as-lower-case",
            "id_repeated",
            tampered("<samlp:Status>", "<samlp:Status id=\"_assertion\">"),
        ),
        case(
            "id-in-foreign-namespace",
            "id_repeated",
            tampered("<samlp:Status>", "<samlp:Status xmlns:z=\"urn:z\" z:ID=\"_assertion\">"),
        ),
        case(
            "id-only-in-foreign-namespace",
            "id_missing",
            tampered("ID=\"_assertion\"", "xmlns:z=\"urn:z\" z:ID=\"_assertion\""),
        ),
        case("id-empty", "id_missing", tampered("ID=\"_assertion\"", "ID=\"\"")),
        case("response-id-missing", "id_missing", tampered(" ID=\"_response\"", "")),
        case("id-changed", "signature_wrong_element", tampered("ID=\"_assertion\"", "ID=\"_other\"")),
        case(
            "attribute-twice",
            "xml_not_well_formed",
            tampered("ID=\"_assertion\"", "ID=\"_assertion\" ID=\"_assertion\""),
        ),
    ]
}

fn edits() -> Vec<Case> {
    let p = parts();
    let stripped = swap(&p.message, &p.signature, "");
    vec![
        case("signature-stripped", "signature_missing", stripped.clone()),
        case("signature-stripped-and-edited", "signature_missing", stripped.replace("ada@", "eve@")),
        case("name-id-edited", "signature_digest", tampered(">ada@acme.example<", ">eve@acme.example<")),
        case("attribute-edited", "signature_digest", tampered(">staff<", ">owner<")),
        case(
            "audience-edited",
            "signature_digest",
            tampered(&format!("<saml:Audience>{SP}"), "<saml:Audience>https://x.example"),
        ),
        case(
            "attribute-added",
            "signature_digest",
            tampered("<saml:AttributeStatement>", "<saml:AttributeStatement><saml:Attribute Name=\"x\"/>"),
        ),
        case("space-added-in-value", "signature_digest", tampered(">Ada<", ">Ada <")),
        case("carriage-return-added", "signature_digest", tampered(">Ada<", ">Ada&#13;<")),
        case(
            "space-added-between-elements",
            "signature_digest",
            tampered("<saml:Subject>", "\n<saml:Subject>"),
        ),
        case(
            "processing-instruction-between-elements",
            "signature_digest",
            tampered("<saml:Subject>", "<?x y?><saml:Subject>"),
        ),
        case(
            "both-signed-response-edited",
            "signature_digest",
            swap(&both(), "</samlp:Status>", "<samlp:StatusMessage>x</samlp:StatusMessage></samlp:Status>"),
        ),
        case("both-signed-assertion-edited", "signature_digest", both().replace(">ada@", ">eve@")),
        case("assertion-good-response-signature-bad", "signature_invalid", {
            let xml = both();
            let signature = element(&xml, "ds:Signature");
            let value = element(&signature, "ds:SignatureValue");
            let inner = element(&p.signature, "ds:SignatureValue");
            swap(&xml, &signature, &swap(&signature, &value, &inner))
        }),
    ]
}
