//! Schema URNs that are nearly right.

use serde_json::{Map, Value};

use super::{Rewrite, Rewrites};
use crate::scim::schema::{ResourceType, Schema};

/// The schema that the URN means, if it is not spelled as it should be.
pub(super) fn meant(resource_type: &'static ResourceType, urn: &str) -> Option<(&'static str, Rewrite)> {
    let schemas = || std::iter::once(resource_type.schema).chain(resource_type.extensions.iter().copied());
    if schemas().any(|schema| schema.id.eq_ignore_ascii_case(urn)) {
        return None;
    }
    if let Some(rest) = strip_prefix(urn, "urn:scim:schemas:") {
        let schema = old(resource_type, &rest.to_ascii_lowercase())?;
        return Some((schema.id, Rewrite::OldUrn));
    }
    let squeezed = squeeze(urn);
    let schema = schemas().find(|schema| squeeze(schema.id) == squeezed)?;
    Some((schema.id, Rewrite::NearMissUrn))
}

/// `core:1.0`, `extension:enterprise:1.0`, and the same with 2.0 and with the type at the end.
fn old(resource_type: &'static ResourceType, rest: &str) -> Option<&'static Schema> {
    let name = format!(":{}", resource_type.name.to_ascii_lowercase());
    let rest = rest.strip_suffix(name.as_str()).unwrap_or(rest);
    match rest {
        "core:1.0" | "core:2.0" => Some(resource_type.schema),
        "extension:enterprise:1.0" | "extension:enterprise:2.0" => resource_type.extensions.first().copied(),
        _ => None,
    }
}

/// The path with a colon where a URN of ours is followed by a dot, as in `urn:...:User.department`: to the grammar that is
/// the attribute `User` of a URN that nobody knows.
pub(super) fn dotted(resource_type: &'static ResourceType, path: &str) -> Option<String> {
    let mut schemas = std::iter::once(resource_type.schema).chain(resource_type.extensions.iter().copied());
    schemas.find_map(|schema| {
        let rest = strip_prefix(path, schema.id)?.strip_prefix('.')?;
        Some(format!("{}:{rest}", schema.id))
    })
}

/// Renames the keys of a body that are URNs. A name that is taken stays.
pub(super) fn rename_keys(
    resource_type: &'static ResourceType,
    body: &mut Map<String, Value>,
    used: &mut Rewrites,
) {
    let renames: Vec<_> = body
        .keys()
        .filter(|key| key.contains(':'))
        .filter_map(|key| meant(resource_type, key).map(|(urn, rewrite)| (key.clone(), urn, rewrite)))
        .collect();
    for (key, urn, rewrite) in renames {
        if !body.contains_key(urn)
            && let Some(value) = body.remove(&key)
        {
            body.insert(urn.to_owned(), value);
            used.insert(rewrite);
        }
    }
}

fn squeeze(urn: &str) -> String {
    urn.chars().filter(|c| *c != ':').collect::<String>().to_ascii_lowercase()
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}
