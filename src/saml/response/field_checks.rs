//! The checks of the Assertion, in the order of the specification, over the fields of the verified element.

use super::{
    common::{in_response_to, issuer, version},
    error::Rejection,
    expected::{Expected, PendingRequest, Solicitation},
    read::{Confirmation, Fields},
};

/// A check of the assertion's fields.
pub(super) type FieldCheck = fn(&Fields<'_>, &Expected<'_>) -> Result<(), Rejection>;

/// Checks of the Assertion (Core 2.3 to 2.7, Profiles 4.1.4.2 and 4.1.4.3).
pub(super) const FIELD_CHECKS: &[(&str, FieldCheck)] = &[
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
    issuer(&fields.issuer, "Assertion", expected.idp_entity_id)
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
    let wanted = || expected.acs_url.to_owned();
    let recipient = confirmation.recipient.ok_or_else(|| Rejection::RecipientMissing { wanted: wanted() })?;
    if recipient != expected.acs_url {
        return Err(Rejection::Recipient { wanted: wanted(), got: recipient.to_owned() });
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
