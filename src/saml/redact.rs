//! A message as it may be kept: what it is made of, without what it says of a person. Everything is left out that is not
//! known to be harmless, so that an extension of a provider's own cannot slip through.

use std::fmt::Write;

use roxmltree::{Attribute, Node};

use super::{
    names::ns,
    xml::{
        Element, Limits, Scanned, tree,
        write::{escape_attribute, escape_text},
    },
};

/// A longer result is cut off, in bytes.
const LIMIT: usize = 16 * 1024;

/// A longer value is none of those that are kept as they are.
const LONGEST: usize = 300;

/// The elements of the assertion namespace whose text names systems and methods, not people.
const KEPT_TEXT: [&str; 4] = ["Issuer", "Audience", "AuthnContextClassRef", "AuthnContextDeclRef"];

/// The attributes that hold identifiers of messages, times, addresses of endpoints, and names of algorithms and claims.
const KEPT_ATTRIBUTES: [&str; 26] = [
    "ID",
    "Id",
    "InResponseTo",
    "Version",
    "IssueInstant",
    "Destination",
    "Recipient",
    "NotBefore",
    "NotOnOrAfter",
    "AuthnInstant",
    "SessionNotOnOrAfter",
    "Method",
    "Algorithm",
    "Encoding",
    "Type",
    "MimeType",
    "URI",
    "PrefixList",
    "Format",
    "Name",
    "NameFormat",
    "FriendlyName",
    "Value",
    "Consent",
    "type",
    "nil",
];

/// The message without its values, at most 16 kB of it. Nothing for what is no XML: of that, nothing is known.
#[must_use]
pub fn redact(message: &[u8]) -> Option<String> {
    let scanned = Scanned::scan(message, &Limits::MESSAGE).ok()?;
    let document = scanned.tree().ok()?;
    let mut out = String::new();
    element(document.root_element(), &mut out);
    Some(out)
}

/// Writes an element with its content. The depth is bounded by the scan.
fn element(node: Element<'_, '_>, out: &mut String) {
    if out.len() > LIMIT {
        return;
    }
    let name = qualified(tree::prefix(node), node.tag_name().name());
    out.push('<');
    out.push_str(&name);
    declarations(node, out);
    for attribute in node.attributes() {
        write_attribute(node, &attribute, out);
    }
    out.push('>');
    for child in node.children() {
        if child.is_element() {
            element(child, out);
        } else if child.is_text() {
            text(node, child, out);
        }
        if out.len() > LIMIT {
            out.push_str("<!-- cut off -->");
            return;
        }
    }
    let _ = write!(out, "</{name}>");
}

/// The namespaces that the element itself declares.
fn declarations(node: Element<'_, '_>, out: &mut String) {
    let outer = node.parent_element();
    for declared in node.namespaces() {
        let inherited = outer.is_some_and(|outer| outer.namespaces().any(|other| other == declared));
        if inherited || declared.name() == Some("xml") || declared.uri().len() > LONGEST {
            continue;
        }
        out.push_str(" xmlns");
        if let Some(prefix) = declared.name() {
            let _ = write!(out, ":{prefix}");
        }
        out.push_str("=\"");
        escape_attribute(declared.uri(), out);
        out.push('"');
    }
}

fn write_attribute(node: Element<'_, '_>, attribute: &Attribute<'_, '_>, out: &mut String) {
    let _ = write!(out, " {}=\"", qualified(tree::attribute_prefix(node, attribute), attribute.name()));
    let value = attribute.value();
    if KEPT_ATTRIBUTES.contains(&attribute.name()) && value.len() <= LONGEST {
        escape_attribute(value, out);
    } else {
        left_out(value, out);
    }
    out.push('"');
}

fn text(parent: Element<'_, '_>, node: Node<'_, '_>, out: &mut String) {
    let value = node.text().unwrap_or_default();
    let kept = parent.tag_name().namespace() == Some(ns::ASSERTION)
        && KEPT_TEXT.contains(&parent.tag_name().name())
        && value.len() <= LONGEST;
    if kept || value.trim().is_empty() {
        escape_text(value.trim(), out);
    } else {
        left_out(value, out);
    }
}

/// The length alone: an empty value, or one cut off, is what an administrator looks for.
fn left_out(value: &str, out: &mut String) {
    let _ = write!(out, "[{} characters]", value.chars().count());
}

fn qualified(prefix: &str, local: &str) -> String {
    if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_stays_and_people_go() {
        let message = br#"<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Destination="https://sp/acs">
            <Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">https://idp.example</Issuer>
            <a:Assertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion"><a:Subject>
            <a:NameID Format="f" SPProvidedID="uma">uma@acme.example</a:NameID>
            <a:SubjectConfirmationData Address="192.0.2.1"/></a:Subject>
            <a:AttributeValue><x:Issuer xmlns:x="urn:other">Uma</x:Issuer><!-- Uma --><![CDATA[Sherman]]></a:AttributeValue>
            </a:Assertion></p:Response>"#;
        let kept = redact(message).expect("XML");
        for personal in ["uma", "Uma", "Sherman", "192.0.2.1"] {
            assert!(!kept.contains(personal), "{kept}");
        }
        for wanted in [
            r#"<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Destination="https://sp/acs">"#,
            r#"<Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">https://idp.example</Issuer>"#,
            r#"<a:NameID Format="f" SPProvidedID="[3 characters]">[16 characters]</a:NameID>"#,
            r#"<x:Issuer xmlns:x="urn:other">[3 characters]</x:Issuer>[7 characters]"#,
        ] {
            assert!(kept.contains(wanted), "{wanted}\n{kept}");
        }
    }

    #[test]
    fn the_result_is_bounded_and_needs_xml() {
        let values = "<v Name='n'>x</v>".repeat(5_000);
        let kept = redact(format!("<r>{values}</r>").as_bytes()).expect("XML");
        assert!(kept.len() < LIMIT + 1024 && kept.ends_with("<!-- cut off -->"), "{}", kept.len());
        assert_eq!(redact(b"not XML"), None);
        assert_eq!(redact(b"<!DOCTYPE r><r/>"), None);
    }
}
