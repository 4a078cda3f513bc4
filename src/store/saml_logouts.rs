//! Single logout: our requests that are on their way, and sessions at providers that have ended.

use diesel::{prelude::*, query_dsl::methods};

use super::connection::on_both;
use super::{
    StoreError, Tx,
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
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = saml_ended_sessions)]
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

/// Notes that a session at a provider has ended; of several ends the latest counts, in whatever order they come.
pub fn end_session(tx: &mut Tx<'_>, ended: &SamlEndedSession) -> Result<(), StoreError> {
    on_both!(tx, c => methods::FilterDsl::filter(
        diesel::insert_into(saml_ended_sessions::table)
            .values(ended)
            .on_conflict((saml_ended_sessions::saml_connection_id, saml_ended_sessions::session_key))
            .do_update()
            .set(ended),
        saml_ended_sessions::ended_at.lt(ended.ended_at),
    )
    .execute(c))?;
    Ok(())
}

/// Whether one of these sessions ended at `since` or later.
pub fn has_ended(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    keys: &[String],
    since: Timestamp,
) -> Result<bool, StoreError> {
    let rows = saml_ended_sessions::table
        .filter(saml_ended_sessions::saml_connection_id.eq(connection))
        .filter(saml_ended_sessions::session_key.eq_any(keys))
        .filter(saml_ended_sessions::ended_at.ge(since));
    Ok(diesel::select(diesel::dsl::exists(rows)).get_result(tx.connection)?)
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
