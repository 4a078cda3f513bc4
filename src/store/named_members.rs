//! The members of groups as they are shown: with their names where these are asked for, which costs two joins.

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    connection::on_both,
    schema::{group_members, groups, users},
};
use crate::model::ids::{GroupId, OrganizationId};

/// A member as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedMember {
    /// The id of the user or group.
    pub id: String,
    /// Whether it is a group.
    pub is_group: bool,
    /// Its name; none where nobody asked for it.
    pub display: Option<String>,
}

/// The group, the member, the member if it is a group, and the names it may have.
type Row = (GroupId, String, Option<GroupId>, Option<String>, Option<String>, Option<String>);

fn of_row((group, id, member_group, display, name, name_of_group): Row) -> (GroupId, NamedMember) {
    let display = display.or(name).or(name_of_group);
    (group, NamedMember { id, is_group: member_group.is_some(), display })
}

/// Memberships of an organization as rows, without names.
macro_rules! plain {
    ($organization:expr) => {
        group_members::table.filter(group_members::organization_id.eq($organization)).select((
            group_members::group_id,
            group_members::member_id,
            group_members::member_group_id,
        ))
    };
}

/// The same with names.
macro_rules! named {
    ($organization:expr) => {
        group_members::table
            .left_join(users::table.on(users::id.nullable().eq(group_members::member_user_id)))
            .left_join(groups::table.on(groups::id.nullable().eq(group_members::member_group_id)))
            .filter(group_members::organization_id.eq($organization))
            .select((
                group_members::group_id,
                group_members::member_id,
                group_members::member_group_id,
                users::display_name.nullable(),
                users::user_name.nullable(),
                groups::display_name.nullable(),
            ))
    };
}

fn unnamed((group, id, member_group): (GroupId, String, Option<GroupId>)) -> (GroupId, NamedMember) {
    of_row((group, id, member_group, None, None, None))
}

/// The members of a group by id: at most so many of those after one.
pub fn page(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    group: &GroupId,
    with_names: bool,
    after: &str,
    limit: i64,
) -> Result<Vec<NamedMember>, StoreError> {
    macro_rules! page {
        ($rows:expr) => {
            on_both!(tx, c => $rows
                .filter(group_members::group_id.eq(group).and(group_members::member_id.gt(after)))
                .order(group_members::member_id)
                .limit(limit)
                .load(c))?
        };
    }
    let rows: Vec<(GroupId, NamedMember)> = if with_names {
        page!(named!(organization)).into_iter().map(of_row).collect()
    } else {
        page!(plain!(organization)).into_iter().map(unnamed).collect()
    };
    Ok(rows.into_iter().map(|(_, member)| member).collect())
}

/// The members of several groups: any of them, at most `limit`. They are asked for in no order: to find the first ones
/// PostgreSQL would read them all.
pub fn of_groups(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    ids: &[GroupId],
    with_names: bool,
    limit: i64,
) -> Result<Vec<(GroupId, NamedMember)>, StoreError> {
    macro_rules! any {
        ($rows:expr) => {
            on_both!(tx, c => $rows.filter(group_members::group_id.eq_any(ids)).limit(limit).load(c))?
        };
    }
    Ok(if with_names {
        any!(named!(organization)).into_iter().map(of_row).collect()
    } else {
        any!(plain!(organization)).into_iter().map(unnamed).collect()
    })
}
