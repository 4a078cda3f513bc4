//! What is left of a login attempt: one line in the log with the code, and a login trace with every step, under the
//! reference id that the browser shows. Outside of the login's own transaction, capped, kept a week.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value, json};

use super::{
    consume::Arrived,
    explain::{self, Explained},
    refusal::{Refusal, SsoError},
};
use crate::{
    model::{
        EmailAddress, Millis,
        ids::{LoginTraceId, OrganizationId, ProjectId, SamlConnectionId},
    },
    saml::{self, binding::post, response::Warning},
    service::{Context, new_id, providers},
    store::{
        StoreError, Tx,
        login_traces::{self, LoginTrace},
        saml_connections::{self, SamlConnection},
    },
};

/// How long traces are kept.
const KEPT: Millis = 7 * 24 * 60 * 60 * 1000;

const HOUR: Millis = 60 * 60 * 1000;

/// So many characters of a sentence are kept: it may quote a megabyte that anybody posted (R32).
const DETAIL: usize = 500;

/// So many traces of one outcome per organization and hour are kept; the rest is in the log alone (R32).
const PER_HOUR: i64 = 200;

/// An outcome of a trace: somebody signed in.
pub const SIGNED_IN: &str = "signed_in";
/// See [`SIGNED_IN`].
pub const REFUSED: &str = "refused";
/// A login that began at the provider, and of which the person was asked (R8).
pub const CONSENT_ASKED: &str = "consent_asked";
/// A test sign-in of the set-up pages that passed.
pub const TEST_PASSED: &str = "test_passed";
/// One that failed.
pub const TEST_FAILED: &str = "test_failed";
/// All of them.
pub const OUTCOMES: [&str; 5] = [SIGNED_IN, REFUSED, CONSENT_ASKED, TEST_PASSED, TEST_FAILED];

/// An attempt, to be kept.
#[derive(Debug, Clone)]
pub struct TraceEntry {
    /// Whose.
    pub organization: OrganizationId,
    /// On which connection.
    pub connection: SamlConnectionId,
    /// The request id that the browser was shown.
    pub reference: String,
    /// How it ended.
    pub outcome: &'static str,
    /// The stable reason code, or `ok`.
    pub code: String,
    /// Who it was, where that is known; kept as a keyed hash alone (R26).
    pub email: Option<String>,
    /// The steps, a JSON array.
    pub steps: Value,
    /// The form field `SAMLResponse`, of which the structure is kept.
    pub message: Option<Arc<str>>,
}

/// A refusal that came before anything was known of the person.
#[derive(Debug, Clone, Copy)]
pub struct Refused<'a> {
    /// The project of the host.
    pub project: &'a ProjectId,
    /// The connection in the URL.
    pub connection: &'a str,
    /// The request id that the browser is shown.
    pub reference: &'a str,
    /// Why.
    pub refusal: &'a Refusal,
    /// The form field `SAMLResponse`, where one was refused.
    pub message: Option<&'a Arc<str>>,
}

/// Notes a refusal. A trace that cannot be written is logged and otherwise forgotten: the browser has its answer.
pub async fn refused(cx: &Context, refused: Refused<'_>) {
    let Refused { project, connection, reference, refusal, message } = refused;
    // The code alone: the sentence may quote what the provider sent, and that may be personal (R31).
    tracing::info!(request_id = reference, connection, reason = refusal.code(), "login refused");
    let Ok(id) = SamlConnectionId::parse(connection) else { return };
    let (of, seen) = (project.clone(), reference.to_owned());
    // A refusal of a person who was known has its trace already, with more in it.
    let look = move |tx: &mut Tx<'_>| match login_traces::find(tx, &of, &seen)? {
        Some(_) => Ok(None),
        None => saml_connections::find_in_project(tx, &of, &id),
    };
    let connection = match cx.store.read(look).await {
        Ok(Some(connection)) => connection,
        Ok(None) => return,
        Err(error) => return not_written(&error),
    };
    let mut steps = passed_steps(refusal.passed(), refusal.warnings());
    steps.push(failed_step(refusal, &connection));
    let entry = TraceEntry {
        organization: connection.organization_id,
        connection: connection.id,
        reference: reference.to_owned(),
        outcome: REFUSED,
        code: refusal.code().into(),
        email: None,
        steps: json!(steps),
        message: message.cloned(),
    };
    keep_trace(cx, project, entry).await;
}

/// Notes how the attempt of a person who is known ended; a failure of ours is no outcome.
pub(super) async fn of_person(
    cx: &Context,
    arrived: &Arrived,
    outcome: &'static str,
    error: Option<&SsoError>,
) {
    let refusal = match error {
        None => None,
        Some(SsoError::Refused(refusal)) => Some(refusal),
        Some(_) => return,
    };
    let mut steps = passed_steps(&arrived.passed, &arrived.warnings);
    match refusal {
        Some(refusal) => steps.push(failed_step(refusal, &arrived.connection)),
        None if arrived.profile.groups_withheld => {
            let detail = "the provider sent a link in place of groups; memberships stay as they are";
            steps.push(warned_step("groups", detail));
        }
        None => {}
    }
    let entry = TraceEntry {
        organization: arrived.connection.organization_id.clone(),
        connection: arrived.connection.id.clone(),
        reference: arrived.actor.request_id.clone().unwrap_or_default(),
        outcome: if refusal.is_some() { REFUSED } else { outcome },
        code: refusal.map_or("ok", Refusal::code).to_owned(),
        email: arrived.profile.email.as_ref().map(|email| email.folded().to_owned()),
        steps: json!(steps),
        message: Some(Arc::clone(&arrived.saml_response)),
    };
    keep_trace(cx, &arrived.project, entry).await;
}

/// The checks that passed, and after them what should be mended all the same.
fn passed_steps(passed: &[&str], warnings: &[Warning]) -> Vec<Value> {
    let passed = passed.iter().map(|check| json!({ "check": check, "passed": true }));
    passed.chain(warnings.iter().map(|warning| warned_step(warning.code(), &warning.to_string()))).collect()
}

fn warned_step(check: &str, detail: &str) -> Value {
    json!({ "check": check, "passed": true, "state": "warning", "detail": detail })
}

/// The check that did not pass: what was wanted, what came, and what to correct at the provider, in its own words.
fn failed_step(refusal: &Refusal, connection: &SamlConnection) -> Value {
    let detail: String = refusal.to_string().chars().take(DETAIL).collect();
    let Explained { wanted, got, fix } = explain::refusal(refusal, providers::of(&connection.provider));
    let mut step = json!({ "check": refusal.code(), "passed": false, "detail": detail });
    for (name, text) in [("wanted", wanted), ("got", got), ("fix", fix)] {
        if let Some(text) = text {
            step[name] = text.into();
        }
    }
    step
}

/// Keeps an attempt, if the organization has not had too many.
pub async fn keep_trace(cx: &Context, project: &ProjectId, entry: TraceEntry) {
    if let Err(error) = keep(cx, project, entry).await {
        not_written(&error);
    }
}

fn not_written(error: &StoreError) {
    tracing::warn!(%error, "a login trace could not be written");
}

async fn keep(cx: &Context, project: &ProjectId, entry: TraceEntry) -> Result<(), StoreError> {
    let now = cx.now();
    // Logins that work are many. What one process may keep of them is counted here, so that a busy hour asks nothing of
    // the database.
    if entry.outcome == SIGNED_IN && !cx.trace_budget.take(&entry.organization, now.millis() / HOUR) {
        return Ok(());
    }
    let (since, organization, outcome) = (now.plus(-HOUR), entry.organization.clone(), entry.outcome);
    let posted = entry.message;
    // Counted on a reader: a flood of refusals must not queue up at the one writer. What is left out of the message is
    // left out there too, off the workers that serve everybody.
    let count = move |tx: &mut Tx<'_>| {
        let room = login_traces::count_since(tx, &organization, outcome, since)? < PER_HOUR;
        Ok::<_, StoreError>(room.then(|| posted.as_deref().and_then(without_values)))
    };
    let Some(message) = cx.store.read(count).await? else { return Ok(()) };
    let trace = LoginTrace {
        id: new_id!(cx, LoginTraceId),
        project_id: project.clone(),
        email_hash: entry.email.as_deref().map(|email| email_hash(cx, &entry.organization, email)),
        organization_id: Some(entry.organization.clone()),
        connection_id: Some(entry.connection.to_string()),
        reference_id: entry.reference,
        outcome: outcome.into(),
        code: entry.code,
        steps: entry.steps.to_string(),
        message,
        created_at: now,
        expires_at: now.plus(KEPT),
    };
    // Counted again here: those that arrived together have all seen the same count.
    let write = move |tx: &mut Tx<'_>| {
        let count = login_traces::count_since(tx, &entry.organization, outcome, since)?;
        if count < PER_HOUR { login_traces::insert(tx, &trace) } else { Ok(()) }
    };
    cx.store.write(write).await
}

/// The posted message as it may be kept; nothing where it is no message.
fn without_values(saml_response: &str) -> Option<String> {
    saml::redact(&post::decode(saml_response).ok()?)
}

/// The address as traces know it: nobody without the master key can tell whose it is, or find the same person in another
/// organization (R26).
fn email_hash(cx: &Context, organization: &OrganizationId, email: &str) -> String {
    let folded =
        EmailAddress::parse(email).map_or_else(|_| email.to_owned(), |email| email.folded().to_owned());
    cx.master_key.keyed_hash("login_traces.email_hash", &[organization.as_str(), &folded])
}

/// What to look for among an organization's traces.
#[derive(Debug, Clone, Default)]
pub struct TraceQuery {
    /// Of this address.
    pub email: Option<String>,
    /// With this reference.
    pub reference: Option<String>,
    /// With this outcome.
    pub outcome: Option<String>,
    /// At most so many, the newest first.
    pub limit: i64,
}

/// The organization's traces that fit, the newest first.
pub async fn traces(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
    query: TraceQuery,
) -> Result<Vec<LoginTrace>, StoreError> {
    let filter = login_traces::Filter {
        email_hash: query.email.as_deref().map(|email| email_hash(cx, organization, email)),
        reference_id: query.reference,
        outcome: query.outcome,
    };
    let (project, organization) = (project.clone(), organization.clone());
    let find = move |tx: &mut Tx<'_>| {
        login_traces::search(tx, &project, &organization, &filter, query.limit.clamp(1, 1000))
    };
    cx.store.read(find).await
}

/// What this process may still keep of logins that work, by organization and hour.
#[derive(Debug, Default)]
pub struct TraceBudget(Mutex<(i64, HashMap<OrganizationId, i64>)>);

impl TraceBudget {
    /// Whether one more may be kept in this hour.
    fn take(&self, organization: &OrganizationId, hour: i64) -> bool {
        // A panic elsewhere leaves the counts whole: every change of them is one call.
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.0 != hour {
            *counts = (hour, HashMap::new());
        }
        let count = counts.1.entry(organization.clone()).or_default();
        *count += 1;
        *count <= PER_HOUR
    }
}
