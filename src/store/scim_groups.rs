//! What provisioning asks of the groups that a SCIM connection holds.

use diesel::{dsl::count_star, prelude::*};

use super::{
    StoreError, Tx,
    connection::{AnyConnection, on_both},
    fixed::{condition, fixed},
    groups::Group,
    schema::{group_members, groups, scim_connections},
    scim_filter::{Predicate, Selection, SortColumn, Sorting, TextColumn, TimeColumn, not_kept, on_groups},
};
use crate::model::{
    Timestamp,
    ids::{GroupId, OrganizationId, ScimConnectionId},
};

/// How many ids go into one statement: SQLite has a limit.
const SOME: usize = 500;

type Backend = <AnyConnection as diesel::Connection>::Backend;

condition! {
    /// Missing values come last, and in descending order first, on both databases. `IS NULL` as a term of its own would say it as
    /// well, but is in the order of no index.
    ExternalIdUp = "groups.external_id ASC NULLS LAST"
}
condition! {
    /// The other way round.
    ExternalIdDown = "groups.external_id DESC NULLS FIRST"
}

/// How many groups of the connection match.
pub fn count(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    connection: &ScimConnectionId,
    predicate: &Predicate,
) -> Result<i64, StoreError> {
    let query = groups::table
        .filter(groups::scim_connection_id.eq(connection))
        .select(count_star())
        .into_boxed::<Backend>();
    let query = query.filter(on_groups(predicate.clone(), organization));
    let query = if predicate.is_one_test() { query } else { query.filter(not_kept()) };
    Ok(query.get_result(tx.connection)?)
}

/// A page of those groups.
pub fn page(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    connection: &ScimConnectionId,
    selection: &Selection,
) -> Result<Vec<Group>, StoreError> {
    let query = groups::table
        .filter(groups::scim_connection_id.eq(connection))
        .select(Group::as_select())
        .into_boxed::<Backend>();
    let query = query.filter(on_groups(selection.predicate.clone(), organization)).limit(selection.limit);
    let few = selection.predicate.is_one_test() && selection.sorting.is_none();
    let query = if few { query } else { query.filter(not_kept()) };
    let query = match (selection.offset, selection.sorting) {
        (0, _) => query,
        (offset, Some(_)) => query.offset(offset),
        // What is passed over is passed over in the index alone, and its rows are not read.
        (offset, None) => {
            let ids = groups::table
                .filter(groups::scim_connection_id.eq(connection))
                .select(groups::id)
                .into_boxed::<Backend>();
            let ids =
                ids.filter(on_groups(selection.predicate.clone(), organization)).order(groups::id.asc());
            let ids = if few { ids } else { ids.filter(not_kept()) };
            let first: Option<GroupId> = ids.offset(offset).limit(1).get_result(tx.connection).optional()?;
            let Some(first) = first else { return Ok(Vec::new()) };
            query.filter(groups::id.ge(first))
        }
    };
    macro_rules! sorted {
        ($up:expr, $down:expr, $descending:expr) => {
            if $descending {
                query.order(($down, groups::id.asc()))
            } else {
                query.order(($up, groups::id.asc()))
            }
        };
        ($column:expr, $descending:expr) => {
            sorted!($column.asc(), $column.desc(), $descending)
        };
    }
    let query = match selection.sorting {
        None => query.order(groups::id.asc()),
        Some(Sorting { column, descending }) => match column {
            // Groups have no userName.
            SortColumn::Text(TextColumn::Id | TextColumn::UserName) => sorted!(groups::id, descending),
            SortColumn::Text(TextColumn::ExternalId) => sorted!(ExternalIdUp, ExternalIdDown, descending),
            SortColumn::Text(TextColumn::DisplayName) => sorted!(groups::display_name_folded, descending),
            SortColumn::Time(TimeColumn::Created) => sorted!(groups::created_at, descending),
            SortColumn::Time(TimeColumn::LastModified) => sorted!(groups::updated_at, descending),
        },
    };
    Ok(query.load(tx.connection)?)
}

/// The groups of the connection with these ids.
pub fn of_ids(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    ids: &[String],
) -> Result<Vec<Group>, StoreError> {
    Ok(groups::table
        .filter(groups::scim_connection_id.eq(connection).and(groups::id.eq_any(ids)))
        .select(Group::as_select())
        .load(tx.connection)?)
}

/// What a group is called. What was pushed with it is left where it is: one user may be in thousands of groups.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = groups)]
pub struct GroupName {
    pub id: GroupId,
    pub organization_id: OrganizationId,
    pub display_name: String,
    pub external_id: Option<String>,
}

impl GroupName {
    pub fn of(group: &Group) -> Self {
        Self {
            id: group.id.clone(),
            organization_id: group.organization_id.clone(),
            display_name: group.display_name.clone(),
            external_id: group.external_id.clone(),
        }
    }
}

/// Those of the organization's groups of these ids that a SCIM connection holds.
pub fn pushed(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    ids: &[GroupId],
) -> Result<Vec<GroupName>, StoreError> {
    let mut found = Vec::new();
    for some in ids.chunks(SOME) {
        let rows = groups::table
            .filter(groups::organization_id.eq(organization).and(groups::id.eq_any(some)))
            .filter(groups::scim_connection_id.is_not_null())
            .order(groups::id)
            .select(GroupName::as_select());
        found.extend(rows.load::<GroupName>(tx.connection)?);
    }
    Ok(found)
}

/// The groups of the connection that have any of the groups as a member: the member, the group, and its name.
pub fn parents(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    ids: &[GroupId],
) -> Result<Vec<(GroupId, GroupId, String)>, StoreError> {
    parents_up_to(usize::MAX, tx, connection, ids)
}

/// The same, no more than so many of each few hundred of the groups.
pub fn parents_up_to(
    limit: usize,
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    ids: &[GroupId],
) -> Result<Vec<(GroupId, GroupId, String)>, StoreError> {
    let mut parents = Vec::new();
    for some in ids.chunks(SOME) {
        let rows: Vec<(Option<GroupId>, GroupId, String)> = group_members::table
            .inner_join(groups::table.on(groups::id.eq(group_members::group_id)))
            .filter(group_members::member_group_id.eq_any(some))
            .filter(groups::scim_connection_id.eq(connection))
            .order((group_members::member_group_id, groups::id))
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .select((group_members::member_group_id, groups::id, groups::display_name))
            .load(tx.connection)?;
        parents.extend(rows.into_iter().filter_map(|(member, group, name)| Some((member?, group, name))));
    }
    Ok(parents)
}

/// The groups of the connection with this folded name, other than the given one.
pub fn with_name(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    folded: &str,
    other_than: &GroupId,
) -> Result<i64, StoreError> {
    Ok(on_both!(tx, c => groups::table
        .filter(groups::scim_connection_id.eq(connection))
        .filter(groups::display_name_folded.eq(folded).and(groups::id.ne(other_than)))
        .select(count_star())
        .get_result(c))?)
}

/// Lets one writer at a time give names, or put groups into groups, on a connection: that names are unique and that no
/// group contains itself is true by check, not by key.
pub fn lock_shape(tx: &mut Tx<'_>, connection: &ScimConnectionId) -> Result<(), StoreError> {
    // On SQLite the one writer is the lock.
    if let AnyConnection::Postgres(c) = &mut *tx.connection {
        scim_connections::table
            .find(connection)
            .select(scim_connections::id)
            .for_no_key_update()
            .first::<ScimConnectionId>(c)?;
    }
    Ok(())
}

/// The ids of the members of a group.
pub fn member_ids(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    group: &GroupId,
) -> Result<Vec<String>, StoreError> {
    Ok(group_members::table
        .filter(group_members::organization_id.eq(organization).and(group_members::group_id.eq(group)))
        .select(group_members::member_id)
        .load(tx.connection)?)
}

/// Those of the ids that are groups held by the connection.
pub fn existing(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    ids: &[String],
) -> Result<Vec<GroupId>, StoreError> {
    let mut found: Vec<GroupId> = Vec::new();
    for some in ids.chunks(SOME) {
        let rows = groups::table
            .filter(groups::scim_connection_id.eq(connection).and(groups::id.eq_any(some)))
            .select(groups::id);
        found.extend(rows.load::<GroupId>(tx.connection)?);
    }
    Ok(found)
}

/// The groups that are members of any of the groups: the group, and the member.
pub fn children(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    ids: &[GroupId],
) -> Result<Vec<(GroupId, GroupId)>, StoreError> {
    let mut children = Vec::new();
    for some in ids.chunks(SOME) {
        let rows: Vec<(GroupId, Option<GroupId>)> = group_members::table
            .filter(group_members::organization_id.eq(organization).and(group_members::group_id.eq_any(some)))
            .filter(group_members::member_group_id.is_not_null())
            .select((group_members::group_id, group_members::member_group_id))
            .load(tx.connection)?;
        children.extend(rows.into_iter().filter_map(|(group, member)| Some((group, member?))));
    }
    Ok(children)
}

/// Counts a change of each group, whose members have changed.
pub fn touch(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    ids: &[GroupId],
    at: Timestamp,
) -> Result<(), StoreError> {
    if let [id] = ids {
        let row = groups::table.filter(groups::organization_id.eq(organization).and(groups::id.eq(id)));
        let change = (groups::version.eq(groups::version + 1), groups::updated_at.eq(at));
        on_both!(tx, c => fixed!(diesel::update(row).set(change)).execute(c))?;
        return Ok(());
    }
    for some in ids.chunks(SOME) {
        let rows =
            groups::table.filter(groups::organization_id.eq(organization).and(groups::id.eq_any(some)));
        diesel::update(rows)
            .set((groups::version.eq(groups::version + 1), groups::updated_at.eq(at)))
            .execute(tx.connection)?;
    }
    Ok(())
}
