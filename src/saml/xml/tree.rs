//! Reading the one tree. roxmltree's own conveniences are not used where they mislead: `.text()` stops at a comment,
//! `lookup_prefix` is wrong where two prefixes share a namespace.

use std::borrow::Cow;

use memchr::memmem;
use roxmltree::{Attribute, Node};

/// An element of the parsed tree.
pub type Element<'a, 'i> = Node<'a, 'i>;

/// Why an element could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// A comment or processing instruction inside text that counts: parsers join the pieces differently.
    #[error("<{0}> contains a comment or processing instruction inside its text")]
    CommentInText(String),
    /// Elements where only text belongs.
    #[error("<{0}> contains elements where only text belongs")]
    ElementInText(String),
    /// More than one child where the schema has at most one.
    #[error("<{parent}> contains more than one <{child}>")]
    Repeated {
        /// The parent.
        parent: String,
        /// The child that repeats.
        child: &'static str,
    },
}

/// Whether the element may declare namespaces: whether its start tag, or all of it where it is empty, says `xmlns`. roxmltree
/// tells those in scope, and to compare them with those of the parent costs what a sender wants it to.
#[must_use]
pub fn may_declare(node: Element<'_, '_>) -> bool {
    let range = node.range();
    let end = node.first_child().map_or(range.end, |child| child.range().start);
    let source = node.document().input_text().get(range.start..end).unwrap_or_default();
    memmem::find(source.as_bytes(), b"xmlns").is_some()
}

/// Whether the element is `{namespace}local`.
#[must_use]
pub fn is(node: Element<'_, '_>, namespace: &str, local: &str) -> bool {
    let name = node.tag_name();
    name.name() == local && name.namespace() == Some(namespace)
}

/// The child elements `{namespace}local`.
pub fn children<'a, 'i: 'a>(
    node: Element<'a, 'i>,
    namespace: &'a str,
    local: &'a str,
) -> impl Iterator<Item = Element<'a, 'i>> {
    node.children().filter(move |child| child.is_element() && is(*child, namespace, local))
}

/// The one child `{namespace}local`, if any.
///
/// # Errors
/// [`ReadError::Repeated`] when there are several: which of them counts is where attacks live.
pub fn only_child<'a, 'i: 'a>(
    node: Element<'a, 'i>,
    namespace: &'a str,
    local: &'static str,
) -> Result<Option<Element<'a, 'i>>, ReadError> {
    let mut found = children(node, namespace, local);
    let first = found.next();
    if found.next().is_some() {
        return Err(ReadError::Repeated { parent: name(node), child: local });
    }
    Ok(first)
}

/// All text of an element that has only text.
///
/// # Errors
/// Comments, processing instructions and child elements are refused, not skipped.
pub fn text<'a>(node: Element<'a, '_>) -> Result<Cow<'a, str>, ReadError> {
    let mut whole = Cow::Borrowed("");
    for child in node.children() {
        if child.is_element() {
            return Err(ReadError::ElementInText(name(node)));
        }
        if !child.is_text() {
            return Err(ReadError::CommentInText(name(node)));
        }
        let piece = child.text().unwrap_or_default();
        if whole.is_empty() {
            whole = Cow::Borrowed(piece);
        } else {
            whole.to_mut().push_str(piece);
        }
    }
    Ok(whole)
}

/// An attribute without a namespace. `z:ID` is not `ID`.
#[must_use]
pub fn attribute<'a>(node: Element<'a, '_>, local: &str) -> Option<&'a str> {
    node.attributes().find(|a| a.namespace().is_none() && a.name() == local).map(|a| a.value())
}

/// An attribute in a namespace.
#[must_use]
pub fn attribute_ns<'a>(node: Element<'a, '_>, namespace: &str, local: &str) -> Option<&'a str> {
    node.attributes().find(|a| a.namespace() == Some(namespace) && a.name() == local).map(|a| a.value())
}

/// The prefix an element is written with, from the source; empty for none.
#[must_use]
pub fn prefix<'i>(node: Element<'_, 'i>) -> &'i str {
    prefix_at(node.document().input_text(), node.range().start + 1)
}

/// The prefix an attribute is written with, from the source; empty for none.
#[must_use]
pub fn attribute_prefix<'i>(node: Element<'_, 'i>, attribute: &Attribute<'_, 'i>) -> &'i str {
    prefix_at(node.document().input_text(), attribute.range().start)
}

/// An element's name for a message to an administrator.
#[must_use]
pub fn name(node: Element<'_, '_>) -> String {
    node.tag_name().name().to_owned()
}

/// Whether a comment or processing instruction stands beside text, or alone in an element, anywhere below `node`.
/// Between elements they are harmless.
#[must_use]
pub fn comment_in_text<'a, 'i>(node: Element<'a, 'i>) -> Option<Element<'a, 'i>> {
    // Once over the children of each element: asking for every comment what stands beside it costs the square.
    node.descendants().filter(Element::is_element).find(|element| {
        let (mut comment, mut text, mut inner) = (false, false, false);
        for child in element.children() {
            comment |= child.is_comment() || child.is_pi();
            text |= child.is_text() && child.text().is_some_and(|t| !t.trim().is_empty());
            inner |= child.is_element();
        }
        comment && (text || !inner)
    })
}

fn prefix_at(source: &str, start: usize) -> &str {
    let rest = source.get(start..).unwrap_or_default();
    let end =
        rest.bytes().position(|b| matches!(b, b':' | b'=' | b'/' | b'>' | b' ' | b'\t' | b'\n' | b'\r'));
    match end {
        Some(end) if rest.as_bytes().get(end) == Some(&b':') => &rest[..end],
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_come_from_the_source() {
        let xml = "<a:r xmlns:a='u' xmlns:b='u'><b:c b:d='1' e='2'/><f xmlns='u'/></a:r>";
        let doc = roxmltree::Document::parse(xml).unwrap();
        let c = doc.root_element().first_element_child().unwrap();
        assert_eq!(prefix(doc.root_element()), "a");
        assert_eq!(prefix(c), "b");
        let prefixes: Vec<_> = c.attributes().map(|a| attribute_prefix(c, &a)).collect();
        assert_eq!(prefixes, ["b", ""]);
        assert_eq!(prefix(c.next_sibling().unwrap()), "");
    }

    #[test]
    fn comments_count_where_text_does() {
        for (xml, counts) in [
            ("<r><a/> <!-- --> <b/></r>", false),
            ("<r> <!-- --> </r>", true),
            ("<r><!-- --></r>", true),
            ("<r>x<?p?><a/></r>", true),
            ("<r><a>x<!-- -->y</a></r>", true),
            ("<r><a>x</a><!-- --><b>y</b></r>", false),
        ] {
            let doc = roxmltree::Document::parse(xml).unwrap();
            assert_eq!(comment_in_text(doc.root_element()).is_some(), counts, "{xml}");
        }
    }

    #[test]
    fn text_is_whole_or_refused() {
        let doc =
            roxmltree::Document::parse("<r><a>x<![CDATA[y]]>&amp;z</a><b>x<!-- -->y</b><c>x<?p?></c></r>")
                .unwrap();
        let read: Vec<_> = doc.root_element().children().map(text).collect();
        assert_eq!(read[0].as_deref(), Ok("xy&z"));
        assert_eq!(read[1], Err(ReadError::CommentInText("b".into())));
        assert_eq!(read[2], Err(ReadError::CommentInText("c".into())));
        assert_eq!(text(doc.root_element()), Err(ReadError::ElementInText("r".into())));
    }
}
