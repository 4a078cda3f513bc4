//! A message as it may be kept: what it is made of, without what it says of a person. Everything is left out that is not
//! known to be harmless, so that an extension of a provider's own cannot slip through.

use roxmltree::{Attribute, Node};

use super::{
    names::{alg, ns},
    xml::{
        Element, Limits, Scanned, tree,
        write::{escape_attribute, escape_text},
    },
};

/// More is not kept, in bytes. Anybody may post a megabyte of one name, so nothing is written before it is measured (R32).
const LIMIT: usize = 16 * 1024;

/// A larger message is not read for this, in bytes: it was read once to be validated, and whoever posts a megabyte that is
/// dear to read need not be helped to make us read it again. A genuine one with 1,000 groups has a quarter of it.
const LARGEST: usize = 256 * 1024;

/// A longer value is none of those that are kept as they are.
const LONGEST: usize = 300;

/// The elements of the assertion namespace whose text names systems and methods, not people.
const KEPT_TEXT: [&str; 4] = ["Issuer", "Audience", "AuthnContextClassRef", "AuthnContextDeclRef"];

/// The namespaces whose attributes are known; in others a `Name` may be a person's.
const KNOWN: [&str; 5] = [ns::PROTOCOL, ns::ASSERTION, ns::DSIG, ns::XENC, alg::EXC_C14N];

/// The attributes that hold identifiers of messages, times, addresses of endpoints, and names of algorithms and claims.
const KEPT_ATTRIBUTES: [&str; 23] = [
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
    "Type",
    "URI",
    "PrefixList",
    "Format",
    "Name",
    "NameFormat",
    "FriendlyName",
    "Value",
    "type",
    "nil",
];

/// The message without its values, at most 16 kB of it; of a very large one its size alone. Nothing for what is no XML: of
/// that, nothing is known.
#[must_use]
pub fn redact(message: &[u8]) -> Option<String> {
    if message.len() > LARGEST {
        return Some(format!("<!-- {} bytes, too many to be kept -->", message.len()));
    }
    let scanned = Scanned::scan(message, &Limits::MESSAGE).ok()?;
    let document = scanned.tree().ok()?;
    let mut sheet = Sheet::default();
    if element(document.root_element(), &mut sheet).is_none() {
        sheet.0.push_str("<!-- cut off -->");
    }
    Some(sheet.0)
}

/// What is written, with an end.
#[derive(Default)]
struct Sheet(String);

impl Sheet {
    /// Writes the pieces, all or none: `None` when there is no room for them.
    fn put(&mut self, pieces: &[&str]) -> Option<()> {
        let more: usize = pieces.iter().map(|piece| piece.len()).sum();
        if self.0.len() + more > LIMIT {
            return None;
        }
        pieces.iter().for_each(|piece| self.0.push_str(piece));
        Some(())
    }

    /// The length alone: an empty value, or one cut off, is what an administrator looks for.
    fn leave_out(&mut self, value: &str) -> Option<()> {
        self.put(&["[", &value.chars().count().to_string(), " characters]"])
    }
}

/// Writes an element with its content. The depth is bounded by the scan.
fn element(node: Element<'_, '_>, sheet: &mut Sheet) -> Option<()> {
    let name = Name { prefix: tree::prefix(node), local: node.tag_name().name() };
    name.put("<", sheet)?;
    declarations(node, sheet)?;
    for attribute in node.attributes() {
        write_attribute(node, &attribute, sheet)?;
    }
    sheet.put(&[">"])?;
    for child in node.children() {
        if child.is_element() {
            element(child, sheet)?;
        } else if child.is_text() {
            text(node, child, sheet)?;
        }
    }
    name.put("</", sheet)?;
    sheet.put(&[">"])
}

/// A name as it stood in the source.
struct Name<'a> {
    prefix: &'a str,
    local: &'a str,
}

impl Name<'_> {
    fn put(&self, before: &str, sheet: &mut Sheet) -> Option<()> {
        let colon = if self.prefix.is_empty() { "" } else { ":" };
        sheet.put(&[before, self.prefix, colon, self.local])
    }
}

/// The namespaces that the element itself declares. Most declare none, and are spared the comparison with all that are in
/// scope, which a sender may make many.
fn declarations(node: Element<'_, '_>, sheet: &mut Sheet) -> Option<()> {
    if !tree::may_declare(node) {
        return Some(());
    }
    let outer = node.parent_element();
    for declared in node.namespaces() {
        let inherited = outer.is_some_and(|outer| outer.namespaces().any(|other| other == declared));
        if inherited || declared.name() == Some("xml") {
            continue;
        }
        let (colon, prefix) = declared.name().map_or(("", ""), |prefix| (":", prefix));
        sheet.put(&[" xmlns", colon, prefix, "=\""])?;
        match declared.uri() {
            uri if uri.len() <= LONGEST => escaped(uri, escape_attribute, sheet)?,
            uri => sheet.leave_out(uri)?,
        }
        sheet.put(&["\""])?;
    }
    Some(())
}

fn write_attribute(node: Element<'_, '_>, attribute: &Attribute<'_, '_>, sheet: &mut Sheet) -> Option<()> {
    let name = Name { prefix: tree::attribute_prefix(node, attribute), local: attribute.name() };
    name.put(" ", sheet)?;
    sheet.put(&["=\""])?;
    let known = node.tag_name().namespace().is_some_and(|namespace| KNOWN.contains(&namespace));
    let value = attribute.value();
    if known && KEPT_ATTRIBUTES.contains(&attribute.name()) && value.len() <= LONGEST {
        escaped(value, escape_attribute, sheet)?;
    } else {
        sheet.leave_out(value)?;
    }
    sheet.put(&["\""])
}

fn text(parent: Element<'_, '_>, node: Node<'_, '_>, sheet: &mut Sheet) -> Option<()> {
    let value = node.text().unwrap_or_default();
    let kept = parent.tag_name().namespace() == Some(ns::ASSERTION)
        && KEPT_TEXT.contains(&parent.tag_name().name())
        && value.len() <= LONGEST;
    if kept {
        escaped(value.trim(), escape_text, sheet)
    } else if value.trim().is_empty() {
        Some(())
    } else {
        sheet.leave_out(value)
    }
}

/// Writes a short value as XML does.
fn escaped(value: &str, escape: fn(&str, &mut String), sheet: &mut Sheet) -> Option<()> {
    let mut piece = String::new();
    escape(value, &mut piece);
    sheet.put(&[&piece])
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
    fn a_name_of_an_unknown_element_may_be_a_persons() {
        let kept = redact(br#"<x:User xmlns:x="urn:x" Name="Ada" Value="ada@acme.example"/>"#).expect("XML");
        assert!(!kept.contains("Ada") && !kept.contains("ada@"), "{kept}");
    }

    #[test]
    fn no_long_value_is_kept_as_it_is() {
        let names = |length: usize| {
            let value = "v".repeat(length);
            let assertion = "urn:oasis:names:tc:SAML:2.0:assertion";
            let message = format!(
                "<a:Issuer xmlns:a='{assertion}' xmlns:b='urn:{value}' Format='{value}'>{value}</a:Issuer>"
            );
            redact(message.as_bytes()).expect("XML")
        };
        assert_eq!(names(LONGEST - 4).matches(&"v".repeat(LONGEST - 4)).count(), 3);
        assert_eq!(names(LONGEST + 1).matches("characters]").count(), 3);
    }

    #[test]
    fn r32_the_result_is_bounded_whatever_is_long() {
        let long = "a".repeat(250_000);
        for message in [
            format!("<r>{}</r>", "<v Name='n'>x</v>".repeat(5_000)),
            format!("<{long}/>"),
            format!("<r {long}=''/>"),
            format!("<r xmlns:{long}='urn:x'/>"),
            format!("<r>{}</r>", "<v a='' b='' c=''/>".repeat(5_000)),
        ] {
            let kept = redact(message.as_bytes());
            // What the scan refuses is not kept at all.
            let Some(kept) = kept else { continue };
            assert!(kept.len() < LIMIT + 32 && kept.ends_with("<!-- cut off -->"), "{}", kept.len());
        }
        assert!(redact(format!("<r>{long}</r>").as_bytes()).expect("XML").len() < 100);
        let large = format!("<r>{}</r>", "&amp;".repeat(LARGEST / 5));
        assert_eq!(redact(large.as_bytes()).as_deref(), Some("<!-- 262147 bytes, too many to be kept -->"));
    }

    #[test]
    fn what_is_no_xml_is_not_kept() {
        assert_eq!(redact(b"not XML"), None);
        assert_eq!(redact(b"<!DOCTYPE r><r/>"), None);
    }
}
