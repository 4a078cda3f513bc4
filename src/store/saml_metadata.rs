//! The life of a connection's metadata: whose turn it is to be fetched, and which certificates end soon.

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    saml_connections::{SamlConnection, SamlIdpKey},
    schema::{organizations, saml_connections, saml_idp_keys},
};
use crate::model::{
    ConnectionStatus, Timestamp,
    ids::{ProjectId, SamlConnectionId, SamlIdpKeyId},
};

/// Connections in use whose metadata has an address and is due, each with its project, at most `limit`.
pub fn due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(ProjectId, SamlConnection)>, StoreError> {
    Ok(saml_connections::table
        .inner_join(organizations::table.on(organizations::id.eq(saml_connections::organization_id)))
        .filter(saml_connections::status.eq(ConnectionStatus::Enabled))
        .filter(saml_connections::metadata_url.is_not_null())
        .filter(saml_connections::refresh_at.is_null().or(saml_connections::refresh_at.le(now)))
        .order(saml_connections::refresh_at)
        .limit(limit)
        .select((organizations::project_id, SamlConnection::as_select()))
        .load(tx.connection)?)
}

/// Moves the next fetch of a due connection on, in one conditional statement: whoever did it fetches.
pub fn claim(
    tx: &mut Tx<'_>,
    id: &SamlConnectionId,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let row = saml_connections::table
        .find(id)
        .filter(saml_connections::refresh_at.is_null().or(saml_connections::refresh_at.le(now)));
    Ok(diesel::update(row).set(saml_connections::refresh_at.eq(Some(until))).execute(tx.connection)? == 1)
}

/// Notes a fetch because of a failed signature, unless there was one after `since` (R24). Whether it was noted.
pub fn claim_after_failure(
    tx: &mut Tx<'_>,
    id: &SamlConnectionId,
    since: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let last = saml_connections::refreshed_on_failure_at;
    let row = saml_connections::table
        .find(id)
        .filter(saml_connections::metadata_url.is_not_null())
        .filter(last.is_null().or(last.le(since)));
    Ok(diesel::update(row).set(last.eq(Some(now))).execute(tx.connection)? == 1)
}

/// When to fetch again, and what was wrong the last time.
pub fn schedule(
    tx: &mut Tx<'_>,
    id: &SamlConnectionId,
    at: Timestamp,
    problem: Option<&str>,
) -> Result<(), StoreError> {
    diesel::update(saml_connections::table.find(id))
        .set((
            saml_connections::refresh_at.eq(Some(at)),
            saml_connections::metadata_problem.eq(problem.map(str::to_owned)),
        ))
        .execute(tx.connection)?;
    Ok(())
}

/// The keys in use whose certificates end by `before`, of connections in use, each with its project.
pub fn ending(
    tx: &mut Tx<'_>,
    before: Timestamp,
) -> Result<Vec<(ProjectId, SamlConnection, SamlIdpKey)>, StoreError> {
    Ok(saml_idp_keys::table
        .inner_join(saml_connections::table.on(saml_connections::id.eq(saml_idp_keys::saml_connection_id)))
        .inner_join(organizations::table.on(organizations::id.eq(saml_idp_keys::organization_id)))
        .filter(saml_connections::status.eq(ConnectionStatus::Enabled))
        .filter(saml_idp_keys::retired_at.is_null().and(saml_idp_keys::not_after.le(before)))
        .order(saml_idp_keys::id)
        .select((organizations::project_id, SamlConnection::as_select(), SamlIdpKey::as_select()))
        .load(tx.connection)?)
}

/// Notes a warning, in one conditional statement: `false` if it, or a later one, was given before.
pub fn warn_once(tx: &mut Tx<'_>, id: &SamlIdpKeyId, days: i64) -> Result<bool, StoreError> {
    let row = saml_idp_keys::table
        .find(id)
        .filter(saml_idp_keys::warned_days.is_null().or(saml_idp_keys::warned_days.gt(days)));
    Ok(diesel::update(row).set(saml_idp_keys::warned_days.eq(Some(days))).execute(tx.connection)? == 1)
}

/// The connections in use whose metadata has ended by `now`, each with its project.
pub fn ended(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<(ProjectId, SamlConnection)>, StoreError> {
    Ok(saml_connections::table
        .inner_join(organizations::table.on(organizations::id.eq(saml_connections::organization_id)))
        .filter(saml_connections::status.eq(ConnectionStatus::Enabled))
        .filter(saml_connections::metadata_valid_until.le(now))
        .order(saml_connections::id)
        .select((organizations::project_id, SamlConnection::as_select()))
        .load(tx.connection)?)
}

/// Writes the switches of a connection, in one conditional statement: `false` if they are no longer what was read.
pub fn note(tx: &mut Tx<'_>, id: &SamlConnectionId, read: &str, options: &str) -> Result<bool, StoreError> {
    let row = saml_connections::table.find(id).filter(saml_connections::options.eq(read));
    Ok(diesel::update(row).set(saml_connections::options.eq(options)).execute(tx.connection)? == 1)
}
