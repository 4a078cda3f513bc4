//! By what a session at a provider is known to us, for single logout: its index, and whom it is about. The parts are a
//! JSON array, so that no separator can be forged.

use std::collections::BTreeSet;

use serde_json::json;

use crate::saml::{VerifiedAssertion, names::name_id, response::NameId};

/// A longer key is not looked up: an index of PostgreSQL holds about 2,700 bytes in a row.
const LONGEST: usize = 2_000;

/// Whether a session of this person can be looked up at all.
pub(super) fn fits(key: &str) -> bool {
    key.len() <= LONGEST
}

/// The formats that a name without one stands for: those that people are known by. Entra leaves it out of its LogoutRequests.
const OF_PEOPLE: [&str; 4] = [name_id::UNSPECIFIED, name_id::EMAIL, name_id::PERSISTENT, name_id::TRANSIENT];

/// Between whom a name is said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Between<'a> {
    /// The provider's entity ID.
    pub(super) provider: &'a str,
    /// Ours.
    pub(super) sp: &'a str,
}

/// A name as it is compared: a qualifier that is left out means the provider's entity ID, or ours (Core 2.2.2), and providers
/// say it in the one message and not in the other.
fn plain(name: &NameId, between: Between<'_>) -> NameId {
    let said = |qualifier: &Option<String>, default: &str| qualifier.clone().filter(|said| said != default);
    NameId {
        name_qualifier: said(&name.name_qualifier, between.provider),
        sp_name_qualifier: said(&name.sp_name_qualifier, between.sp),
        ..name.clone()
    }
}

/// What a logout ends, one key for each of its indexes, or for the person; each once, in one order for all who write them.
pub(super) fn ended(name: &NameId, indexes: &[String], between: Between<'_>) -> BTreeSet<String> {
    let name = plain(name, between);
    let keys: BTreeSet<String> = match indexes {
        [] => BTreeSet::from([of_name(&name)]),
        indexes => indexes.iter().map(|index| of_index(&name, index)).collect(),
    };
    keys.into_iter().filter(|key| fits(key)).collect()
}

/// Whom a logout names, in every way that a session may have kept the name that the login said.
pub(super) fn spellings(name: &NameId, Between { provider, sp }: Between<'_>) -> Vec<NameId> {
    let either = |said: &Option<String>, default: &str| match said {
        Some(said) if said != default => vec![Some(said.clone())],
        _ => vec![None, Some(default.to_owned())],
    };
    let formats = alike(&name.format);
    let mut all = Vec::new();
    for name_qualifier in either(&name.name_qualifier, provider) {
        for sp_name_qualifier in either(&name.sp_name_qualifier, sp) {
            all.extend(formats.iter().map(|format| NameId {
                value: name.value.clone(),
                format: (*format).to_owned(),
                name_qualifier: name_qualifier.clone(),
                sp_name_qualifier: sp_name_qualifier.clone(),
            }));
        }
    }
    all
}

/// The formats that a name of this one may have in the provider's other message. One of the two may leave it out.
fn alike(format: &str) -> Vec<&str> {
    match format {
        name_id::UNSPECIFIED => OF_PEOPLE.to_vec(),
        said if OF_PEOPLE.contains(&said) => vec![said, name_id::UNSPECIFIED],
        said => vec![said],
    }
}

/// A NameID with all that qualifies it.
pub(super) fn of_name(name: &NameId) -> String {
    json!(["name", name.format, name.name_qualifier, name.sp_name_qualifier, name.value]).to_string()
}

/// A session of one person: an index alone may be another person's at a careless provider.
pub(super) fn of_index(name: &NameId, index: &str) -> String {
    json!(["index", index, of_name(name)]).to_string()
}

/// Every key that a logout may have named this assertion's session by ([`ended`]).
pub(super) fn of_assertion(assertion: &VerifiedAssertion, between: Between<'_>) -> Vec<String> {
    let Some(name) = assertion.name_id() else { return Vec::new() };
    let name = plain(name, between);
    let formats = alike(&name.format);
    let of_format = |format: &str| {
        let name = NameId { format: format.to_owned(), ..name.clone() };
        let index = assertion.session_index().map(|index| of_index(&name, index));
        index.into_iter().chain([of_name(&name)])
    };
    formats.into_iter().flat_map(of_format).filter(|key| fits(key)).collect()
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

    const BETWEEN: Between<'_> = Between { provider: "idp", sp: "sp" };

    #[test]
    fn a_logout_ends_each_index_once_however_its_person_is_spelt() {
        let name = |qualifier: Option<&str>| NameId {
            value: "ada".into(),
            format: name_id::UNSPECIFIED.into(),
            name_qualifier: qualifier.map(str::to_owned),
            sp_name_qualifier: None,
        };
        let indexes: Vec<String> = (0..64).map(|index| format!("_{}", index % 32)).collect();
        let keys = ended(&name(None), &indexes, BETWEEN);
        assert_eq!(keys.len(), 32);
        assert_eq!(ended(&name(Some("idp")), &indexes, BETWEEN), keys);
        assert!(ended(&name(Some("other")), &indexes, BETWEEN).is_disjoint(&keys));
        assert_eq!(ended(&name(Some("idp")), &[], BETWEEN), BTreeSet::from([of_name(&name(None))]));
        assert!(ended(&name(None), &["a".repeat(LONGEST)], BETWEEN).is_empty());
    }

    #[test]
    fn a_qualifier_that_is_left_out_is_the_default() {
        let name = |qualifier: Option<&str>, sp: Option<&str>| NameId {
            value: "ada".into(),
            format: "urn:f".into(),
            name_qualifier: qualifier.map(str::to_owned),
            sp_name_qualifier: sp.map(str::to_owned),
        };
        let all = [(None, None), (None, Some("sp")), (Some("idp"), None), (Some("idp"), Some("sp"))];
        for (qualifier, sp) in all {
            let spelt = spellings(&name(qualifier, sp), BETWEEN);
            assert_eq!(spelt, all.map(|(qualifier, sp)| name(qualifier, sp)), "{qualifier:?} {sp:?}");
        }
        let formats = |said: &str| {
            let said = NameId { format: said.into(), ..name(Some("q"), Some("s")) };
            spellings(&said, BETWEEN).into_iter().map(|name| name.format).collect::<Vec<_>>()
        };
        let all = [name_id::UNSPECIFIED, name_id::EMAIL, name_id::PERSISTENT, name_id::TRANSIENT];
        assert_eq!(formats(name_id::UNSPECIFIED), all);
        assert_eq!(formats(name_id::EMAIL), [name_id::EMAIL, name_id::UNSPECIFIED]);
        assert_eq!(formats(name_id::ENTITY), [name_id::ENTITY]);
        let other = spellings(&name(Some("other"), None), BETWEEN);
        assert_eq!(other, [name(Some("other"), None), name(Some("other"), Some("sp"))]);
    }

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
