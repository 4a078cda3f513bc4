//! What provisioning asks of the users that a SCIM connection holds.

use diesel::{dsl::count_star, prelude::*};

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    schema::{
        authenticator_apps, group_members, groups, passkeys, passwords, recovery_codes, user_emails,
        user_role_assignments, users,
    },
    scim_filter::Term,
    users::{User, present},
};
use crate::model::ids::{GroupId, OrganizationId, ScimConnectionId, UserId};

type Backend = <AnyConnection as diesel::Connection>::Backend;

/// The query with all terms as conditions.
macro_rules! narrowed {
    ($query:expr, $organization:expr, $terms:expr) => {{
        let mut query = $query;
        for term in $terms {
            let addressed = || user_emails::table.filter(user_emails::organization_id.eq($organization));
            query = match term {
                Term::Id(id) => query.filter(users::id.eq(id)),
                Term::ExternalId(id) => query.filter(users::external_id.eq(id)),
                Term::UserName(name) => query.filter(users::user_name_folded.eq(name)),
                Term::Email { value, kind: None } => {
                    let hits = addressed().filter(user_emails::value_folded.eq(value));
                    query.filter(users::id.eq_any(hits.select(user_emails::user_id)))
                }
                Term::Email { value, kind: Some(kind) } => {
                    let hits = addressed()
                        .filter(user_emails::value_folded.eq(value).and(user_emails::kind.eq(kind)));
                    query.filter(users::id.eq_any(hits.select(user_emails::user_id)))
                }
                Term::DisplayName(_) | Term::Member(_) => query,
            };
        }
        query
    }};
}

/// How many users of the connection match all terms, tombstones excluded.
pub fn count(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    connection: &ScimConnectionId,
    terms: &[Term],
) -> Result<i64, StoreError> {
    let query = users::table
        .filter(users::scim_connection_id.eq(connection))
        .filter(present())
        .select(count_star())
        .into_boxed::<Backend>();
    let query = narrowed!(query, organization, terms);
    Ok(query.get_result(tx.connection)?)
}

/// A page of those users, by id.
pub fn page(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    connection: &ScimConnectionId,
    terms: &[Term],
    offset: i64,
    limit: i64,
) -> Result<Vec<User>, StoreError> {
    let query = users::table
        .filter(users::scim_connection_id.eq(connection))
        .filter(present())
        .order(users::id)
        .offset(offset)
        .limit(limit)
        .select(User::as_select())
        .into_boxed::<Backend>();
    let query = narrowed!(query, organization, terms);
    Ok(query.load(tx.connection)?)
}

/// The groups of the connection that the users are direct members of: user, group, and the group's name.
pub fn groups_of(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    ids: &[UserId],
) -> Result<Vec<(UserId, GroupId, String)>, StoreError> {
    let rows: Vec<(Option<UserId>, GroupId, String)> = group_members::table
        .inner_join(groups::table.on(groups::id.eq(group_members::group_id)))
        .filter(group_members::member_user_id.eq_any(ids))
        .filter(groups::scim_connection_id.eq(connection))
        .order((group_members::member_user_id, groups::id))
        .select((group_members::member_user_id, groups::id, groups::display_name))
        .load(tx.connection)?;
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

/// Those of the ids that are users held by the connection.
pub fn existing(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    ids: &[String],
) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for some in ids.chunks(500) {
        let ids: Vec<UserId> = users::table
            .filter(users::scim_connection_id.eq(connection).and(users::id.eq_any(some)))
            .filter(present())
            .select(users::id)
            .load(tx.connection)?;
        found.extend(ids.iter().map(ToString::to_string));
    }
    Ok(found)
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
            .filter(users::scim_connection_id.eq(connection).and(present()))
            .filter(users::external_id.eq_any(some))
            .select((users::id, users::external_id, users::user_name_folded));
        found.extend(rows.load::<NamedUser>(tx.connection)?);
    }
    for some in folded.chunks(500) {
        let rows = users::table
            .filter(users::scim_connection_id.eq(connection).and(present()))
            .filter(users::user_name_folded.eq_any(some))
            .select((users::id, users::external_id, users::user_name_folded));
        found.extend(rows.load::<NamedUser>(tx.connection)?);
    }
    Ok(found)
}
