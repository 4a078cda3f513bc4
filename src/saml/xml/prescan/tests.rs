//! What is refused before parsing, and what is not.

use super::*;

fn code(xml: &[u8]) -> &'static str {
    prescan(xml, &Limits::MESSAGE).map_or_else(|e| e.code(), |_| "ok")
}

#[test]
fn accepts_what_is_utf8_in_fact() {
    for xml in [
        &b"\xef\xbb\xbf<?xml version=\"1.0\"?><a/>"[..],
        b"<?xml version='1.0' encoding='utf-8' standalone='yes'?><a b='1>2'>x<!-- <<a --><![CDATA[<a>]]></a>",
        b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
        b"<?xml version='1.0' encoding='us-ascii'?><a/>",
        b"<?xml-stylesheet href='x'?><a><?p </a><b> ?></a>",
    ] {
        assert_eq!(code(xml), "ok");
    }
}

#[test]
fn refuses_other_encodings() {
    assert_eq!(code("<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>".as_bytes()), "xml_encoding");
    assert_eq!(code(b"<?xml version='1.0' encoding='UTF-7'?><a/>"), "xml_encoding");
    assert_eq!(code(b"\xff\xfe<\0a\0/\0>\0"), "xml_encoding");
    assert_eq!(code(b"<a>\xc0\xaf</a>"), "xml_encoding");
    assert_eq!(code(b"<a>\xed\xa0\x80</a>"), "xml_encoding");
    assert_eq!(code(b"\0\0\0<\0\0\0a"), "xml_control_character");
}

#[test]
fn refuses_other_declarations() {
    for xml in ["<?xml version='1.1'?><a/>", "<?xml version=x1.0x?><a/>", "<?xml ?><a/>"] {
        assert_eq!(code(xml.as_bytes()), "xml_declaration", "{xml}");
    }
}

#[test]
fn refuses_doctype_wherever_it_stands() {
    assert_eq!(code(b"<!DOCTYPE a><a/>"), "xml_doctype");
    assert_eq!(code(b"<?xml version='1.0'?>\n<!doctype a []><a/>"), "xml_doctype");
    assert_eq!(code(b"<a><!ENTITY x 'y'></a>"), "xml_doctype");
    assert_eq!(code(b"<![CDATA[x]]><a/>"), "xml_doctype");
}

#[test]
fn refuses_declarations_that_parsers_read_differently() {
    for xml in [
        "<a xmlns='x' xmlns='y'/>",
        "<a xmlns:b=''/>",
        "<a b:xmlns='x'/>",
        "<a xmlns:xmlns='x'/>",
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespac'/>",
        "<a xmlns:xml='http&#58;//www.w3.org/XML/1998/namespace'/>",
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xmlns:xml='http://www.w3.org/XML/1998/namespace'/>",
    ] {
        assert_eq!(code(xml.as_bytes()), "xml_namespace_declaration", "{xml}");
    }
    for xml in [
        "<:a/>",
        "<a:/>",
        "<a:b:c/>",
        "<a b",
        "<a b=c/>",
        "<a b='<'/>",
        "</a>",
        "<a>",
        "<a b=''c=''/>",
        "<a b''c'/>",
        "<a =''/>",
        "< a/>",
        "<a /x>",
    ] {
        assert_eq!(code(xml.as_bytes()), "xml_not_well_formed", "{xml}");
    }
}

#[test]
fn references_name_characters() {
    assert_eq!(
        code(b"<a b='&#x9;&#10;&amp;'>&lt;&gt;&quot;&apos;&#x1F600;&#xFFFD;<![CDATA[&#0;]]></a>"),
        "ok"
    );
    for bad in [
        "&#0;",
        "&#xD800;",
        "&#xFFFE;",
        "&#x110000;",
        "&#;",
        "&#x;",
        "&#+9;",
        "&#x+9;",
        "&#99999999999999;",
        "&#9",
        "&",
        "&&amp;",
        "&nbsp;",
        "&amp",
    ] {
        assert_eq!(code(format!("<a>{bad}</a>").as_bytes()), "xml_not_well_formed", "{bad}");
        assert_eq!(code(format!("<a b='{bad}'/>").as_bytes()), "xml_not_well_formed", "{bad}");
    }
}

#[test]
fn bounds_are_exact() {
    let nested = |n: usize| "<a>".repeat(n) + &"</a>".repeat(n);
    assert_eq!(code(nested(64).as_bytes()), "ok");
    assert_eq!(code(nested(65).as_bytes()), "xml_too_deep");
    let attributes = |n: usize| format!("<a{}/>", (0..n).map(|i| format!(" a{i}=''")).collect::<String>());
    assert_eq!(code(attributes(256).as_bytes()), "ok");
    assert_eq!(code(attributes(257).as_bytes()), "xml_too_many_attributes");
    let spaces = |n: usize| format!("<a{}/>", (0..n).map(|i| format!(" xmlns:a{i}='u'")).collect::<String>());
    assert_eq!(code(spaces(64).as_bytes()), "ok");
    assert_eq!(code(spaces(65).as_bytes()), "xml_too_many_namespaces");
    let dense = format!("<r>{}</r>", attributes(200).repeat(100));
    assert_eq!(code(dense.as_bytes()), "xml_too_complex");
    assert_eq!(code(&vec![b' '; (1 << 20) + 1]), "xml_too_large");
}

#[test]
fn whatever_becomes_a_node_is_counted() {
    for node in ["<a/>", "<!---->", "<?p?>", "<![CDATA[]]>"] {
        let nodes = |n: usize| format!("<r>{}</r>", node.repeat(n));
        assert_eq!(code(nodes(19_999).as_bytes()), "ok", "{node}");
        assert_eq!(code(nodes(20_000).as_bytes()), "xml_too_complex", "{node}");
    }
}

#[test]
fn references_are_counted_wherever_they_stand() {
    let document = |n: usize| format!("<a b='{}'>{}</a>", "&amp;".repeat(20_000), "&#13;".repeat(n));
    assert_eq!(code(document(20_000).as_bytes()), "ok");
    assert_eq!(code(document(20_001).as_bytes()), "xml_too_complex");
}

/// The parser compares each name that may have a namespace with the prefixes in scope, and keeps each declaration.
#[test]
fn whatever_is_looked_up_is_counted() {
    let spaces: String = (0..50).map(|n| format!(" xmlns:n{n}='u'")).collect();
    // At the root itself 50 attributes, 50 declarations and one name.
    let root = 50 * 50 + 51 * 50;
    for (child, cost) in [("<a/>", 50), ("<n1:a/>", 50), ("<a n1:b='' n2:b=''/>", 4 + 150), ("<a b=''/>", 51)]
    {
        let document = |n: usize| format!("<r{spaces}>{}</r>", child.repeat(n));
        let most = (1_200_000 - root) / cost;
        let nodes = most.min(19_999);
        assert_eq!(code(document(nodes).as_bytes()), "ok", "{child}");
        assert_eq!(code(document(nodes + 1).as_bytes()), "xml_too_complex", "{child}");
    }
    let declarations = |n: usize| format!("<r>{}</r>", "<a xmlns='u'/>".repeat(n));
    assert_eq!(code(declarations(12_000).as_bytes()), "ok");
    assert_eq!(code(declarations(12_001).as_bytes()), "xml_too_complex");
}
