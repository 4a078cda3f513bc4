//! Mappings of groups and attributes to roles (R5).

use diesel::{dsl::count_star, prelude::*};

use super::{
    StoreError, Tx,
    connection::on_both,
    schema::{groups, role_mappings, roles, user_role_assignments},
};
use crate::model::{
    MatchedBy, Timestamp,
    ids::{GroupId, OrganizationId, ProjectId, RoleId, RoleMappingId, UserId},
};

/// Gives a role to the members of a group, or to whom a SAML attribute says.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = role_mappings, treat_none_as_default_value = false)]
pub struct RoleMapping {
    pub id: RoleMappingId,
    pub organization_id: OrganizationId,
    pub group_id: Option<GroupId>,
    pub connection_id: String,
    pub group_key: String,
    pub matched_by: MatchedBy,
    pub role_id: RoleId,
    pub suspended_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub attribute_name: Option<String>,
}

/// The mapping's provider still speaks: its SAML connection is not switched off. Groups of a SCIM connection are rows that
/// stay as they are while it is.
macro_rules! is_in_force {
    () => {
        diesel::dsl::not(diesel::dsl::exists(crate::store::schema::saml_connections::table.filter(
            crate::store::schema::saml_connections::id.eq(role_mappings::connection_id).and(
                crate::store::schema::saml_connections::status.ne(crate::model::ConnectionStatus::Enabled),
            ),
        )))
    };
}
pub(in crate::store) use is_in_force;

/// Adds a mapping. The same one twice is a conflict.
pub fn insert(tx: &mut Tx<'_>, mapping: &RoleMapping) -> Result<(), StoreError> {
    diesel::insert_into(role_mappings::table).values(mapping).execute(tx.connection)?;
    Ok(())
}

/// The organization's mapping of this id.
pub fn find(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    id: &RoleMappingId,
) -> Result<Option<RoleMapping>, StoreError> {
    Ok(role_mappings::table
        .filter(role_mappings::organization_id.eq(organization).and(role_mappings::id.eq(id)))
        .select(RoleMapping::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// How many mappings the organization has.
pub fn count(tx: &mut Tx<'_>, organization: &OrganizationId) -> Result<i64, StoreError> {
    Ok(role_mappings::table
        .filter(role_mappings::organization_id.eq(organization))
        .select(count_star())
        .get_result(tx.connection)?)
}

/// The organization's mappings, oldest first, with the names of their roles, and those that their groups have now.
pub fn list(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
) -> Result<Vec<(RoleMapping, String, Option<String>)>, StoreError> {
    Ok(role_mappings::table
        .inner_join(roles::table.on(roles::id.eq(role_mappings::role_id)))
        .left_join(groups::table.on(groups::id.nullable().eq(role_mappings::group_id)))
        .filter(role_mappings::organization_id.eq(organization))
        .order(role_mappings::id)
        .select((RoleMapping::as_select(), roles::name, groups::display_name.nullable()))
        .load(tx.connection)?)
}

/// The groups of the organization that give the role now, with their names.
pub fn groups_granting(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    role: &RoleId,
) -> Result<Vec<(GroupId, String)>, StoreError> {
    Ok(on_both!(tx, c => role_mappings::table
        .inner_join(groups::table.on(groups::id.nullable().eq(role_mappings::group_id)))
        .filter(role_mappings::organization_id.eq(organization).and(role_mappings::suspended_at.is_null()))
        .filter(role_mappings::role_id.eq(role).and(groups::organization_id.eq(organization)))
        .filter(is_in_force!())
        .order(groups::id)
        .select((groups::id, groups::display_name))
        .load(c))?)
}

/// The organization's mappings of a group.
pub fn of_group(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    group: &GroupId,
) -> Result<Vec<RoleMapping>, StoreError> {
    Ok(on_both!(tx, c => role_mappings::table
        .filter(role_mappings::group_id.eq(group).and(role_mappings::organization_id.eq(organization)))
        .order(role_mappings::id)
        .select(RoleMapping::as_select())
        .load(c))?)
}

/// The groups that give roles now, with the names of the roles.
pub fn granting(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<Vec<(GroupId, String)>, StoreError> {
    let rows: Vec<(Option<GroupId>, String)> = on_both!(tx, c => role_mappings::table
        .inner_join(roles::table.on(roles::id.eq(role_mappings::role_id)))
        .filter(role_mappings::organization_id.eq(organization).and(role_mappings::suspended_at.is_null()))
        .filter(role_mappings::group_id.is_not_null())
        .filter(super::roles::offered!(project, organization))
        .filter(is_in_force!())
        .select((role_mappings::group_id, roles::name))
        .load(c))?;
    Ok(rows.into_iter().filter_map(|(group, role)| Some((group?, role))).collect())
}

/// The attribute mappings of a connection, each with whether the user has its role by it.
pub fn of_attributes(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    connection: &str,
    user: &UserId,
) -> Result<Vec<(RoleMapping, bool)>, StoreError> {
    let had = user_role_assignments::role_mapping_id
        .eq(role_mappings::id.nullable())
        .and(user_role_assignments::user_id.eq(user));
    type Row = (RoleMapping, Option<UserId>);
    let rows: Vec<Row> = on_both!(tx, c => role_mappings::table
        .left_join(user_role_assignments::table.on(had))
        .filter(role_mappings::connection_id.eq(connection).and(role_mappings::attribute_name.is_not_null()))
        .filter(role_mappings::organization_id.eq(organization))
        .order(role_mappings::id)
        .select((RoleMapping::as_select(), user_role_assignments::user_id.nullable()))
        .load(c))?;
    Ok(rows.into_iter().map(|(mapping, has)| (mapping, has.is_some())).collect())
}

/// Gives the mappings that waited for a group of this stable id their group.
pub fn bind(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    connection: &str,
    external_id: &str,
    group: &GroupId,
) -> Result<(), StoreError> {
    let waiting = role_mappings::table
        .filter(role_mappings::connection_id.eq(connection).and(role_mappings::group_key.eq(external_id)))
        .filter(
            role_mappings::matched_by.eq(MatchedBy::ExternalId).and(role_mappings::attribute_name.is_null()),
        )
        .filter(role_mappings::organization_id.eq(organization).and(role_mappings::group_id.is_null()));
    diesel::update(waiting).set(role_mappings::group_id.eq(Some(group))).execute(tx.connection)?;
    Ok(())
}

/// Suspends a mapping, or lets it go on under the name that its group has now.
pub fn set_suspended(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    id: &RoleMappingId,
    group_key: &str,
    suspended_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let row = role_mappings::table
        .filter(role_mappings::organization_id.eq(organization).and(role_mappings::id.eq(id)));
    let change = (role_mappings::group_key.eq(group_key), role_mappings::suspended_at.eq(suspended_at));
    diesel::update(row).set(change).execute(tx.connection)?;
    Ok(())
}

/// Removes a mapping with what it gave. Returns whether it was there.
pub fn delete(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    id: &RoleMappingId,
) -> Result<bool, StoreError> {
    let row = role_mappings::table
        .filter(role_mappings::organization_id.eq(organization).and(role_mappings::id.eq(id)));
    Ok(diesel::delete(row).execute(tx.connection)? > 0)
}
