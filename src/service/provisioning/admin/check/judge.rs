//! One suite on its way: the next request, and what is said of its answer.

use std::collections::VecDeque;

use serde_json::Value;

use super::{
    Checked,
    steps::{Credential, Step},
};
use crate::model::secret::Secret;

/// A request to be sent, below the address of the SCIM server.
#[derive(Debug, Clone)]
pub struct Sent {
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: &'static str,
    /// The path, with its query, encoded.
    pub path: String,
    /// The bearer token, if one is sent.
    pub token: Option<Secret>,
    /// `User-Agent`.
    pub agent: &'static str,
    /// The body, with the media type of SCIM.
    pub body: Option<String>,
}

/// What came.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// `Location`.
    pub location: String,
    /// `WWW-Authenticate`.
    pub challenge: String,
    /// The body as JSON; null where it is none.
    pub body: Value,
}

/// A suite on its way.
#[derive(Debug)]
pub struct Run {
    suite: String,
    steps: VecDeque<Step>,
    current: Option<Step>,
    token: Secret,
    other_token: Secret,
    user: String,
    group: String,
    checked: Vec<Checked>,
}

impl Run {
    pub(super) fn new(suite: &str, steps: Vec<Step>, token: Secret, other_token: Secret) -> Self {
        Self {
            suite: suite.to_owned(),
            steps: steps.into(),
            current: None,
            token,
            other_token,
            // No ids of ours, until something was made.
            user: "none".to_owned(),
            group: "none".to_owned(),
            checked: Vec::new(),
        }
    }

    /// The next request.
    pub fn next_request(&mut self) -> Option<Sent> {
        let step = self.steps.pop_front()?;
        let sent = Sent {
            method: step.method,
            path: self.with_ids(&step.path),
            token: match step.credential {
                Credential::Token => Some(self.token.clone()),
                Credential::Other => Some(self.other_token.clone()),
                Credential::None => None,
            },
            agent: step.agent,
            body: (!step.body.is_null()).then(|| self.with_ids(&step.body.to_string())),
        };
        self.current = Some(step);
        Some(sent)
    }

    /// Takes in its answer.
    pub fn answered(&mut self, answer: &Answer) {
        let Some(step) = self.current.take() else { return };
        let id = answer.body.get("id").and_then(Value::as_str).unwrap_or_default();
        if answer.status == 201 && !id.is_empty() {
            let place = if step.path.starts_with("/Users") { &mut self.user } else { &mut self.group };
            id.clone_into(place);
        }
        let fault = fault(&step, answer, &|text| self.with_ids(text));
        let (name, wanted) = (step.name.to_owned(), step.wanted);
        self.checked.push(Checked { suite: self.suite.clone(), name, wanted, got: answer.status, fault });
    }

    pub(super) fn into_checked(self) -> Vec<Checked> {
        self.checked
    }

    fn with_ids(&self, text: &str) -> String {
        text.replace("{user}", &self.user).replace("{group}", &self.group)
    }
}

/// What is wrong with an answer, in the order in which a provider would notice.
fn fault(step: &Step, answer: &Answer, with_ids: &dyn Fn(&str) -> String) -> Option<String> {
    if answer.status != step.wanted {
        let detail = answer.body.get("detail").and_then(Value::as_str);
        return Some(detail.unwrap_or("the status is another one").to_owned());
    }
    if answer.status == 401 && !answer.challenge.starts_with("Bearer") {
        return Some("the answer does not ask for a bearer token".to_owned());
    }
    if answer.status == 204 {
        return None;
    }
    if !answer.content_type.starts_with("application/scim+json") {
        return Some(format!("the content type is {:?}, not application/scim+json", answer.content_type));
    }
    let id = answer.body.get("id").and_then(Value::as_str).unwrap_or_default();
    let is_named = !id.is_empty() && answer.location.ends_with(&format!("/{id}"));
    if answer.status == 201 && !is_named {
        return Some("Location does not name what was created".to_owned());
    }
    step.expected.iter().find_map(|(pointer, value)| {
        let wanted: Value = serde_json::from_str(&with_ids(&value.to_string())).unwrap_or_default();
        let got = answer.body.pointer(pointer).unwrap_or(&Value::Null);
        (*got != wanted).then(|| format!("{pointer} is {got}, not {wanted}"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::service::provisioning::admin::check::steps::step;

    fn judged(answer: &Answer) -> Option<String> {
        let step = step("create", "POST", "/Users", json!({ "a": 1 }), 201).expecting("/active", json!(true));
        fault(&step, answer, &str::to_owned)
    }

    #[test]
    fn each_fault_is_named() {
        let good = Answer {
            status: 201,
            content_type: "application/scim+json; charset=utf-8".into(),
            location: "https://x/scim/v2/Users/u1".into(),
            challenge: String::new(),
            body: json!({ "id": "u1", "active": true }),
        };
        assert_eq!(judged(&good), None);
        let status = Answer { status: 400, body: json!({ "detail": "no" }), ..good.clone() };
        assert_eq!(judged(&status).as_deref(), Some("no"));
        assert!(judged(&Answer { status: 502, body: Value::Null, ..good.clone() }).is_some());
        assert!(
            judged(&Answer { content_type: "text/html".into(), ..good.clone() }).unwrap().contains("html")
        );
        assert!(judged(&Answer { location: String::new(), ..good.clone() }).unwrap().contains("Location"));
        let other = Answer { body: json!({ "id": "u1", "active": "True" }), ..good };
        assert_eq!(judged(&other).as_deref(), Some("/active is \"True\", not true"));
    }

    #[test]
    fn ids_go_from_an_answer_into_the_next_request() {
        let steps = vec![
            step("create", "POST", "/Users", json!({}), 201),
            step("team", "POST", "/Groups", json!({ "members": [{ "value": "{user}" }] }), 201),
            step("remove", "DELETE", "/Groups/{group}", Value::Null, 204),
        ];
        let mut run = Run::new("okta", steps, Secret::new("a"), Secret::new("b"));
        run.next_request();
        run.answered(&Answer { status: 201, body: json!({ "id": "u1" }), ..Answer::default() });
        assert!(run.next_request().unwrap().body.unwrap().contains("u1"));
        run.answered(&Answer { status: 201, body: json!({ "id": "g1" }), ..Answer::default() });
        assert_eq!(run.next_request().unwrap().path, "/Groups/g1");
        assert!(run.next_request().is_none());
        assert_eq!(run.into_checked().len(), 2, "what was not answered is not told");
    }
}
