//! What provisioning asks of the users that a SCIM connection holds.

use diesel::{dsl::count_star, prelude::*};

use super::{
    StoreError, Tx,
    connection::{AnyConnection, on_both},
    fixed::condition,
    schema::{
        authenticator_apps, group_members, groups, passkeys, passwords, recovery_codes,
        user_role_assignments, users,
    },
    scim_filter::{
        Predicate, Selection, SortColumn, Sorting, TextColumn, TextTest, TimeColumn, not_kept, on_users,
    },
    users::{Present, User},
};
use crate::model::{
    Timestamp,
    ids::{GroupId, OrganizationId, ScimConnectionId, UserId},
};

type Backend = <AnyConnection as diesel::Connection>::Backend;

condition! {
    /// Missing values come last, and in descending order first, on both databases. `IS NULL` as a term of its own would say it as
    /// well, but is in the order of no index.
    ExternalIdUp = "users.external_id ASC NULLS LAST"
}
condition! {
    /// The other way round.
    ExternalIdDown = "users.external_id DESC NULLS FIRST"
}
condition! {
    /// As [`ExternalIdUp`].
    DisplayNameUp = "users.scim_display_name_folded ASC NULLS LAST"
}
condition! {
    /// The other way round.
    DisplayNameDown = "users.scim_display_name_folded DESC NULLS FIRST"
}

/// The users of the connection, tombstones excluded.
macro_rules! held_by {
    ($connection:expr) => {
        users::table.filter(users::scim_connection_id.eq($connection)).filter(Present)
    };
}

/// How many users of the connection match.
pub fn count(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    connection: &ScimConnectionId,
    predicate: &Predicate,
) -> Result<i64, StoreError> {
    let query = held_by!(connection).select(count_star()).into_boxed::<Backend>();
    let query = query.filter(on_users(predicate.clone(), organization));
    let query = if predicate.is_one_test() { query } else { query.filter(not_kept()) };
    Ok(query.get_result(tx.connection)?)
}

/// A page of those users.
pub fn page(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    connection: &ScimConnectionId,
    selection: &Selection,
) -> Result<Vec<User>, StoreError> {
    if let Some(few) = page_of_name(tx, connection, selection)? {
        return Ok(few);
    }
    let query = held_by!(connection).select(User::as_select()).into_boxed::<Backend>();
    let query = query.filter(on_users(selection.predicate.clone(), organization)).limit(selection.limit);
    let few = selection.predicate.is_one_test() && selection.sorting.is_none();
    let query = if few { query } else { query.filter(not_kept()) };
    let query = match (selection.offset, selection.sorting) {
        (0, _) => query,
        (offset, Some(_)) => query.offset(offset),
        // What is passed over is passed over in the index alone, and its rows are not read.
        (offset, None) => {
            let ids = held_by!(connection).select(users::id).into_boxed::<Backend>();
            let ids = ids.filter(on_users(selection.predicate.clone(), organization)).order(users::id.asc());
            let ids = if few { ids } else { ids.filter(not_kept()) };
            let first: Option<UserId> = ids.offset(offset).limit(1).get_result(tx.connection).optional()?;
            let Some(first) = first else { return Ok(Vec::new()) };
            query.filter(users::id.ge(first))
        }
    };
    macro_rules! sorted {
        ($up:expr, $down:expr, $descending:expr) => {
            if $descending {
                query.order(($down, users::id.asc()))
            } else {
                query.order(($up, users::id.asc()))
            }
        };
        ($column:expr, $descending:expr) => {
            sorted!($column.asc(), $column.desc(), $descending)
        };
    }
    let query = match selection.sorting {
        None => query.order(users::id.asc()),
        Some(Sorting { column, descending }) => match column {
            SortColumn::Text(TextColumn::Id) => sorted!(users::id, descending),
            // Whom a SCIM connection holds has a userName.
            SortColumn::Text(TextColumn::UserName) => sorted!(users::user_name_folded, descending),
            SortColumn::Text(TextColumn::ExternalId) => sorted!(ExternalIdUp, ExternalIdDown, descending),
            SortColumn::Text(TextColumn::DisplayName) => {
                sorted!(DisplayNameUp, DisplayNameDown, descending)
            }
            SortColumn::Time(TimeColumn::Created) => sorted!(users::created_at, descending),
            SortColumn::Time(TimeColumn::LastModified) => sorted!(users::updated_at, descending),
        },
    };
    Ok(query.load(tx.connection)?)
}

/// The whole of a page that asks for users by one of their names, which is what providers ask before everything else: a
/// statement that is always the same, and whose text is not written anew. `None` where it is not such a page, or more than
/// a page of them are found.
fn page_of_name(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    selection: &Selection,
) -> Result<Option<Vec<User>>, StoreError> {
    let Selection {
        predicate: Predicate::Text(column, TextTest::Equal(name)),
        sorting: None,
        offset: 0,
        limit,
    } = selection
    else {
        return Ok(None);
    };
    macro_rules! by {
        ($column:expr) => {
            on_both!(tx, c => held_by!(connection)
                .filter($column.eq(name))
                .limit(*limit)
                .select(User::as_select())
                .load::<User>(c))
        };
    }
    let mut found = match column {
        TextColumn::UserName => by!(users::user_name_folded)?,
        TextColumn::ExternalId => by!(users::external_id)?,
        TextColumn::Id | TextColumn::DisplayName => return Ok(None),
    };
    found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    let is_whole = usize::try_from(*limit).is_ok_and(|limit| found.len() < limit);
    Ok(is_whole.then_some(found))
}

/// The users of the connection with these ids.
pub fn of_ids(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    ids: &[String],
) -> Result<Vec<User>, StoreError> {
    Ok(held_by!(connection).filter(users::id.eq_any(ids)).select(User::as_select()).load(tx.connection)?)
}

/// The groups of the connection that the users are direct members of, at most `limit` of them: user, group, and the group's
/// name.
pub fn groups_of(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    ids: &[UserId],
    limit: usize,
) -> Result<Vec<(UserId, GroupId, String)>, StoreError> {
    macro_rules! groups_of {
        ($whose:expr) => {
            group_members::table
                .inner_join(groups::table.on(groups::id.eq(group_members::group_id)))
                .filter($whose)
                .filter(groups::scim_connection_id.eq(connection))
                .order((group_members::member_user_id, groups::id))
                .limit(i64::try_from(limit).unwrap_or(i64::MAX))
                .select((group_members::member_user_id, groups::id, groups::display_name))
        };
    }
    let rows: Vec<(Option<UserId>, GroupId, String)> = match ids {
        // The usual case, and a statement that can be prepared once: one of many ids cannot.
        [id] => on_both!(tx, c => groups_of!(group_members::member_user_id.eq(id)).load(c))?,
        ids => groups_of!(group_members::member_user_id.eq_any(ids)).load(tx.connection)?,
    };
    Ok(rows.into_iter().filter_map(|(user, group, name)| Some((user?, group, name))).collect())
}

/// Takes from a user what a restored one must not have: direct roles, factors, password.
pub fn strip(tx: &mut Tx<'_>, organization: &OrganizationId, user: &UserId) -> Result<(), StoreError> {
    macro_rules! delete_from {
        ($($table:ident),*) => {$(
            diesel::delete($table::table.filter($table::organization_id.eq(organization).and($table::user_id.eq(user))))
                .execute(tx.connection)?;
        )*};
    }
    delete_from!(user_role_assignments, passkeys, authenticator_apps, recovery_codes, passwords);
    Ok(())
}

/// Those of the ids that are users of the connection, whom nobody deletes until the transaction ends: who is being deleted at
/// this moment is waited for, and is not among them. A membership is written only of users who are held so: its foreign key takes
/// a tombstone for a user.
pub fn hold(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    ids: &[String],
) -> Result<Vec<String>, StoreError> {
    macro_rules! those {
        ($whose:expr) => {{
            let users = held_by!(connection).filter($whose).select(users::id);
            match &mut *tx.connection {
                AnyConnection::Postgres(c) => users.for_key_share().load::<UserId>(c)?,
                // The one writer is the lock.
                AnyConnection::Sqlite(c) => users.load::<UserId>(c)?,
            }
        }};
    }
    let mut found = Vec::new();
    match ids {
        // The usual case, and a statement that can be prepared once: one of many ids cannot.
        [id] => found.extend(those!(users::id.eq(id))),
        ids => {
            for some in ids.chunks(500) {
                found.extend(those!(users::id.eq_any(some)));
            }
        }
    }
    Ok(found.iter().map(ToString::to_string).collect())
}

/// A user by the names that its provider has for it: our id, the externalId, the folded userName.
pub type NamedUser = (UserId, Option<String>, Option<String>);

/// The users of the connection whose externalId is one of the values, or whose folded userName is one of the folded.
pub fn named(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    values: &[&str],
    folded: &[String],
) -> Result<Vec<NamedUser>, StoreError> {
    let mut found: Vec<NamedUser> = Vec::new();
    for some in values.chunks(500) {
        let rows = users::table
            .filter(users::scim_connection_id.eq(connection).and(Present))
            .filter(users::external_id.eq_any(some))
            .select((users::id, users::external_id, users::user_name_folded));
        found.extend(rows.load::<NamedUser>(tx.connection)?);
    }
    for some in folded.chunks(500) {
        let rows = users::table
            .filter(users::scim_connection_id.eq(connection).and(Present))
            .filter(users::user_name_folded.eq_any(some))
            .select((users::id, users::external_id, users::user_name_folded));
        found.extend(rows.load::<NamedUser>(tx.connection)?);
    }
    Ok(found)
}

/// Whether so many users of the connection, or more, were deactivated or deleted since then.
pub fn were_deprovisioned(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    since: Timestamp,
    many: i64,
) -> Result<bool, StoreError> {
    let of_connection = || users::table.filter(users::scim_connection_id.eq(connection)).select(users::id);
    let mut left = usize::try_from(many).unwrap_or(0);
    // As in the count, but no further than it must.
    let deactivated: Vec<UserId> = of_connection()
        .filter(users::deactivated_at.is_not_null().and(users::deactivated_at.gt(since)))
        .filter(users::deleted_at.is_null())
        .limit(many)
        .load(tx.connection)?;
    left -= deactivated.len();
    if left == 0 {
        return Ok(true);
    }
    let deleted: Vec<UserId> = of_connection()
        .filter(users::deleted_at.is_not_null().and(users::deleted_at.gt(since)))
        .limit(i64::try_from(left).unwrap_or(i64::MAX))
        .load(tx.connection)?;
    Ok(deleted.len() >= left)
}

/// How many users of the connection were deactivated or deleted since then.
pub fn deprovisioned_since(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    since: Timestamp,
) -> Result<i64, StoreError> {
    let of_connection = || users::table.filter(users::scim_connection_id.eq(connection));
    // One count for each index. A user that is deactivated and then deleted counts once.
    let deactivated: i64 = of_connection()
        .filter(users::deactivated_at.is_not_null().and(users::deactivated_at.gt(since)))
        .filter(users::deleted_at.is_null())
        .select(count_star())
        .get_result(tx.connection)?;
    let deleted: i64 = of_connection()
        .filter(users::deleted_at.is_not_null().and(users::deleted_at.gt(since)))
        .select(count_star())
        .get_result(tx.connection)?;
    Ok(deactivated + deleted)
}

/// Whether the connection holds more than so many users.
pub fn holds_more_than(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    count: i64,
) -> Result<bool, StoreError> {
    let next = held_by!(connection).order(users::id).offset(count).limit(1).select(users::id);
    Ok(next.get_result::<UserId>(tx.connection).optional()?.is_some())
}

/// Lets the users of the connection whose deactivation was held sign in again.
pub fn end_holds(tx: &mut Tx<'_>, connection: &ScimConnectionId) -> Result<usize, StoreError> {
    let rows =
        users::table.filter(users::scim_connection_id.eq(connection)).filter(users::held_until.is_not_null());
    Ok(diesel::update(rows).set(users::held_until.eq(None::<Timestamp>)).execute(tx.connection)?)
}
