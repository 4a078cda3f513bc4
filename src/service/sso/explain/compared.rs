//! What a check wanted, and what came.

use crate::saml::{
    dsig::{SignatureError, VerifyError},
    remark,
    response::Rejection,
    xml::ReadError,
    xmlenc::DecryptError,
};

/// What came, where nothing came.
const MISSING: &str = "missing";

/// Wanted, and got.
pub(super) fn compared(rejection: &Rejection) -> (String, String) {
    match rejection {
        Rejection::Xml(_)
        | Rejection::Read(_)
        | Rejection::NotAResponse { .. }
        | Rejection::UnexpectedElement { .. }
        | Rejection::UnexpectedText { .. }
        | Rejection::IdMissing { .. }
        | Rejection::IdRepeated { .. }
        | Rejection::NestedResponse
        | Rejection::Instant { .. }
        | Rejection::TooLong(_) => of_document(rejection),

        Rejection::Version { got, .. } => both("2.0", or_missing(got)),
        Rejection::IssuedInFuture { got, .. } => {
            both("an IssueInstant that is not in the future", &got.to_string())
        }
        Rejection::StatusMalformed => both("one Status with one StatusCode", "none, or several"),
        // The provider's own word, and it may be about a person.
        Rejection::Status { code, subcode, .. } => {
            let last = |code: &str| remark(code.rsplit(':').next().unwrap_or(code));
            let got = match subcode {
                // It says what the first one leaves open.
                Some(subcode) => format!("{} ({})", last(subcode), last(code)),
                None => last(code),
            };
            both("Success", or_missing(&got))
        }
        Rejection::DestinationMissing { wanted }
        | Rejection::RecipientMissing { wanted }
        | Rejection::AudienceMissing { wanted } => both(wanted, MISSING),
        Rejection::Destination { wanted, got }
        | Rejection::Recipient { wanted, got }
        | Rejection::Issuer { wanted, got, .. }
        | Rejection::InResponseTo { wanted, got, .. }
        | Rejection::SpNameQualifier { wanted, got } => both(wanted, or_missing(got)),
        Rejection::IssuerMissing { element } => both(&format!("an Issuer of the {element}"), MISSING),
        Rejection::IssuerFormat { got, .. } => {
            both("urn:oasis:names:tc:SAML:2.0:nameid-format:entity, or no format", got)
        }
        Rejection::InResponseToMissing { .. } => both("the ID of the request that was made here", MISSING),
        Rejection::InResponseToUnexpected { got, .. } => both("none: no request was made", got),

        Rejection::NoSigningKeys => both("a signing certificate of the provider", MISSING),
        Rejection::SignatureMissing => both("a signature of the Response or of the Assertion", MISSING),
        Rejection::SignatureRepeated { element } => {
            both(&format!("one signature of the {element}"), "several")
        }
        Rejection::SignatureMisplaced => {
            both("a signature of the Response or of the Assertion", "a signature in another place")
        }
        Rejection::Signature { fault, .. } => of_signature(fault),
        Rejection::AssertionMissing => both("one Assertion", MISSING),
        Rejection::AssertionRepeated(count) => both("one Assertion", &count.to_string()),
        Rejection::Encryption { fault, .. } => of_encryption(fault),

        Rejection::SubjectMissing
        | Rejection::NameIdMissing { .. }
        | Rejection::NameIdInvalid
        | Rejection::BearerMissing
        | Rejection::ConfirmationNotOnOrAfterMissing
        | Rejection::ConfirmationNotBefore
        | Rejection::ConfirmationExpired { .. }
        | Rejection::NotYetValid { .. }
        | Rejection::Expired { .. }
        | Rejection::Audience { .. }
        | Rejection::UnknownCondition(_)
        | Rejection::AuthnStatementMissing
        | Rejection::AuthnInFuture { .. }
        | Rejection::AuthnTooOld { .. }
        | Rejection::SessionExpired { .. }
        | Rejection::AuthnContext { .. }
        | Rejection::AttributeNameMissing
        | Rejection::AttributeRepeated(_)
        | Rejection::AttributeNull(_) => of_assertion(rejection),
    }
}

/// The XML, and the shape of the message.
fn of_document(rejection: &Rejection) -> (String, String) {
    match rejection {
        Rejection::Xml(fault) => both("well-formed XML of a reasonable size", &fault.to_string()),
        Rejection::Read(ReadError::CommentInText(name)) => {
            both(&format!("text alone in <{name}>"), "a comment or processing instruction in it")
        }
        Rejection::Read(ReadError::ElementInText(name)) => {
            both(&format!("text alone in <{name}>"), "elements in it")
        }
        Rejection::Read(ReadError::Repeated { parent, child }) => {
            both(&format!("at most one <{child}> in <{parent}>"), "several")
        }
        Rejection::NotAResponse { got } => both("a Response of SAML 2.0", &format!("<{got}>")),
        Rejection::UnexpectedElement { parent, got } => {
            both(&format!("in <{parent}> only what SAML has there"), &format!("<{got}>"))
        }
        Rejection::UnexpectedText { parent } => both(&format!("only elements in <{parent}>"), "text"),
        Rejection::IdMissing { element } => both(&format!("an ID of the {element}"), MISSING),
        Rejection::IdRepeated { id } => both("an ID that occurs once", &format!("{id}, more than once")),
        Rejection::NestedResponse => both("one Response", "another one inside of it"),
        Rejection::Instant { got, .. } => {
            both("an instant in UTC, such as 2026-01-31T12:00:00Z", or_missing(got))
        }
        Rejection::TooLong(what) => both(&format!("a shorter {what}"), "one that is too long"),
        other => both("a Response of SAML 2.0", &other.to_string()),
    }
}

/// The fields of the assertion.
fn of_assertion(rejection: &Rejection) -> (String, String) {
    match rejection {
        Rejection::SubjectMissing => both("a Subject", MISSING),
        Rejection::NameIdMissing { wanted } if wanted.is_empty() => both("a NameID", MISSING),
        Rejection::NameIdMissing { wanted } => both(&format!("a NameID, or the attribute {wanted}"), MISSING),
        Rejection::NameIdInvalid => both("a NameID that tells people apart", "empty, too long or null"),
        Rejection::BearerMissing => both("a SubjectConfirmation of the method bearer", MISSING),
        Rejection::ConfirmationNotOnOrAfterMissing => {
            both("a NotOnOrAfter of the SubjectConfirmationData", MISSING)
        }
        Rejection::ConfirmationNotBefore => {
            both("no NotBefore in the SubjectConfirmationData", "a NotBefore")
        }
        Rejection::NotYetValid { not_before, now } => {
            both(&format!("valid at {now}"), &format!("valid from {not_before}"))
        }
        Rejection::Expired { not_on_or_after, now }
        | Rejection::ConfirmationExpired { not_on_or_after, now } => {
            both(&format!("valid at {now}"), &format!("valid until {not_on_or_after}"))
        }
        Rejection::SessionExpired { not_on_or_after, now } => {
            both(&format!("a session that goes on at {now}"), &format!("one that ended at {not_on_or_after}"))
        }
        Rejection::Audience { wanted, got } => both(wanted, or_missing(&got.join(", "))),
        Rejection::UnknownCondition(name) => {
            both("AudienceRestriction, OneTimeUse and ProxyRestriction alone", name)
        }
        Rejection::AuthnStatementMissing => both("an AuthnStatement", MISSING),
        Rejection::AuthnInFuture { got } => {
            both("an AuthnInstant that is not in the future", &got.to_string())
        }
        Rejection::AuthnTooOld { wanted, got } => {
            both(&format!("a sign-in after {wanted}"), &format!("one at {got}"))
        }
        Rejection::AuthnContext { wanted, got } => {
            both(&wanted.join(", "), got.as_deref().unwrap_or(MISSING))
        }
        Rejection::AttributeNameMissing => both("a Name of each Attribute", MISSING),
        Rejection::AttributeRepeated(name) => {
            both(&format!("the attribute {name} once, with all its values"), "several of them")
        }
        Rejection::AttributeNull(name) => both(&format!("a value of the attribute {name}"), "null"),
        other => both("an assertion that can be used", &other.to_string()),
    }
}

fn of_signature(fault: &VerifyError) -> (String, String) {
    match fault {
        VerifyError::Signature(fault) => match fault {
            SignatureError::Malformed(what) => both("a signature as XML Signature has it", what),
            SignatureError::Comment => {
                both("a signature without comments", "a comment or processing instruction in it")
            }
            SignatureError::WeakAlgorithm(got) | SignatureError::Algorithm(got) => {
                both("RSA or ECDSA with SHA-256, SHA-384 or SHA-512", got)
            }
            SignatureError::Transform(got) => {
                both("the transforms enveloped-signature and exclusive canonicalization", got)
            }
            SignatureError::Reference(what) => both("one Reference, to the element that is signed", what),
            SignatureError::PssParameters(what) => both("RSA-PSS with one digest for everything", what),
            SignatureError::Base64(what) => both(&format!("base64 as the {what}"), "something else"),
        },
        VerifyError::WrongElement { wanted, got } => both(wanted, or_missing(got)),
        VerifyError::NoKeys => both("a signing certificate of the provider", MISSING),
        VerifyError::KeyKind(kind) => both("a signature by the kind of key that the certificates hold", kind),
        VerifyError::Value(count) => both(
            &format!("a signature by one of the provider\u{2019}s {count} certificates"),
            "one by another key",
        ),
        VerifyError::Digest => both("the content as it was signed", "content that was changed"),
        VerifyError::C14n(fault) => both("content that has a canonical form", &fault.to_string()),
    }
}

fn of_encryption(fault: &DecryptError) -> (String, String) {
    match fault {
        DecryptError::Malformed(what) => both("an encrypted element as XML Encryption has it", what),
        DecryptError::CipherReference => both("the ciphertext itself", "a reference to another place"),
        DecryptError::Algorithm(got) => both("AES-GCM, and RSA-OAEP for its key", got),
        DecryptError::Rsa15 => both("RSA-OAEP", "RSA 1.5"),
        DecryptError::TripleDes => both("AES-GCM", "Triple DES"),
        DecryptError::Unauthenticated => {
            both("AES-GCM, or a signature of the Response", "CBC, and no signature around it")
        }
        DecryptError::NoKeys => both("a decryption key of the connection", MISSING),
        DecryptError::KeyMissing => both("an encrypted content key", MISSING),
        DecryptError::TooManyKeys(count) => both("one encrypted content key, for us", &count.to_string()),
        DecryptError::TooMany(most) => both(&format!("at most {most} encrypted elements"), "more"),
        DecryptError::Failed => both("what one of our keys opens", "what none of them opens"),
    }
}

fn or_missing(got: &str) -> &str {
    if got.is_empty() { MISSING } else { got }
}

fn both(wanted: &str, got: &str) -> (String, String) {
    (super::short(wanted), super::short(got))
}
