//! The log of requests, redacted: an admin sees what the provider does, not whom it does it to.

use serde_json::{Map, Value};

use crate::{
    model::ids::{GroupId, OrganizationId, ScimConnectionId, UserId},
    scim::dialect::Rewrite,
    service::Context,
    store::{
        StoreError,
        scim_rewrite_counts::{self, ScimRewriteCount},
        scim_traces::{self, ScimTrace},
    },
};

/// Members whose texts are the protocol's, not a person's.
const PLAIN: &[&str] = &["op", "path", "schemas", "method", "type", "resourceType", "sortBy", "sortOrder"];
/// The most elements of a list, and the most bytes of a body, that are kept.
const MAX_ITEMS: usize = 10;
const MAX_BODY: usize = 4 * 1024;
const MAX_PATH: usize = 500;

/// The last requests of an organization, newest first.
pub async fn last(
    cx: &Context,
    organization: &OrganizationId,
    connection: Option<&ScimConnectionId>,
    limit: u16,
) -> Result<Vec<ScimTrace>, StoreError> {
    let (organization, connection) = (organization.clone(), connection.cloned());
    cx.store.read(move |tx| scim_traces::last(tx, &organization, connection.as_ref(), i64::from(limit))).await
}

/// How often each rewrite was needed on a connection.
pub async fn rewrites(
    cx: &Context,
    connection: &ScimConnectionId,
) -> Result<Vec<ScimRewriteCount>, StoreError> {
    let connection = connection.clone();
    cx.store.read(move |tx| scim_rewrite_counts::list(tx, &connection)).await
}

/// What a rewrite is, for a person: what is sent, and who is known to send it.
pub fn explained(code: &str) -> String {
    match Rewrite::ALL.into_iter().find(|rewrite| rewrite.code() == code) {
        Some(rewrite) => rewrite.explanation(),
        None => code.to_owned(),
    }
}

/// Path and body without what people could be told by.
pub(in crate::service::provisioning) fn redacted(path: &str, body: &Value) -> (String, String) {
    let path = redacted_path(path);
    let body = match body {
        Value::Null => String::new(),
        body => redacted_value(body, false).to_string(),
    };
    (cut(&path, MAX_PATH), cut(&body, MAX_BODY))
}

/// Segments of our own paths.
const SEGMENTS: &[&str] = &[
    "",
    "api",
    "scim",
    "v1",
    "v2",
    "users",
    "groups",
    "user",
    "group",
    ".search",
    "bulk",
    "me",
    "schemas",
    "resourcetypes",
    "serviceproviderconfig",
];

/// Only what is the protocol's stays: anybody may put an address where an id belongs, or into a parameter of their own.
fn redacted_path(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let path = path.split('/').map(redacted_segment).collect::<Vec<_>>().join("/");
    if query.is_empty() {
        return path;
    }
    let pairs = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| {
        let value = match name.as_ref() {
            "filter" => redacted_filter(&value),
            "startIndex" | "count" if value.parse::<i64>().is_ok() => value.into_owned(),
            "sortBy" | "sortOrder" | "attributes" | "excludedAttributes" => redacted_list(&value),
            _ if value.is_empty() => String::new(),
            _ => "...".to_owned(),
        };
        format!("{}={value}", if is_path(&name) { &name } else { "..." })
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

fn redacted_segment(segment: &str) -> &str {
    let name = segment.strip_suffix(".scim").unwrap_or(segment);
    let is_ours = SEGMENTS.iter().any(|ours| ours.eq_ignore_ascii_case(name));
    let is_id = UserId::parse(name).is_ok() || GroupId::parse(name).is_ok();
    let is_urn = name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) && is_path(name);
    if is_ours || is_id || is_urn { segment } else { "..." }
}

/// Names of attributes, without what selects among their values.
fn redacted_list(list: &str) -> String {
    let shown = list.split(',').map(|name| {
        let plain = name.split('[').next().unwrap_or_default().trim();
        if is_path(plain) { redacted_name(name.trim()) } else { "...".to_owned() }
    });
    shown.collect::<Vec<_>>().join(",")
}

/// Whether the text can be the path of an attribute; an address cannot.
fn is_path(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '_' | '-' | '$'))
}

fn redacted_filter(filter: &str) -> String {
    crate::scim::filter::parse(filter).map_or_else(|_| "(unreadable)".to_owned(), |filter| filter.outline())
}

fn redacted_value(value: &Value, is_plain: bool) -> Value {
    match value {
        Value::String(text) if !is_plain => Value::from(format!("({} characters)", text.chars().count())),
        // A path may select by a person's id or address.
        Value::String(text) => Value::from(text.split('[').next().unwrap_or_default()),
        Value::Number(_) => Value::from("(number)"),
        Value::Array(items) => {
            let mut shown: Vec<Value> =
                items.iter().take(MAX_ITEMS).map(|item| redacted_value(item, is_plain)).collect();
            if items.len() > MAX_ITEMS {
                shown.push(Value::from(format!("({} more)", items.len() - MAX_ITEMS)));
            }
            Value::Array(shown)
        }
        Value::Object(members) => {
            let shown = members.iter().map(|(name, value)| {
                let is_plain = PLAIN.iter().any(|plain| name.eq_ignore_ascii_case(plain));
                (redacted_name(name), redacted_value(value, is_plain))
            });
            Value::Object(shown.collect::<Map<_, _>>())
        }
        Value::Null | Value::Bool(_) => value.clone(),
    }
}

/// A name may be a path, and select by a person's id or address. The brackets stay, so that it is not taken for the plain
/// name beside it.
fn redacted_name(name: &str) -> String {
    name.split_once('[').map_or_else(|| name.to_owned(), |(name, _)| format!("{name}[...]"))
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r31_a_trace_holds_no_name_and_no_address() {
        let body = json!({
            "schemas": ["urn:x"], "userName": "anna@acme.example", "name": { "givenName": "Anna" },
            "emails": [{ "value": "anna@acme.example", "type": "work", "primary": true }],
            "Operations": [{ "op": "add", "path": "members[value eq \"anna@acme.example\"]", "value": "Anna" }],
            "emails[value eq \"anna@acme.example\"].type": "x", "employeeNumber": 7781
        });
        let path = "/Users?filter=userName%20eq%20%22anna%40acme.example%22&count=1&cursor=Anna";
        let (path, body) = redacted(path, &body);
        let both = format!("{path} {body}");
        assert!(!both.to_lowercase().contains("anna") && !both.contains("7781"), "{both}");
        assert!(path.contains("userName eq") && path.contains("count=1"), "{path}");
        assert!(body.contains("\"op\":\"add\"") && body.contains("\"primary\":true"), "{body}");
    }

    #[test]
    fn r31_a_trace_holds_only_what_the_protocol_knows_of_a_path() {
        let shown = |path: &str| redacted(path, &Value::Null).0;
        let id = UserId::from_u128(7);
        for plain in [
            format!("/scim/v2/Users/{id}"),
            format!("/api/scim/v1/Users/{id}.scim?attributes=userName,name.givenName&aadOptscim062020="),
            "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User".to_owned(),
            "/scim/v2/Groups/.search?startIndex=1&count=100&sortBy=displayName&sortOrder=descending"
                .to_owned(),
        ] {
            assert_eq!(shown(&plain), plain);
        }
        for (path, wanted) in [
            ("/scim/v2/Users/ada@acme.example", "/scim/v2/Users/..."),
            ("/scim/v2/Users/ada%40acme.example", "/scim/v2/Users/..."),
            ("/Users?userName=ada@acme.example", "/Users?userName=..."),
            ("/Users?Filter=userName%20eq%20%22ada%22", "/Users?Filter=..."),
            ("/Users?ada@acme.example", "/Users?...="),
            ("/Users?count=ada&sortBy=ada@acme.example", "/Users?count=...&sortBy=..."),
            ("/Users?attributes=emails[value%20eq%20%22ada%22],id", "/Users?attributes=emails[...],id"),
        ] {
            assert_eq!(shown(path), wanted);
        }
    }

    #[test]
    fn r32_a_trace_is_short() {
        let members: Vec<Value> = (0..50_000).map(|n| json!({ "value": n.to_string() })).collect();
        let (_, body) = redacted("/Groups", &json!({ "members": members }));
        assert!(body.len() < 1_000 && body.contains("49990 more"));
    }
}
