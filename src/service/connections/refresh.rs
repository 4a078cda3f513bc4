//! Fetching metadata again: in the background, as often as the provider wants, and once more when a signature fails
//! (R24). Only the same entity ID is taken. A new host, or keys none of which was known, may be a takeover of the
//! address: it is told, and held back where the connection says so. A new key beside the old ones is how providers change
//! them; it is held back as well where somebody else publishes it, who may be anybody that a set-up link was given to. While
//! nothing good comes, the last good copy stays.

use std::sync::Arc;

use super::{
    ConnectionError, Options, Signers,
    difference::Difference,
    held::mark,
    metadata::{Loaded, apply, read_metadata, store_keys, view_with_keys},
    options::DAY,
};
use crate::{
    model::{
        Millis, Rng, Timestamp,
        ids::{ProjectId, SamlConnectionId},
    },
    saml::{
        metadata::{Endpoint, IdpMetadata, LeftOut},
        names::binding,
        xml::Limits,
    },
    service::{Actor, Change, Context, egress::Egress, record::record},
    store::{
        StoreError, Tx,
        saml_connections::{self, SamlConnection},
        saml_metadata,
    },
};

const HOUR: Millis = 60 * 60 * 1000;
/// For so long nobody else fetches what is being fetched.
const CLAIMED: Millis = HOUR / 4;
/// Between two fetches because of a failed signature (R24).
const BETWEEN_FAILURES: Millis = 10 * 60 * 1000;
/// How many connections one run fetches.
const AT_ONCE: i64 = 20;

/// What came of a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// Nothing that matters is new.
    Unchanged,
    /// It was taken over.
    Applied,
    /// It waits for somebody to accept it.
    Held,
    /// It could not be fetched or used; the last good copy stays.
    Failed,
}

/// Fetches what is due, each connection on one node. Returns how many were fetched.
pub async fn refresh_due(cx: &Context, egress: &Egress) -> Result<usize, StoreError> {
    let now = cx.now();
    let due = cx.store.read(move |tx: &mut Tx<'_>| saml_metadata::due(tx, now, AT_ONCE)).await?;
    let mut fetched = 0;
    for (project, connection) in due {
        let id = connection.id.clone();
        let claim = move |tx: &mut Tx<'_>| saml_metadata::claim(tx, &id, now, now.plus(CLAIMED));
        if cx.store.write(claim).await? {
            refresh(cx, egress, &project, &connection).await?;
            fetched += 1;
        }
    }
    Ok(fetched)
}

/// The extra fetch after a failed signature: for one caller in ten minutes (R24). Whether anything was taken over, so
/// that checking again may help.
pub async fn refresh_after_failure(
    cx: &Context,
    egress: &Egress,
    project: &ProjectId,
    connection: &SamlConnectionId,
) -> Result<bool, StoreError> {
    let (now, of, id) = (cx.now(), project.clone(), connection.clone());
    let claim = move |tx: &mut Tx<'_>| {
        let claimed = saml_metadata::claim_after_failure(tx, &id, now.plus(-BETWEEN_FAILURES), now)?;
        if claimed { saml_connections::find_in_project(tx, &of, &id) } else { Ok::<_, StoreError>(None) }
    };
    match cx.store.write(claim).await? {
        Some(connection) => Ok(refresh(cx, egress, project, &connection).await? == Refreshed::Applied),
        None => Ok(false),
    }
}

async fn refresh(
    cx: &Context,
    egress: &Egress,
    project: &ProjectId,
    connection: &SamlConnection,
) -> Result<Refreshed, StoreError> {
    let (url, signers) = (connection.metadata_url.clone().unwrap_or_default(), Signers::of(connection));
    let fetched = match egress.get(&url, Limits::METADATA.bytes).await {
        Ok(document) => {
            let document = Arc::new(document);
            read(cx, connection, Arc::clone(&document)).await.map(|idp| (idp, document))
        }
        Err(error) => Err(error.into()),
    };
    let (idp, document) = match fetched {
        Ok(fetched) => fetched,
        Err(error) => return failed(cx, connection, &error).await,
    };
    let next = cx.now().plus(interval(&idp, cx.now(), &*cx.rng));
    let (own, project, of) = (cx.clone(), project.clone(), connection.id.clone());
    let work = move |tx: &mut Tx<'_>| {
        // Read again: an administrator may have changed it meanwhile. What was fetched from an address that is no longer
        // the connection's, or speaks of another provider by now, is nobody's metadata (R24).
        let found = saml_connections::lock_in_project(tx, &project, &of)?;
        let Some(connection) = found.filter(|now| {
            now.idp_entity_id == idp.entity_id
                && now.metadata_url.as_deref() == Some(url.as_str())
                && Signers::of(now) == signers
        }) else {
            return Ok(Refreshed::Unchanged);
        };
        let idp = keep_logout(&connection, &idp);
        let difference = Difference::between(tx, &connection, &idp)?;
        let outcome = settle(tx, &own, &project, connection, &idp, &document, &difference)?;
        saml_metadata::schedule(tx, &of, next, None)?;
        Ok::<_, StoreError>(outcome)
    };
    cx.store.write(work).await
}

/// Reads a document off the async workers: it may be five megabytes.
pub(super) async fn read(
    cx: &Context,
    connection: &SamlConnection,
    document: Arc<Vec<u8>>,
) -> Result<IdpMetadata, ConnectionError> {
    let entity_id = connection.idp_entity_id.clone();
    let idp = read_metadata(cx, document, Some(entity_id.clone()), &Signers::of(connection)).await?;
    if idp.entity_id != entity_id {
        return Err(ConnectionError::Invalid(format!(
            "the metadata is of another provider, {}",
            idp.entity_id
        )));
    }
    Ok(idp)
}

/// The description with where single logout goes from now on. Who reviews one may leave out an endpoint that cannot be used. By
/// itself nothing ends single logout, which also holds assertions back: it stays as it is in the row, which is locked where it is
/// written, and the new keys are taken all the same, or everybody would be locked out when the old ones go.
pub(super) fn keep_logout(connection: &SamlConnection, idp: &IdpMetadata) -> IdpMetadata {
    let of_logout =
        |left_out: &LeftOut| matches!(left_out, LeftOut::LogoutEndpoint(_) | LeftOut::LogoutBinding);
    match &connection.idp_slo_url {
        Some(url) if idp.slo.is_empty() && idp.left_out.iter().any(of_logout) => {
            let options = Options::of(connection);
            let binding = if options.slo_by_post { binding::POST } else { binding::REDIRECT };
            let kept = Endpoint {
                binding: binding.to_owned(),
                location: url.clone(),
                response_location: options.slo_response_url,
            };
            IdpMetadata { slo: vec![kept], ..idp.clone() }
        }
        _ => idp.clone(),
    }
}

async fn failed(
    cx: &Context,
    connection: &SamlConnection,
    error: &ConnectionError,
) -> Result<Refreshed, StoreError> {
    let problem: String = error.to_string().chars().take(500).collect();
    let connection_id = connection.id.as_str();
    tracing::warn!(connection = connection_id, problem, "metadata could not be refreshed");
    let (id, at) = (connection.id.clone(), cx.now().plus(jittered(HOUR, &*cx.rng)));
    cx.store.write(move |tx: &mut Tx<'_>| saml_metadata::schedule(tx, &id, at, Some(&problem))).await?;
    Ok(Refreshed::Failed)
}

fn settle(
    tx: &mut Tx<'_>,
    cx: &Context,
    project: &ProjectId,
    mut connection: SamlConnection,
    idp: &IdpMetadata,
    document: &[u8],
    difference: &Difference,
) -> Result<Refreshed, StoreError> {
    if !difference.changed {
        connection.metadata_fetched_at = Some(cx.now());
        connection.metadata_valid_until = idp.valid_until.map(Timestamp::from);
        // What was held back is not what the provider says any more.
        connection.held_metadata = None;
        saml_connections::update(tx, &connection)?;
        return Ok(Refreshed::Unchanged);
    }
    let grave = difference.new_host || difference.all_keys_new || difference.retired_key_back;
    let foreign_key = difference.published_elsewhere && !difference.added.is_empty();
    let hold = (grave || foreign_key) && Options::of(&connection).hold_metadata_changes;
    let mark = mark(idp);
    let mut options = Options::of(&connection);
    let is_told = hold && connection.held_metadata.is_some() && options.held_mark.as_ref() == Some(&mark);
    if (grave || hold) && !is_told {
        let event =
            if hold { "saml_connection.metadata_held" } else { "saml_connection.metadata_suspicious" };
        let (id, held) = (connection.id.as_str(), hold);
        tracing::warn!(connection = id, held, "metadata changed as in a takeover");
        difference.note(tx, cx, &Actor::system(), project, &connection, event)?;
    }
    if hold {
        // The latest copy: an earlier one that says the same may have ended.
        connection.held_metadata = String::from_utf8(document.to_vec()).ok();
        options.held_mark = Some(mark);
        connection.options = options.to_stored();
        saml_connections::update(tx, &connection)?;
        return Ok(Refreshed::Held);
    }
    take_over(tx, cx, &Actor::system(), project, connection, idp.clone(), difference)?;
    Ok(Refreshed::Applied)
}

pub(super) fn take_over(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    mut connection: SamlConnection,
    idp: IdpMetadata,
    difference: &Difference,
) -> Result<SamlConnection, StoreError> {
    if difference.has_other_keys() {
        difference.note(tx, cx, actor, project, &connection, "saml_connection.certificates_changed")?;
    }
    let (before, status) = (view_with_keys(tx, &connection)?, connection.status);
    let loaded = Loaded { url: connection.metadata_url.clone(), idp };
    apply(&mut connection, &loaded, cx.now());
    connection.status = status;
    connection.held_metadata = None;
    saml_connections::update(tx, &connection)?;
    store_keys(tx, cx, &connection, &loaded.idp.signing_keys)?;
    let change = Change {
        project,
        organization: Some(&connection.organization_id),
        event: "saml_connection.updated",
        resource: connection.id.as_str(),
        before: Some(before),
        after: Some(view_with_keys(tx, &connection)?),
    };
    record(tx, cx, actor, &change)?;
    Ok(connection)
}

/// When to fetch again: as the provider says (cacheDuration), well before the metadata ends (validUntil), at most daily
/// and at least hourly.
fn interval(idp: &IdpMetadata, now: Timestamp, rng: &dyn Rng) -> Millis {
    let wanted = idp.cache_duration.map_or(DAY, |d| Millis::try_from(d.whole_milliseconds()).unwrap_or(DAY));
    let left = idp.valid_until.map_or(DAY, |end| (Timestamp::from(end).millis() - now.millis()) / 2);
    jittered(wanted.min(left).clamp(HOUR, DAY), rng)
}

/// Up to a tenth less, so that many connections made together do not call together.
fn jittered(interval: Millis, rng: &dyn Rng) -> Millis {
    interval - interval / 10 * Millis::from(rng.bytes::<1>()[0]) / 255
}
