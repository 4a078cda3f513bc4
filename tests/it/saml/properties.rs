//! What holds for every message, tried on many.

use proptest::prelude::*;
use vestibule::saml::{
    binding::{post, redirect},
    dsig::c14n::{Canonicalization, canonicalize},
    metadata, request, validate,
};

use super::support::*;

/// An element with attributes and children, as a tree to be written in more than one way.
#[derive(Debug, Clone)]
struct Node {
    prefix: usize,
    attributes: Vec<(usize, usize, String)>,
    children: Vec<Node>,
    text: String,
}

const URIS: [&str; 4] = ["urn:a", "urn:b", "http://c.example/#", "urn:a&<\"d"];

fn nodes() -> impl Strategy<Value = Node> {
    let value = "[a-z<>&\"' \t\n\r\u{e9}]{0,6}";
    let attribute = (0..5_usize, 0..4_usize, value);
    let leaf = (0..5_usize, prop::collection::vec(attribute, 0..4), value)
        .prop_map(|(prefix, attributes, text)| Node { prefix, attributes, children: Vec::new(), text });
    leaf.prop_recursive(4, 24, 4, |inner| {
        (inner.clone(), prop::collection::vec(inner, 0..4))
            .prop_map(|(node, children)| Node { children, ..node })
    })
}

/// Writes the tree: namespaces all at the root or each where it is used, attributes forwards or backwards.
fn write(node: &Node, at_root: bool, backwards: bool, top: bool, out: &mut String) {
    let name = |prefix: usize, local: &str| match prefix {
        0 => local.to_owned(),
        n => format!("p{n}:{local}"),
    };
    let escape = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;")
            .replace('\t', "&#9;")
            .replace('\n', "&#10;")
            .replace('\r', "&#13;")
    };
    let mut attributes = Vec::new();
    for (prefix, local, value) in &node.attributes {
        let name = name(*prefix, &format!("a{local}"));
        if !attributes.iter().any(|(n, _): &(String, String)| *n == name) {
            attributes.push((name, escape(value)));
        }
    }
    let used = |n: usize| node.prefix == n || node.attributes.iter().any(|(p, _, _)| *p == n);
    for (n, uri) in (1..5).zip(URIS) {
        if (at_root && top) || (!at_root && used(n)) {
            attributes.push((format!("xmlns:p{n}"), escape(uri)));
        }
    }
    if backwards {
        attributes.reverse();
    }
    let tag = name(node.prefix, "e");
    out.push_str(&format!("<{tag}"));
    for (name, value) in attributes {
        out.push_str(&format!("{}{name}=\"{value}\"", if backwards { "\n  " } else { " " }));
    }
    out.push_str(&format!(">{}", escape(&node.text)));
    node.children.iter().for_each(|child| write(child, at_root, backwards, false, out));
    out.push_str(&format!("</{tag}>"));
}

fn exclusive(xml: &str) -> String {
    let doc = roxmltree::Document::parse(xml).unwrap();
    let form = Canonicalization::Exclusive { inclusive_prefixes: Vec::new() };
    canonicalize(doc.root_element(), None, &form).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn c14n_is_one_form(node in nodes()) {
        let written = |at_root, backwards| {
            let mut out = String::new();
            write(&node, at_root, backwards, true, &mut out);
            out
        };
        let canonical = exclusive(&written(true, false));
        prop_assert_eq!(&canonical, &exclusive(&written(false, false)));
        prop_assert_eq!(&canonical, &exclusive(&written(true, true)));
        prop_assert_eq!(&canonical, &exclusive(&written(false, true)));
        prop_assert_eq!(&canonical, &exclusive(&canonical));
        let doc = roxmltree::Document::parse(&canonical).unwrap();
        let inclusive = canonicalize(doc.root_element(), None, &Canonicalization::Inclusive).unwrap();
        prop_assert_eq!(&canonical, &inclusive);
    }

    #[test]
    fn no_other_byte_in_the_assertion_verifies(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut xml = sign_assertion(&base()).into_bytes();
        let text = String::from_utf8(xml.clone()).unwrap();
        let start = text.find("<saml:Subject>").unwrap();
        let end = text.find("</saml:Assertion>").unwrap();
        let index = start + at.index(end - start);
        xml[index] ^= 1 << bit;
        let profile = Profile::named("default");
        // A carriage return for a line feed, or one quote for another, would be the same document; there is none.
        prop_assert!(validate(&xml, &profile.expected()).is_err());
    }

    #[test]
    fn nothing_panics(cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize, any::<Vec<u8>>()), 1..4)) {
        let mut xml = sign_response(&sign_assertion(&base())).into_bytes();
        for (at, length, bytes) in cuts {
            let start = at.index(xml.len());
            let end = (start + length).min(xml.len());
            xml.splice(start..end, bytes);
        }
        let profile = Profile::named("inclusive");
        let _ = validate(&xml, &profile.expected());
        let _ = metadata::parse(&xml, NOW);
        let _ = request::parse(&xml);
    }

    #[test]
    fn no_transport_panics(text in "[A-Za-z0-9+/=%&\u{e9} ]{0,200}") {
        let _ = post::decode(&text);
        let _ = redirect::decode(&text);
        let _ = redirect::decode(&format!("SAMLRequest={text}"));
    }
}
