//! The stable subject of a login: what a person is known by on a connection (R2).

use serde_json::json;

use super::refusal::Refusal;
use crate::{
    model::{SubjectKind, fold::fold},
    saml::{VerifiedAssertion, names::name_id, response::NameId},
    store::saml_connections::SamlConnection,
};

/// What a person is known by on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    /// What the key was read from.
    pub kind: SubjectKind,
    /// The key. It names its kind and its parts, so that no two kinds can be mistaken for each other.
    pub key: String,
}

/// The bytes of a key at most. No row of an index of PostgreSQL may have more than some 2,700.
const MAX_KEY: usize = 2048;

/// What the person is known by, if it can be kept.
pub(super) fn subject(
    assertion: &VerifiedAssertion,
    connection: &SamlConnection,
) -> Result<Subject, Refusal> {
    let subject = stable(assertion, connection)?;
    if subject.key.len() > MAX_KEY { Err(Refusal::SubjectTooLong) } else { Ok(subject) }
}

/// The configured attribute, else a persistent NameID with its issuer and qualifiers, else a weak one. Never a transient
/// one, which is another each time.
fn stable(assertion: &VerifiedAssertion, connection: &SamlConnection) -> Result<Subject, Refusal> {
    if let Some(attribute) = &connection.subject_attribute {
        return match assertion.values(attribute) {
            [value] if !value.trim().is_empty() => Ok(Subject {
                kind: SubjectKind::Attribute,
                key: key(&["attribute", attribute, value.trim()]),
            }),
            values => Err(Refusal::SubjectAttribute { name: attribute.clone(), values: values.len() }),
        };
    }
    // Validation lets a NameID be absent only where a stable attribute takes its place.
    let name = assertion.name_id().ok_or(Refusal::TransientNameId)?;
    match name.format.as_str() {
        name_id::TRANSIENT => Err(Refusal::TransientNameId),
        name_id::PERSISTENT => Ok(persistent(assertion, name)),
        format => {
            // An address means the same in capitals; any other text may not.
            let value = if format == name_id::EMAIL { fold(name.value.trim()) } else { name.value.clone() };
            Ok(Subject { kind: SubjectKind::WeakNameId, key: key(&["weak", &value]) })
        }
    }
}

fn persistent(assertion: &VerifiedAssertion, name: &NameId) -> Subject {
    let qualifier = |value: &Option<String>| value.clone().unwrap_or_default();
    let parts = [
        "persistent",
        assertion.issuer(),
        &qualifier(&name.name_qualifier),
        &qualifier(&name.sp_name_qualifier),
        &name.value,
    ];
    Subject { kind: SubjectKind::PersistentNameId, key: key(&parts) }
}

/// The parts as a JSON array: no separator can be forged.
fn key(parts: &[&str]) -> String {
    json!(parts).to_string()
}
