//! *Check connection*: what Okta and Entra do when a connection is set up, and a sweep over the schema, sent to the
//! organization's own SCIM endpoint as a provider would send it. All of it happens in a sandbox, so that no user, no event
//! and no token of it remains, and a connection that is still a draft is checked as it will be once it is live.
//!
//! This module says what to send and judges the answers; the web server's side (`http::scim::check`) carries them.

mod judge;
mod steps;
mod suites;

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;

pub use super::target::{Target, find};
use super::{AdminError, keys};
pub use judge::{Answer, Run, Sent};
use suites::suites;

use crate::{
    model::{ConnectionStatus, Millis, Timestamp, ids::ScimConnectionId},
    service::Context,
    store::{
        Sandbox, StoreError, Tx,
        scim_checks::{self, ScimCheck},
        scim_connections::{self, ScimConnection},
    },
};

/// So long at most is everybody's writing kept waiting by one suite.
const LIMIT: Duration = Duration::from_secs(5);

/// So long lies between two checks that strangers ask for.
const PAUSE: Millis = 10 * 1000;

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Whose habit it is: `access`, `okta`, `entra`, `entra-optscim` or `schema`.
    pub suite: String,
    /// What was tried.
    pub name: String,
    /// The status that was expected.
    pub wanted: u16,
    /// The status that came.
    pub got: u16,
    /// What was wrong with the answer.
    pub fault: Option<String>,
}

impl Checked {
    /// Whether it went as it should.
    pub fn passed(&self) -> bool {
        self.fault.is_none()
    }
}

/// One suite, in a sandbox of its own.
pub struct Trial {
    /// One suite at a time keeps everybody's writing waiting.
    _turn: Option<OwnedSemaphorePermit>,
    sandbox: Sandbox,
    cx: Context,
    run: Run,
}

/// The names of the suites, in their order.
pub fn suite_names() -> [&'static str; 5] {
    ["access", "okta", "entra", "entra-optscim", "schema"]
}

impl Trial {
    /// Opens the sandbox for a suite, with a token that exists in it alone.
    pub async fn open(cx: &Context, target: &Target, suite: &str) -> Result<Self, AdminError> {
        let turn = cx.provisioning.sandbox_turn().await;
        let token = keys::new_token(cx);
        let sandbox = cx.store.sandbox(LIMIT);
        let within = Context { store: sandbox.store().clone(), provisioning: Arc::default(), ..cx.clone() };
        let connection = as_live(&target.connection);
        let key = keys::row(cx, &target.organization.id, connection.id.clone(), "check", &token, None, None);
        let prepare = move |tx: &mut Tx<'_>| {
            scim_connections::update(tx, &connection)?;
            scim_connections::insert_key(tx, &key)
        };
        within.store.write(prepare).await?;
        let run = Run::new(suite, suites(suite, target.catalog), token, keys::new_token(cx));
        Ok(Self { _turn: turn, sandbox, cx: within, run })
    }

    /// What the SCIM server runs on meanwhile.
    pub fn context(&self) -> &Context {
        &self.cx
    }

    /// The requests, to be sent one after the other, and their answers.
    pub fn run(&mut self) -> &mut Run {
        &mut self.run
    }

    /// Undoes everything, and tells how it went.
    pub async fn end(self) -> Vec<Checked> {
        let Self { _turn, sandbox, cx, run } = self;
        drop(cx);
        sandbox.end().await;
        run.into_checked()
    }
}

/// A draft as it will be. A hold of mass deactivations is no matter of one user who does not exist.
fn as_live(connection: &ScimConnection) -> ScimConnection {
    let status = match connection.status {
        ConnectionStatus::Draft => ConnectionStatus::Enabled,
        status => status,
    };
    ScimConnection { status, hold_enabled: false, held_until: None, ..connection.clone() }
}

/// Whether a check may begin now: a stranger could keep everybody's writes waiting.
pub(in crate::service) fn may_begin(
    tx: &mut Tx<'_>,
    cx: &Context,
    connection: &ScimConnection,
) -> Result<bool, StoreError> {
    let now = cx.now();
    scim_checks::begin(tx, &connection.organization_id, &connection.id, now, now.plus(-PAUSE))
}

/// Keeps the outcome, to be shown and to be asked for when the connection is made live.
pub async fn keep(cx: &Context, target: &Target, checked: &[Checked]) -> Result<(), AdminError> {
    let passed = checked.iter().all(Checked::passed);
    let report = serde_json::to_string(checked)
        .map_err(|error| AdminError::Store(StoreError::Damaged(error.to_string())))?;
    let (organization, connection, now) =
        (target.organization.id.clone(), target.connection.id.clone(), cx.now());
    let write = move |tx: &mut Tx<'_>| {
        scim_checks::begin(tx, &organization, &connection, now, now)?;
        scim_checks::finish(tx, &connection, passed, &report, now)
    };
    Ok(cx.store.write(write).await?)
}

/// The last check of a connection that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastCheck {
    /// When it ended.
    pub at: Timestamp,
    /// Whether every step went as it should.
    pub passed: bool,
    /// The steps.
    pub checked: Vec<Checked>,
}

/// The last check of a connection that came to its end.
pub async fn last(cx: &Context, connection: &ScimConnectionId) -> Result<Option<LastCheck>, StoreError> {
    let id = connection.clone();
    cx.store.read(move |tx: &mut Tx<'_>| last_of(tx, &id)).await
}

/// The same within a transaction.
pub(in crate::service) fn last_of(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
) -> Result<Option<LastCheck>, StoreError> {
    let found = scim_checks::find(tx, connection)?;
    let Some(ScimCheck { passed: Some(passed), report: Some(report), finished_at: Some(at), .. }) = found
    else {
        return Ok(None);
    };
    let checked = serde_json::from_str(&report).map_err(|error| StoreError::Damaged(error.to_string()))?;
    Ok(Some(LastCheck { at, passed, checked }))
}
