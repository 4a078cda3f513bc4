//! Canonical XML: the exclusive form (xml-exc-c14n, with InclusiveNamespaces) and the inclusive form 1.0, both
//! without comments. Iterative, so that depth costs no stack; an error is an error and never an empty string.

use roxmltree::{Attribute, Node, NodeId};

use crate::saml::{
    names::ns,
    xml::{
        tree,
        write::{escape_attribute, escape_text},
    },
};

/// Which canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Canonicalization {
    /// Exclusive; the prefixes of InclusiveNamespaces (`#default` is the empty prefix) are treated inclusively.
    Exclusive {
        /// The PrefixList.
        inclusive_prefixes: Vec<String>,
    },
    /// Inclusive 1.0.
    Inclusive,
}

/// Why there is no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum C14nError {
    /// Canonical XML (section 1.3) fails on relative namespace URIs; a library that yields "" here has been attacked
    /// with the digest of the empty string.
    #[error("the namespace {0:?} is a relative URI and has no canonical form")]
    RelativeNamespace(String),
}

/// The canonical form of the subtree at `apex`, without the subtree `omit` (the enveloped signature).
///
/// # Errors
/// See [`C14nError`].
pub fn canonicalize(
    apex: Node<'_, '_>,
    omit: Option<NodeId>,
    form: &Canonicalization,
) -> Result<String, C14nError> {
    let mut canon = Canon {
        form,
        out: String::with_capacity(apex.range().len() + 256),
        rendered: Vec::new(),
        open: Vec::new(),
        wanted: Vec::new(),
        attributes: Vec::new(),
    };
    let mut node = apex;
    loop {
        let skipped = omit == Some(node.id());
        if !skipped {
            canon.enter(node, node == apex)?;
        }
        if !skipped && let Some(child) = node.first_child() {
            node = child;
            continue;
        }
        if !skipped && node.is_element() {
            canon.leave(node);
        }
        loop {
            if node == apex {
                return Ok(canon.out);
            }
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            let Some(parent) = node.parent() else { return Ok(canon.out) };
            node = parent;
            canon.leave(node);
        }
    }
}

struct Canon<'a, 'i, 'f> {
    form: &'f Canonicalization,
    out: String,
    /// Namespace declarations written so far and still in scope: prefix and URI.
    rendered: Vec<(&'a str, &'a str)>,
    /// Length of `rendered` before each open element.
    open: Vec<usize>,
    /// Scratch, kept for its allocation.
    wanted: Vec<(&'a str, &'a str)>,
    attributes: Vec<Attribute<'a, 'i>>,
}

impl<'a, 'i: 'a> Canon<'a, 'i, '_> {
    fn enter(&mut self, node: Node<'a, 'i>, is_apex: bool) -> Result<(), C14nError> {
        if node.is_element() {
            self.start_tag(node, is_apex)?;
        } else if node.is_text() {
            escape_text(node.text().unwrap_or_default(), &mut self.out);
        } else if let Some(pi) = node.pi() {
            self.out.push_str("<?");
            self.out.push_str(pi.target);
            if let Some(value) = pi.value {
                self.out.push(' ');
                self.out.push_str(value);
            }
            self.out.push_str("?>");
        }
        Ok(())
    }

    fn start_tag(&mut self, node: Node<'a, 'i>, is_apex: bool) -> Result<(), C14nError> {
        let prefix = tree::prefix(node);
        self.open.push(self.rendered.len());
        self.out.push('<');
        push_name(&mut self.out, prefix, node.tag_name().name());

        self.attributes.clear();
        self.attributes.extend(node.attributes());
        self.collect_namespaces(node, prefix, is_apex);
        self.write_namespaces()?;

        if is_apex && *self.form == Canonicalization::Inclusive {
            self.inherit_xml_attributes(node);
        }
        if self.attributes.len() > 1 {
            self.attributes.sort_by(|a, b| {
                (a.namespace().unwrap_or_default(), a.name())
                    .cmp(&(b.namespace().unwrap_or_default(), b.name()))
            });
        }
        for attribute in &self.attributes {
            self.out.push(' ');
            let prefix = if attribute.namespace().is_some() { source_prefix(node, attribute) } else { "" };
            push_name(&mut self.out, prefix, attribute.name());
            self.out.push_str("=\"");
            escape_attribute(attribute.value(), &mut self.out);
            self.out.push('"');
        }
        self.out.push('>');
        Ok(())
    }

    fn leave(&mut self, node: Node<'a, 'i>) {
        self.out.push_str("</");
        push_name(&mut self.out, tree::prefix(node), node.tag_name().name());
        self.out.push('>');
        if let Some(length) = self.open.pop() {
            self.rendered.truncate(length);
        }
    }

    /// The declarations that this element needs, before those already rendered are taken away.
    fn collect_namespaces(&mut self, node: Node<'a, 'i>, prefix: &'a str, is_apex: bool) {
        self.wanted.clear();
        // What is declared cannot change where nothing is declared, so most elements need no look at their scope.
        let declares = || is_apex || tree::may_declare(node);
        match self.form {
            Canonicalization::Exclusive { inclusive_prefixes } => {
                if prefix != "xml" {
                    self.wanted.push((prefix, node.tag_name().namespace().unwrap_or_default()));
                }
                for attribute in &self.attributes {
                    if let Some(uri) = attribute.namespace().filter(|uri| *uri != ns::XML) {
                        self.wanted.push((tree::attribute_prefix(node, attribute), uri));
                    }
                }
                if !inclusive_prefixes.is_empty() && declares() {
                    let listed = node.namespaces().filter(|n| {
                        let name = n.name().unwrap_or_default();
                        inclusive_prefixes.iter().any(|p| p == name)
                    });
                    self.wanted.extend(listed.filter_map(declaration));
                }
            }
            Canonicalization::Inclusive if declares() => {
                self.wanted.extend(node.namespaces().filter_map(declaration));
            }
            Canonicalization::Inclusive => {}
        }
        if self.wanted.len() > 1 {
            self.wanted.sort_unstable();
            self.wanted.dedup();
        }
    }

    fn write_namespaces(&mut self) -> Result<(), C14nError> {
        for (prefix, uri) in self.wanted.drain(..) {
            let current = self.rendered.iter().rev().find(|(p, _)| *p == prefix).map_or("", |(_, uri)| *uri);
            if current == uri {
                continue;
            }
            if is_relative(uri) {
                return Err(C14nError::RelativeNamespace(uri.to_owned()));
            }
            self.out.push_str(" xmlns");
            if !prefix.is_empty() {
                self.out.push(':');
                self.out.push_str(prefix);
            }
            self.out.push_str("=\"");
            escape_attribute(uri, &mut self.out);
            self.out.push('"');
            self.rendered.push((prefix, uri));
        }
        Ok(())
    }

    /// Inclusive C14N gives the apex the `xml:` attributes of its ancestors (section 2.4).
    fn inherit_xml_attributes(&mut self, apex: Node<'a, 'i>) {
        for ancestor in apex.ancestors().skip(1) {
            for attribute in ancestor.attributes().filter(|a| a.namespace() == Some(ns::XML)) {
                let known =
                    |a: &Attribute<'_, '_>| a.namespace() == Some(ns::XML) && a.name() == attribute.name();
                if !self.attributes.iter().any(known) {
                    self.attributes.push(attribute);
                }
            }
        }
    }
}

/// Prefix and URI of a namespace in scope. `xml` is never declared.
fn declaration<'a>(namespace: &'a roxmltree::Namespace<'_>) -> Option<(&'a str, &'a str)> {
    let name = namespace.name().unwrap_or_default();
    (name != "xml").then(|| (name, namespace.uri()))
}

fn source_prefix<'i>(node: Node<'_, 'i>, attribute: &Attribute<'_, 'i>) -> &'i str {
    if attribute.namespace() == Some(ns::XML) { "xml" } else { tree::attribute_prefix(node, attribute) }
}

fn push_name(out: &mut String, prefix: &str, local: &str) {
    if !prefix.is_empty() {
        out.push_str(prefix);
        out.push(':');
    }
    out.push_str(local);
}

/// No scheme: `[A-Za-z][A-Za-z0-9+.-]*:` is missing. The empty URI undeclares and is not relative.
fn is_relative(uri: &str) -> bool {
    let Some((scheme, _)) = uri.split_once(':') else { return !uri.is_empty() };
    let starts = scheme.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    !(starts && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exclusive(prefixes: &[&str]) -> Canonicalization {
        Canonicalization::Exclusive { inclusive_prefixes: prefixes.iter().map(|p| (*p).to_owned()).collect() }
    }

    /// The canonical form of the first element named `apex`.
    fn c14n(xml: &str, apex: &str, form: &Canonicalization) -> String {
        let doc = roxmltree::Document::parse(xml).unwrap();
        let node = doc.descendants().find(|n| n.tag_name().name() == apex).unwrap();
        canonicalize(node, None, form).unwrap()
    }

    #[test]
    fn exclusive_renders_only_what_is_used() {
        let xml = "<a:r xmlns:a='urn:a' xmlns:b='urn:b' xmlns='urn:d' xml:lang='de'><b:x z='1' a:y='2' c='3'/></a:r>";
        assert_eq!(
            c14n(xml, "x", &exclusive(&[])),
            "<b:x xmlns:a=\"urn:a\" xmlns:b=\"urn:b\" c=\"3\" z=\"1\" a:y=\"2\"></b:x>"
        );
        assert_eq!(
            c14n("<r xmlns:q='urn:q'><x><y q='1'/></x></r>", "x", &exclusive(&["q", "none"])),
            "<x xmlns:q=\"urn:q\"><y q=\"1\"></y></x>"
        );
        assert_eq!(
            c14n("<r xmlns='urn:q'><p:x xmlns:p='urn:p'/></r>", "x", &exclusive(&[""])),
            "<p:x xmlns=\"urn:q\" xmlns:p=\"urn:p\"></p:x>"
        );
    }

    #[test]
    fn the_prefix_xml_is_never_declared() {
        let xml = "<r><x xml:a='1'><y xml:b='2'/></x></r>";
        let canonical = "<x xml:a=\"1\"><y xml:b=\"2\"></y></x>";
        for form in [exclusive(&[]), exclusive(&["xml"]), Canonicalization::Inclusive] {
            assert_eq!(c14n(xml, "x", &form), canonical);
        }
    }

    #[test]
    fn inclusive_inherits_scope_and_xml_attributes() {
        let xml = "<a:r xmlns:a='urn:a' xmlns='urn:d' xml:lang='de' xml:base='urn:x'><x xml:lang='en'><y/></x></a:r>";
        assert_eq!(
            c14n(xml, "x", &Canonicalization::Inclusive),
            "<x xmlns=\"urn:d\" xmlns:a=\"urn:a\" xml:base=\"urn:x\" xml:lang=\"en\"><y></y></x>"
        );
    }

    #[test]
    fn an_attribute_of_the_same_name_is_another_one() {
        let xml = "<r xml:lang='de'><x lang='en'/></r>";
        let canonical = "<x lang=\"en\" xml:lang=\"de\"></x>";
        assert_eq!(c14n(xml, "x", &Canonicalization::Inclusive), canonical);
    }

    #[test]
    fn default_namespace_is_undeclared_where_it_ends() {
        let xml = "<x xmlns='urn:d'><y xmlns=''><z/></y><w/></x>";
        let canonical = "<x xmlns=\"urn:d\"><y xmlns=\"\"><z></z></y><w></w></x>";
        assert_eq!(c14n(xml, "x", &exclusive(&[])), canonical);
        assert_eq!(c14n(xml, "x", &Canonicalization::Inclusive), canonical);
    }

    #[test]
    fn characters_are_written_one_way() {
        let xml = "<x a=' \t&#9;&#xA;&#xD;&quot;&lt;>'>&lt;&gt;&amp;\"\r\n&#xD;<![CDATA[<&]]><!-- gone --><?p  v ?></x>";
        assert_eq!(
            c14n(xml, "x", &exclusive(&[])),
            "<x a=\"  &#x9;&#xA;&#xD;&quot;&lt;>\">&lt;&gt;&amp;\"\n&#xD;&lt;&amp;<?p v ?></x>"
        );
    }

    #[test]
    fn relative_namespaces_have_no_form() {
        assert!(!is_relative("a+b.c-d1:x") && !is_relative(""));
        for uri in ["relative", "1:x", "./a", "#x", "//host/x", "a_b:x", ":x"] {
            let xml = format!("<p:x xmlns:p='{uri}'/>");
            let doc = roxmltree::Document::parse(&xml).unwrap();
            let refused = canonicalize(doc.root_element(), None, &exclusive(&[]));
            assert_eq!(refused, Err(C14nError::RelativeNamespace(uri.into())));
        }
    }
}
