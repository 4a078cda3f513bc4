//! A step of a suite, and the words to write one.

use serde_json::{Value, json};

use crate::scim::{patch::PATCH_URN, schema::USER_URN};

/// A user whom no organization has: the domain is reserved (RFC 2606) and cannot be proved.
pub(super) const NAME: &str = "vestibule-check@check.invalid";

/// What a request proves its right with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Credential {
    /// The token of the check.
    Token,
    /// A token that nobody has given out.
    Other,
    /// Nothing.
    None,
}

/// A request and the answer that it should get; `{user}` and `{group}` are the ids of what the steps before have made.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) body: Value,
    pub(super) wanted: u16,
    pub(super) credential: Credential,
    pub(super) agent: &'static str,
    /// JSON pointers into the answer, and what should be there.
    pub(super) expected: Vec<(&'static str, Value)>,
}

pub(super) fn step(name: &'static str, method: &'static str, path: &str, body: Value, wanted: u16) -> Step {
    Step {
        name,
        method,
        path: path.to_owned(),
        body,
        wanted,
        credential: Credential::Token,
        agent: "Vestibule-Check/1.0",
        expected: Vec::new(),
    }
}

pub(super) fn get(name: &'static str, path: &str, wanted: u16) -> Step {
    step(name, "GET", path, Value::Null, wanted)
}

impl Step {
    /// The answer must hold this there.
    pub(super) fn expecting(mut self, pointer: &'static str, value: Value) -> Self {
        self.expected.push((pointer, value));
        self
    }

    pub(super) fn with(self, credential: Credential) -> Self {
        Self { credential, ..self }
    }

    pub(super) fn from(self, agent: &'static str) -> Self {
        Self { agent, ..self }
    }
}

/// A path with a filter, encoded as providers encode it.
pub(super) fn filtered(collection: &str, filter: &str, more: &str) -> String {
    let filter: String = form_urlencoded::byte_serialize(filter.as_bytes()).collect();
    format!("{collection}?filter={filter}{more}")
}

pub(super) fn patch(operations: &Value) -> Value {
    json!({ "schemas": [PATCH_URN], "Operations": operations })
}

pub(super) fn person() -> Value {
    json!({
        "schemas": [USER_URN], "userName": NAME, "externalId": "vestibule-check", "active": true, "locale": "en-US",
        "name": { "givenName": "Check", "familyName": "Connection" }, "groups": [], "password": "not kept",
        "emails": [{ "primary": true, "value": NAME, "type": "work" }], "displayName": "Check Connection"
    })
}
