//! The structure of what is encrypted. Everything here is in the clear, so each fault has a name.

use std::collections::HashSet;

use super::{
    algorithm::{ContentAlgorithm, KeyTransport},
    error::DecryptError,
};
use crate::saml::{
    dsig::{DigestAlgorithm, base64},
    names::{enc, ns},
    xml::{Element, ReadError, tree},
};

/// An EncryptedAssertion, EncryptedID or EncryptedAttribute, read.
#[derive(Debug)]
pub(super) struct Encrypted<'a, 'i> {
    pub data: Element<'a, 'i>,
    pub algorithm: ContentAlgorithm,
    pub ciphertext: Vec<u8>,
    pub keys: Vec<EncryptedKey>,
}

/// A content key, encrypted to somebody.
#[derive(Debug)]
pub(super) struct EncryptedKey {
    pub recipient: Option<String>,
    pub transport: KeyTransport,
    /// The label of OAEP.
    pub label: Vec<u8>,
    pub ciphertext: Vec<u8>,
}

impl<'a, 'i: 'a> Encrypted<'a, 'i> {
    pub(super) fn parse(holder: Element<'a, 'i>) -> Result<Self, DecryptError> {
        let (mut data, mut siblings) = (None, Vec::new());
        for child in elements(holder)? {
            if tree::is(child, ns::XENC, "EncryptedData") && data.replace(child).is_none() {
                continue;
            }
            if !tree::is(child, ns::XENC, "EncryptedKey") {
                return Err(DecryptError::Malformed("it must hold one EncryptedData, and EncryptedKeys"));
            }
            siblings.push(child);
        }
        let data = data.ok_or(DecryptError::Malformed("EncryptedData is missing"))?;
        if tree::attribute(data, "Type").is_some_and(|kind| kind != enc::ELEMENT) {
            return Err(DecryptError::Malformed("the Type of the EncryptedData is not Element"));
        }
        let method = child(data, ns::XENC, "EncryptionMethod")?;
        let method = method.ok_or(DecryptError::Malformed("EncryptionMethod is missing"))?;
        let uri = tree::attribute(method, "Algorithm").unwrap_or_default();
        let algorithm =
            ContentAlgorithm::from_uri(uri).ok_or_else(|| DecryptError::Algorithm(uri.to_owned()))?;
        let mut keys = Vec::new();
        if let Some(info) = child(data, ns::DSIG, "KeyInfo")? {
            for key in tree::children(info, ns::XENC, "EncryptedKey") {
                keys.push(EncryptedKey::parse(key)?);
            }
            check_retrieval_methods(info, &siblings)?;
        }
        for key in siblings {
            keys.push(EncryptedKey::parse(key)?);
        }
        Ok(Self { data, algorithm, ciphertext: ciphertext(data)?, keys })
    }
}

/// A RetrievalMethod may lead to an EncryptedKey beside the EncryptedData, as Shibboleth writes it, or beside itself, and nowhere
/// else: following it further would let a message choose what we fetch or decrypt.
fn check_retrieval_methods(info: Element<'_, '_>, siblings: &[Element<'_, '_>]) -> Result<(), DecryptError> {
    // A set: asking each method for each key costs the square, and this is read before anything is verified.
    let known = siblings.iter().copied().chain(tree::children(info, ns::XENC, "EncryptedKey"));
    let ids: HashSet<&str> = known.filter_map(|key| tree::attribute(key, "Id")).collect();
    for method in tree::children(info, ns::DSIG, "RetrievalMethod") {
        let kind = tree::attribute(method, "Type").is_none_or(|kind| kind == enc::ENCRYPTED_KEY);
        let id = tree::attribute(method, "URI").and_then(|uri| uri.strip_prefix('#')).unwrap_or_default();
        if !kind || id.is_empty() || !ids.contains(id) || elements(method)?.next().is_some() {
            return Err(DecryptError::Malformed(
                "a RetrievalMethod leads elsewhere than to an EncryptedKey beside it",
            ));
        }
    }
    Ok(())
}

impl EncryptedKey {
    fn parse(node: Element<'_, '_>) -> Result<Self, DecryptError> {
        let method = child(node, ns::XENC, "EncryptionMethod")?;
        let method = method.ok_or(DecryptError::Malformed("an EncryptedKey has no EncryptionMethod"))?;
        let (transport, label) = key_transport(method)?;
        let recipient = tree::attribute(node, "Recipient").map(str::to_owned);
        Ok(Self { recipient, transport, label, ciphertext: ciphertext(node)? })
    }
}

/// RSA-OAEP with its digest, its mask generation and its label (XML Encryption 1.1, section 5.5.2).
fn key_transport(method: Element<'_, '_>) -> Result<(KeyTransport, Vec<u8>), DecryptError> {
    let uri = tree::attribute(method, "Algorithm").unwrap_or_default();
    let has_mgf = match uri {
        enc::RSA_OAEP => true,
        enc::RSA_OAEP_MGF1P => false,
        enc::RSA_1_5 => return Err(DecryptError::Rsa15),
        other => return Err(DecryptError::Algorithm(other.to_owned())),
    };
    let named = |node: Option<Element<'_, '_>>, read: fn(&str) -> Option<DigestAlgorithm>| match node {
        None => Ok(DigestAlgorithm::Sha1),
        Some(node) => {
            let uri = tree::attribute(node, "Algorithm").unwrap_or_default();
            read(uri).ok_or_else(|| DecryptError::Algorithm(uri.to_owned()))
        }
    };
    let digest = named(child(method, ns::DSIG, "DigestMethod")?, DigestAlgorithm::from_uri)?;
    // `rsa-oaep-mgf1p` has SHA-1 in its name, whatever the digest.
    let mgf1 = match child(method, ns::XENC11, "MGF")? {
        Some(node) if has_mgf => named(Some(node), KeyTransport::mgf1_from_uri)?,
        Some(_) => return Err(DecryptError::Malformed("rsa-oaep-mgf1p has a MGF of its own")),
        None => DigestAlgorithm::Sha1,
    };
    let label = match child(method, ns::XENC, "OAEPparams")? {
        Some(node) => {
            base64::decode(&text(node)?).ok_or(DecryptError::Malformed("OAEPparams is not base64"))?
        }
        None => Vec::new(),
    };
    Ok((KeyTransport { digest, mgf1 }, label))
}

fn ciphertext(node: Element<'_, '_>) -> Result<Vec<u8>, DecryptError> {
    let data =
        child(node, ns::XENC, "CipherData")?.ok_or(DecryptError::Malformed("CipherData is missing"))?;
    let mut parts = elements(data)?;
    let value = parts.next().ok_or(DecryptError::Malformed("CipherData is empty"))?;
    if tree::is(value, ns::XENC, "CipherReference") {
        return Err(DecryptError::CipherReference);
    }
    if !tree::is(value, ns::XENC, "CipherValue") || parts.next().is_some() {
        return Err(DecryptError::Malformed("CipherData must hold one CipherValue"));
    }
    let bytes = base64::decode(&text(value)?).filter(|bytes| !bytes.is_empty());
    bytes.ok_or(DecryptError::Malformed("a CipherValue is not base64"))
}

fn child<'a, 'i: 'a>(
    node: Element<'a, 'i>,
    namespace: &'a str,
    local: &'static str,
) -> Result<Option<Element<'a, 'i>>, DecryptError> {
    tree::only_child(node, namespace, local).map_err(|_| DecryptError::Malformed("an element repeats"))
}

fn text<'a>(node: Element<'a, '_>) -> Result<std::borrow::Cow<'a, str>, DecryptError> {
    tree::text(node).map_err(|fault| match fault {
        ReadError::CommentInText(_) => DecryptError::Malformed("a value contains a comment"),
        _ => DecryptError::Malformed("a value has child elements"),
    })
}

/// The child elements; text between them may only be white space.
fn elements<'a, 'i: 'a>(
    node: Element<'a, 'i>,
) -> Result<impl Iterator<Item = Element<'a, 'i>>, DecryptError> {
    if node.children().any(|c| c.is_text() && c.text().is_some_and(|t| !t.trim().is_empty())) {
        return Err(DecryptError::Malformed("text stands between its elements"));
    }
    Ok(node.children().filter(Element::is_element))
}
