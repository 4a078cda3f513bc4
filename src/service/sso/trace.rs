//! What is left of a refused login: one line in the log with the code, and a login trace with the sentence, under the
//! reference id that the browser shows.

use serde_json::json;

use super::refusal::Refusal;
use crate::{
    model::{
        Millis,
        ids::{LoginTraceId, ProjectId, SamlConnectionId},
    },
    service::{Context, new_id},
    store::{
        StoreError, Tx,
        login_traces::{self, LoginTrace},
        saml_connections,
    },
};

/// How long traces are kept.
const KEPT: Millis = 7 * 24 * 60 * 60 * 1000;

const HOUR: Millis = 60 * 60 * 1000;

/// So many characters of a sentence are kept: it may quote a megabyte that anybody posted (R32).
const DETAIL: usize = 500;

/// So many traces per organization and hour are kept; the rest is in the log alone (R32).
const PER_HOUR: i64 = 200;

/// Notes a refusal. A trace that cannot be written is logged and otherwise forgotten: the browser has its answer.
pub async fn refused(
    cx: &Context,
    project: &ProjectId,
    connection: &str,
    reference: &str,
    refusal: &Refusal,
) {
    // The code alone: the sentence may quote what the provider sent, and that may be personal (R31).
    tracing::info!(request_id = reference, connection, reason = refusal.code(), "login refused");
    let Ok(id) = SamlConnectionId::parse(connection) else { return };
    if let Err(error) = keep(cx, project, &id, reference, refusal).await {
        tracing::warn!(%error, "a login trace could not be written");
    }
}

async fn keep(
    cx: &Context,
    project: &ProjectId,
    id: &SamlConnectionId,
    reference: &str,
    refusal: &Refusal,
) -> Result<(), StoreError> {
    let (of, id, since) = (project.clone(), id.clone(), cx.now().plus(-HOUR));
    // Counted on a reader: a flood of refusals must not queue up at the one writer.
    let look = move |tx: &mut Tx<'_>| {
        let Some(connection) = saml_connections::find_in_project(tx, &of, &id)? else { return Ok(None) };
        let count = login_traces::count_since(tx, &connection.organization_id, since)?;
        Ok::<_, StoreError>((count < PER_HOUR).then_some(connection))
    };
    let Some(connection) = cx.store.read(look).await? else { return Ok(()) };
    let now = cx.now();
    let detail: String = refusal.to_string().chars().take(DETAIL).collect();
    let mut steps: Vec<_> =
        refusal.passed().iter().map(|check| json!({ "check": check, "passed": true })).collect();
    steps.push(json!({ "check": refusal.code(), "passed": false, "detail": detail }));
    let trace = LoginTrace {
        id: new_id!(cx, LoginTraceId),
        project_id: project.clone(),
        organization_id: Some(connection.organization_id.clone()),
        connection_id: Some(connection.id.to_string()),
        reference_id: reference.to_owned(),
        outcome: "refused".into(),
        code: refusal.code().into(),
        email_hash: None,
        steps: json!(steps).to_string(),
        created_at: now,
        expires_at: now.plus(KEPT),
    };
    // Counted again here: those that arrived together have all seen the same count.
    let write = move |tx: &mut Tx<'_>| {
        let count = login_traces::count_since(tx, &connection.organization_id, since)?;
        if count < PER_HOUR { login_traces::insert(tx, &trace) } else { Ok(()) }
    };
    cx.store.write(write).await
}
