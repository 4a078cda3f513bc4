//! Groups pushed by SCIM or seen in SAML attributes.

use diesel::prelude::*;

use super::connection::{AnyConnection, on_both};
use super::fixed::fixed;
use super::{
    StoreError, Tx,
    schema::{group_members, groups},
};
use crate::model::{
    Timestamp,
    ids::{GroupId, OrganizationId, SamlConnectionId, ScimConnectionId, UserId},
};

/// A group pushed by SCIM or seen in SAML attributes.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = groups, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
pub struct Group {
    pub id: GroupId,
    pub organization_id: OrganizationId,
    pub scim_connection_id: Option<ScimConnectionId>,
    pub saml_connection_id: Option<SamlConnectionId>,
    pub external_id: Option<String>,
    pub display_name: String,
    pub display_name_folded: String,
    pub scim_attributes: Option<String>,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Adds a group.
pub fn insert(tx: &mut Tx<'_>, group: &Group) -> Result<(), StoreError> {
    on_both!(tx, c => diesel::insert_into(groups::table).values(group).execute(c))?;
    Ok(())
}

/// Writes all columns of a group.
pub fn update(tx: &mut Tx<'_>, group: &Group) -> Result<(), StoreError> {
    let row = groups::table
        .filter(groups::organization_id.eq(&group.organization_id).and(groups::id.eq(&group.id)));
    on_both!(tx, c => fixed!(diesel::update(row).set(group)).execute(c))?;
    Ok(())
}

/// The organization's group of this id.
pub fn find(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    id: &GroupId,
) -> Result<Option<Group>, StoreError> {
    Ok(groups::table
        .filter(groups::organization_id.eq(organization).and(groups::id.eq(id)))
        .select(Group::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// Two at most of the groups that a SCIM connection holds under this id of its provider's.
pub fn scim_by_external_id(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    external_id: &str,
) -> Result<Vec<Group>, StoreError> {
    Ok(groups::table
        .filter(groups::scim_connection_id.eq(connection).and(groups::external_id.eq(external_id)))
        .limit(2)
        .select(Group::as_select())
        .load(tx.connection)?)
}

/// The same, under this folded name.
pub fn scim_by_name(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    folded: &str,
) -> Result<Vec<Group>, StoreError> {
    Ok(groups::table
        .filter(groups::scim_connection_id.eq(connection).and(groups::display_name_folded.eq(folded)))
        .limit(2)
        .select(Group::as_select())
        .load(tx.connection)?)
}

/// The group of this id that a SCIM connection holds.
macro_rules! held {
    ($connection:expr, $id:expr) => {
        groups::table.filter(groups::scim_connection_id.eq($connection).and(groups::id.eq($id)))
    };
}

/// The group of this id that a SCIM connection holds.
pub fn find_scim(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    id: &GroupId,
) -> Result<Option<Group>, StoreError> {
    Ok(on_both!(tx, c => held!(connection, id)
        .select(Group::as_select())
        .get_result(c)
        .optional())?)
}

/// As [`find_scim`], and nobody else writes the row until the transaction ends.
pub fn lock_scim(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    id: &GroupId,
) -> Result<Option<Group>, StoreError> {
    // On SQLite the one writer is the lock.
    let AnyConnection::Postgres(c) = &mut *tx.connection else {
        return find_scim(tx, connection, id);
    };
    Ok(held!(connection, id)
        .select(Group::as_select())
        // Another group may name this one as a member meanwhile: its key does not change.
        .for_no_key_update()
        .get_result(c)
        .optional()?)
}

/// Locks groups of the organization as [`lock_scim`] does one, in the order of their ids, as everybody does who needs several.
/// Who locks a user or a name as well has done so before (`provisioning::groups::met`).
pub fn lock_all(tx: &mut Tx<'_>, organization: &OrganizationId, ids: &[GroupId]) -> Result<(), StoreError> {
    // On SQLite the one writer is the lock.
    let AnyConnection::Postgres(c) = &mut *tx.connection else { return Ok(()) };
    let mut ids: Vec<&GroupId> = ids.iter().collect();
    ids.sort_unstable();
    ids.dedup();
    for some in ids.chunks(500) {
        groups::table
            .filter(groups::organization_id.eq(organization))
            .filter(groups::id.eq_any(some.iter().copied()))
            .order(groups::id)
            .select(groups::id)
            .for_no_key_update()
            .load::<GroupId>(c)?;
    }
    Ok(())
}

/// Locks a group that is to be deleted: nobody puts it into another one meanwhile.
pub fn lock_for_delete(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    id: &GroupId,
) -> Result<(), StoreError> {
    // On SQLite the one writer is the lock.
    if let AnyConnection::Postgres(c) = &mut *tx.connection {
        held!(connection, id).select(groups::id).for_update().first::<GroupId>(c)?;
    }
    Ok(())
}

/// The group that a SAML connection names so.
pub fn find_saml(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    external_id: &str,
) -> Result<Option<Group>, StoreError> {
    Ok(on_both!(tx, c => groups::table
        .filter(groups::saml_connection_id.eq(connection).and(groups::external_id.eq(external_id)))
        .select(Group::as_select())
        .get_result(c)
        .optional())?)
}

/// The groups of a SAML connection that a user is in, by the connection's name for them.
pub fn saml_groups_of_user(
    tx: &mut Tx<'_>,
    connection: &SamlConnectionId,
    user: &UserId,
) -> Result<Vec<(String, GroupId)>, StoreError> {
    let rows: Vec<(Option<String>, GroupId)> = on_both!(tx, c => group_members::table
        .inner_join(groups::table.on(groups::id.eq(group_members::group_id)))
        .filter(group_members::member_user_id.eq(user))
        .filter(groups::saml_connection_id.eq(connection))
        .select((groups::external_id, groups::id))
        .load(c))?;
    Ok(rows.into_iter().filter_map(|(name, id)| Some((name?, id))).collect())
}

/// Removes a group that a SCIM connection holds, with its members. Returns whether it was there.
pub fn delete_scim(tx: &mut Tx<'_>, connection: &ScimConnectionId, id: &GroupId) -> Result<bool, StoreError> {
    Ok(diesel::delete(held!(connection, id)).execute(tx.connection)? > 0)
}
