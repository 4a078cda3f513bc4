//! Group membership, as rows.

use diesel::prelude::*;

use super::connection::on_both;
use super::fixed::fixed;
use super::{StoreError, Tx, schema::group_members};
use crate::model::{
    Timestamp,
    ids::{GroupId, OrganizationId, UserId},
};

/// Group membership is rows: adding one member never reads the others.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = group_members, treat_none_as_default_value = false)]
pub struct GroupMember {
    pub group_id: GroupId,
    pub member_id: String,
    pub organization_id: OrganizationId,
    pub member_user_id: Option<UserId>,
    pub member_group_id: Option<GroupId>,
    pub created_at: Timestamp,
}

/// Adds members; those already there stay as they are. Returns how many are new.
pub fn add(tx: &mut Tx<'_>, members: &[GroupMember]) -> Result<usize, StoreError> {
    if let [member] = members {
        // The usual case, and a statement that can be prepared once: one of many rows cannot.
        return Ok(on_both!(tx, c => diesel::insert_into(group_members::table)
            .values(member)
            .on_conflict_do_nothing()
            .execute(c))?);
    }
    let mut added = 0;
    for some in members.chunks(500) {
        added += on_both!(tx, c => diesel::insert_into(group_members::table)
            .values(some)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(added)
}

/// Removes members of a group by id; unknown ones are passed over. Returns how many were there.
pub fn remove(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    group: &GroupId,
    member_ids: &[String],
) -> Result<usize, StoreError> {
    if let [member] = member_ids {
        let row = group_members::table
            .filter(group_members::organization_id.eq(organization))
            .filter(group_members::group_id.eq(group).and(group_members::member_id.eq(member)));
        return Ok(on_both!(tx, c => fixed!(diesel::delete(row)).execute(c))?);
    }
    let mut removed = 0;
    for some in member_ids.chunks(500) {
        let rows = group_members::table
            .filter(group_members::organization_id.eq(organization))
            .filter(group_members::group_id.eq(group).and(group_members::member_id.eq_any(some)));
        removed += diesel::delete(rows).execute(tx.connection)?;
    }
    Ok(removed)
}

/// Removes every member of a group. Returns how many there were.
pub fn clear(tx: &mut Tx<'_>, organization: &OrganizationId, group: &GroupId) -> Result<usize, StoreError> {
    let rows = group_members::table
        .filter(group_members::organization_id.eq(organization).and(group_members::group_id.eq(group)));
    Ok(diesel::delete(rows).execute(tx.connection)?)
}

/// The members of a group by id: at most so many of those after one.
pub fn page(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    group: &GroupId,
    after: &str,
    limit: i64,
) -> Result<Vec<GroupMember>, StoreError> {
    Ok(on_both!(tx, c => group_members::table
        .filter(group_members::organization_id.eq(organization).and(group_members::group_id.eq(group)))
        .filter(group_members::member_id.gt(after))
        .order(group_members::member_id)
        .limit(limit)
        .select(GroupMember::as_select())
        .load(c))?)
}

/// Removes a user from every group. Returns the groups.
pub fn remove_user(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    user: &UserId,
) -> Result<Vec<GroupId>, StoreError> {
    let rows = || {
        group_members::table
            .filter(group_members::organization_id.eq(organization))
            .filter(group_members::member_user_id.eq(user))
    };
    let groups = rows().select(group_members::group_id).load(tx.connection)?;
    diesel::delete(rows()).execute(tx.connection)?;
    Ok(groups)
}
