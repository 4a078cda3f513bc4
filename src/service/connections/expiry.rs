//! Warnings before the last certificate of a provider ends, and when its metadata has. The key counts on (its certificate
//! is only a wrapper), but the provider will change it about then, and metadata that was uploaded once does not follow.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Options, gauges::Within, options::DAY};
use crate::{
    model::{
        Timestamp,
        ids::{ProjectId, SamlConnectionId},
    },
    service::{Actor, Change, Context, record::record},
    store::{
        StoreError, Tx,
        saml_connections::{self, SamlConnection, SamlIdpKey},
        saml_metadata,
    },
};

/// The days before the end on which a warning is given, once each.
const WARNED: [i64; 4] = [60, 30, 7, 1];

/// Gives the warnings that are due, and brings the gauges up to date. Returns how many warnings.
pub async fn warn_of_expiry(cx: &Context) -> Result<usize, StoreError> {
    let now = cx.now();
    let (ending, ended) = cx.store.read(move |tx| look(tx, now)).await?;
    for days in WARNED {
        let count = ending.iter().filter(|e| e.key.not_after <= now.plus(days * DAY)).count();
        cx.gauges.certificates.get_or_create(&Within { days }).set(gauge(count));
    }
    cx.gauges.ended_metadata.set(gauge(ended.len()));
    let mut warned = 0;
    for ending in ending {
        warned += usize::from(of_certificate(cx, ending, now).await?);
    }
    for (project, connection) in ended {
        warned += usize::from(of_metadata(cx, project, connection).await?);
    }
    Ok(warned)
}

/// A connection all of whose certificates end soon, and the one of them that ends last.
struct Ending {
    project: ProjectId,
    connection: SamlConnection,
    key: SamlIdpKey,
}

type Ended = (ProjectId, SamlConnection);

fn look(tx: &mut Tx<'_>, now: Timestamp) -> Result<(Vec<Ending>, Vec<Ended>), StoreError> {
    let mut by_connection: HashMap<SamlConnectionId, (ProjectId, SamlConnection, Vec<SamlIdpKey>)> =
        HashMap::new();
    for (project, connection, key) in saml_metadata::ending(tx, now.plus(WARNED[0] * DAY))? {
        by_connection.entry(connection.id.clone()).or_insert((project, connection, Vec::new())).2.push(key);
    }
    let mut all = Vec::new();
    for (project, connection, keys) in by_connection.into_values() {
        // Another key that lives longer means that the provider is changing already.
        if saml_connections::keys(tx, &connection.id)?.len() > keys.len() {
            continue;
        }
        let last = keys.into_iter().max_by_key(|key| key.not_after);
        all.extend(last.map(|key| Ending { project, connection, key }));
    }
    Ok((all, saml_metadata::ended(tx, now)?))
}

async fn of_certificate(cx: &Context, ending: Ending, now: Timestamp) -> Result<bool, StoreError> {
    let Ending { project, connection, key } = ending;
    let Some(days) = threshold(key.not_after, now) else { return Ok(false) };
    if key.warned_days.is_some_and(|warned| warned <= days) {
        return Ok(false);
    }
    let own = cx.clone();
    let work = move |tx: &mut Tx<'_>| {
        if !saml_metadata::warn_once(tx, &key.id, days)? {
            return Ok(false);
        }
        let (id, ends) = (connection.id.as_str(), key.not_after.to_string());
        tracing::warn!(connection = id, ends, days, "the last certificate of an identity provider ends");
        let after = json!({
            "id": connection.id, "fingerprint": key.fingerprint, "notAfter": key.not_after, "days": days,
        });
        tell(tx, &own, &project, &connection, "saml_connection.certificate_expiring", after)
    };
    cx.store.write(work).await
}

async fn of_metadata(
    cx: &Context,
    project: ProjectId,
    connection: SamlConnection,
) -> Result<bool, StoreError> {
    let Some(end) = connection.metadata_valid_until else { return Ok(false) };
    let Some(mut options) = Options::read(&connection) else { return Ok(false) };
    if options.metadata_end_told == Some(end.millis()) {
        return Ok(false);
    }
    options.metadata_end_told = Some(end.millis());
    let own = cx.clone();
    let work = move |tx: &mut Tx<'_>| {
        if !saml_metadata::note(tx, &connection.id, &connection.options, &options.to_stored())? {
            return Ok(false);
        }
        let (id, ended) = (connection.id.as_str(), end.to_string());
        tracing::warn!(connection = id, ended, "the metadata of an identity provider has ended");
        let after = json!({
            "id": connection.id, "validUntil": end, "problem": connection.metadata_problem,
        });
        tell(tx, &own, &project, &connection, "saml_connection.metadata_ended", after)
    };
    cx.store.write(work).await
}

fn tell(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    connection: &SamlConnection,
    event: &'static str,
    after: Value,
) -> Result<bool, StoreError> {
    let change = Change {
        project,
        organization: Some(&connection.organization_id),
        event,
        resource: connection.id.as_str(),
        before: None,
        after: Some(after),
    };
    record(tx, cx, &Actor::system(), &change)?;
    Ok(true)
}

/// The smallest number of days that the end is within.
fn threshold(end: Timestamp, now: Timestamp) -> Option<i64> {
    WARNED.into_iter().filter(|days| end <= now.plus(days * DAY)).min()
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
