//! What a verification says, apart from any message: where a signature counts, and what it covers.

use vestibule::saml::dsig::{SignaturePolicy, VerifyError, verify};

use super::support::*;

fn find<'a>(doc: &'a roxmltree::Document<'_>, name: &str) -> roxmltree::Node<'a, 'a> {
    doc.descendants().find(|n| n.tag_name().name() == name).expect("it is there")
}

#[test]
fn a_signature_counts_only_where_it_stands() {
    let keys = [verification_key("idp")];
    let good = sign_assertion(&base());
    let signature = element(&good, "ds:Signature");
    // Beside the assertion, of which it covers every byte, instead of in it.
    let moved =
        swap(&swap(&good, &signature, ""), "<saml:Assertion ", &format!("{signature}<saml:Assertion "));
    for (xml, counts) in [(&good, true), (&moved, false)] {
        let doc = roxmltree::Document::parse(xml).unwrap();
        let (assertion, signature) = (find(&doc, "Assertion"), find(&doc, "Signature"));
        let got = verify(assertion, signature, &keys, SignaturePolicy::default());
        assert_eq!(got.is_ok(), counts);
        assert!(counts || matches!(got, Err(VerifyError::WrongElement { .. })));
        assert!(verify(doc.root_element(), signature, &keys, SignaturePolicy::default()).is_err());
    }
}

#[test]
fn a_signature_covers_what_is_in_its_element_and_nothing_else() {
    let (keys, xml) = ([verification_key("idp")], sign_assertion(&base()));
    let doc = roxmltree::Document::parse(&xml).unwrap();
    let (assertion, signature) = (find(&doc, "Assertion"), find(&doc, "Signature"));
    let verified = verify(assertion, signature, &keys, SignaturePolicy::default()).unwrap().element;
    assert_eq!(verified.element(), assertion);
    for covered in ["Assertion", "Subject", "AttributeValue"] {
        let node = find(&doc, covered);
        assert_eq!(verified.covers(node).map(|inner| inner.element()), Some(node), "{covered}");
    }
    // The signature is left out of its own digest, so nobody signed what stands in its KeyInfo.
    for unsigned in ["Signature", "SignedInfo", "X509Certificate"] {
        assert!(verified.covers(find(&doc, unsigned)).is_none(), "{unsigned}");
    }
    for outside in [doc.root_element(), find(&doc, "Status"), find(&doc, "StatusCode")] {
        assert!(verified.covers(outside).is_none(), "{outside:?}");
    }
}
