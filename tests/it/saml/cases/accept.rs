//! What must be accepted, because real providers send it.

use vestibule::saml::{
    dsig::{DigestAlgorithm, sign},
    names::{alg, ns},
};

use super::*;

pub fn cases() -> Vec<Case> {
    let ok = |name: &str, message: String| case(name, "accept", message);
    let by = |name: &str, key: &str, digest, profile| {
        let case = ok(name, sign(&base(), "_assertion", &signing_key(key), digest).unwrap()).at(profile);
        if key.starts_with('p') { case.made_anew() } else { case }
    };
    vec![
        ok("assertion-signed", sign_assertion(&base())),
        ok("response-signed", sign_response(&base())),
        ok("both-signed", both()),
        by("sha384", "idp", DigestAlgorithm::Sha384, "default"),
        by("sha512", "idp", DigestAlgorithm::Sha512, "default"),
        by("ecdsa-p256", "p256", DigestAlgorithm::Sha256, "p256"),
        by("ecdsa-p384", "p384", DigestAlgorithm::Sha384, "p384"),
        by("ecdsa-p521", "p521", DigestAlgorithm::Sha512, "p521"),
        by("key-beside-one-of-another-kind", "idp", DigestAlgorithm::Sha256, "ec-and-rsa"),
        by("rollover-old-key", "idp", DigestAlgorithm::Sha256, "rollover"),
        by("rollover-new-key", "idp-next", DigestAlgorithm::Sha256, "rollover"),
        ok("unsolicited", sign_assertion(&base().replace(&format!(" InResponseTo=\"{REQUEST}\""), "")))
            .at("unsolicited"),
        ok(
            "unsolicited-with-empty-in-response-to",
            sign_assertion(&base().replace(&format!("InResponseTo=\"{REQUEST}\""), "InResponseTo=\"\"")),
        )
        .at("unsolicited"),
        ok("pretty-printed", sign_assertion(&pretty(&base()))),
        ok(
            "declaration-and-bom",
            format!("\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{}", sign_assertion(&base())),
        ),
        ok(
            "latin1-declared-over-ascii",
            format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{}", sign_assertion(&base())),
        ),
        ok(
            "encoding-written-utf8",
            format!("<?xml version='1.0' encoding='utf8'?>\n{}", sign_assertion(&base())),
        ),
        ok(
            "xml-prefix-declared",
            sent("<saml:Subject>", "<saml:Subject xmlns:xml=\"http://www.w3.org/XML/1998/namespace\">"),
        ),
        ok("comment-between-elements", sent("<saml:Subject>", "<!-- for you --><saml:Subject>")),
        ok("comment-added-between-elements", tampered("<saml:Subject>", "<!-- on the way --><saml:Subject>")),
        ok("cdata-name-id", sent(">ada@acme.example<", "><![CDATA[ada@acme.example]]><")),
        ok(
            "cdata-instead-of-text-after-signing",
            tampered(">ada@acme.example<", "><![CDATA[ada@acme.example]]><"),
        ),
        ok("non-ascii-values", sent(">Ada<", ">Адá 🙂 &amp; &lt;co&gt;<")),
        ok("other-prefixes", sign_assertion(&base().replace("saml:", "a2:").replace(":saml=", ":a2="))),
        ok(
            "default-namespace",
            sign_assertion(
                &base().replace("<saml:", "<").replace("</saml:", "</").replace("xmlns:saml=", "xmlns="),
            ),
        ),
        ok("no-response-issuer", sign_assertion(&without(&base(), "saml:Issuer"))),
        ok("no-destination-on-unsigned-response", sent(&format!(" Destination=\"{ACS}\""), "")),
        ok(
            "issuer-format-entity",
            sent(
                "<saml:Issuer>",
                "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\">",
            ),
        ),
        ok(
            "qualifiers-and-formats-that-are-empty",
            sign_assertion(
                &base()
                    .replace(
                        "<saml:Issuer>",
                        "<saml:Issuer NameQualifier=\"\" SPNameQualifier=\"\" Format=\"\">",
                    )
                    .replace("<saml:NameID ", "<saml:NameID SPNameQualifier=\"\" NameQualifier=\"\" "),
            ),
        ),
        ok(
            "name-id-with-empty-format",
            sent(" Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\"", " Format=\"\""),
        ),
        ok(
            "sp-name-qualifier",
            sent("<saml:NameID ", &format!("<saml:NameID SPNameQualifier=\"{SP}\" NameQualifier=\"q\" ")),
        ),
        ok(
            "name-id-without-format",
            sent(" Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\"", ""),
        ),
        ok(
            "no-name-id-but-stable-attribute",
            sign_assertion(&swap(&without(&base(), "saml:NameID"), "Name=\"firstName\"", "Name=\"uid\"")),
        )
        .at("stable-attribute"),
        ok("skew-late-by-179-seconds", sign_assertion(&base().replace("12:05:00Z", "11:57:01Z"))),
        ok("skew-early-by-180-seconds", sign_assertion(&base().replace("11:59:55Z", "12:03:00Z"))),
        ok(
            "fractional-seconds",
            sent("NotBefore=\"2026-01-15T11:59:55Z\"", "NotBefore=\"2026-01-15T11:59:55.1234567Z\""),
        ),
        ok(
            "conditions-without-dates",
            sent(
                " NotBefore=\"2026-01-15T11:59:55Z\" NotOnOrAfter=\"2026-01-15T12:05:00Z\"><saml:AudienceRestriction>",
                "><saml:AudienceRestriction>",
            ),
        ),
        ok(
            "two-audiences-in-one-restriction",
            sent("<saml:Audience>", "<saml:Audience>https://other.example</saml:Audience><saml:Audience>"),
        ),
        ok(
            "two-restrictions-both-ours",
            sent(
                "<saml:AudienceRestriction>",
                &format!(
                    "<saml:AudienceRestriction><saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction><saml:AudienceRestriction>"
                ),
            ),
        ),
        ok(
            "one-time-use",
            sent("<saml:AudienceRestriction>", "<saml:OneTimeUse/><saml:AudienceRestriction>"),
        ),
        ok(
            "proxy-restriction",
            sent(
                "<saml:AudienceRestriction>",
                "<saml:ProxyRestriction Count=\"0\"/><saml:AudienceRestriction>",
            ),
        ),
        ok(
            "second-confirmation-fits",
            sent(
                "<saml:SubjectConfirmation ",
                "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData Recipient=\"https://other.example/acs\" NotOnOrAfter=\"2026-01-15T12:05:00Z\"/></saml:SubjectConfirmation><saml:SubjectConfirmation ",
            ),
        ),
        ok(
            "two-authn-statements",
            sent(
                "<saml:AttributeStatement>",
                "<saml:AuthnStatement AuthnInstant=\"2026-01-15T11:00:00Z\"/><saml:AttributeStatement>",
            ),
        ),
        ok(
            "recent-sign-in",
            sent("AuthnInstant=\"2026-01-15T11:58:00Z\"", "AuthnInstant=\"2026-01-15T12:00:00Z\""),
        )
        .at("force-authn"),
        ok(
            "sign-in-as-old-as-the-skew",
            sent("AuthnInstant=\"2026-01-15T11:58:00Z\"", "AuthnInstant=\"2026-01-15T11:56:30Z\""),
        )
        .at("force-authn"),
        ok(
            "asked-for-context",
            sent(
                "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
                "https://refeds.org/profile/mfa",
            ),
        )
        .at("mfa"),
        ok(
            "repeated-role-attribute",
            sent(
                "<saml:AttributeStatement>",
                "<saml:AttributeStatement><saml:Attribute Name=\"Role\"><saml:AttributeValue>a</saml:AttributeValue></saml:Attribute><saml:Attribute Name=\"Role\"><saml:AttributeValue>b</saml:AttributeValue></saml:Attribute>",
            ),
        ),
        ok(
            "targeted-id",
            sent(
                "<saml:AttributeStatement>",
                "<saml:AttributeStatement><saml:Attribute Name=\"urn:oid:1.3.6.1.4.1.5923.1.1.1.10\"><saml:AttributeValue><saml:NameID>t</saml:NameID></saml:AttributeValue></saml:Attribute>",
            ),
        ),
        ok(
            "targeted-id-by-its-first-name",
            sent(
                "<saml:AttributeStatement>",
                "<saml:AttributeStatement><saml:Attribute Name=\"urn:mace:dir:attribute-def:eduPersonTargetedID\"><saml:AttributeValue><saml:NameID>t</saml:NameID></saml:AttributeValue></saml:Attribute>",
            ),
        ),
        ok(
            "two-attribute-statements",
            sent(
                "<saml:AttributeStatement>",
                "<saml:AttributeStatement><saml:Attribute Name=\"x\"/></saml:AttributeStatement><saml:AttributeStatement>",
            ),
        ),
        ok(
            "context-by-declaration",
            sent(
                "</saml:AuthnContextClassRef>",
                "</saml:AuthnContextClassRef><saml:AuthnContextDeclRef>urn:x</saml:AuthnContextDeclRef>",
            ),
        ),
        ok(
            "advice-without-assertion",
            sent(
                "<saml:AuthnStatement ",
                "<saml:Advice><saml:AssertionIDRef>_x</saml:AssertionIDRef></saml:Advice><saml:AuthnStatement ",
            ),
        ),
        ok(
            "extensions",
            sent(
                "<samlp:Status>",
                "<samlp:Extensions><x:y xmlns:x=\"urn:x\">z</x:y></samlp:Extensions><samlp:Status>",
            ),
        ),
        ok(
            "foreign-names-in-extensions",
            sent(
                "<samlp:Status>",
                "<samlp:Extensions><Response xmlns=\"urn:x\"><Assertion/><EncryptedAssertion/><Signature/></Response></samlp:Extensions><samlp:Status>",
            ),
        ),
        ok("no-attributes", sign_assertion(&without(&base(), "saml:AttributeStatement"))),
        ok(
            "empty-attribute",
            sent("<saml:AttributeValue xsi:type=\"xs:string\">Ada</saml:AttributeValue>", ""),
        ),
        ok("inclusive-by-switch", inclusive_form()).at("inclusive"),
        ok("prefix-list", with_prefix_list("xs #default")),
        ok("prefix-list-of-undeclared-prefixes", with_prefix_list("nope xs xs")),
        ok("prefix-list-of-signed-info", with_method_prefix_list(&base(), "xs samlp")),
        ok(
            "prefix-list-of-default-namespace",
            with_method_prefix_list(
                &swap(&base(), "<samlp:Response ", "<samlp:Response xmlns=\"urn:example:default\" "),
                "xs samlp #default",
            ),
        ),
        ok("long-signature-lines", wrapped_signature()),
        ok("thousands-of-groups", sign_assertion(&many_groups(3000))).made_anew(),
    ]
}

/// As providers that indent before they sign.
fn pretty(xml: &str) -> String {
    xml.replace("><", ">\r\n  <").replace("></", ">\n</")
}

pub fn many_groups(count: usize) -> String {
    let groups: Vec<String> = (0..count).map(|n| format!("b6a5f0f1-0000-4000-8000-{n:012}")).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    response(&[("email", &["ada@acme.example"]), ("groups", &groups)])
}

/// Signed over inclusive C14N, by hand: `sign` only makes the exclusive form.
fn inclusive_form() -> String {
    signed_over(&format!("<ds:Transform Algorithm=\"{}\"></ds:Transform>", alg::C14N), alg::C14N)
}

pub fn with_prefix_list(list: &str) -> String {
    let inclusive = format!(
        "<ec:InclusiveNamespaces xmlns:ec=\"{}\" PrefixList=\"{list}\"></ec:InclusiveNamespaces>",
        alg::EXC_C14N
    );
    signed_over(
        &format!("<ds:Transform Algorithm=\"{}\">{inclusive}</ds:Transform>", alg::EXC_C14N),
        alg::EXC_C14N,
    )
}

/// A signed assertion whose Signature is assembled here, so that its transform can be any.
pub fn signed_over(transform: &str, method: &str) -> String {
    use vestibule::saml::dsig::{
        SignatureAlgorithm, SignaturePolicy, base64, c14n, sign::sign_bytes, signature::Signature,
    };
    let key = signing_key("idp");
    let skeleton = |digest: &str, value: &str| {
        let signature = format!(
            "<ds:Signature xmlns:ds=\"{}\"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{method}\"/>\
             <ds:SignatureMethod Algorithm=\"{}\"/><ds:Reference URI=\"#_assertion\"><ds:Transforms>\
             <ds:Transform Algorithm=\"{}\"/>{transform}</ds:Transforms><ds:DigestMethod Algorithm=\"{}\"/>\
             <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>\
             <ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>",
            ns::DSIG,
            alg::RSA_SHA256,
            alg::ENVELOPED,
            alg::SHA256
        );
        let assertion = element(&base(), "saml:Assertion");
        swap(&base(), &assertion, &swap(&assertion, "<saml:Subject>", &format!("{signature}<saml:Subject>")))
    };
    let form = |inclusive: &str| match method {
        alg::C14N => c14n::Canonicalization::Inclusive,
        _ => c14n::Canonicalization::Exclusive {
            inclusive_prefixes: inclusive
                .split_once("PrefixList=\"")
                .map(|(_, rest)| rest.split('"').next().unwrap())
                .unwrap_or_default()
                .split(' ')
                .map(|p| p.replace("#default", ""))
                .collect(),
        },
    };
    let draft = skeleton("AAAA", "AAAA");
    let doc = roxmltree::Document::parse(&draft).unwrap();
    let find = |name: &str| doc.descendants().find(|n| n.tag_name().name() == name).unwrap();
    let policy = SignaturePolicy { allow_inclusive_c14n: true, allow_sha1: false };
    assert!(Signature::parse(find("Signature"), policy).is_ok());
    let content =
        c14n::canonicalize(find("Assertion"), Some(find("Signature").id()), &form(transform)).unwrap();
    let digest = base64::encode(&DigestAlgorithm::Sha256.digest(content.as_bytes()));
    let draft = skeleton(&digest, "AAAA");
    let doc = roxmltree::Document::parse(&draft).unwrap();
    let info = doc.descendants().find(|n| n.tag_name().name() == "SignedInfo").unwrap();
    let info = c14n::canonicalize(info, None, &form("")).unwrap();
    let value = sign_bytes(&key, SignatureAlgorithm::RSA_SHA256, info.as_bytes()).unwrap();
    skeleton(&digest, &base64::encode(&value))
}

/// A list on the CanonicalizationMethod: SignedInfo is then signed with the namespaces of the whole message that it names.
fn with_method_prefix_list(base: &str, list: &str) -> String {
    use vestibule::saml::dsig::{SignatureAlgorithm, base64, c14n, sign::sign_bytes};
    let xml = sign_assertion(base);
    let plain =
        format!("<ds:CanonicalizationMethod Algorithm=\"{}\"></ds:CanonicalizationMethod>", alg::EXC_C14N);
    let inclusive = format!(
        "<ec:InclusiveNamespaces xmlns:ec=\"{}\" PrefixList=\"{list}\"></ec:InclusiveNamespaces>",
        alg::EXC_C14N
    );
    let listed = plain.replace("></", &format!(">{inclusive}</"));
    let xml = swap(&xml, &plain, &listed);
    let doc = roxmltree::Document::parse(&xml).unwrap();
    let info = doc.descendants().find(|n| n.tag_name().name() == "SignedInfo").unwrap();
    let inclusive_prefixes = list.split(' ').map(|p| p.replace("#default", "")).collect();
    let form = c14n::Canonicalization::Exclusive { inclusive_prefixes };
    let info = c14n::canonicalize(info, None, &form).unwrap();
    assert!(info.contains("xmlns:samlp"), "the list names nothing that is in scope");
    let value = sign_bytes(&signing_key("idp"), SignatureAlgorithm::RSA_SHA256, info.as_bytes()).unwrap();
    let value = format!("<ds:SignatureValue>{}</ds:SignatureValue>", base64::encode(&value));
    swap(&xml, &element(&xml, "ds:SignatureValue"), &value)
}

fn wrapped_signature() -> String {
    let xml = sign_assertion(&base());
    let value = element(&xml, "ds:SignatureValue");
    let inner = value.trim_start_matches("<ds:SignatureValue>").trim_end_matches("</ds:SignatureValue>");
    let lines: Vec<&str> = inner.as_bytes().chunks(76).map(|c| std::str::from_utf8(c).unwrap()).collect();
    swap(&xml, inner, &format!("\n{}\n", lines.join("&#13;\n")))
}
