//! The installation itself: whether it answers, what kind it is, and what no longer needs to be kept.

use super::Context;
use crate::{
    model::Millis,
    store::{
        StoreError, authorization_codes, login_flows, login_traces, saml_assertion_replays,
        settings::{self, Setting},
    },
};

/// The setting that says what made the database.
const ENVIRONMENT: &str = "environment";
const DEMO: &str = "demo";

/// Ended flows and codes are kept this long, to recognise a late second use.
const KEPT_AFTER_EXPIRY: Millis = 24 * 60 * 60 * 1000;

/// Whether the database answers.
pub async fn check(cx: &Context) -> Result<(), StoreError> {
    cx.store.read(|tx| settings::find(tx, ENVIRONMENT)).await.map(drop)
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

/// Forgets what has expired (R32). Returns how many rows went.
pub async fn forget_expired(cx: &Context) -> Result<usize, StoreError> {
    let now = cx.now();
    cx.store
        .write(move |tx| {
            Ok(saml_assertion_replays::delete_expired(tx, now)?
                + authorization_codes::delete_expired(tx, now.plus(-KEPT_AFTER_EXPIRY))?
                + login_flows::delete_expired(tx, now.plus(-KEPT_AFTER_EXPIRY))?
                + login_traces::delete_expired(tx, now)?)
        })
        .await
}
