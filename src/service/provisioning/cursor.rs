//! Cursors (RFC 9865): where a page ended, sealed. The server keeps nothing; a cursor opens only for the connection and
//! the search that it was made for, grants nothing, and expires.

use openssl::sha::sha256;
use serde_json::{Value, json};

use super::{ProvisioningError, ScimTenant};
use crate::{
    model::Millis,
    scim::{ScimError, list::Query},
    service::Context,
    store::seal::Place,
};

/// How long a cursor may be used. A provider that reads a million users by pages of 100 needs an hour or two.
pub const LIFETIME: Millis = 6 * 60 * 60 * 1000;

/// Longer ones are not ours.
const MAX_LENGTH: usize = 4096;

/// Where a page ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    /// After this id, in the order of ids.
    Id(String),
    /// After this value of the column that it is sorted by, and this id.
    Value(Value, String),
    /// After so many resources, where neither index nor id orders them.
    Offset(usize),
}

/// Seals the end of a page.
pub(super) fn seal(
    cx: &Context,
    tenant: &ScimTenant,
    endpoint: &str,
    query: &Query,
    mark: &Mark,
) -> Result<String, ProvisioningError> {
    let mark = match mark {
        Mark::Id(id) => json!([id]),
        Mark::Value(value, id) => json!([value, id]),
        Mark::Offset(offset) => json!(offset),
    };
    let until = cx.now().plus(LIFETIME).millis();
    let plain = json!({ "s": fingerprint(endpoint, query), "e": until, "m": mark }).to_string();
    let sealed = cx.master_key.seal(place(tenant), plain.as_bytes(), &*cx.rng);
    // The alphabet of RFC 3986's unreserved characters.
    sealed.map(|text| text.replace('+', "-").replace('/', "_")).map_err(|_| ScimError::BadCursor.into())
}

/// Opens a cursor that was made for this search.
pub(super) fn open(
    cx: &Context,
    tenant: &ScimTenant,
    endpoint: &str,
    query: &Query,
    cursor: &str,
) -> Result<Mark, ScimError> {
    let bad = || ScimError::BadCursor;
    if cursor.len() > MAX_LENGTH {
        return Err(bad());
    }
    let sealed = cursor.replace('-', "+").replace('_', "/");
    let plain = cx.master_key.open(place(tenant), &sealed).map_err(|_| bad())?;
    let plain: Value = serde_json::from_slice(&plain).map_err(|_| bad())?;
    if plain["s"].as_str() != Some(&fingerprint(endpoint, query)) {
        return Err(bad());
    }
    if plain["e"].as_i64().is_none_or(|until| until <= cx.now().millis()) {
        return Err(ScimError::ExpiredCursor);
    }
    match &plain["m"] {
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(id)] => Ok(Mark::Id(id.clone())),
            [value, Value::String(id)] => Ok(Mark::Value(value.clone(), id.clone())),
            _ => Err(bad()),
        },
        offset => offset.as_u64().and_then(|n| usize::try_from(n).ok()).map(Mark::Offset).ok_or_else(bad),
    }
}

fn place(tenant: &ScimTenant) -> Place<'_> {
    Place {
        table: "scim",
        column: "cursor",
        row: tenant.connection.id.as_str(),
        tenant: tenant.organization.id.as_str(),
    }
}

/// What the search was, so that a cursor leads nowhere else.
pub(super) fn fingerprint(endpoint: &str, query: &Query) -> String {
    let hash = sha256(format!("{endpoint}\n{}", query.identity()).as_bytes());
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
