use time::OffsetDateTime;

use super::*;
use crate::{
    saml::{
        binding::BindingError,
        dsig::{SignatureError, VerifyError, c14n::C14nError},
        xml::{ReadError, XmlError},
        xmlenc::DecryptError,
    },
    service::providers,
};

const THEN: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// Every reason to refuse a Response, each after the one before it: a new variant does not compile until it has a place.
fn after(rejection: &Rejection) -> Option<Rejection> {
    use Rejection as R;
    let (element, place) = ("Assertion", "Response");
    Some(match rejection {
        R::NoSigningKeys => R::Xml(XmlError::NotWellFormed("x".into())),
        R::Xml(_) => R::Read(ReadError::CommentInText("NameID".into())),
        R::Read(ReadError::CommentInText(_)) => R::Read(ReadError::ElementInText("NameID".into())),
        R::Read(ReadError::ElementInText(_)) => {
            R::Read(ReadError::Repeated { parent: "Subject".into(), child: "NameID" })
        }
        R::Read(ReadError::Repeated { .. }) => R::NotAResponse { got: "html".into() },
        R::NotAResponse { .. } => R::UnexpectedElement { parent: "Response", got: "x".into() },
        R::UnexpectedElement { .. } => R::UnexpectedText { parent: "Response" },
        R::UnexpectedText { .. } => R::IdMissing { element },
        R::IdMissing { .. } => R::IdRepeated { id: "_1".into() },
        R::IdRepeated { .. } => R::NestedResponse,
        R::NestedResponse => R::Version { element, got: String::new() },
        R::Version { .. } => R::Instant { field: "the IssueInstant of the Response", got: String::new() },
        R::Instant { .. } => R::IssuedInFuture { element, got: THEN },
        R::IssuedInFuture { .. } => R::StatusMalformed,
        R::StatusMalformed => R::Status { code: "a:Responder".into(), subcode: None, message: None },
        R::Status { .. } => R::DestinationMissing { wanted: "https://sp/acs".into() },
        R::DestinationMissing { .. } => R::Destination { wanted: "https://sp/acs".into(), got: "b".into() },
        R::Destination { .. } => R::IssuerMissing { element },
        R::IssuerMissing { .. } => R::Issuer { element, wanted: "https://idp".into(), got: String::new() },
        R::Issuer { .. } => R::IssuerFormat { element, got: "persistent".into() },
        R::IssuerFormat { .. } => R::InResponseToMissing { place },
        R::InResponseToMissing { .. } => R::InResponseTo { place, wanted: "_1".into(), got: "_2".into() },
        R::InResponseTo { .. } => R::InResponseToUnexpected { place, got: "_2".into() },
        R::InResponseToUnexpected { .. } => R::SignatureMissing,
        R::SignatureMissing => R::SignatureRepeated { element },
        R::SignatureRepeated { .. } => R::SignatureMisplaced,
        R::SignatureMisplaced => R::Signature { element, fault: VerifyError::NoKeys },
        R::Signature { fault, .. } => match after_signature(fault) {
            Some(fault) => R::Signature { element, fault },
            None => R::AssertionMissing,
        },
        R::AssertionMissing => R::AssertionRepeated(2),
        R::AssertionRepeated(_) => R::Encryption { element, fault: DecryptError::Malformed("x") },
        R::Encryption { fault, .. } => match after_encryption(fault) {
            Some(fault) => R::Encryption { element, fault },
            None => R::SubjectMissing,
        },
        R::SubjectMissing => R::NameIdMissing { wanted: String::new() },
        R::NameIdMissing { wanted } if wanted.is_empty() => R::NameIdMissing { wanted: "id".into() },
        R::NameIdMissing { .. } => R::NameIdInvalid,
        R::NameIdInvalid => R::SpNameQualifier { wanted: "https://sp".into(), got: "x".into() },
        R::SpNameQualifier { .. } => R::BearerMissing,
        R::BearerMissing => R::RecipientMissing { wanted: "https://sp/acs".into() },
        R::RecipientMissing { .. } => R::Recipient { wanted: "https://sp/acs".into(), got: "b".into() },
        R::Recipient { .. } => R::ConfirmationNotOnOrAfterMissing,
        R::ConfirmationNotOnOrAfterMissing => R::ConfirmationNotBefore,
        R::ConfirmationNotBefore => R::ConfirmationExpired { not_on_or_after: THEN, now: THEN },
        R::ConfirmationExpired { .. } => R::NotYetValid { not_before: THEN, now: THEN },
        R::NotYetValid { .. } => R::Expired { not_on_or_after: THEN, now: THEN },
        R::Expired { .. } => R::AudienceMissing { wanted: "https://sp".into() },
        R::AudienceMissing { .. } => R::Audience { wanted: "https://sp".into(), got: vec![] },
        R::Audience { .. } => R::UnknownCondition("Weather".into()),
        R::UnknownCondition(_) => R::AuthnStatementMissing,
        R::AuthnStatementMissing => R::AuthnInFuture { got: THEN },
        R::AuthnInFuture { .. } => R::AuthnTooOld { wanted: THEN, got: THEN },
        R::AuthnTooOld { .. } => R::SessionExpired { not_on_or_after: THEN, now: THEN },
        R::SessionExpired { .. } => R::AuthnContext { wanted: vec!["mfa".into()], got: None },
        R::AuthnContext { .. } => R::TooLong("ID"),
        R::TooLong(_) => R::AttributeNameMissing,
        R::AttributeNameMissing => R::AttributeRepeated("email".into()),
        R::AttributeRepeated(_) => R::AttributeNull("email".into()),
        R::AttributeNull(_) => return None,
    })
}

fn after_signature(fault: &VerifyError) -> Option<VerifyError> {
    use SignatureError as S;
    use VerifyError as V;
    Some(match fault {
        V::NoKeys => V::Signature(S::Malformed("x")),
        V::Signature(S::Malformed(_)) => V::Signature(S::Comment),
        V::Signature(S::Comment) => V::Signature(S::WeakAlgorithm("rsa-sha1".into())),
        V::Signature(S::WeakAlgorithm(_)) => V::Signature(S::Algorithm("dsa".into())),
        V::Signature(S::Algorithm(_)) => V::Signature(S::Transform("xslt".into())),
        V::Signature(S::Transform(_)) => V::Signature(S::Reference("x")),
        V::Signature(S::Reference(_)) => V::Signature(S::PssParameters("x")),
        V::Signature(S::PssParameters(_)) => V::Signature(S::Base64("SignatureValue")),
        V::Signature(S::Base64(_)) => V::WrongElement { wanted: "_1".into(), got: String::new() },
        V::WrongElement { .. } => V::KeyKind("RSA"),
        V::KeyKind(_) => V::Value(1),
        V::Value(_) => V::Digest,
        V::Digest => V::C14n(C14nError::RelativeNamespace("x".into())),
        V::C14n(_) => return None,
    })
}

fn after_encryption(fault: &DecryptError) -> Option<DecryptError> {
    use DecryptError as D;
    Some(match fault {
        D::Malformed(_) => D::CipherReference,
        D::CipherReference => D::Algorithm("rc4".into()),
        D::Algorithm(_) => D::Rsa15,
        D::Rsa15 => D::TripleDes,
        D::TripleDes => D::Unauthenticated,
        D::Unauthenticated => D::NoKeys,
        D::NoKeys => D::KeyMissing,
        D::KeyMissing => D::TooManyKeys(9),
        D::TooManyKeys(_) => D::TooMany(9),
        D::TooMany(_) => D::Failed,
        D::Failed => return None,
    })
}

fn every_rejection() -> Vec<Rejection> {
    std::iter::successors(Some(Rejection::NoSigningKeys), after).collect()
}

#[test]
fn every_reason_says_what_was_wanted_what_came_and_what_to_correct() {
    let all = every_rejection();
    // The last of each kind, so that no link of the chain leaves others out.
    let codes: std::collections::HashSet<_> = all.iter().map(Rejection::code).collect();
    assert!(codes.contains("signature_c14n") && codes.contains("decryption_failed"));
    assert_eq!((all.len(), codes.len()), (79, 77), "the chain skips something");
    for rejection in all {
        for provider in providers::all() {
            let Explained { wanted, got, fix } = rejected(&rejection, provider);
            let (wanted, got, fix) = (wanted.unwrap(), got.unwrap(), fix.unwrap());
            assert!(!wanted.is_empty() && !got.is_empty(), "{rejection:?}: {wanted:?}, {got:?}");
            assert!(fix.ends_with('.') && fix.chars().next().unwrap().is_uppercase(), "{rejection:?}: {fix}");
            if rejection.code().ends_with("_missing") {
                assert_eq!(got, "missing", "{rejection:?}");
            }
        }
    }
}

#[test]
fn what_holds_values_shows_them() {
    let provider = providers::of("okta");
    for rejection in every_rejection() {
        let Explained { wanted, got, .. } = rejected(&rejection, provider);
        let shown = format!("{} {}", wanted.unwrap(), got.unwrap());
        let values = match &rejection {
            Rejection::IssuedInFuture { got, .. } | Rejection::AuthnInFuture { got } => vec![got.to_string()],
            Rejection::AuthnTooOld { wanted, got } => vec![wanted.to_string(), got.to_string()],
            Rejection::SessionExpired { not_on_or_after, now }
            | Rejection::Expired { not_on_or_after, now }
            | Rejection::ConfirmationExpired { not_on_or_after, now } => {
                vec![not_on_or_after.to_string(), now.to_string()]
            }
            Rejection::NotYetValid { not_before, now } => vec![not_before.to_string(), now.to_string()],
            Rejection::RecipientMissing { wanted } | Rejection::NameIdMissing { wanted } => {
                vec![wanted.clone()]
            }
            Rejection::InResponseToUnexpected { got, .. } | Rejection::IssuerFormat { got, .. } => {
                vec![got.clone()]
            }
            Rejection::UnknownCondition(name) => vec![name.clone()],
            _ => Vec::new(),
        };
        for value in values {
            assert!(shown.contains(&value), "{rejection:?}: {shown}");
        }
    }
}

#[test]
fn what_is_nobodys_setting_has_a_sentence_of_its_own() {
    let okta = providers::of("okta");
    let fix = |rejection: &Rejection| rejected(rejection, okta).fix.unwrap();
    let tampered = fix(&Rejection::NestedResponse);
    assert!(tampered.starts_with("No setting of Okta"), "{tampered}");
    let own = every_rejection().into_iter().filter(|rejection| fix(rejection) != tampered);
    let own: Vec<&str> = own.map(|rejection| rejection.code()).collect();
    for code in [
        "session_expired",
        "bearer_missing",
        "authn_statement_missing",
        "unknown_condition",
        "confirmation_not_before",
        "confirmation_not_on_or_after_missing",
        "subject_missing",
        "instant_malformed",
        "issuer_format",
        "in_response_to_missing",
        "in_response_to_mismatch",
        "in_response_to_unexpected",
        "version",
        "assertion_missing",
        "authn_too_old",
    ] {
        assert!(own.contains(&code), "{code}");
    }
}

#[test]
fn a_refusal_before_or_after_the_checks_says_what_to_do() {
    let okta = providers::of("okta");
    for (refused, word) in [
        (Refusal::Binding(BindingError::Base64), "HTTP-POST"),
        (Refusal::MetadataEnded(crate::model::Timestamp::from_millis(0)), "present metadata of Okta"),
        (Refusal::Replayed, "in one browser"),
        (Refusal::TransientNameId, "EmailAddress"),
        (
            Refusal::SubjectAttribute { name: "id".into(), values: 0 },
            "Let Okta send the attribute id, with one value.",
        ),
        (Refusal::IdentityConflict(Conflict::DomainNotProved), "Add the domain"),
    ] {
        let fix = refusal(&refused, okta).fix.unwrap();
        assert!(fix.contains(word), "{refused}: {fix}");
    }
    assert_eq!(refusal(&Refusal::UserDeleted, okta), Explained::default());
}

#[test]
fn the_field_has_the_name_that_the_provider_gives_it() {
    for (provider, field) in [("okta", "Audience URI (SP Entity ID)"), ("entra", "Identifier (Entity ID)")] {
        let rejection = Rejection::Audience { wanted: "us".into(), got: vec!["them".into()] };
        let explained = rejected(&rejection, providers::of(provider));
        assert_eq!((explained.wanted.as_deref(), explained.got.as_deref()), (Some("us"), Some("them")));
        assert!(explained.fix.unwrap().contains(field));
    }
    let rejection = Rejection::Recipient { wanted: "a".into(), got: "b".into() };
    assert!(rejected(&rejection, providers::of("okta")).fix.unwrap().contains("Single sign-on URL"));
    assert!(
        rejected(&Rejection::SignatureMissing, providers::of("keycloak"))
            .fix
            .unwrap()
            .contains("Sign assertions")
    );
    assert!(rejected(&Rejection::NameIdInvalid, providers::of("okta")).fix.unwrap().contains("EmailAddress"));
}

#[test]
fn a_refusal_of_the_provider_points_to_its_log() {
    let status = Rejection::Status { code: "a:b:Responder".into(), subcode: None, message: None };
    let explained = rejected(&status, providers::of("okta"));
    assert_eq!(explained.got.as_deref(), Some("Responder"));
    assert!(explained.fix.unwrap().contains("Okta refused"));
}

#[test]
fn what_the_provider_refused_for_has_a_sentence_of_its_own() {
    let by = |subcode: &str, provider: &str| {
        let subcode = Some(format!("urn:oasis:names:tc:SAML:2.0:status:{subcode}"));
        let status = Rejection::Status { code: "a:Requester".into(), subcode, message: None };
        rejected(&status, providers::of(provider))
    };
    let okta = by("InvalidNameIDPolicy", "okta");
    assert_eq!(okta.got.as_deref(), Some("InvalidNameIDPolicy (Requester)"));
    assert!(okta.fix.unwrap().contains("\u{201c}Name ID format\u{201d} to EmailAddress"));
    assert!(by("InvalidNameIDPolicy", "adfs").fix.unwrap().contains("Transform an Incoming Claim"));
    for (subcode, word) in [
        ("NoAuthnContext", "RequestedAuthnContext"),
        ("RequestDenied", "Assign the person"),
        ("AuthnFailed", "did not get past"),
        ("NoPassive", "show a page"),
        ("Other", "sign-in log"),
    ] {
        let fix = by(subcode, "okta").fix.unwrap();
        assert!(fix.contains(word), "{subcode}: {fix}");
    }
    let blank = Rejection::Status { code: String::new(), subcode: None, message: None };
    assert_eq!(rejected(&blank, providers::of("okta")).got.as_deref(), Some("missing"));
}

#[test]
fn every_field_that_holds_a_value_is_named() {
    let wrong = Rejection::Destination { wanted: "a".into(), got: "b".into() };
    for (provider, fields) in [
        ("onelogin", &["\u{201c}Recipient\u{201d}", "\u{201c}ACS (Consumer) URL\u{201d}"][..]),
        ("keycloak", &["\u{201c}Valid redirect URIs\u{201d}", "\u{201c}Master SAML Processing URL\u{201d}"]),
    ] {
        let fix = rejected(&wrong, providers::of(provider)).fix.unwrap();
        assert!(fields.iter().all(|field| fix.contains(field)) && fix.contains("into the fields"), "{fix}");
    }
}

#[test]
fn how_many_values_came_of_what_tells_people_apart_is_said() {
    for (values, got) in [(0, "missing"), (1, "an empty value"), (3, "3 values")] {
        let refused = Refusal::SubjectAttribute { name: "id".into(), values };
        assert_eq!(refusal(&refused, providers::of("okta")).got.as_deref(), Some(got));
    }
}

#[test]
fn every_provider_has_an_answer_to_the_usual_mistakes() {
    for provider in providers::all() {
        for rejection in [
            Rejection::Audience { wanted: "a".into(), got: Vec::new() },
            Rejection::Destination { wanted: "a".into(), got: "b".into() },
            Rejection::Issuer { element: "Response", wanted: "a".into(), got: "b".into() },
            Rejection::SignatureMissing,
            Rejection::NameIdInvalid,
        ] {
            assert!(rejected(&rejection, provider).fix.is_some(), "{} {rejection}", provider.id);
        }
    }
}
