//! Warnings before the last certificate of a provider ends. The key counts on (its certificate is only a wrapper), but
//! the provider will change it about then, and metadata that was uploaded once does not follow.

use std::collections::HashMap;

use serde_json::json;

use crate::{
    model::{Millis, Timestamp},
    service::{Actor, Change, Context, record::record},
    store::{StoreError, Tx, saml_connections, saml_metadata},
};

const DAY: Millis = 24 * 60 * 60 * 1000;

/// The days before the end on which a warning is given, once each.
const WARNED: [i64; 4] = [60, 30, 7, 1];

/// Gives the warnings that are due. Returns how many.
pub async fn warn_of_expiry(cx: &Context) -> Result<usize, StoreError> {
    let (own, now) = (cx.clone(), cx.now());
    let work = move |tx: &mut Tx<'_>| {
        let mut last = HashMap::new();
        for (project, connection, key) in saml_metadata::ending(tx, now.plus(WARNED[0] * DAY))? {
            last.entry(connection.id.clone()).or_insert((project, connection, Vec::new())).2.push(key);
        }
        let mut warned = 0;
        for (project, connection, ending) in last.into_values() {
            // Another key that lives longer means that the provider is changing already.
            if saml_connections::keys(tx, &connection.id)?.len() > ending.len() {
                continue;
            }
            let Some(key) = ending.into_iter().max_by_key(|key| key.not_after) else { continue };
            let Some(days) = threshold(key.not_after, now) else { continue };
            if !saml_metadata::warn_once(tx, &key.id, days)? {
                continue;
            }
            let (id, ends) = (connection.id.as_str(), key.not_after.to_string());
            tracing::warn!(connection = id, ends, days, "the last certificate of an identity provider ends");
            let change = Change {
                project: &project,
                organization: Some(&connection.organization_id),
                event: "saml_connection.certificate_expiring",
                resource: connection.id.as_str(),
                before: None,
                after: Some(json!({
                    "id": connection.id, "fingerprint": key.fingerprint, "notAfter": key.not_after, "days": days,
                })),
            };
            record(tx, &own, &Actor::system(), &change)?;
            warned += 1;
        }
        Ok::<_, StoreError>(warned)
    };
    cx.store.write(work).await
}

/// The smallest number of days that the end is within.
fn threshold(end: Timestamp, now: Timestamp) -> Option<i64> {
    WARNED.into_iter().filter(|days| end <= now.plus(days * DAY)).min()
}
