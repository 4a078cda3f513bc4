//! Mass deactivation: an alarm, and on request a hold (DESIGN part 6). A wrong filter at the identity provider would
//! otherwise lock a whole company out within minutes.

use serde_json::json;

use super::{ProvisioningError, ScimTenant, tenant::is_over};
use crate::{
    model::{Millis, Timestamp},
    service::{Actor, Change, Context, record::record, sessions},
    store::{
        StoreError, Tx,
        scim_connections::{self, ScimConnection},
        scim_users,
        users::{self, User},
    },
};

/// The time over which deactivations are counted.
const WINDOW: Millis = 60 * 60 * 1000;
/// How long a hold lasts where nobody lets it through: a working day and a night.
const HOLD: Millis = 24 * 60 * 60 * 1000;
/// The threshold of a connection that names none: a tenth of its users, but not fewer than this.
const FEWEST: i64 = 50;

/// Asked before a user is deactivated or deleted. `Some`: the change is held until then. The sessions of the user end at
/// once, logins are refused, and the user stays as it is.
pub(super) fn before_deprovisioning(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    user: &User,
) -> Result<Option<Timestamp>, ProvisioningError> {
    let now = cx.now();
    let is_raised =
        |connection: &ScimConnection| !is_over(connection.alarmed_at.map(|at| at.plus(WINDOW)), now);
    let (organization, id) = (&tenant.organization.id, &tenant.connection.id);
    // Once it is raised nothing is counted, and nobody waits for anybody: this is asked for each of very many.
    let known =
        if is_raised(&tenant.connection) { scim_connections::find(tx, organization, id)? } else { None };
    let connection = match known.filter(is_raised) {
        Some(connection) => connection,
        None => {
            let Some(recent) = too_many(tx, &tenant.connection, now.plus(-WINDOW))? else { return Ok(None) };
            // The row as it is now: others are being deactivated at the same time.
            let Some(mut connection) = scim_connections::lock(tx, organization, id)? else { return Ok(None) };
            if !is_raised(&connection) {
                connection.alarmed_at = Some(now);
                if connection.hold_enabled && is_over(connection.released_until, now) {
                    connection.held_until = Some(now.plus(HOLD));
                }
                scim_connections::update(tx, &connection)?;
                raise_alarm(tx, cx, tenant, &connection, recent)?;
            }
            connection
        }
    };
    let until = connection.held_until.filter(|until| *until > now);
    let is_held = connection.hold_enabled && is_over(connection.released_until, now);
    match until.filter(|_| is_held) {
        Some(until) => {
            suspend(tx, cx, tenant, user, until)?;
            Ok(Some(until))
        }
        None => Ok(None),
    }
}

/// How many were deactivated since then, where these are too many.
fn too_many(
    tx: &mut Tx<'_>,
    connection: &ScimConnection,
    since: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let named = Some(connection.hold_threshold).filter(|threshold| *threshold > 0);
    if !scim_users::were_deprovisioned(tx, &connection.id, since, named.unwrap_or(FEWEST))? {
        return Ok(None);
    }
    let recent = scim_users::deprovisioned_since(tx, &connection.id, since)?;
    let is_too_many = named.is_some() || !scim_users::holds_more_than(tx, &connection.id, recent * 10)?;
    Ok(Some(recent).filter(|_| is_too_many))
}

fn raise_alarm(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    connection: &ScimConnection,
    recent: i64,
) -> Result<(), StoreError> {
    tracing::warn!(
        organization = tenant.organization_id(),
        connection = connection.id.as_str(),
        deactivated = recent,
        "many users are being deactivated at once"
    );
    let change = Change {
        project: &tenant.organization.project_id,
        organization: Some(&tenant.organization.id),
        event: "scim_connection.mass_deactivation",
        resource: connection.id.as_str(),
        before: None,
        after: Some(json!({
            "id": connection.id, "deactivatedLastHour": recent, "heldUntil": connection.held_until,
        })),
    };
    record(tx, cx, &tenant.actor(), &change)
}

/// Ends what the user has open, and refuses logins until the change is let through or the hold ends.
fn suspend(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    user: &User,
    until: Timestamp,
) -> Result<(), StoreError> {
    if user.held_until != Some(until) {
        users::update(tx, &User { held_until: Some(until), ..user.clone() })?;
        let change = Change {
            project: &tenant.organization.project_id,
            organization: Some(&tenant.organization.id),
            event: "user.deactivation_held",
            resource: user.id.as_str(),
            before: None,
            after: Some(json!({ "id": user.id, "heldUntil": until })),
        };
        record(tx, cx, &tenant.actor(), &change)?;
    }
    let (project, organization) = (&tenant.organization.project_id, &tenant.organization.id);
    sessions::end_for_user(tx, cx, &tenant.actor(), project, organization, &user.id, "deprovisioning_held")?;
    Ok(())
}

/// What an administrator decides about a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The deactivations are meant: they go through when the provider sends them again.
    LetThrough,
    /// They are a mistake: the users sign in again. What the provider sends again is held again.
    Dismiss,
}

/// Ends a hold. Where the deactivations are let through, their users stay refused until the provider sends them again; where
/// they are dismissed, they sign in at once.
pub(super) fn end(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &crate::model::ids::ProjectId,
    mut connection: ScimConnection,
    verdict: Verdict,
) -> Result<ScimConnection, StoreError> {
    let now = cx.now();
    let before = json!({ "heldUntil": connection.held_until });
    connection.held_until = None;
    connection.alarmed_at = None;
    connection.released_until = (verdict == Verdict::LetThrough).then(|| now.plus(HOLD));
    connection.updated_at = now;
    scim_connections::update(tx, &connection)?;
    if verdict == Verdict::Dismiss {
        scim_users::end_holds(tx, &connection.id)?;
    }
    let change = Change {
        project,
        organization: Some(&connection.organization_id),
        event: "scim_connection.hold_ended",
        resource: connection.id.as_str(),
        before: Some(before),
        after: Some(json!({ "id": connection.id, "letThrough": verdict == Verdict::LetThrough })),
    };
    record(tx, cx, actor, &change)?;
    Ok(connection)
}
