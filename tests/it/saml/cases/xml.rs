//! What is refused before anything is understood (facts 11, 25, 28, 48 to 51).

use super::*;

pub fn cases() -> Vec<Case> {
    [documents(), bytes(), costs()].into_iter().flatten().collect()
}

fn documents() -> Vec<Case> {
    let good = sign_assertion(&base());
    let doctype = |declaration: &str| format!("{declaration}{good}");
    let malformed = "xml_not_well_formed";
    vec![
        case("doctype-empty", "xml_doctype", doctype("<!DOCTYPE r>")),
        case("doctype-internal-entity", "xml_doctype", doctype("<!DOCTYPE r [<!ENTITY e \"eve\">]>")),
        case(
            "doctype-parameter-entity",
            "xml_doctype",
            doctype("<!DOCTYPE r [<!ENTITY % e SYSTEM \"http://127.0.0.1:1/\"> %e;]>"),
        ),
        case("doctype-external-file", "xml_doctype", doctype("<!DOCTYPE r SYSTEM \"file:///etc/hostname\">")),
        case(
            "doctype-external-http",
            "xml_doctype",
            doctype("<!DOCTYPE r PUBLIC \"x\" \"http://127.0.0.1:1/\">"),
        ),
        case(
            "doctype-entity-file",
            "xml_doctype",
            doctype("<!DOCTYPE r [<!ENTITY e SYSTEM \"file:///etc/hostname\">]>"),
        ),
        case(
            "doctype-billion-laughs",
            "xml_doctype",
            doctype(
                "<!DOCTYPE r [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]>",
            ),
        ),
        case(
            "doctype-attribute-default",
            "xml_doctype",
            doctype("<!DOCTYPE r [<!ATTLIST x ID ID \"_assertion\">]>"),
        ),
        case(
            "doctype-after-declaration",
            "xml_doctype",
            format!("<?xml version=\"1.0\"?><!DOCTYPE r>{good}"),
        ),
        case("doctype-lower-case", "xml_doctype", doctype("<!doctype r>")),
        case("entity-undeclared", malformed, tampered(">ada@", ">&e;ada@")),
        case("empty", malformed, ""),
        case("not-xml", malformed, "SAMLResponse"),
        case("truncated", malformed, good[..good.len() / 2].to_owned()),
        case("root-unclosed", malformed, good.trim_end_matches("</samlp:Response>").to_owned()),
        case("prefix-undeclared", malformed, tampered("<saml:Subject>", "<saml:Subject no:x=\"\">")),
        case("two-roots", malformed, format!("{good}{good}")),
        case("garbage-before", malformed, format!("x{good}")),
        case("garbage-after", malformed, format!("{good}x")),
        case("close-tags-crossed", malformed, "<a><b></a></b>"),
        case("declaration-of-version-1-1", "xml_declaration", format!("<?xml version=\"1.1\"?>{good}")),
        case("declaration-not-first", malformed, format!("\n<?xml version=\"1.0\"?>{good}")),
        case(
            "default-namespace-twice",
            "xml_namespace_declaration",
            tampered("<samlp:Status>", "<samlp:Status xmlns=\"a\" xmlns=\"b\">"),
        ),
        case(
            "prefixed-xmlns",
            "xml_namespace_declaration",
            tampered(
                "<samlp:Status>",
                "<samlp:Status samlp:xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">",
            ),
        ),
        case(
            "prefix-undeclared-by-empty-uri",
            "xml_namespace_declaration",
            tampered("<samlp:Status>", "<samlp:Status xmlns:x=\"\">"),
        ),
        case(
            "logout-response",
            "not_a_response",
            "<samlp:LogoutResponse xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"/>",
        ),
        case("no-namespace", "not_a_response", "<Response/>"),
    ]
}

fn bytes() -> Vec<Case> {
    let good = sign_assertion(&base());
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let raw = |bytes: &[u8]| {
        let at = good.find(">Ada<").unwrap() + 1;
        [&good.as_bytes()[..at], bytes, &good.as_bytes()[at..]].concat()
    };
    vec![
        case("utf-16-with-bom", "xml_encoding", [&[0xff, 0xfe][..], &utf16].concat()),
        case("utf-16-without-bom", "xml_control_character", utf16),
        case(
            "utf-32",
            "xml_control_character",
            good.chars().flat_map(|c| (c as u32).to_be_bytes()).collect::<Vec<_>>(),
        ),
        case("utf-7-declared", "xml_encoding", format!("<?xml version=\"1.0\" encoding=\"UTF-7\"?>{good}")),
        case("latin1-in-fact", "xml_encoding", raw(b"\xe9")),
        case("overlong-utf-8", "xml_encoding", raw(b"\xc0\xbc")),
        case("surrogate-in-utf-8", "xml_encoding", raw(b"\xed\xa0\x80")),
        case("nul-byte", "xml_control_character", raw(b"\0")),
        case("control-character", "xml_control_character", raw(b"\x08")),
        case("nul-by-reference", "xml_not_well_formed", raw(b"&#0;")),
        case("surrogate-by-reference", "xml_not_well_formed", raw(b"&#xD800;")),
        case("non-character", "xml_not_well_formed", raw("\u{ffff}".as_bytes())),
    ]
}

/// Refused within a few milliseconds, so that nobody can keep a core busy with one request.
fn costs() -> Vec<Case> {
    let inside = |content: String| {
        swap(
            &base(),
            "<samlp:Status>",
            &format!("<samlp:Extensions>{content}</samlp:Extensions><samlp:Status>"),
        )
    };
    let attributes: String = (0..10_000).map(|n| format!(" a{n}=\"\"")).collect();
    let declarations: String = (0..200).map(|n| format!(" xmlns:n{n}=\"urn:{n}\"")).collect();
    let few: String = (0..60).map(|n| format!(" xmlns:n{n}=\"urn:{n}\"")).collect();
    vec![
        case("deep-100", "xml_too_deep", inside("<a>".repeat(100) + &"</a>".repeat(100))),
        case("deep-200000", "xml_too_deep", inside("<a>".repeat(100_000) + &"</a>".repeat(100_000)))
            .made_anew(),
        case("attributes-10000", "xml_too_many_attributes", inside(format!("<a{attributes}/>"))).made_anew(),
        case("namespaces-200", "xml_too_many_namespaces", inside(format!("<a{declarations}/>"))).made_anew(),
        case("namespaces-redeclared", "xml_too_complex", inside(format!("<a{few}/>").repeat(700)))
            .made_anew(),
        case(
            "attributes-250-on-each",
            "xml_too_complex",
            inside(
                format!("<a{}/>", (0..250).map(|n| format!(" a{n}=\"\"")).collect::<String>()).repeat(100),
            ),
        )
        .made_anew(),
        case(
            "prefixes-looked-up",
            "xml_too_complex",
            inside(format!("<a{few}>{}</a>", "<a n1:b=\"\" n2:b=\"\" n3:b=\"\"/>".repeat(8_000))),
        )
        .made_anew(),
        case(
            "namespaces-of-their-own",
            "xml_too_complex",
            inside((0..12_001).map(|n| format!("<a xmlns:n{n}=\"urn:x\"/>")).collect()),
        )
        .made_anew(),
        case("siblings-100000", "xml_too_complex", inside("<a/>".repeat(100_000))).made_anew(),
        case("too-large", "xml_too_large", inside("x".repeat(1 << 20))).made_anew(),
        case("one-text-of-900-kb", "signature_missing", inside("x".repeat(900_000))).made_anew(),
    ]
}
