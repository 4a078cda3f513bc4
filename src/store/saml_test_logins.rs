//! Test logins of setup links (R23): what every check said. No user, identity or session comes of one.

use diesel::prelude::*;

use super::{StoreError, Tx, schema::saml_test_logins};
use crate::model::{
    Timestamp,
    ids::{OrganizationId, SamlConnectionId, SamlTestLoginId, SetupLinkId},
    secret::TokenHash,
};

/// A test login.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = saml_test_logins)]
pub struct SamlTestLogin {
    pub id: SamlTestLoginId,
    pub organization_id: OrganizationId,
    pub setup_link_id: SetupLinkId,
    pub saml_connection_id: SamlConnectionId,
    pub nonce_hash: TokenHash,
    pub request_id: String,
    pub passed: Option<bool>,
    pub report_sealed: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub completed_at: Option<Timestamp>,
}

/// Adds a test.
pub fn insert(tx: &mut Tx<'_>, test: &SamlTestLogin) -> Result<(), StoreError> {
    diesel::insert_into(saml_test_logins::table).values(test).execute(tx.connection)?;
    Ok(())
}

/// Whether a test of this connection was begun with this request, by whatever browser.
pub fn knows_request(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    request: &str,
) -> Result<bool, StoreError> {
    let tests = saml_test_logins::table
        .filter(saml_test_logins::saml_connection_id.eq(connection))
        .filter(saml_test_logins::request_id.eq(request));
    Ok(diesel::select(diesel::dsl::exists(tests)).get_result(tx.connection)?)
}

/// The tests that a browser with these nonces began at this connection and that wait for their answers, the newest first.
pub fn waiting(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    nonces: &[TokenHash],
    now: Timestamp,
) -> Result<Vec<SamlTestLogin>, StoreError> {
    Ok(saml_test_logins::table
        .filter(saml_test_logins::nonce_hash.eq_any(nonces))
        .filter(saml_test_logins::saml_connection_id.eq(connection))
        .filter(saml_test_logins::completed_at.is_null().and(saml_test_logins::expires_at.gt(now)))
        .order(saml_test_logins::id.desc())
        .select(SamlTestLogin::as_select())
        .load(tx.connection)?)
}

/// The newest tests of a link that have ended or still wait, at most `limit`.
pub fn newest(tx: &mut Tx<'_>, link: &SetupLinkId, limit: i64) -> Result<Vec<SamlTestLogin>, StoreError> {
    Ok(saml_test_logins::table
        .filter(saml_test_logins::setup_link_id.eq(link))
        .order(saml_test_logins::id.desc())
        .limit(limit)
        .select(SamlTestLogin::as_select())
        .load(tx.connection)?)
}

/// The newest test of a connection that has ended, through whatever link.
pub fn last_completed(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
) -> Result<Option<SamlTestLogin>, StoreError> {
    Ok(saml_test_logins::table
        .filter(saml_test_logins::saml_connection_id.eq(connection))
        .filter(saml_test_logins::completed_at.is_not_null())
        .order(saml_test_logins::completed_at.desc())
        .limit(1)
        .select(SamlTestLogin::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// Ends a test, once. Returns whether it had not ended before.
pub fn complete(
    tx: &mut Tx<'_>,
    id: &SamlTestLoginId,
    passed: bool,
    report_sealed: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let row = saml_test_logins::table.find(id).filter(saml_test_logins::completed_at.is_null());
    let ended = diesel::update(row)
        .set((
            saml_test_logins::passed.eq(Some(passed)),
            saml_test_logins::report_sealed.eq(Some(report_sealed)),
            saml_test_logins::completed_at.eq(Some(at)),
        ))
        .execute(tx.connection)?;
    Ok(ended == 1)
}

/// Forgets a link's oldest tests, all but the newest `keep` (R32).
pub fn delete_oldest(tx: &mut Tx<'_>, link: &SetupLinkId, keep: usize) -> Result<usize, StoreError> {
    let ids: Vec<SamlTestLoginId> = saml_test_logins::table
        .filter(saml_test_logins::setup_link_id.eq(link))
        .order(saml_test_logins::id.desc())
        .select(saml_test_logins::id)
        .load(tx.connection)?;
    let old = ids.get(keep..).unwrap_or_default();
    if old.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(saml_test_logins::table.filter(saml_test_logins::id.eq_any(old)))
        .execute(tx.connection)?)
}

/// Forgets tests whose link has ended long ago, at most `limit` of them (R32).
pub fn delete_created_before(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let old: Vec<SamlTestLoginId> = saml_test_logins::table
        .filter(saml_test_logins::expires_at.lt(before))
        .limit(limit)
        .select(saml_test_logins::id)
        .load(tx.connection)?;
    if old.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(saml_test_logins::table.filter(saml_test_logins::id.eq_any(&old)))
        .execute(tx.connection)?)
}
