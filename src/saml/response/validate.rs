//! The validator: a list of checks in the order of the specification, first over the message, then the signatures,
//! then over the fields of the verified assertion. Each check has its own [`Rejection`].

use time::{Duration, OffsetDateTime};

use super::{
    assertion::VerifiedAssertion,
    error::Rejection,
    parse::{self, Message, SignedParts},
    read::{self, Confirmation, Fields, Issuer},
};
use crate::saml::{
    dsig::{self, VerificationKey, VerifiedElement},
    names::{STATUS_SUCCESS, name_id, ns},
    xml::{self, Element, Limits, tree},
};

/// What a Response is checked against: the provider, ourselves, the request, the connection's policy, and the time.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The provider's entity ID.
    pub idp_entity_id: &'a str,
    /// The provider's keys. None is a configuration error.
    pub keys: &'a [VerificationKey],
    /// Our entity ID: the audience.
    pub sp_entity_id: &'a str,
    /// Where the Response must have been sent, as configured, not as the request's Host says.
    pub acs_url: &'a str,
    /// What it must answer.
    pub solicitation: Solicitation<'a>,
    /// The attribute that the connection takes the stable subject from, if any (R2).
    pub stable_attribute: Option<&'a str>,
    /// The connection's switch for inclusive canonicalisation.
    pub allow_inclusive_c14n: bool,
    /// How far clocks may differ, both ways.
    pub clock_skew: Duration,
    /// Now.
    pub now: OffsetDateTime,
}

/// Whether the login was started here.
#[derive(Debug, Clone, Copy)]
pub enum Solicitation<'a> {
    /// By this request, which this browser made (R7).
    Request(PendingRequest<'a>),
    /// At the provider (R8): then nothing may claim to answer a request.
    Unsolicited,
}

/// The request that a Response must answer.
#[derive(Debug, Clone, Copy)]
pub struct PendingRequest<'a> {
    /// The ID of the AuthnRequest.
    pub id: &'a str,
    /// The user must have signed in after this, because ForceAuthn or max_age was sent (R11).
    pub authenticated_after: Option<OffsetDateTime>,
    /// The authentication contexts that were asked for; none accepts any.
    pub authn_contexts: &'a [&'a str],
}

impl Expected<'_> {
    /// What clocks may differ by, unless a connection says otherwise.
    pub const CLOCK_SKEW: Duration = Duration::seconds(180);

    /// Whether `end` (exclusive) is past, with the benefit of the doubt.
    fn is_past(&self, end: OffsetDateTime) -> bool {
        self.now.saturating_sub(self.clock_skew) >= end
    }

    /// Whether `start` is still to come, with the benefit of the doubt.
    fn is_to_come(&self, start: OffsetDateTime) -> bool {
        self.now.saturating_add(self.clock_skew) < start
    }
}

/// A validation with the checks that passed, in order: the lines of the login trace.
#[derive(Debug)]
pub struct Traced {
    /// The names of the checks that passed.
    pub passed: Vec<&'static str>,
    /// The outcome; an error is the check after the last one passed.
    pub result: Result<VerifiedAssertion, Rejection>,
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
    let mut passed = Vec::with_capacity(32);
    let result = run(bytes, expected, &mut passed);
    Traced { passed, result }
}

type MessageCheck = fn(&Message<'_, '_>, &Expected<'_>) -> Result<(), Rejection>;
type FieldCheck = fn(&Fields<'_>, &Expected<'_>) -> Result<(), Rejection>;

/// Checks of the Response (Core 3.2.2, Bindings 3.5.5.2, Profiles 4.1.4.2).
const MESSAGE_CHECKS: &[(&str, MessageCheck)] = &[
    ("version", response_version),
    ("issue_instant", response_issue_instant),
    ("destination", destination),
    ("issuer", response_issuer),
    ("in_response_to", response_in_response_to),
    ("status", status),
];

/// Checks of the Assertion (Core 2.3 to 2.7, Profiles 4.1.4.2 and 4.1.4.3).
const FIELD_CHECKS: &[(&str, FieldCheck)] = &[
    ("assertion_version", assertion_version),
    ("assertion_issue_instant", assertion_issue_instant),
    ("assertion_issuer", assertion_issuer),
    ("name_id", name_id_present),
    ("sp_name_qualifier", sp_name_qualifier),
    ("subject_confirmation", subject_confirmation),
    ("conditions_time", conditions_time),
    ("conditions_known", conditions_known),
    ("audience", audience),
    ("authn_statement", authn_statement),
    ("authn_freshness", authn_freshness),
    ("authn_context", authn_context),
    ("session_end", session_end),
];

fn run(
    bytes: &[u8],
    expected: &Expected<'_>,
    passed: &mut Vec<&'static str>,
) -> Result<VerifiedAssertion, Rejection> {
    if expected.keys.is_empty() {
        return Err(Rejection::NoSigningKeys);
    }
    let doc = xml::parse(bytes, &Limits::MESSAGE)?;
    passed.push("xml");
    let message = parse::message(&doc)?;
    passed.push("structure");
    for (name, check) in MESSAGE_CHECKS {
        check(&message, expected)?;
        passed.push(name);
    }
    let parts = parse::signed_parts(&message)?;
    passed.push("one_assertion");
    let assertion = verify_signatures(&message, &parts, expected)?;
    passed.push("signature");
    let fields = read::fields(assertion, expected.stable_attribute)?;
    passed.push("fields");
    for (name, check) in FIELD_CHECKS {
        check(&fields, expected)?;
        passed.push(name);
    }
    verified(fields, expected)
}

/// At least one signature, and every one there is must be good.
fn verify_signatures<'a, 'i>(
    message: &Message<'a, 'i>,
    parts: &SignedParts<'a, 'i>,
    expected: &Expected<'_>,
) -> Result<VerifiedElement<'a, 'i>, Rejection> {
    let verify = |parent: Element<'a, 'i>, signature: Option<Element<'a, 'i>>, element| match signature {
        None => Ok(None),
        Some(signature) => dsig::verify(parent, signature, expected.keys, expected.allow_inclusive_c14n)
            .map(Some)
            .map_err(|fault| Rejection::Signature { element, fault }),
    };
    let response = verify(message.root, message.signature, "Response")?;
    let assertion = verify(parts.assertion, parts.signature, "Assertion")?;
    match (assertion, response) {
        (Some(assertion), _) => Ok(assertion),
        (None, Some(response)) => response.covers(parts.assertion).ok_or(Rejection::SignatureMissing),
        (None, None) => Err(Rejection::SignatureMissing),
    }
}

fn response_version(message: &Message<'_, '_>, _: &Expected<'_>) -> Result<(), Rejection> {
    version(tree::attribute(message.root, "Version").unwrap_or_default(), "Response")
}

fn response_issue_instant(message: &Message<'_, '_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    let got = read::required_instant(message.root, "IssueInstant", "the IssueInstant of the Response")?;
    if expected.is_to_come(got) {
        Err(Rejection::IssuedInFuture { element: "Response", got })
    } else {
        Ok(())
    }
}

/// Mandatory in a signed message, and exact where present (Bindings 3.5.5.2).
fn destination(message: &Message<'_, '_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    let wanted = || expected.acs_url.to_owned();
    match tree::attribute(message.root, "Destination") {
        Some(got) if got == expected.acs_url => Ok(()),
        Some(got) => Err(Rejection::Destination { wanted: wanted(), got: got.to_owned() }),
        None if message.signature.is_some() => Err(Rejection::DestinationMissing { wanted: wanted() }),
        None => Ok(()),
    }
}

/// May be absent on an unsigned Response (Profiles 4.1.4.2, erratum E17): the Assertion's Issuer decides.
fn response_issuer(message: &Message<'_, '_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    match read::issuer(message.root)? {
        Some(got) => issuer(&got, "Response", expected),
        None if message.signature.is_some() => Err(Rejection::IssuerMissing { element: "Response" }),
        None => Ok(()),
    }
}

fn response_in_response_to(message: &Message<'_, '_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    in_response_to(tree::attribute(message.root, "InResponseTo"), "Response", expected)
}

fn status(message: &Message<'_, '_>, _: &Expected<'_>) -> Result<(), Rejection> {
    let malformed = |_| Rejection::StatusMalformed;
    let one = |node, name| tree::only_child(node, ns::PROTOCOL, name).map_err(malformed);
    let status = one(message.root, "Status")?.ok_or(Rejection::StatusMalformed)?;
    let code = one(status, "StatusCode")?.ok_or(Rejection::StatusMalformed)?;
    let value = |node| tree::attribute(node, "Value").map(str::to_owned);
    match value(code) {
        Some(got) if got == STATUS_SUCCESS => Ok(()),
        Some(got) => Err(Rejection::Status {
            code: got,
            subcode: one(code, "StatusCode")?.and_then(value),
            message: one(status, "StatusMessage")?
                .and_then(|m| tree::text(m).ok())
                .map(|m| m.trim().to_owned()),
        }),
        None => Err(Rejection::StatusMalformed),
    }
}

fn assertion_version(fields: &Fields<'_>, _: &Expected<'_>) -> Result<(), Rejection> {
    version(fields.version, "Assertion")
}

fn assertion_issue_instant(fields: &Fields<'_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    let got = fields.issue_instant;
    if expected.is_to_come(got) {
        Err(Rejection::IssuedInFuture { element: "Assertion", got })
    } else {
        Ok(())
    }
}

fn assertion_issuer(fields: &Fields<'_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    issuer(&fields.issuer, "Assertion", expected)
}

/// Without a NameID the stable attribute must be there to say who it is.
fn name_id_present(fields: &Fields<'_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    let wanted = expected.stable_attribute.unwrap_or_default();
    let replaced =
        fields.attributes.iter().any(|a| a.name == wanted && a.values.iter().any(|v| !v.trim().is_empty()));
    if fields.name_id.is_some() || replaced {
        Ok(())
    } else {
        Err(Rejection::NameIdMissing { wanted: wanted.into() })
    }
}

fn sp_name_qualifier(fields: &Fields<'_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    let wanted = expected.sp_entity_id;
    match fields.name_id.as_ref().and_then(|n| n.sp_name_qualifier.as_deref()) {
        Some(got) if got != wanted => {
            Err(Rejection::SpNameQualifier { wanted: wanted.to_owned(), got: got.to_owned() })
        }
        _ => Ok(()),
    }
}

/// One bearer confirmation that fits is enough (Profiles 4.1.4.2); of those that do not, the last one is reported.
fn subject_confirmation(fields: &Fields<'_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    fitting_confirmation(fields, expected).map(|_| ())
}

fn fitting_confirmation<'f, 'a>(
    fields: &'f Fields<'a>,
    expected: &Expected<'_>,
) -> Result<&'f Confirmation<'a>, Rejection> {
    let mut fault = Rejection::BearerMissing;
    for confirmation in &fields.confirmations {
        match bearer(confirmation, expected) {
            Ok(()) => return Ok(confirmation),
            Err(rejection) => fault = rejection,
        }
    }
    Err(fault)
}

fn bearer(confirmation: &Confirmation<'_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    let recipient = confirmation.recipient.ok_or(Rejection::RecipientMissing)?;
    if recipient != expected.acs_url {
        return Err(Rejection::Recipient { wanted: expected.acs_url.to_owned(), got: recipient.to_owned() });
    }
    if confirmation.has_not_before {
        return Err(Rejection::ConfirmationNotBefore);
    }
    let end = confirmation.not_on_or_after.ok_or(Rejection::ConfirmationNotOnOrAfterMissing)?;
    if expected.is_past(end) {
        return Err(Rejection::ConfirmationExpired { not_on_or_after: end, now: expected.now });
    }
    in_response_to(confirmation.in_response_to, "SubjectConfirmationData", expected)
}

fn conditions_time(fields: &Fields<'_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    if let Some(not_before) = fields.not_before.filter(|start| expected.is_to_come(*start)) {
        return Err(Rejection::NotYetValid { not_before, now: expected.now });
    }
    if let Some(not_on_or_after) = fields.not_on_or_after.filter(|end| expected.is_past(*end)) {
        return Err(Rejection::Expired { not_on_or_after, now: expected.now });
    }
    Ok(())
}

/// A condition that is not understood makes validity indeterminate (Core 2.5.1.1).
fn conditions_known(fields: &Fields<'_>, _: &Expected<'_>) -> Result<(), Rejection> {
    fields.unknown_condition.clone().map_or(Ok(()), |name| Err(Rejection::UnknownCondition(name)))
}

/// Every restriction must name us (Core 2.5.1.4: they are conjunctive), and there must be one (Profiles 4.1.4.2).
fn audience(fields: &Fields<'_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    let wanted = expected.sp_entity_id;
    if fields.audiences.is_empty() {
        return Err(Rejection::AudienceMissing { wanted: wanted.to_owned() });
    }
    match fields.audiences.iter().find(|audiences| !audiences.iter().any(|a| a == wanted)) {
        Some(got) => Err(Rejection::Audience { wanted: wanted.to_owned(), got: got.clone() }),
        None => Ok(()),
    }
}

fn authn_statement(fields: &Fields<'_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    let authn = fields.authn.as_ref().ok_or(Rejection::AuthnStatementMissing)?;
    if expected.is_to_come(authn.instant) {
        return Err(Rejection::AuthnInFuture { got: authn.instant });
    }
    Ok(())
}

fn authn_freshness(fields: &Fields<'_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    let Solicitation::Request(PendingRequest { authenticated_after: Some(wanted), .. }) =
        expected.solicitation
    else {
        return Ok(());
    };
    match &fields.authn {
        Some(authn) if authn.instant < wanted.saturating_sub(expected.clock_skew) => {
            Err(Rejection::AuthnTooOld { wanted, got: authn.instant })
        }
        _ => Ok(()),
    }
}

fn authn_context(fields: &Fields<'_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    let Solicitation::Request(PendingRequest { authn_contexts, .. }) = expected.solicitation else {
        return Ok(());
    };
    let got = fields.authn.as_ref().and_then(|authn| authn.context.as_deref());
    if authn_contexts.is_empty() || got.is_some_and(|got| authn_contexts.contains(&got)) {
        return Ok(());
    }
    let wanted = authn_contexts.iter().map(|c| (*c).to_owned()).collect();
    Err(Rejection::AuthnContext { wanted, got: got.map(str::to_owned) })
}

fn session_end(fields: &Fields<'_>, expected: &Expected<'_>) -> Result<(), Rejection> {
    let end = fields.authn.as_ref().and_then(|authn| authn.session_not_on_or_after);
    match end.filter(|end| expected.is_past(*end)) {
        Some(not_on_or_after) => Err(Rejection::SessionExpired { not_on_or_after, now: expected.now }),
        None => Ok(()),
    }
}

fn version(got: &str, element: &'static str) -> Result<(), Rejection> {
    if got == "2.0" { Ok(()) } else { Err(Rejection::Version { element, got: got.to_owned() }) }
}

fn issuer(got: &Issuer, element: &'static str, expected: &Expected<'_>) -> Result<(), Rejection> {
    if let Some(format) = got.format.as_deref().filter(|format| *format != name_id::ENTITY) {
        return Err(Rejection::IssuerFormat { element, got: format.to_owned() });
    }
    let wanted = expected.idp_entity_id;
    if got.value == wanted {
        return Ok(());
    }
    Err(Rejection::Issuer { element, wanted: wanted.to_owned(), got: got.value.clone() })
}

fn in_response_to(got: Option<&str>, place: &'static str, expected: &Expected<'_>) -> Result<(), Rejection> {
    match (got, expected.solicitation) {
        (Some(got), Solicitation::Request(request)) if got == request.id => Ok(()),
        (Some(got), Solicitation::Request(request)) => {
            Err(Rejection::InResponseTo { place, wanted: request.id.to_owned(), got: got.to_owned() })
        }
        (None, Solicitation::Request(_)) => Err(Rejection::InResponseToMissing { place }),
        (Some(got), Solicitation::Unsolicited) => {
            Err(Rejection::InResponseToUnexpected { place, got: got.to_owned() })
        }
        (None, Solicitation::Unsolicited) => Ok(()),
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
        session_index: authn.session_index.map(str::to_owned),
        authn_instant: authn.instant,
        authn_context: authn.context,
        session_not_on_or_after: authn.session_not_on_or_after,
        replay_until: end.saturating_add(expected.clock_skew),
    })
}
