//! The installation itself: whether it answers, what kind it is, and what no longer needs to be kept.

use super::Context;
use crate::{
    model::Millis,
    store::{
        StoreError, Tx, audit_log_events, authorization_codes, login_flows, login_traces, organizations,
        refresh_tokens, saml_assertion_replays, saml_logouts, saml_test_logins, scim_connections,
        scim_traces, sessions,
        settings::{self, Setting},
        setup_links, setup_metadata,
    },
};

/// The setting that says what made the database.
const ENVIRONMENT: &str = "environment";
const DEMO: &str = "demo";

/// Ended flows and codes are kept this long, to recognise a late second use. A flow that did not end is of no use to
/// anybody, and anybody can begin one: it goes when it expires.
const KEPT_AFTER_EXPIRY: Millis = 24 * 60 * 60 * 1000;

/// Used refresh tokens are kept this long. Where a thief was first, the second use is the owner's, who may have been away.
const KEPT_USED_TOKENS: Millis = 14 * 24 * 60 * 60 * 1000;

/// Set-up links are listed for so long after their end.
const KEPT_LINKS: Millis = 30 * 24 * 60 * 60 * 1000;

/// Test logins are kept for as long as the set-up link may live that shows them.
const KEPT_TESTS: Millis = 7 * 24 * 60 * 60 * 1000;

/// How many rows go in one transaction.
const PORTION: i64 = 1_000;
const PORTION_ROWS: usize = 1_000;

/// Whether the database answers.
pub async fn check(cx: &Context) -> Result<(), StoreError> {
    cx.store.read(|tx| settings::find(tx, ENVIRONMENT)).await.map(drop)
}

/// How far in the future the newest thing lies that this installation has written down. More than a moment says that the
/// clock of this machine has gone back, or that another node's goes ahead.
pub async fn ahead_of_clock(cx: &Context) -> Result<Millis, StoreError> {
    let newest = cx.store.read(audit_log_events::newest).await?;
    Ok(newest.map_or(0, |newest| newest.millis() - cx.now().millis()).max(0))
}

/// Whether `vestibule demo` made this database (R29).
pub async fn is_demo(cx: &Context) -> Result<bool, StoreError> {
    let environment = cx.store.read(|tx| settings::find(tx, ENVIRONMENT)).await?;
    Ok(environment.as_deref() == Some(DEMO))
}

/// Marks an empty database as a demo's, for good.
pub async fn mark_demo(cx: &Context) -> Result<(), StoreError> {
    let setting = Setting { name: ENVIRONMENT.into(), value: DEMO.into() };
    cx.store.write(move |tx| settings::insert(tx, &setting)).await
}

/// Forgets what has expired (R32). Returns how many rows went. There is one writer for everybody: it gets the rows in
/// small portions, and others come between. Audit rows and events are append-only: they stay.
pub async fn forget_expired(cx: &Context) -> Result<usize, StoreError> {
    let now = cx.now();
    let before = now.plus(-KEPT_AFTER_EXPIRY);
    let week = now.plus(-KEPT_TESTS);
    let used = now.plus(-KEPT_USED_TOKENS);
    let links = now.plus(-KEPT_LINKS);
    let longest = cx.store.read(organizations::longest_session).await?;
    // A session is kept for as long as its used refresh tokens are: by it a second use ends what is left.
    let made = used.plus(-longest);
    Ok(in_portions(cx, move |tx| saml_assertion_replays::delete_expired(tx, now, PORTION)).await?
        + in_portions(cx, move |tx| saml_logouts::delete_expired(tx, now, PORTION)).await?
        + in_portions(cx, move |tx| authorization_codes::delete_expired(tx, before, PORTION)).await?
        + in_portions(cx, move |tx| refresh_tokens::delete_expired(tx, used, PORTION)).await?
        + in_portions(cx, move |tx| sessions::delete_expired(tx, made, used, PORTION)).await?
        + in_portions(cx, move |tx| setup_links::delete_expired(tx, links, PORTION)).await?
        + in_portions(cx, move |tx| login_flows::delete_unfinished(tx, now, PORTION)).await?
        + in_portions(cx, move |tx| login_flows::delete_expired(tx, before, PORTION)).await?
        + in_portions(cx, move |tx| saml_test_logins::delete_created_before(tx, week, PORTION)).await?
        + in_portions(cx, move |tx| setup_metadata::delete_created_before(tx, week, PORTION)).await?
        + in_portions(cx, move |tx| login_traces::delete_expired(tx, now, PORTION)).await?
        + in_portions(cx, move |tx| scim_traces::delete_expired(tx, now, PORTION)).await?
        + in_portions(cx, move |tx| scim_connections::delete_expired_fetched(tx, now, PORTION)).await?)
}

async fn in_portions(
    cx: &Context,
    delete: impl Fn(&mut Tx<'_>) -> Result<usize, StoreError> + Copy + Send + 'static,
) -> Result<usize, StoreError> {
    let mut rows = 0;
    loop {
        let portion = cx.store.write(delete).await?;
        rows += portion;
        // What expires from now on is the next run's, so that this one ends.
        if portion < PORTION_ROWS {
            return Ok(rows);
        }
    }
}
