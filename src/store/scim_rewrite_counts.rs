//! How often each dialect rewrite was applied for a connection.

use diesel::prelude::*;

use super::connection::on_both;
use super::{StoreError, Tx, schema::scim_rewrite_counts};
use crate::model::{
    Timestamp,
    ids::{OrganizationId, ScimConnectionId},
};

/// How often each dialect rewrite was applied for a connection.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = scim_rewrite_counts)]
pub struct ScimRewriteCount {
    pub scim_connection_id: ScimConnectionId,
    pub rewrite: String,
    pub organization_id: OrganizationId,
    pub count: i64,
    pub last_at: Timestamp,
}

/// Counts a rewrite.
pub fn add(tx: &mut Tx<'_>, row: &ScimRewriteCount) -> Result<(), StoreError> {
    use scim_rewrite_counts::{count, last_at};
    on_both!(tx, c => diesel::insert_into(scim_rewrite_counts::table)
        .values(row)
        .on_conflict((scim_rewrite_counts::scim_connection_id, scim_rewrite_counts::rewrite))
        .do_update()
        .set((count.eq(count + row.count), last_at.eq(row.last_at)))
        .execute(c))?;
    Ok(())
}

/// The counts of a connection.
pub fn list(tx: &mut Tx<'_>, connection: &ScimConnectionId) -> Result<Vec<ScimRewriteCount>, StoreError> {
    Ok(scim_rewrite_counts::table
        .filter(scim_rewrite_counts::scim_connection_id.eq(connection))
        .order(scim_rewrite_counts::rewrite)
        .select(ScimRewriteCount::as_select())
        .load(tx.connection)?)
}
