//! The validator: a list of checks in the order of the specification, first over the message, then the signatures,
//! then over the fields of the verified assertion. Each check has its own [`Rejection`].

use roxmltree::Document;
use time::OffsetDateTime;

use super::{
    assertion::VerifiedAssertion,
    error::Rejection,
    expected::Expected,
    field_checks::FIELD_CHECKS,
    message_checks::MESSAGE_CHECKS,
    parse::{self, Content, Message, SignedParts},
    read::{self, Fields},
    received::{Received, scan},
};
use crate::saml::{
    dsig::{self, Verification, VerifiedElement},
    xml::Element,
    xmlenc,
};

/// A validation with the checks that passed, in order: the lines of the login trace.
#[derive(Debug)]
pub struct Traced {
    /// The names of the checks that passed.
    pub passed: Vec<&'static str>,
    /// What passed and should be mended all the same.
    pub warnings: Vec<Warning>,
    /// The outcome; an error is the check after the last one passed.
    pub result: Result<VerifiedAssertion, Rejection>,
}

/// What passed and should be mended all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum Warning {
    #[error("the signature of the {element} uses SHA-1, which the connection allows; configure SHA-256")]
    Sha1 { element: &'static str },
    #[error("the certificate that signed the {element} ended at {not_after}; the key still counts")]
    CertificateExpired { element: &'static str, not_after: OffsetDateTime },
    #[error("the certificate that signed the {element} starts at {not_before}; the key counts already")]
    CertificateNotYetValid { element: &'static str, not_before: OffsetDateTime },
}

impl Warning {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Sha1 { .. } => "signature_sha1",
            Self::CertificateExpired { .. } => "certificate_expired",
            Self::CertificateNotYetValid { .. } => "certificate_not_yet_valid",
        }
    }
}

/// Validates a Response, decoded from its binding.
///
/// # Errors
/// The first check that fails.
pub fn validate(bytes: &[u8], expected: &Expected<'_>) -> Result<VerifiedAssertion, Rejection> {
    validate_traced(bytes, expected).result
}

/// Validates, and tells which checks passed.
#[must_use]
pub fn validate_traced(bytes: &[u8], expected: &Expected<'_>) -> Traced {
    let refused = |rejection| Traced { passed: Vec::new(), warnings: Vec::new(), result: Err(rejection) };
    match scan(bytes) {
        Ok(text) => match Received::read(&text) {
            Ok(received) => received.validate_traced(expected),
            Err(rejection) => refused(rejection),
        },
        Err(rejection) => refused(rejection),
    }
}

/// The same of a document that was read.
pub(super) fn traced(doc: &Document<'_>, expected: &Expected<'_>) -> Traced {
    let mut trace = Trace { passed: Vec::with_capacity(32), warnings: Vec::new() };
    let result = run(doc, expected, &mut trace);
    Traced { passed: trace.passed, warnings: trace.warnings, result }
}

struct Trace {
    passed: Vec<&'static str>,
    warnings: Vec<Warning>,
}

fn run(
    doc: &Document<'_>,
    expected: &Expected<'_>,
    trace: &mut Trace,
) -> Result<VerifiedAssertion, Rejection> {
    if expected.keys.is_empty() {
        return Err(Rejection::NoSigningKeys);
    }
    trace.passed.push("xml");
    let message = parse::message(doc)?;
    trace.passed.push("structure");
    for (name, check) in MESSAGE_CHECKS {
        check(&message, expected)?;
        trace.passed.push(name);
    }
    let content = parse::content(&message)?;
    trace.passed.push("one_assertion");
    // The outer signature first: what it covers may be decrypted in ways that nothing else may.
    let response = verify_signature(message.root, message.signature, "Response", expected, trace)?;
    match content {
        Content::Plain(parts) => {
            let covered = response.and_then(|response| response.covers(parts.assertion));
            assertion(&parts, covered, expected, trace)
        }
        Content::Encrypted(holder) => decrypted_assertion(holder, response, &message, expected, trace),
    }
}

/// The assertion inside an EncryptedAssertion, which is a tree of its own under the same rules.
fn decrypted_assertion<'a, 'i>(
    holder: Element<'a, 'i>,
    response: Option<VerifiedElement<'a, 'i>>,
    message: &Message<'a, 'i>,
    expected: &Expected<'_>,
    trace: &mut Trace,
) -> Result<VerifiedAssertion, Rejection> {
    let refused = |fault| Rejection::Encryption { element: "Assertion", fault };
    let plaintext = xmlenc::decrypt(holder, response, &expected.decryption).map_err(refused)?;
    let opened = plaintext.open().map_err(refused)?;
    trace.passed.push("decryption");
    let parts = parse::decrypted_content(opened.element(), message)?;
    assertion(&parts, VerifiedElement::of_opened(&opened), expected, trace)
}

/// From the assertion on. `covered` is the assertion, if the Response's signature covers it.
fn assertion<'a, 'i>(
    parts: &SignedParts<'a, 'i>,
    covered: Option<VerifiedElement<'a, 'i>>,
    expected: &Expected<'_>,
    trace: &mut Trace,
) -> Result<VerifiedAssertion, Rejection> {
    // At least one signature, and every one there is must be good.
    let own = verify_signature(parts.assertion, parts.signature, "Assertion", expected, trace)?;
    let assertion = own.or(covered).ok_or(Rejection::SignatureMissing)?;
    trace.passed.push("signature");
    let fields = read::fields(assertion, expected)?;
    trace.passed.push("fields");
    for (name, check) in FIELD_CHECKS {
        check(&fields, expected)?;
        trace.passed.push(name);
    }
    verified(fields, expected)
}

/// The element that `signature`, if there is one, covers.
fn verify_signature<'a, 'i>(
    parent: Element<'a, 'i>,
    signature: Option<Element<'a, 'i>>,
    element: &'static str,
    expected: &Expected<'_>,
    trace: &mut Trace,
) -> Result<Option<VerifiedElement<'a, 'i>>, Rejection> {
    let Some(signature) = signature else { return Ok(None) };
    let verification = dsig::verify(parent, signature, expected.keys, expected.signatures)
        .map_err(|fault| Rejection::Signature { element, fault })?;
    warn(&verification, element, expected.now, &mut trace.warnings);
    Ok(Some(verification.element))
}

/// In SAML the key is the trust, whatever the dates of the certificate around it; but somebody should know.
fn warn(
    verification: &Verification<'_, '_, '_>,
    element: &'static str,
    now: OffsetDateTime,
    warnings: &mut Vec<Warning>,
) {
    if verification.sha1 {
        warnings.push(Warning::Sha1 { element });
    }
    let (not_before, not_after) = verification.key.validity();
    if let Some(not_after) = not_after.filter(|end| *end < now) {
        warnings.push(Warning::CertificateExpired { element, not_after });
    }
    if let Some(not_before) = not_before.filter(|start| *start > now) {
        warnings.push(Warning::CertificateNotYetValid { element, not_before });
    }
}

/// The assertion as a login may rely on it. Its ID is kept for as long as its own dates would let it pass, plus the
/// skew with which [`Expected::is_past`] reads them: the two windows are the same one.
fn verified(fields: Fields<'_>, expected: &Expected<'_>) -> Result<VerifiedAssertion, Rejection> {
    let confirmation_end = fields.confirmations.iter().filter_map(|c| c.not_on_or_after).max();
    let end = confirmation_end.ok_or(Rejection::ConfirmationNotOnOrAfterMissing)?;
    let authn = fields.authn.ok_or(Rejection::AuthnStatementMissing)?;
    Ok(VerifiedAssertion {
        id: fields.id.to_owned(),
        issuer: fields.issuer.value,
        name_id: fields.name_id,
        attributes: fields.attributes,
        answers: fields.confirmations.iter().filter_map(|c| c.in_response_to.map(str::to_owned)).collect(),
        issue_instant: fields.issue_instant,
        session_index: authn.session_index.map(str::to_owned),
        authn_instant: authn.instant,
        authn_context: authn.context,
        session_not_on_or_after: authn.session_not_on_or_after,
        replay_until: end.saturating_add(expected.clock_skew),
    })
}
