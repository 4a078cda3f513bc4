//! The log of requests, redacted: an admin sees what the provider does, not whom it does it to.

use serde_json::{Map, Value};

use crate::{
    model::ids::{OrganizationId, ScimConnectionId},
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

/// What a rewrite is, for a person: who is known to send it, and why.
pub fn explained(code: &str) -> String {
    match Rewrite::ALL.into_iter().find(|rewrite| rewrite.code() == code) {
        Some(rewrite) => format!("{}: {}", rewrite.provider(), rewrite.reason()),
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

/// The values of a filter are names and addresses: what stands in quotes, and what stands there without.
fn redacted_path(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let pairs = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| {
        let value = match name.as_ref() {
            "filter" => redacted_filter(&value),
            "cursor" => "...".to_owned(),
            _ => value.into_owned(),
        };
        format!("{name}={value}")
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
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
    fn r32_a_trace_is_short() {
        let members: Vec<Value> = (0..50_000).map(|n| json!({ "value": n.to_string() })).collect();
        let (_, body) = redacted("/Groups", &json!({ "members": members }));
        assert!(body.len() < 1_000 && body.contains("49990 more"));
    }
}
