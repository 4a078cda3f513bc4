//! Schemas that organizations have registered.

use diesel::prelude::*;

use super::{StoreError, Tx, connection::on_both, schema::scim_schemas};
use crate::model::{Timestamp, ids::OrganizationId};

/// A schema that an organization has registered, with typed attributes.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = scim_schemas)]
pub struct ScimSchema {
    pub organization_id: OrganizationId,
    pub urn_folded: String,
    pub resource_type: String,
    /// The JSON of RFC 7643 section 7.
    pub definition: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Adds a schema, or puts it in the place of the one with its URN.
pub fn put(tx: &mut Tx<'_>, schema: &ScimSchema) -> Result<(), StoreError> {
    on_both!(tx, c => diesel::insert_into(scim_schemas::table)
        .values(schema)
        .on_conflict((scim_schemas::organization_id, scim_schemas::urn_folded))
        .do_update()
        .set((
            scim_schemas::resource_type.eq(&schema.resource_type),
            scim_schemas::definition.eq(&schema.definition),
            scim_schemas::updated_at.eq(schema.updated_at),
        ))
        .execute(c))?;
    Ok(())
}

/// The organization's schemas, by URN.
pub fn list(tx: &mut Tx<'_>, organization: &OrganizationId) -> Result<Vec<ScimSchema>, StoreError> {
    Ok(scim_schemas::table
        .filter(scim_schemas::organization_id.eq(organization))
        .order(scim_schemas::urn_folded)
        .select(ScimSchema::as_select())
        .load(tx.connection)?)
}

/// Removes a schema. Returns whether it was there.
pub fn delete(tx: &mut Tx<'_>, organization: &OrganizationId, urn_folded: &str) -> Result<bool, StoreError> {
    let row = scim_schemas::table
        .filter(scim_schemas::organization_id.eq(organization).and(scim_schemas::urn_folded.eq(urn_folded)));
    Ok(diesel::delete(row).execute(tx.connection)? > 0)
}
