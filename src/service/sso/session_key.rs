//! By what a session at a provider is known to us, for single logout: its index, and whom it is about. The parts are a
//! JSON array, so that no separator can be forged.

use serde_json::json;

use crate::saml::{VerifiedAssertion, response::NameId};

/// A NameID with all that qualifies it.
pub(super) fn of_name(name: &NameId) -> String {
    json!(["name", name.format, name.name_qualifier, name.sp_name_qualifier, name.value]).to_string()
}

/// A session of one person: an index alone may be another person's at a careless provider.
pub(super) fn of_index(name: &NameId, index: &str) -> String {
    json!(["index", index, of_name(name)]).to_string()
}

/// Every key that a logout may have named this assertion's session by.
pub(super) fn of_assertion(assertion: &VerifiedAssertion) -> Vec<String> {
    let Some(name) = assertion.name_id() else { return Vec::new() };
    let index = assertion.session_index().map(|index| of_index(name, index));
    index.into_iter().chain([of_name(name)]).collect()
}

/// The NameID that [`of_name`] wrote, for a logout request: the provider must hear it exactly as it said it.
pub(super) fn name_of(stored: &str) -> Option<NameId> {
    let (kind, format, name_qualifier, sp_name_qualifier, value): (
        String,
        String,
        Option<String>,
        Option<String>,
        String,
    ) = serde_json::from_str(stored).ok()?;
    (kind == "name").then_some(NameId { value, format, name_qualifier, sp_name_qualifier })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_as_it_was_said() {
        let name = NameId {
            value: "a\",\"b".into(),
            format: "urn:f".into(),
            name_qualifier: None,
            sp_name_qualifier: Some("https://sp.example".into()),
        };
        assert_eq!(name_of(&of_name(&name)), Some(name.clone()));
        assert_ne!(of_name(&name), of_name(&NameId { name_qualifier: Some(String::new()), ..name }));
        for other in ["", "ada@acme.example", "[]", "[\"index\",\"a\",null,null,\"b\"]"] {
            assert_eq!(name_of(other), None, "{other}");
        }
    }
}
