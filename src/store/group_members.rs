//! Group membership, as rows.

use diesel::prelude::*;

use super::connection::on_both;
use super::fixed::fixed;
use super::{
    StoreError, Tx,
    schema::{group_members, groups, users},
    users::{Present, User},
};
use crate::model::{
    Timestamp,
    ids::{GroupId, OrganizationId, ScimConnectionId, UserId},
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

/// Those of the ids that are members of the group.
pub fn among(tx: &mut Tx<'_>, group: &GroupId, ids: &[String]) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for some in ids.chunks(500) {
        let rows = group_members::table
            .filter(group_members::group_id.eq(group).and(group_members::member_id.eq_any(some)))
            .select(group_members::member_id);
        found.extend(rows.load::<String>(tx.connection)?);
    }
    Ok(found)
}

/// Removes a user, who is locked, from every group. Returns the groups, which are locked before: who changes one of them
/// holds its row first, and then those of its members.
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
    let of_user = |tx: &mut Tx<'_>| rows().select(group_members::group_id).load::<GroupId>(tx.connection);
    let seen = of_user(tx)?;
    if seen.is_empty() {
        return Ok(seen);
    }
    super::groups::lock_all(tx, organization, &seen)?;
    // Who was taken out of one meanwhile is in it no more. Nobody was put into one: the user is locked.
    let groups = of_user(tx)?;
    diesel::delete(rows()).execute(tx.connection)?;
    Ok(groups)
}

/// The users, tombstones excluded, and the groups that are members of any of the groups, themselves.
pub fn of_groups(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    ids: &[GroupId],
) -> Result<(Vec<User>, Vec<GroupId>), StoreError> {
    let (mut people, mut within) = (Vec::new(), Vec::new());
    for some in ids.chunks(500) {
        let rows = || {
            group_members::table
                .filter(group_members::group_id.eq_any(some))
                .filter(group_members::organization_id.eq(organization))
        };
        let members = rows()
            .inner_join(users::table.on(users::id.nullable().eq(group_members::member_user_id)))
            .filter(users::organization_id.eq(organization))
            .filter(Present);
        people.extend(members.select(User::as_select()).load(tx.connection)?);
        let groups: Vec<Option<GroupId>> = rows()
            .filter(group_members::member_group_id.is_not_null())
            .select(group_members::member_group_id)
            .load(tx.connection)?;
        within.extend(groups.into_iter().flatten());
    }
    Ok((people, within))
}

/// A group that somebody is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberOf {
    pub id: GroupId,
    pub display_name: String,
    /// Only a group of a SCIM connection can be in another.
    pub may_be_nested: bool,
}

type MemberOfRow = (GroupId, String, Option<ScimConnectionId>);

fn member_of((id, display_name, scim): MemberOfRow) -> MemberOf {
    MemberOf { id, display_name, may_be_nested: scim.is_some() }
}

/// The groups that have the user as a member, any `limit` of them at the most.
pub fn groups_of_user(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    user: &UserId,
    limit: usize,
) -> Result<Vec<MemberOf>, StoreError> {
    let rows: Vec<MemberOfRow> = on_both!(tx, c => group_members::table
        .inner_join(groups::table.on(groups::id.eq(group_members::group_id)))
        .filter(group_members::member_user_id.eq(user).and(group_members::organization_id.eq(organization)))
        .filter(groups::organization_id.eq(organization))
        .limit(rows_of(limit))
        .select((groups::id, groups::display_name, groups::scim_connection_id))
        .load(c))?;
    Ok(rows.into_iter().map(member_of).collect())
}

/// Those of the groups that have the user as a member.
pub fn groups_of_user_among(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    user: &UserId,
    ids: &[GroupId],
) -> Result<Vec<GroupId>, StoreError> {
    let mut found = Vec::new();
    for some in ids.chunks(500) {
        // By the primary key: a user is a member under its own id.
        let rows = group_members::table
            .filter(group_members::group_id.eq_any(some).and(group_members::member_id.eq(user.as_str())))
            .filter(group_members::organization_id.eq(organization))
            .select(group_members::group_id);
        found.extend(rows.load::<GroupId>(tx.connection)?);
    }
    Ok(found)
}

/// The groups that have any of the groups as a member: memberships, any `limit` of them at the most, so that a group may come
/// more than once.
pub fn groups_of_groups(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    ids: &[GroupId],
    limit: usize,
) -> Result<Vec<MemberOf>, StoreError> {
    let mut found = Vec::new();
    for some in ids.chunks(500) {
        if found.len() == limit {
            break;
        }
        let rows: Vec<MemberOfRow> = group_members::table
            .inner_join(groups::table.on(groups::id.eq(group_members::group_id)))
            // Written out for the planner: the index is over those that are not null.
            .filter(group_members::member_group_id.is_not_null())
            .filter(group_members::member_group_id.eq_any(some))
            .filter(group_members::organization_id.eq(organization))
            .filter(groups::organization_id.eq(organization))
            .limit(rows_of(limit - found.len()))
            .select((groups::id, groups::display_name, groups::scim_connection_id))
            .load(tx.connection)?;
        found.extend(rows.into_iter().map(member_of));
    }
    Ok(found)
}

fn rows_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
