//! From a failed check to what was wanted, what came, and the field to correct, by the name that the provider gives it.

use super::Refusal;
use crate::{
    saml::response::{ProviderField, Rejection},
    service::providers::{Provider, SpValue},
};

/// What to do about a failed check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Explained {
    /// What was wanted.
    pub wanted: Option<String>,
    /// What came.
    pub got: Option<String>,
    /// The field to correct, and how.
    pub fix: Option<String>,
}

/// Explains a refusal.
pub(crate) fn refusal(refusal: &Refusal, provider: &Provider) -> Explained {
    match refusal {
        Refusal::Response { rejection, .. } => rejected(rejection, provider),
        Refusal::TransientNameId => Explained { fix: name_id(provider), ..Explained::default() },
        Refusal::SubjectAttribute(name) => Explained {
            wanted: Some(format!("one value of {name}")),
            fix: Some(format!("Let {} send the attribute {name}, with one value.", provider.name)),
            ..Explained::default()
        },
        _ => Explained::default(),
    }
}

fn rejected(rejection: &Rejection, provider: &Provider) -> Explained {
    let (wanted, got) = compared(rejection);
    Explained { wanted, got, fix: fix(rejection, provider) }
}

/// Wanted against got, where a check compares.
fn compared(rejection: &Rejection) -> (Option<String>, Option<String>) {
    let both = |wanted: &str, got: &str| (Some(short(wanted)), Some(short(got)));
    match rejection {
        Rejection::Destination { wanted, got }
        | Rejection::Recipient { wanted, got }
        | Rejection::Issuer { wanted, got, .. }
        | Rejection::InResponseTo { wanted, got, .. }
        | Rejection::SpNameQualifier { wanted, got } => both(wanted, got),
        Rejection::DestinationMissing { wanted } | Rejection::AudienceMissing { wanted } => {
            both(wanted, "nothing")
        }
        Rejection::Audience { wanted, got } => both(wanted, &got.join(", ")),
        Rejection::Version { got, .. } => both("2.0", got),
        Rejection::Status { code, .. } => both("Success", code.rsplit(':').next().unwrap_or(code)),
        Rejection::AuthnContext { wanted, got } => {
            both(&wanted.join(", "), got.as_deref().unwrap_or("nothing"))
        }
        Rejection::AssertionRepeated(count) => both("1", &count.to_string()),
        Rejection::AssertionMissing => both("1", "0"),
        Rejection::NotYetValid { not_before, now } => {
            both(&format!("valid at {now}"), &format!("valid from {not_before}"))
        }
        Rejection::Expired { not_on_or_after, now }
        | Rejection::ConfirmationExpired { not_on_or_after, now } => {
            both(&format!("valid at {now}"), &format!("valid until {not_on_or_after}"))
        }
        _ => (None, None),
    }
}

/// The field to correct, and how.
fn fix(rejection: &Rejection, provider: &Provider) -> Option<String> {
    let name = &provider.name;
    let set = |value: SpValue| {
        let field = provider.saml.field(value)?;
        Some(format!("In {name}, copy the wanted value into the field \u{201c}{field}\u{201d}, exactly."))
    };
    let Some(field) = rejection.provider_field() else { return elsewhere(rejection, provider) };
    match field {
        ProviderField::AcsUrl => set(SpValue::AcsUrl),
        ProviderField::SpEntityId => set(SpValue::EntityId),
        ProviderField::IdpEntityId => Some(format!(
            "The metadata here and the application at {name} are not of the same application or tenant. Hand over the \
             metadata of this application again."
        )),
        ProviderField::Certificates => Some(format!(
            "Most often the certificate here is not the one that {name} signs with. Hand over its current metadata."
        )),
        ProviderField::Signing => Some(match &provider.saml.signing {
            Some(signing) => format!("Switch signing on in {name}: {}.", signing.text),
            None => format!("Switch signing of the assertion on in {name}."),
        }),
        ProviderField::SignatureAlgorithm => {
            Some(format!("Choose SHA-256 as the signature algorithm in {name}."))
        }
        ProviderField::EncryptionCertificate => Some(format!(
            "Switch encryption of assertions off in {name}, or let it import our metadata again: it has our certificate."
        )),
        ProviderField::EncryptionAlgorithm => Some(format!(
            "Choose AES-256-GCM and RSA-OAEP for encryption in {name}, or switch encryption of assertions off."
        )),
        ProviderField::NameId => name_id(provider),
        ProviderField::Attributes => Some(format!("Correct the attributes that {name} sends.")),
        ProviderField::AuthnContext => {
            Some(format!("Let {name} ask people to sign in in the way that is wanted."))
        }
        ProviderField::Clock => {
            Some("The clocks of the provider and of this server differ; let both be set by NTP.".into())
        }
    }
}

/// What no single setting is the reason of.
fn elsewhere(rejection: &Rejection, provider: &Provider) -> Option<String> {
    let name = &provider.name;
    match rejection {
        Rejection::Status { .. } => Some(format!(
            "{name} refused. Its own sign-in log says why; often the person is not assigned to the application."
        )),
        Rejection::InResponseToMissing { .. } => Some(format!(
            "Start the test with the button here. A sign-in that starts at {name} answers no request."
        )),
        _ => None,
    }
}

fn name_id(provider: &Provider) -> Option<String> {
    let field = provider.saml.fields.iter().find(|field| {
        let name = field.name.to_ascii_lowercase();
        name.contains("name id") || name.contains("nameid")
    });
    Some(match field.and_then(|field| Some((&field.name, field.text.as_ref()?))) {
        Some((name, text)) => {
            format!("In {}, set \u{201c}{name}\u{201d} to {text}.", provider.name)
        }
        None => format!("Let {} send a NameID of the format emailAddress or persistent.", provider.name),
    })
}

/// What anybody may have made a megabyte long.
pub(crate) fn short(text: &str) -> String {
    const MOST: usize = 300;
    if text.chars().count() <= MOST {
        text.to_owned()
    } else {
        text.chars().take(MOST).collect::<String>() + "\u{2026}"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::providers;

    #[test]
    fn the_field_has_the_name_that_the_provider_gives_it() {
        for (provider, field) in
            [("okta", "Audience URI (SP Entity ID)"), ("entra", "Identifier (Entity ID)")]
        {
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
        assert!(
            rejected(&Rejection::NameIdInvalid, providers::of("okta")).fix.unwrap().contains("EmailAddress")
        );
    }

    #[test]
    fn a_refusal_of_the_provider_points_to_its_log() {
        let status = Rejection::Status { code: "a:b:Responder".into(), subcode: None, message: None };
        let explained = rejected(&status, providers::of("okta"));
        assert_eq!(explained.got.as_deref(), Some("Responder"));
        assert!(explained.fix.unwrap().contains("Okta refused"));
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
}
