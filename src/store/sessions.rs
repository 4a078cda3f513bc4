//! Sessions: logins that happened.

use diesel::prelude::*;

use super::connection::{AnyConnection, on_both};
use super::fixed::fixed;
use super::{
    StoreError, Tx,
    schema::{api_keys, authorization_codes, refresh_tokens, sessions},
};
use crate::model::{
    AuthFactor, Timestamp,
    ids::{
        self, IdentityId, OidcConnectionId, OrganizationId, ProjectId, SamlConnectionId, SessionId, UserId,
    },
    secret::TokenHash,
};

/// A login that happened. Ended rows stay until [`delete_expired`] takes them.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub struct Session {
    pub id: SessionId,
    pub project_id: ProjectId,
    pub organization_id: OrganizationId,
    pub user_id: UserId,
    pub token_hash: Option<TokenHash>,
    pub primary_auth_factor: AuthFactor,
    pub saml_connection_id: Option<SamlConnectionId>,
    pub oidc_connection_id: Option<OidcConnectionId>,
    pub identity_id: Option<IdentityId>,
    pub auth_time: Timestamp,
    pub amr: String,
    pub acr: Option<String>,
    pub saml_session_index: Option<String>,
    pub saml_name_id: Option<String>,
    pub impersonator_email: Option<String>,
    pub created_at: Timestamp,
    pub last_active_at: Timestamp,
    pub idle_expires_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub revoked_reason: Option<String>,
}

/// Adds a session.
pub fn insert(tx: &mut Tx<'_>, session: &Session) -> Result<(), StoreError> {
    on_both!(tx, c => diesel::insert_into(sessions::table).values(session).execute(c))?;
    Ok(())
}

/// The project's session of this id, ended or not.
pub fn find(tx: &mut Tx<'_>, project: &ProjectId, id: &SessionId) -> Result<Option<Session>, StoreError> {
    Ok(on_both!(tx, c => sessions::table
        .filter(sessions::project_id.eq(project).and(sessions::id.eq(id)))
        .select(Session::as_select())
        .get_result(c)
        .optional())?)
}

/// The project's session whose browser cookie has this hash, ended or not.
pub fn find_by_token(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    token_hash: &TokenHash,
) -> Result<Option<Session>, StoreError> {
    Ok(on_both!(tx, c => sessions::table
        .filter(sessions::project_id.eq(project).and(sessions::token_hash.eq(token_hash)))
        .select(Session::as_select())
        .get_result(c)
        .optional())?)
}

/// The live sessions of a person, under any of the names that their provider has for them, on a connection.
pub fn of_saml(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    connection: &SamlConnectionId,
    name_ids: &[String],
) -> Result<Vec<Session>, StoreError> {
    Ok(sessions::table
        .filter(sessions::saml_connection_id.eq(connection).and(sessions::saml_name_id.eq_any(name_ids)))
        .filter(sessions::project_id.eq(project).and(sessions::revoked_at.is_null()))
        .order(sessions::id)
        .select(Session::as_select())
        .load(tx.connection)?)
}

/// A user's sessions that came through a connection and stand at this moment, oldest first: all of them, however many.
pub fn standing_on_saml(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    user: &UserId,
    connection: &SamlConnectionId,
    now: Timestamp,
) -> Result<Vec<Session>, StoreError> {
    Ok(sessions::table
        .filter(sessions::organization_id.eq(organization).and(sessions::user_id.eq(user)))
        .filter(sessions::saml_connection_id.eq(connection).and(sessions::revoked_at.is_null()))
        .filter(sessions::expires_at.gt(now).and(sessions::idle_expires_at.gt(now)))
        .order(sessions::id)
        .select(Session::as_select())
        .load(tx.connection)?)
}

/// Ends one session with all that hangs on it. Returns whether it was live.
pub fn revoke(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    id: &SessionId,
    reason: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let live = sessions::table
        .filter(sessions::organization_id.eq(organization).and(sessions::id.eq(id)))
        .filter(sessions::revoked_at.is_null());
    let end = (sessions::revoked_at.eq(Some(at)), sessions::revoked_reason.eq(Some(reason)));
    let ended = on_both!(tx, c => fixed!(diesel::update(live).set(end)).execute(c))?;
    let tokens = refresh_tokens::table
        .filter(refresh_tokens::session_id.eq(id).and(refresh_tokens::revoked_at.is_null()));
    let end = refresh_tokens::revoked_at.eq(Some(at));
    on_both!(tx, c => fixed!(diesel::update(tokens).set(end)).execute(c))?;
    let codes = authorization_codes::table
        .filter(authorization_codes::session_id.eq(id).and(authorization_codes::used_at.is_null()));
    let end = authorization_codes::used_at.eq(Some(at));
    on_both!(tx, c => fixed!(diesel::update(codes).set(end)).execute(c))?;
    Ok(ended > 0)
}

/// Ends every session of a user, with refresh tokens, codes and personal keys. Returns the sessions it ended.
pub fn revoke_for_user(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    user: &UserId,
    reason: &str,
    at: Timestamp,
) -> Result<Vec<SessionId>, StoreError> {
    let live: Vec<SessionId> = on_both!(tx, c => sessions::table
        .filter(sessions::organization_id.eq(organization).and(sessions::user_id.eq(user)))
        .filter(sessions::revoked_at.is_null())
        .order(sessions::id)
        .select(sessions::id)
        .load(c))?;
    for id in &live {
        revoke(tx, organization, id, reason, at)?;
    }
    let keys = api_keys::table
        .filter(api_keys::organization_id.eq(organization))
        .filter(api_keys::created_by_user_id.eq(user).and(api_keys::revoked_at.is_null()));
    let change = api_keys::revoked_at.eq(Some(at));
    on_both!(tx, c => fixed!(diesel::update(keys).set(change)).execute(c))?;
    Ok(live)
}

/// Whether a session is not ended; and until the transaction ends, nobody ends it.
pub fn hold(tx: &mut Tx<'_>, id: &SessionId) -> Result<bool, StoreError> {
    let live = sessions::table.find(id).filter(sessions::revoked_at.is_null()).select(sessions::id);
    let found: Option<SessionId> = match &mut *tx.connection {
        AnyConnection::Postgres(c) => live.for_share().first(c).optional()?,
        // The one writer is the lock.
        AnyConnection::Sqlite(c) => live.first(c).optional()?,
    };
    Ok(found.is_some())
}

/// As [`hold`], and nobody else holds it.
pub fn lock(tx: &mut Tx<'_>, id: &SessionId) -> Result<bool, StoreError> {
    match &mut *tx.connection {
        AnyConnection::Postgres(c) => {
            let live = sessions::table.find(id).filter(sessions::revoked_at.is_null()).select(sessions::id);
            Ok(live.for_no_key_update().first::<SessionId>(c).optional()?.is_some())
        }
        AnyConnection::Sqlite(_) => hold(tx, id),
    }
}

/// Notes that a session was used, which moves its idle end. `false`: it is ended.
pub fn touch(
    tx: &mut Tx<'_>,
    id: &SessionId,
    at: Timestamp,
    idle_expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let row = sessions::table.find(id).filter(sessions::revoked_at.is_null());
    let change = (sessions::last_active_at.eq(at), sessions::idle_expires_at.eq(idle_expires_at));
    Ok(on_both!(tx, c => fixed!(diesel::update(row).set(change)).execute(c))? > 0)
}

/// Forgets sessions, with their refresh tokens and codes, that were made before `made_before` and expired before
/// `expired_before`, at most `limit` of them. Ids rise with time, so that the oldest are found without another index.
pub fn delete_expired(
    tx: &mut Tx<'_>,
    made_before: Timestamp,
    expired_before: Timestamp,
    limit: i64,
) -> Result<usize, StoreError> {
    let bound = SessionId::from_u128(ids::first_at(made_before));
    let old: Vec<SessionId> = sessions::table
        .filter(sessions::id.lt(bound).and(sessions::expires_at.lt(expired_before)))
        .order(sessions::id)
        .limit(limit)
        .select(sessions::id)
        .load(tx.connection)?;
    if old.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(sessions::table.filter(sessions::id.eq_any(&old))).execute(tx.connection)?)
}

/// A user's sessions, ended or not, newest first, at most `limit`.
pub fn of_user(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    user: &UserId,
    limit: i64,
) -> Result<Vec<Session>, StoreError> {
    Ok(sessions::table
        .filter(sessions::organization_id.eq(organization).and(sessions::user_id.eq(user)))
        .order(sessions::id.desc())
        .limit(limit)
        .select(Session::as_select())
        .load(tx.connection)?)
}

/// The organization's sessions that stand at this moment, of one user or of all, oldest first, at most `limit`.
pub fn standing(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    user: Option<&UserId>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Session>, StoreError> {
    let mut found = sessions::table
        .filter(sessions::organization_id.eq(organization).and(sessions::revoked_at.is_null()))
        .filter(sessions::expires_at.gt(now).and(sessions::idle_expires_at.gt(now)))
        .into_boxed();
    if let Some(user) = user {
        found = found.filter(sessions::user_id.eq(user));
    }
    Ok(found.order(sessions::id).limit(limit).select(Session::as_select()).load(tx.connection)?)
}
