//! Metadata of several identity providers that came through a setup link, until one of them is chosen.

use diesel::prelude::*;

use super::{StoreError, Tx, connection::on_both, schema::setup_metadata};
use crate::model::{
    Timestamp,
    ids::{OrganizationId, SetupLinkId},
};

/// A document that waits for a choice: one of a link at most.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = setup_metadata, treat_none_as_default_value = false)]
pub struct SetupMetadata {
    pub setup_link_id: SetupLinkId,
    pub organization_id: OrganizationId,
    pub document: String,
    pub metadata_url: Option<String>,
    pub created_at: Timestamp,
}

/// Keeps a document in the place of the one before.
pub fn put(tx: &mut Tx<'_>, row: &SetupMetadata) -> Result<(), StoreError> {
    use setup_metadata::{created_at, document, metadata_url};
    on_both!(tx, c => diesel::insert_into(setup_metadata::table)
        .values(row)
        .on_conflict(setup_metadata::setup_link_id)
        .do_update()
        .set((document.eq(&row.document), metadata_url.eq(&row.metadata_url), created_at.eq(row.created_at)))
        .execute(c))?;
    Ok(())
}

/// The document of a link.
pub fn find(tx: &mut Tx<'_>, link: &SetupLinkId) -> Result<Option<SetupMetadata>, StoreError> {
    Ok(setup_metadata::table
        .find(link)
        .select(SetupMetadata::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// Forgets the document of a link.
pub fn delete(tx: &mut Tx<'_>, link: &SetupLinkId) -> Result<(), StoreError> {
    diesel::delete(setup_metadata::table.find(link)).execute(tx.connection)?;
    Ok(())
}

/// Forgets documents that nobody came back for, at most `limit` of them (R32).
pub fn delete_created_before(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let old: Vec<SetupLinkId> = setup_metadata::table
        .filter(setup_metadata::created_at.lt(before))
        .limit(limit)
        .select(setup_metadata::setup_link_id)
        .load(tx.connection)?;
    if old.is_empty() {
        return Ok(0);
    }
    let rows = setup_metadata::table.filter(setup_metadata::setup_link_id.eq_any(&old));
    Ok(diesel::delete(rows).execute(tx.connection)?)
}
