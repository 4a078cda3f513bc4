//! Single logout: our requests that are on their way, and sessions at providers that have ended.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::connection::on_both;
use super::{
    StoreError, Tx, advisory,
    schema::{saml_ended_sessions, saml_logout_requests},
};
use crate::model::{
    Timestamp,
    ids::{OrganizationId, SamlConnectionId},
};

/// A LogoutRequest of ours that a browser was sent to the provider with.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = saml_logout_requests)]
pub struct SamlLogoutRequest {
    pub id: String,
    pub organization_id: OrganizationId,
    pub saml_connection_id: SamlConnectionId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A session at a provider that has been logged out.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = saml_ended_sessions, treat_none_as_default_value = false)]
pub struct SamlEndedSession {
    pub saml_connection_id: SamlConnectionId,
    pub session_key: String,
    pub organization_id: OrganizationId,
    pub ended_at: Timestamp,
    pub keep_until: Timestamp,
}

/// Notes a request of ours.
pub fn insert_request(tx: &mut Tx<'_>, request: &SamlLogoutRequest) -> Result<(), StoreError> {
    diesel::insert_into(saml_logout_requests::table).values(request).execute(tx.connection)?;
    Ok(())
}

/// Uses a request of ours up, in one statement: whether there was one of this connection that has not expired.
pub fn take_request(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let row = saml_logout_requests::table
        .filter(saml_logout_requests::id.eq(id))
        .filter(saml_logout_requests::saml_connection_id.eq(connection))
        .filter(saml_logout_requests::expires_at.gt(now));
    Ok(diesel::delete(row).execute(tx.connection)? == 1)
}

/// Notes that sessions of a person at a provider have ended, at one time; of several ends of one the latest counts, in whatever
/// order they come. However many sessions there are, they are two statements. Logins of the person that have [asked](has_ended)
/// are waited for, and are seen by the caller afterwards.
pub fn end_sessions(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    organization: &OrganizationId,
    person: &str,
    keys: &BTreeSet<String>,
    ended_at: Timestamp,
    keep_until: Timestamp,
) -> Result<(), StoreError> {
    let each = keys.iter().map(|session_key| SamlEndedSession {
        saml_connection_id: connection.clone(),
        session_key: session_key.clone(),
        organization_id: organization.clone(),
        ended_at,
        keep_until,
    });
    let rows: Vec<_> = each.collect();
    if rows.is_empty() {
        return Ok(());
    }
    advisory::lock(tx, of_person(connection, person))?;
    on_both!(tx, c => diesel::insert_into(saml_ended_sessions::table)
        .values(&rows)
        .on_conflict_do_nothing()
        .execute(c))?;
    let known = saml_ended_sessions::table
        .filter(saml_ended_sessions::saml_connection_id.eq(connection))
        .filter(saml_ended_sessions::session_key.eq_any(keys))
        .filter(saml_ended_sessions::ended_at.lt(ended_at));
    diesel::update(known)
        .set((saml_ended_sessions::ended_at.eq(ended_at), saml_ended_sessions::keep_until.eq(keep_until)))
        .execute(tx.connection)?;
    Ok(())
}

/// Whether one of these sessions of a person ended at `since` or later; until the transaction ends, none of them does.
pub fn has_ended(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    person: &str,
    keys: &[String],
    since: Timestamp,
) -> Result<bool, StoreError> {
    if keys.is_empty() {
        return Ok(false);
    }
    advisory::share(tx, of_person(connection, person))?;
    let rows = saml_ended_sessions::table
        .filter(saml_ended_sessions::saml_connection_id.eq(connection))
        .filter(saml_ended_sessions::session_key.eq_any(keys))
        .filter(saml_ended_sessions::ended_at.ge(since));
    Ok(diesel::select(diesel::dsl::exists(rows)).get_result(tx.connection)?)
}

/// The lock of whoever signs a person in or out.
fn of_person(connection: &SamlConnectionId, person: &str) -> i64 {
    advisory::number(&format!("logout {connection} {person}"))
}

/// Forgets what has expired, at most `limit` rows of each kind (R32).
pub fn delete_expired(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let old: Vec<String> = saml_logout_requests::table
        .filter(saml_logout_requests::expires_at.lt(now))
        .limit(limit)
        .select(saml_logout_requests::id)
        .load(tx.connection)?;
    let requests = saml_logout_requests::table.filter(saml_logout_requests::id.eq_any(&old));
    let requests = diesel::delete(requests).execute(tx.connection)?;
    let old: Vec<String> = saml_ended_sessions::table
        .filter(saml_ended_sessions::keep_until.lt(now))
        .limit(limit)
        .select(saml_ended_sessions::session_key)
        .load(tx.connection)?;
    let ended = saml_ended_sessions::table
        .filter(saml_ended_sessions::keep_until.lt(now))
        .filter(saml_ended_sessions::session_key.eq_any(&old));
    Ok(requests + diesel::delete(ended).execute(tx.connection)?)
}
