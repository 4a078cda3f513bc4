//! The grammar of a signature, name by name: each is signed again, so that nothing but the name or the place is at fault.

use vestibule::saml::{dsig::SignatureAlgorithm, names::alg};

use super::{
    accept::{signed_over, with_prefix_list},
    *,
};

pub fn cases() -> Vec<Case> {
    [names(), places(), inclusive()].into_iter().flatten().collect()
}

fn signed_again(rewrite: impl Fn(&str) -> String) -> String {
    with_signed_info(&sign_assertion(&base()), &signing_key("idp"), SignatureAlgorithm::RSA_SHA256, rewrite)
}

fn names() -> Vec<Case> {
    let renamed = |name: &str, outcome| {
        let (open, close) = (format!("<ds:{name}"), format!("</ds:{name}>"));
        let message = signed_again(|info| {
            let with_attributes = info.replace(&format!("{open} "), "<ds:Other ");
            with_attributes.replace(&format!("{open}>"), "<ds:Other>").replace(&close, "</ds:Other>")
        });
        case(&format!("{}-of-another-name", name.to_lowercase()), outcome, message)
    };
    let malformed = "signature_malformed";
    vec![
        renamed("CanonicalizationMethod", malformed),
        renamed("SignatureMethod", malformed),
        renamed("Reference", "signature_reference"),
        renamed("Transforms", malformed),
        renamed("Transform", malformed),
        renamed("DigestMethod", malformed),
        renamed("DigestValue", malformed),
        case(
            "reference-of-another-namespace",
            "signature_reference",
            signed_again(|info| {
                let foreign = info.replace("<ds:Reference ", "<x:Reference xmlns:x=\"urn:x\" ");
                foreign.replace("</ds:Reference>", "</x:Reference>")
            }),
        ),
    ]
}

fn places() -> Vec<Case> {
    let indented = signed_again(|info| info.replace("><", ">\n    <"));
    let indented = swap(&indented, "</ds:SignedInfo>", "</ds:SignedInfo>\n  ");
    let more = "<ds:Object></ds:Object></ds:Reference>";
    vec![
        case("signature-indented", "accept", indented),
        case(
            "reference-with-more-children",
            "signature_malformed",
            signed_again(|info| swap(info, "</ds:Reference>", more)),
        ),
        case(
            "text-in-reference",
            "signature_malformed",
            signed_again(|info| swap(info, "</ds:Reference>", "x</ds:Reference>")),
        ),
        case(
            "instruction-in-signed-info",
            "signature_comment",
            signed_again(|info| swap(info, "<ds:SignatureMethod ", "<?x?><ds:SignatureMethod ")),
        ),
        case("prefix-list-of-32", "accept", with_prefix_list(&prefixes(32))),
        case(
            "prefix-list-of-33",
            "signature_malformed",
            swap(&with_prefix_list("xs"), "PrefixList=\"xs\"", &format!("PrefixList=\"{}\"", prefixes(33))),
        ),
    ]
}

fn prefixes(count: usize) -> String {
    (0..count).map(|n| format!("p{n}")).collect::<Vec<_>>().join(" ")
}

/// What the switch for inclusive C14N allows, and no more.
fn inclusive() -> Vec<Case> {
    let alone = signed_over("", alg::C14N);
    let transform = format!("<ds:Transform Algorithm=\"{}\"></ds:Transform>", alg::C14N);
    let both = signed_over(&transform, alg::C14N);
    let without_enveloped = |algorithm: &str| {
        let xml = sign_assertion(&base());
        let only = format!("<ds:Transforms><ds:Transform Algorithm=\"{algorithm}\"/></ds:Transforms>");
        swap(&xml, &element(&xml, "ds:Transforms"), &only)
    };
    let child = "><ds:XPath>1</ds:XPath></ds:Transform>";
    let cases = vec![
        case("enveloped-alone-by-switch", "accept", alone.clone()),
        case(
            "enveloped-alone-with-child",
            "signature_malformed",
            swap(&alone, "#enveloped-signature\"/>", &format!("#enveloped-signature\"{child}")),
        ),
        case(
            "inclusive-c14n-with-child",
            "signature_malformed",
            swap(&both, &transform, &transform.replace("></ds:Transform>", child)),
        ),
        case("c14n-alone-by-switch", "signature_transform", without_enveloped(alg::C14N)),
        case("exclusive-c14n-alone-by-switch", "signature_transform", without_enveloped(alg::EXC_C14N)),
    ];
    cases.into_iter().map(|case| case.at("inclusive")).collect()
}
