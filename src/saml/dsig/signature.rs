//! Reading a `ds:Signature` strictly. The grammar accepted is the small part of XML Signature that SAML uses
//! (Core 5.4): anything that would leave room for a second reading is refused.

use roxmltree::NodeId;

use super::{
    algorithm::{DigestAlgorithm, SignatureAlgorithm, is_weak},
    base64,
    c14n::Canonicalization,
    pss,
};
use crate::saml::{
    names::{alg, ns},
    xml::{Element, tree},
};

/// At most this many prefixes in an InclusiveNamespaces PrefixList.
const MAX_INCLUSIVE_PREFIXES: usize = 32;

/// A connection's switches for signatures that are weaker than usual. Both are off by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SignaturePolicy {
    /// Inclusive C14N, which drags the namespaces of the whole message into what is signed.
    pub allow_inclusive_c14n: bool,
    /// SHA-1, for which collisions can be made.
    pub allow_sha1: bool,
}

/// A signature that has the right shape. Nothing about it is verified.
#[derive(Debug, Clone)]
pub struct Signature<'a, 'i> {
    pub(super) node: NodeId,
    pub(super) signed_info: Element<'a, 'i>,
    pub(super) signed_info_form: Canonicalization,
    pub(super) algorithm: SignatureAlgorithm,
    /// The ID that the Reference names.
    pub(super) reference: &'a str,
    pub(super) content_form: Canonicalization,
    pub(super) digest: DigestAlgorithm,
    pub(super) digest_value: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// Why a signature is not of the shape that SAML allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Missing, repeated or foreign elements, or stray text.
    #[error("the signature is malformed: {0}")]
    Malformed(&'static str),
    /// A comment or processing instruction anywhere in the signature.
    #[error("the signature contains a comment or processing instruction")]
    Comment,
    /// An algorithm that is broken.
    #[error("the signature uses {0}, which is no longer secure; configure SHA-256 at the identity provider")]
    WeakAlgorithm(String),
    /// An algorithm that is not in the list.
    #[error("the signature uses the algorithm {0:?}, which is not accepted")]
    Algorithm(String),
    /// A canonicalisation or transform that is not in the list.
    #[error("the signature uses the transform {0:?}, which is not accepted")]
    Transform(String),
    /// Not exactly one Reference, or one without a fragment URI.
    #[error("the signature must have exactly one Reference, to the element that contains it: {0}")]
    Reference(&'static str),
    /// RSA-PSS with parameters that nobody uses.
    #[error("the signature uses RSA-PSS with unusual parameters: {0}")]
    PssParameters(&'static str),
    /// Base64 that is not strict.
    #[error("the {0} is not valid base64")]
    Base64(&'static str),
}

impl SignatureError {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "signature_malformed",
            Self::Comment => "signature_comment",
            Self::WeakAlgorithm(_) => "signature_weak_algorithm",
            Self::Algorithm(_) => "signature_algorithm",
            Self::Transform(_) => "signature_transform",
            Self::Reference(_) => "signature_reference",
            Self::PssParameters(_) => "signature_pss_parameters",
            Self::Base64(_) => "signature_base64",
        }
    }
}

impl<'a, 'i: 'a> Signature<'a, 'i> {
    /// Reads `signature`, as far as the connection's switches allow.
    ///
    /// # Errors
    /// One variant per departure; see [`SignatureError`].
    pub fn parse(signature: Element<'a, 'i>, policy: SignaturePolicy) -> Result<Self, SignatureError> {
        if signature.descendants().any(|n| n.is_comment() || n.is_pi()) {
            return Err(SignatureError::Comment);
        }
        let mut parts = elements(signature)?.into_iter().peekable();
        let signed_info = expect(parts.next(), "SignedInfo", "SignedInfo must be the first child")?;
        let value = expect(parts.next(), "SignatureValue", "SignatureValue must follow SignedInfo")?;
        parts.next_if(|n| tree::is(*n, ns::DSIG, "KeyInfo"));
        if parts.next().is_some() {
            return Err(SignatureError::Malformed(
                "only SignedInfo, SignatureValue and KeyInfo belong in it",
            ));
        }

        let mut info = elements(signed_info)?.into_iter();
        let c14n = expect(info.next(), "CanonicalizationMethod", "CanonicalizationMethod is missing")?;
        let method = expect(info.next(), "SignatureMethod", "SignatureMethod is missing")?;
        let reference = info.next().filter(|n| tree::is(*n, ns::DSIG, "Reference"));
        let reference = reference.ok_or(SignatureError::Reference("there is none"))?;
        if info.next().is_some() {
            return Err(SignatureError::Reference("there are several"));
        }
        let reference = Reference::parse(reference, policy)?;
        Ok(Self {
            node: signature.id(),
            signed_info,
            signed_info_form: canonicalization(c14n, policy.allow_inclusive_c14n)?,
            algorithm: signature_algorithm(method, policy)?,
            reference: reference.id,
            content_form: reference.form,
            digest: reference.digest,
            digest_value: reference.value,
            value: strict_base64(value, "SignatureValue")?,
        })
    }

    /// The ID of the element that the signature says it covers.
    #[must_use]
    pub fn reference(&self) -> &'a str {
        self.reference
    }
}

struct Reference<'a> {
    id: &'a str,
    form: Canonicalization,
    digest: DigestAlgorithm,
    value: Vec<u8>,
}

impl<'a> Reference<'a> {
    fn parse<'i: 'a>(node: Element<'a, 'i>, policy: SignaturePolicy) -> Result<Self, SignatureError> {
        let uri = tree::attribute(node, "URI").ok_or(SignatureError::Reference("its URI is missing"))?;
        let id = uri.strip_prefix('#').ok_or(SignatureError::Reference("its URI is not a fragment"))?;
        if id.is_empty() || id.contains(['(', ')', '#']) {
            return Err(SignatureError::Reference("its URI does not name an ID"));
        }
        if tree::attribute(node, "Type").is_some() {
            return Err(SignatureError::Reference("it has a Type"));
        }
        let mut parts = elements(node)?.into_iter();
        let transforms = expect(parts.next(), "Transforms", "Transforms is missing")?;
        let method = expect(parts.next(), "DigestMethod", "DigestMethod is missing")?;
        let value = expect(parts.next(), "DigestValue", "DigestValue is missing")?;
        if parts.next().is_some() {
            return Err(SignatureError::Malformed("Reference has too many children"));
        }
        let value = strict_base64(value, "DigestValue")?;
        Ok(Self {
            id,
            form: content_form(transforms, policy.allow_inclusive_c14n)?,
            digest: digest_algorithm(method, policy)?,
            value,
        })
    }
}

/// Exactly enveloped-signature, then a canonicalisation. Without the latter the default would be inclusive C14N.
fn content_form(
    transforms: Element<'_, '_>,
    allow_inclusive: bool,
) -> Result<Canonicalization, SignatureError> {
    let list = elements(transforms)?;
    if list.iter().any(|n| !tree::is(*n, ns::DSIG, "Transform")) {
        return Err(SignatureError::Malformed("Transforms holds something else than Transform"));
    }
    let known = |n: &Element<'_, '_>| {
        let algorithm = tree::attribute(*n, "Algorithm").unwrap_or_default();
        matches!(algorithm, alg::ENVELOPED | alg::EXC_C14N | alg::C14N)
            .then_some(())
            .ok_or_else(|| SignatureError::Transform(algorithm.to_owned()))
    };
    list.iter().try_for_each(known)?;
    let is_enveloped = |n: Element<'_, '_>| tree::attribute(n, "Algorithm") == Some(alg::ENVELOPED);
    match list.as_slice() {
        [first, second] if is_enveloped(*first) && !is_enveloped(*second) => {
            no_children(*first)?;
            canonicalization(*second, allow_inclusive)
        }
        [only] if is_enveloped(*only) && allow_inclusive => {
            no_children(*only)?;
            Ok(Canonicalization::Inclusive)
        }
        _ => Err(SignatureError::Transform("other than enveloped-signature, then exc-c14n".to_owned())),
    }
}

fn canonicalization(
    node: Element<'_, '_>,
    allow_inclusive: bool,
) -> Result<Canonicalization, SignatureError> {
    match tree::attribute(node, "Algorithm") {
        Some(alg::EXC_C14N) => {
            Ok(Canonicalization::Exclusive { inclusive_prefixes: inclusive_prefixes(node)? })
        }
        Some(alg::C14N) if allow_inclusive => {
            no_children(node)?;
            Ok(Canonicalization::Inclusive)
        }
        other => Err(SignatureError::Transform(other.unwrap_or_default().to_owned())),
    }
}

fn inclusive_prefixes(node: Element<'_, '_>) -> Result<Vec<String>, SignatureError> {
    let list = elements(node)?;
    let list = match list.as_slice() {
        [] => return Ok(Vec::new()),
        [only] if tree::is(*only, alg::EXC_C14N, "InclusiveNamespaces") => *only,
        _ => return Err(SignatureError::Malformed("only InclusiveNamespaces may qualify exc-c14n")),
    };
    no_children(list)?;
    let prefixes: Vec<String> = tree::attribute(list, "PrefixList")
        .unwrap_or_default()
        .split_ascii_whitespace()
        .take(MAX_INCLUSIVE_PREFIXES + 1)
        .map(|p| if p == "#default" { String::new() } else { p.to_owned() })
        .collect();
    if prefixes.len() > MAX_INCLUSIVE_PREFIXES {
        return Err(SignatureError::Malformed("the PrefixList is too long"));
    }
    Ok(prefixes)
}

fn signature_algorithm(
    node: Element<'_, '_>,
    policy: SignaturePolicy,
) -> Result<SignatureAlgorithm, SignatureError> {
    let uri = tree::attribute(node, "Algorithm").unwrap_or_default();
    if uri == alg::RSA_PSS {
        return pss::parameters(node);
    }
    no_children(node)?;
    algorithm_of(uri, policy)
}

fn digest_algorithm(
    node: Element<'_, '_>,
    policy: SignaturePolicy,
) -> Result<DigestAlgorithm, SignatureError> {
    let uri = tree::attribute(node, "Algorithm").unwrap_or_default();
    no_children(node)?;
    let known = DigestAlgorithm::from_uri(uri).filter(|digest| is_allowed(*digest, policy));
    known.ok_or_else(|| refused(uri))
}

/// The algorithm of a signature that is not XML, by identifier.
///
/// # Errors
/// Unknown ones, and those that the connection's switches do not allow.
pub(in crate::saml) fn algorithm_of(
    uri: &str,
    policy: SignaturePolicy,
) -> Result<SignatureAlgorithm, SignatureError> {
    let known = SignatureAlgorithm::from_uri(uri).filter(|a| is_allowed(a.digest, policy));
    known.ok_or_else(|| refused(uri))
}

fn is_allowed(digest: DigestAlgorithm, policy: SignaturePolicy) -> bool {
    digest != DigestAlgorithm::Sha1 || policy.allow_sha1
}

fn refused(uri: &str) -> SignatureError {
    if is_weak(uri) {
        SignatureError::WeakAlgorithm(uri.to_owned())
    } else {
        SignatureError::Algorithm(uri.to_owned())
    }
}

/// The child elements; text between them may only be white space.
pub(super) fn elements<'a, 'i: 'a>(node: Element<'a, 'i>) -> Result<Vec<Element<'a, 'i>>, SignatureError> {
    if node.children().any(|c| c.is_text() && c.text().is_some_and(|t| !t.trim().is_empty())) {
        return Err(SignatureError::Malformed("text stands between its elements"));
    }
    Ok(node.children().filter(Element::is_element).collect())
}

pub(super) fn no_children(node: Element<'_, '_>) -> Result<(), SignatureError> {
    if elements(node)?.is_empty() {
        Ok(())
    } else {
        Err(SignatureError::Malformed("a method has parameters"))
    }
}

fn expect<'a, 'i>(
    node: Option<Element<'a, 'i>>,
    local: &str,
    fault: &'static str,
) -> Result<Element<'a, 'i>, SignatureError> {
    node.filter(|n| tree::is(*n, ns::DSIG, local)).ok_or(SignatureError::Malformed(fault))
}

fn strict_base64(node: Element<'_, '_>, what: &'static str) -> Result<Vec<u8>, SignatureError> {
    let text = tree::text(node).map_err(|_| SignatureError::Malformed("a value has child elements"))?;
    base64::decode(&text).filter(|bytes| !bytes.is_empty()).ok_or(SignatureError::Base64(what))
}
