//! Which of the entities in a file is meant: one identity provider alone, or one of the thousands of a federation.

use std::collections::HashSet;

use super::error::MetadataError;
use crate::saml::{
    dsig::{KeyError, VerificationKey},
    names::{PROTOCOL_SUPPORT, ns},
    xml::{Element, Limits, Scanned, XmlError, tree},
};

/// So many entity IDs are named in the error that asks for a choice; the list has them all.
const NAMED: usize = 20;

/// `mdui:DisplayName`, the name for people.
const MDUI: &str = "urn:oasis:names:tc:SAML:metadata:ui";

/// An identity provider of an aggregate, to be chosen from a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The entity ID.
    pub entity_id: String,
    /// The name for people, in English where there is a choice.
    pub display_name: Option<String>,
}

/// The identity providers of a file, in its order. Nothing about them is verified.
///
/// # Errors
/// What is not metadata at all.
pub fn candidates(bytes: &[u8]) -> Result<Vec<Candidate>, MetadataError> {
    recognise(bytes)?;
    let text = Scanned::scan(bytes, &Limits::METADATA).map_err(|error| malformed(bytes, error))?;
    let doc = text.tree().map_err(|error| malformed(bytes, error))?;
    let list = idps(doc.root_element())?.into_iter().map(|entity| Candidate {
        entity_id: entity_id(entity).chars().take(1024).collect(),
        display_name: display_name(entity),
    });
    Ok(list.collect())
}

/// Tells apart what people upload by mistake, before a parser complains about it in its own words.
pub(super) fn recognise(bytes: &[u8]) -> Result<(), MetadataError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bytes {
        [b'%', b'P', b'D', b'F', ..] => return Err(MetadataError::Pdf),
        [b'P', b'K', 3, 4, ..] => return Err(MetadataError::Archive),
        // As a certificate in DER begins, and a key, which nobody should be told to hand over elsewhere.
        [0x30, 0x82, ..] if is_certificate(VerificationKey::from_der(bytes)) => {
            return Err(MetadataError::Certificate);
        }
        _ => {}
    }
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]).trim_start().to_ascii_lowercase();
    match start.as_str() {
        "" => Err(MetadataError::Empty),
        s if s.starts_with('<') && (s.contains("<!doctype html") || s.contains("<html")) => {
            Err(MetadataError::Html)
        }
        s if s.starts_with(['{', '[']) => Err(MetadataError::Json),
        s if s.starts_with("-----begin") && s.contains("private key-----") => Err(MetadataError::PrivateKey),
        s if s.starts_with("-----begin") => Err(MetadataError::Certificate),
        // The same without its first and last line.
        s if s.starts_with("mii")
            && s.bytes().all(is_base64)
            && is_certificate(VerificationKey::from_text(&String::from_utf8_lossy(bytes))) =>
        {
            Err(MetadataError::Certificate)
        }
        // UTF-16 is XML; the pre-scan names the encoding.
        s if s.starts_with('<') || bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") => Ok(()),
        _ => Err(MetadataError::NotXml),
    }
}

/// Whether it is one, if perhaps one that cannot be used.
fn is_certificate(read: Result<VerificationKey, KeyError>) -> bool {
    read.map_or_else(|error| error != KeyError::Unreadable, |_| true)
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || matches!(byte, b'+' | b'/' | b'=')
}

/// Why what began as metadata is no XML: most often it was copied in part.
pub(super) fn malformed(bytes: &[u8], error: XmlError) -> MetadataError {
    let text = bytes.trim_ascii();
    let begins = text.iter().take(4096).copied().collect::<Vec<_>>();
    let begins = String::from_utf8_lossy(&begins);
    let is_metadata = ["EntityDescriptor", "EntitiesDescriptor"].iter().any(|name| begins.contains(name));
    let is_broken = error.code() == "xml_not_well_formed" && is_metadata && !text.ends_with(b"Descriptor>");
    if is_broken { MetadataError::BreaksOff } else { error.into() }
}

/// The identity provider `wanted`, or the only one.
pub(super) fn one_idp<'a, 'i>(
    root: Element<'a, 'i>,
    wanted: Option<&str>,
) -> Result<Element<'a, 'i>, MetadataError> {
    let mut idps = idps(root)?;
    if let Some(wanted) = wanted {
        let mut chosen = idps.into_iter().filter(|entity| entity_id(*entity) == wanted);
        let first = chosen.next().ok_or_else(|| MetadataError::NotListed(wanted.to_owned()))?;
        // Which of two entities of one name counts would be a guess.
        return if chosen.next().is_some() {
            Err(MetadataError::Duplicate(wanted.to_owned()))
        } else {
            Ok(first)
        };
    }
    match idps.as_slice() {
        [only] => Ok(*only),
        _ => {
            let count = idps.len();
            let distinct: HashSet<&str> = idps.iter().map(|entity| entity_id(*entity)).collect();
            if distinct.len() == 1 {
                return Err(MetadataError::Duplicate(distinct.into_iter().collect()));
            }
            idps.truncate(NAMED);
            let entity_ids = idps.into_iter().map(|entity| entity_id(entity).to_owned()).collect();
            Err(MetadataError::Several { count, entity_ids })
        }
    }
}

/// The one identity provider role of an entity.
pub(super) fn role<'a, 'i: 'a>(entity: Element<'a, 'i>) -> Result<Element<'a, 'i>, MetadataError> {
    let mut found = roles(entity, "IDPSSODescriptor");
    let first = found.next().ok_or(MetadataError::NoIdp)?;
    if found.next().is_some() { Err(MetadataError::SeveralRoles) } else { Ok(first) }
}

/// The entities with an identity provider role, of one entity or of an aggregate; at least one.
fn idps<'a, 'i>(root: Element<'a, 'i>) -> Result<Vec<Element<'a, 'i>>, MetadataError> {
    let is_md = |local| tree::is(root, ns::METADATA, local);
    if !is_md("EntityDescriptor") && !is_md("EntitiesDescriptor") {
        return Err(match tree::name(root).as_str() {
            "html" => MetadataError::Html,
            _ => MetadataError::NotMetadata { got: tree::name(root) },
        });
    }
    let entities = entities(root);
    let has = |entity: Element<'a, 'i>, role: &'static str| roles(entity, role).next().is_some();
    let idps: Vec<_> = entities.iter().copied().filter(|entity| has(*entity, "IDPSSODescriptor")).collect();
    if !idps.is_empty() {
        return Ok(idps);
    }
    let is_sp = entities.into_iter().any(|entity| has(entity, "SPSSODescriptor"));
    Err(if is_sp { MetadataError::ServiceProvider } else { MetadataError::NoIdp })
}

/// The entities, in the document's order: where the schema has them (Metadata 2.3.1), and nowhere else. One within an extension
/// or the `KeyInfo` of a signature is nobody's description of itself.
fn entities<'a, 'i>(root: Element<'a, 'i>) -> Vec<Element<'a, 'i>> {
    let (mut found, mut open) = (Vec::new(), vec![root]);
    while let Some(node) = open.pop() {
        if tree::is(node, ns::METADATA, "EntityDescriptor") {
            found.push(node);
        } else if tree::is(node, ns::METADATA, "EntitiesDescriptor") {
            open.extend(node.children().rev().filter(Element::is_element));
        }
    }
    found
}

/// The roles of that name that speak SAML 2.0.
fn roles<'a, 'i: 'a>(entity: Element<'a, 'i>, local: &'a str) -> impl Iterator<Item = Element<'a, 'i>> {
    tree::children(entity, ns::METADATA, local).filter(|role| {
        let supported = tree::attribute(*role, "protocolSupportEnumeration").unwrap_or_default();
        supported.split_ascii_whitespace().any(|p| p == PROTOCOL_SUPPORT)
    })
}

fn entity_id<'a>(entity: Element<'a, '_>) -> &'a str {
    tree::attribute(entity, "entityID").unwrap_or_default().trim()
}

fn display_name(entity: Element<'_, '_>) -> Option<String> {
    let names = || entity.descendants().filter(|n| tree::is(*n, MDUI, "DisplayName"));
    let english = |n: &Element<'_, '_>| tree::attribute_ns(*n, ns::XML, "lang") == Some("en");
    let name = names().find(english).or_else(|| names().next())?;
    let text = tree::text(name).ok()?;
    Some(text.trim().chars().take(200).collect()).filter(|text: &String| !text.is_empty())
}
