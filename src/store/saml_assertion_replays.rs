//! Assertion ids seen, so that none is accepted twice.

use diesel::prelude::*;

use super::connection::on_both;
use super::{StoreError, Tx, schema::saml_assertion_replays};
use crate::model::{
    Timestamp,
    ids::{OrganizationId, SamlConnectionId},
};

/// Assertion ids seen, each kept until it would have expired anyway plus the clock skew.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = saml_assertion_replays)]
pub struct SamlAssertionReplay {
    pub saml_connection_id: SamlConnectionId,
    pub assertion_id: String,
    pub organization_id: OrganizationId,
    pub keep_until: Timestamp,
}

/// Notes an assertion id, in one statement. `false`: it was seen before, which makes this one a replay.
pub fn insert_once(tx: &mut Tx<'_>, seen: &SamlAssertionReplay) -> Result<bool, StoreError> {
    let inserted = on_both!(tx, c => diesel::insert_into(saml_assertion_replays::table)
        .values(seen)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted == 1)
}

/// Forgets ids whose assertions have expired by now: `limit` of them, on whichever connections they were seen.
pub fn delete_expired(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let old: Vec<String> = saml_assertion_replays::table
        .filter(saml_assertion_replays::keep_until.lt(now))
        .limit(limit)
        .select(saml_assertion_replays::assertion_id)
        .load(tx.connection)?;
    if old.is_empty() {
        return Ok(0);
    }
    let rows = saml_assertion_replays::table
        .filter(saml_assertion_replays::keep_until.lt(now))
        .filter(saml_assertion_replays::assertion_id.eq_any(&old));
    Ok(diesel::delete(rows).execute(tx.connection)?)
}
