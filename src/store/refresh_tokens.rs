//! Refresh tokens: each is used once, and followed by another.

use diesel::{dsl::exists, prelude::*};

use super::{
    StoreError, Tx,
    connection::on_both,
    fixed::fixed,
    schema::{refresh_tokens, sessions},
};
use crate::model::{
    Timestamp,
    ids::{OauthClientId, OrganizationId, ProjectId, RefreshTokenId, SessionId},
    secret::TokenHash,
};

/// A refresh token of a session, for one client.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens, treat_none_as_default_value = false)]
pub struct RefreshToken {
    pub id: RefreshTokenId,
    pub organization_id: OrganizationId,
    pub session_id: SessionId,
    pub client_id: Option<OauthClientId>,
    pub token_hash: TokenHash,
    pub successor_id: Option<RefreshTokenId>,
    pub successor_sealed: Option<String>,
    pub origin: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub scope: String,
}

/// Adds a token.
pub fn insert(tx: &mut Tx<'_>, token: &RefreshToken) -> Result<(), StoreError> {
    on_both!(tx, c => diesel::insert_into(refresh_tokens::table).values(token).execute(c))?;
    Ok(())
}

/// The project's token with this hash, used, revoked or not.
pub fn find(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    hash: &TokenHash,
) -> Result<Option<RefreshToken>, StoreError> {
    Ok(on_both!(tx, c => refresh_tokens::table
        .inner_join(sessions::table.on(sessions::id.eq(refresh_tokens::session_id)))
        .filter(refresh_tokens::token_hash.eq(hash).and(sessions::project_id.eq(project)))
        .select(RefreshToken::as_select())
        .get_result(c)
        .optional())?)
}

/// Uses a token up for its successor, in one conditional statement. `false`: somebody was first, or it is revoked.
/// It is of no use from now on, and is kept only to know a second use.
pub fn use_up(
    tx: &mut Tx<'_>,
    id: &RefreshTokenId,
    successor: &RefreshTokenId,
    successor_sealed: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let unused = refresh_tokens::table
        .find(id)
        .filter(refresh_tokens::used_at.is_null().and(refresh_tokens::revoked_at.is_null()));
    let change = (
        refresh_tokens::used_at.eq(Some(now)),
        refresh_tokens::expires_at.eq(now),
        refresh_tokens::successor_id.eq(Some(successor)),
        refresh_tokens::successor_sealed.eq(Some(successor_sealed)),
    );
    let used = on_both!(tx, c => fixed!(diesel::update(unused).set(change)).execute(c))?;
    Ok(used == 1)
}

/// Whether a token is there that nobody has used.
pub fn is_unused(tx: &mut Tx<'_>, id: &RefreshTokenId) -> Result<bool, StoreError> {
    let unused = refresh_tokens::table.find(id).filter(refresh_tokens::used_at.is_null());
    Ok(on_both!(tx, c => diesel::select(exists(unused)).get_result(c))?)
}

/// Whether a client has a token of a session that is neither used nor revoked.
pub fn has_unused(tx: &mut Tx<'_>, session: &SessionId, client: &OauthClientId) -> Result<bool, StoreError> {
    let unused = refresh_tokens::table
        .filter(refresh_tokens::session_id.eq(session).and(refresh_tokens::client_id.eq(client)))
        .filter(refresh_tokens::used_at.is_null().and(refresh_tokens::revoked_at.is_null()));
    Ok(on_both!(tx, c => diesel::select(exists(unused)).get_result(c))?)
}

/// Revokes the tokens that a client has of a session. Returns how many were live.
pub fn revoke(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    session: &SessionId,
    client: &OauthClientId,
    at: Timestamp,
) -> Result<usize, StoreError> {
    let live = refresh_tokens::table
        .filter(refresh_tokens::session_id.eq(session).and(refresh_tokens::client_id.eq(client)))
        .filter(refresh_tokens::organization_id.eq(organization).and(refresh_tokens::revoked_at.is_null()));
    Ok(diesel::update(live).set(refresh_tokens::revoked_at.eq(Some(at))).execute(tx.connection)?)
}

/// Forgets tokens that expired or were used before `before`, at most `limit` of them.
pub fn delete_expired(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let old: Vec<RefreshTokenId> = refresh_tokens::table
        .filter(refresh_tokens::expires_at.lt(before))
        .limit(limit)
        .select(refresh_tokens::id)
        .load(tx.connection)?;
    if old.is_empty() {
        return Ok(0);
    }
    let rows = refresh_tokens::table.filter(refresh_tokens::id.eq_any(&old));
    Ok(diesel::delete(rows).execute(tx.connection)?)
}
