//! The field to correct, by the name that the provider gives it, and how.

use super::name;
use crate::{
    saml::response::{ProviderField, Rejection},
    service::providers::{Provider, SpValue},
};

/// What to do about a failed check.
pub(super) fn fix(rejection: &Rejection, provider: &Provider) -> String {
    match rejection.provider_field() {
        Some(field) => in_field(field, rejection, provider),
        None => match rejection {
            Rejection::Status { subcode, .. } => refused(subcode.as_deref(), provider),
            other => elsewhere(other, name(provider)),
        },
    }
}

/// A setting has a name.
fn in_field(field: ProviderField, rejection: &Rejection, provider: &Provider) -> String {
    let name = name(provider);
    let set = |value: SpValue, fallback: &str| {
        // Which of several a provider fills this from is not known, and all of them want the same.
        let known: Vec<&str> = provider.saml.names(value).collect();
        let known = if known.is_empty() { vec![fallback] } else { known };
        let word = if known.len() == 1 { "field" } else { "fields" };
        let fields = known.join("\u{201d} and \u{201c}");
        format!("In {name}, copy the wanted value into the {word} \u{201c}{fields}\u{201d}, exactly.")
    };
    match field {
        ProviderField::AcsUrl => set(SpValue::AcsUrl, "ACS URL"),
        ProviderField::SpEntityId => set(SpValue::EntityId, "Entity ID"),
        ProviderField::IdpEntityId => format!(
            "The metadata here and the application at {name} are not of the same application or tenant. Hand over the \
             metadata of this application again."
        ),
        ProviderField::Certificates => format!(
            "Most often the certificate here is not the one that {name} signs with. Hand over its current metadata."
        ),
        ProviderField::Signing => match &provider.saml.signing {
            Some(signing) => format!("Switch signing on in {name}: {}.", signing.text),
            None => format!("Switch signing of the assertion on in {name}."),
        },
        ProviderField::SignatureAlgorithm => {
            format!("Choose SHA-256 as the signature algorithm in {name}.")
        }
        ProviderField::EncryptionCertificate => format!(
            "Switch encryption of assertions off in {name}, or let it import our metadata again: it has our certificate."
        ),
        ProviderField::EncryptionAlgorithm => format!(
            "Choose AES-256-GCM and RSA-OAEP for encryption in {name}, or switch encryption of assertions off."
        ),
        ProviderField::NameId => name_id(provider),
        ProviderField::Attributes => format!("Correct the attributes that {name} sends."),
        ProviderField::AuthnContext if matches!(rejection, Rejection::AuthnTooOld { .. }) => format!(
            "A new sign-in was asked for (ForceAuthn), and {name} answered from a session that it had. Let it ask people \
             again where a request says so."
        ),
        ProviderField::AuthnContext => {
            format!("Let {name} ask people to sign in in the way that is wanted.")
        }
        ProviderField::Clock => {
            "The clocks of the provider and of this server differ; let both be set by NTP.".into()
        }
    }
}

/// The provider itself says no, by the second-level code (Core 3.2.2.2).
fn refused(subcode: Option<&str>, provider: &Provider) -> String {
    let name = name(provider);
    match subcode.and_then(|code| code.rsplit(':').next()).unwrap_or_default() {
        "InvalidNameIDPolicy" => {
            format!("{name} could not send a NameID of the format that was asked for. {}", name_id(provider))
        }
        "NoAuthnContext" => format!(
            "The way of signing in that was asked for (RequestedAuthnContext) is none that {name} offers this person. Switch it \
             on there, or let the connection here ask for another."
        ),
        "RequestDenied" => format!(
            "{name} understood the request and does not answer it for this person. Assign the person, or a group of theirs, \
             to the application, and look at the rules for access there; its sign-in log says which one it was."
        ),
        "AuthnFailed" => format!(
            "The person did not get past the sign-in at {name}: a wrong password, a second factor that failed, a page that was \
             closed, or a rule for access. Sign in again; if it stays, its sign-in log says why."
        ),
        "NoPassive" => format!(
            "{name} would have to show a page for this sign-in, and takes it that it may not. Let it ask people to sign in for \
             this application, or sign in there first and test again."
        ),
        _ => format!(
            "{name} refused. Its own sign-in log says why; look there for the time of this test. Often the person is not \
             assigned to the application, or a value of ours was entered differently."
        ),
    }
}

/// What no single field is the reason of.
fn elsewhere(rejection: &Rejection, name: &str) -> String {
    match rejection {
        Rejection::AssertionMissing => format!(
            "{name} says that the sign-in worked, and sent no assertion. Let the application be one of SAML 2.0 single \
             sign-on, and look at its sign-in log."
        ),
        Rejection::AssertionRepeated(_) => format!("Let {name} send one assertion in an answer."),
        Rejection::Version { .. } | Rejection::NotAResponse { .. } => format!(
            "Let the application at {name} be one of SAML 2.0; SAML 1.1 and WS-Federation are other protocols."
        ),
        Rejection::Instant { field, .. } => format!(
            "Let {name} write {field} in UTC, with a Z at its end. If it does so by itself, something on the way changed it."
        ),
        Rejection::IssuerFormat { .. } => format!(
            "Let {name} leave the Format of its Issuer out, or set it to \
             urn:oasis:names:tc:SAML:2.0:nameid-format:entity."
        ),
        Rejection::SubjectMissing => format!("Let {name} send a Subject with a NameID in its assertions."),
        Rejection::AuthnStatementMissing => format!(
            "Let the application at {name} be one of SAML 2.0 single sign-on, whose assertions have an AuthnStatement; one \
             that is for attributes alone has none."
        ),
        Rejection::SessionExpired { .. } => format!(
            "The session at {name} had ended when the answer came. Sign out there and in again; if it stays, make the \
             lifetime of sessions there longer, and let both clocks be set by NTP."
        ),
        Rejection::UnknownCondition(condition) => format!(
            "Let {name} leave the condition {} out; what it means is not known here, so it cannot be kept.",
            super::short(condition)
        ),
        Rejection::TooLong(what) => format!("Let {name} send a shorter {what}."),
        of_request @ (Rejection::InResponseToMissing { .. }
        | Rejection::InResponseTo { .. }
        | Rejection::InResponseToUnexpected { .. }) => answering(of_request, name),
        Rejection::BearerMissing
        | Rejection::ConfirmationNotOnOrAfterMissing
        | Rejection::ConfirmationNotBefore => confirming(rejection, name),
        // Nothing that a provider sends by itself.
        _ => format!(
            "No setting of {name} is known to cause this. Sign in again; if it stays, something between {name} and this \
             server rewrites the answer (a proxy, a browser extension, a template that was adapted): take it out of the way."
        ),
    }
}

fn answering(rejection: &Rejection, name: &str) -> String {
    match rejection {
        Rejection::InResponseToMissing { .. } => {
            format!("Start the sign-in here. One that starts at {name} answers no request.")
        }
        Rejection::InResponseToUnexpected { .. } => format!(
            "The sign-in began at {name}, so its answer may name no request. Switch InResponseTo off there for such sign-ins, \
             or set dummy-in-response-to on the connection, if what it sends is made up."
        ),
        _ => "The answer is to another request than the last one of this browser. Sign in again, in one window and without \
              the Back button."
            .into(),
    }
}

fn confirming(rejection: &Rejection, name: &str) -> String {
    match rejection {
        Rejection::ConfirmationNotBefore => format!(
            "Let {name} leave NotBefore out of the SubjectConfirmationData; its place is in the Conditions."
        ),
        Rejection::ConfirmationNotOnOrAfterMissing => format!(
            "Let {name} set NotOnOrAfter in the SubjectConfirmationData, some minutes after the sign-in."
        ),
        _ => format!(
            "Let {name} confirm the subject by the method bearer (urn:oasis:names:tc:SAML:2.0:cm:bearer), as web single \
             sign-on does."
        ),
    }
}

/// How to let people be known by a NameID that stays.
pub(super) fn name_id(provider: &Provider) -> String {
    let field = provider.saml.fields.iter().find(|field| {
        let name = field.name.to_ascii_lowercase();
        name.contains("name id") || name.contains("nameid")
    });
    match field.and_then(|field| Some((&field.name, field.text.as_ref()?))) {
        Some((field, text)) => format!("In {}, set \u{201c}{field}\u{201d} to {text}.", name(provider)),
        None => by_rule(provider),
    }
}

/// Where no field has it, a rule among the attributes may.
fn by_rule(provider: &Provider) -> String {
    let mut rules = provider.saml.attributes.iter();
    match rules.find(|rule| rule.name.to_ascii_lowercase().contains("name id")) {
        Some(rule) => format!(
            "In {}, add the rule for \u{201c}{}\u{201d} as the last one: {}.",
            name(provider),
            rule.name,
            rule.source
        ),
        None => format!("Let {} send a NameID of the format emailAddress or persistent.", name(provider)),
    }
}
