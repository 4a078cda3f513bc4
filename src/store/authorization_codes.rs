//! One-time codes (R14).

use diesel::prelude::*;

use super::connection::on_both;
use super::fixed::fixed;
use super::{StoreError, Tx, schema::authorization_codes};
use crate::model::{
    Timestamp,
    ids::{AuthorizationCodeId, LoginFlowId, OauthClientId, OrganizationId, ProjectId, SessionId},
    secret::TokenHash,
};

/// A one-time code (R14): 60 seconds, one use.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = authorization_codes, treat_none_as_default_value = false)]
pub struct AuthorizationCode {
    pub id: AuthorizationCodeId,
    pub project_id: ProjectId,
    pub organization_id: OrganizationId,
    pub code_hash: TokenHash,
    pub client_id: OauthClientId,
    pub session_id: SessionId,
    pub login_flow_id: LoginFlowId,
    pub redirect_uri: String,
    pub code_challenge: String,
    pub scope: String,
    pub nonce: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// Adds a code.
pub fn insert(tx: &mut Tx<'_>, code: &AuthorizationCode) -> Result<(), StoreError> {
    on_both!(tx, c => diesel::insert_into(authorization_codes::table).values(code).execute(c))?;
    Ok(())
}

/// The project's code with this hash, used or not.
pub fn find(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    hash: &TokenHash,
) -> Result<Option<AuthorizationCode>, StoreError> {
    Ok(on_both!(tx, c => authorization_codes::table
        .filter(authorization_codes::project_id.eq(project).and(authorization_codes::code_hash.eq(hash)))
        .select(AuthorizationCode::as_select())
        .get_result(c)
        .optional())?)
}

/// Uses up a code, in one conditional statement. `false`: somebody was first.
pub fn use_up(tx: &mut Tx<'_>, id: &AuthorizationCodeId, now: Timestamp) -> Result<bool, StoreError> {
    let unused = authorization_codes::table.find(id).filter(authorization_codes::used_at.is_null());
    let change = authorization_codes::used_at.eq(Some(now));
    let used = on_both!(tx, c => fixed!(diesel::update(unused).set(change)).execute(c))?;
    Ok(used == 1)
}

/// Forgets codes that expired before `before`, at most `limit` of them. Used ones are kept until then, to recognise a
/// second use.
pub fn delete_expired(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let old: Vec<AuthorizationCodeId> = authorization_codes::table
        .filter(authorization_codes::expires_at.lt(before))
        .limit(limit)
        .select(authorization_codes::id)
        .load(tx.connection)?;
    if old.is_empty() {
        return Ok(0);
    }
    let rows = authorization_codes::table.filter(authorization_codes::id.eq_any(&old));
    Ok(diesel::delete(rows).execute(tx.connection)?)
}
