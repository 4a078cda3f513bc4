//! Users: people in exactly one organization.

use diesel::{dsl::exists, prelude::*};

use super::connection::{AnyConnection, on_both};
use super::fixed::{condition, fixed};
use super::{
    StoreError, Tx, domains,
    schema::{organizations, users},
    scim_filter::escaped,
};
use crate::model::{
    DeactivatedBy, Timestamp, UserStatus,
    ids::{OrganizationId, ProjectId, ScimConnectionId, UserId},
};

/// A person in exactly one organization.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
pub struct User {
    pub id: UserId,
    pub organization_id: OrganizationId,
    pub scim_connection_id: Option<ScimConnectionId>,
    pub external_id: Option<String>,
    pub user_name: Option<String>,
    pub user_name_folded: Option<String>,
    pub email: Option<String>,
    pub email_folded: Option<String>,
    pub display_name: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub profile_picture_url: Option<String>,
    pub owner: bool,
    pub break_glass: bool,
    pub status: UserStatus,
    pub deactivated_by: Option<DeactivatedBy>,
    pub scim_attributes: Option<String>,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub deactivated_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    pub scim_display_name_folded: Option<String>,
    pub active_assigned: bool,
    pub held_until: Option<Timestamp>,
}

impl User {
    /// The status as a login sees it: while a deactivation is held, the user does not sign in.
    pub fn login_status(&self, now: Timestamp) -> UserStatus {
        match self.status {
            UserStatus::Active if self.held_until.is_some_and(|until| until > now) => UserStatus::Inactive,
            status => status,
        }
    }
}

condition! {
    /// Not a tombstone.
    Present = "users.status <> 'deleted'"
}
diesel::alias!(users as namesakes: Namesakes);

condition! {
    /// Not a tombstone, of those that share an externalId.
    PresentNamesake = "namesakes.status <> 'deleted'"
}

/// Adds a user. A login address or userName that is taken is a conflict.
pub fn insert(tx: &mut Tx<'_>, user: &User) -> Result<(), StoreError> {
    on_both!(tx, c => diesel::insert_into(users::table).values(user).execute(c))?;
    Ok(())
}

/// Writes all columns of a user.
pub fn update(tx: &mut Tx<'_>, user: &User) -> Result<(), StoreError> {
    let row =
        users::table.filter(users::organization_id.eq(&user.organization_id)).filter(users::id.eq(&user.id));
    on_both!(tx, c => fixed!(diesel::update(row).set(user)).execute(c))?;
    Ok(())
}

/// Writes what has changed of a user. Most changes are to nothing that a user is found by; then the indexes, which are most
/// of the cost of writing all columns, stay as they are but for that of the time.
pub fn update_from(tx: &mut Tx<'_>, before: &User, after: &User) -> Result<(), StoreError> {
    if !is_found_as_before(before, after) {
        return update(tx, after);
    }
    let plain = Plain {
        display_name: after.display_name.as_deref(),
        given_name: after.given_name.as_deref(),
        family_name: after.family_name.as_deref(),
        profile_picture_url: after.profile_picture_url.as_deref(),
        scim_attributes: after.scim_attributes.as_deref(),
        version: after.version,
        updated_at: after.updated_at,
    };
    let row = users::table
        .filter(users::organization_id.eq(&after.organization_id))
        .filter(users::id.eq(&after.id));
    on_both!(tx, c => fixed!(diesel::update(row).set(&plain)).execute(c))?;
    Ok(())
}

/// The columns that no index has, and the time of the change.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = users, treat_none_as_null = true)]
struct Plain<'a> {
    display_name: Option<&'a str>,
    given_name: Option<&'a str>,
    family_name: Option<&'a str>,
    profile_picture_url: Option<&'a str>,
    scim_attributes: Option<&'a str>,
    version: i64,
    updated_at: Timestamp,
}

/// Whether all that is not in [`Plain`] is the same. A column that is added must be named here.
fn is_found_as_before(before: &User, after: &User) -> bool {
    macro_rules! rest {
        ($user:expr) => {{
            let User {
                id,
                organization_id,
                scim_connection_id,
                external_id,
                user_name,
                user_name_folded,
                email,
                email_folded,
                display_name: _,
                given_name: _,
                family_name: _,
                profile_picture_url: _,
                owner,
                break_glass,
                status,
                deactivated_by,
                scim_attributes: _,
                version: _,
                created_at,
                updated_at: _,
                deactivated_at,
                deleted_at,
                scim_display_name_folded,
                active_assigned,
                held_until,
            } = $user;
            let names =
                (external_id, user_name, user_name_folded, email, email_folded, scim_display_name_folded);
            let times = (created_at, deactivated_at, deleted_at, held_until);
            let states = (owner, break_glass, status, deactivated_by, active_assigned);
            (id, organization_id, scim_connection_id, names, times, states)
        }};
    }
    rest!(before) == rest!(after)
}

/// The organization's user of this id, tombstones excluded.
pub fn find(tx: &mut Tx<'_>, organization: &OrganizationId, id: &UserId) -> Result<Option<User>, StoreError> {
    Ok(on_both!(tx, c => users::table
        .filter(users::organization_id.eq(organization).and(users::id.eq(id)))
        .filter(Present)
        .select(User::as_select())
        .get_result(c)
        .optional())?)
}

/// As [`find`] under a row lock of PostgreSQL. On SQLite the one writer is the lock.
macro_rules! locked {
    ($tx:ident, $organization:ident, $id:ident, $strength:ident) => {{
        let AnyConnection::Postgres(connection) = &mut *$tx.connection else {
            return find($tx, $organization, $id);
        };
        users::table
            .filter(users::organization_id.eq($organization).and(users::id.eq($id)))
            .filter(Present)
            .select(User::as_select())
            .$strength()
            .get_result(connection)
            .optional()?
    }};
}

/// As [`find`], and nobody else writes the row until the transaction ends: for reading and writing back.
pub fn lock(tx: &mut Tx<'_>, organization: &OrganizationId, id: &UserId) -> Result<Option<User>, StoreError> {
    Ok(locked!(tx, organization, id, for_update))
}

/// As [`lock`], for a login: others may go on naming the user, as a group does whose member it becomes. A login would wait for
/// all that such a group's transaction waits for.
pub fn lock_for_login(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    id: &UserId,
) -> Result<Option<User>, StoreError> {
    Ok(locked!(tx, organization, id, for_no_key_update))
}

/// The organization of the project's user of this id, tombstones excluded.
pub fn organization_of(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &UserId,
) -> Result<Option<OrganizationId>, StoreError> {
    Ok(users::table
        .inner_join(organizations::table.on(organizations::id.eq(users::organization_id)))
        .filter(organizations::project_id.eq(project).and(users::id.eq(id)))
        .filter(Present)
        .select(users::organization_id)
        .get_result(tx.connection)
        .optional()?)
}

/// The organization's users whose folded login address contains `email_part`, oldest first, tombstones excluded; at most
/// so many. Nothing is part of every address, and of none.
pub fn list(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    email_part: &str,
    limit: i64,
) -> Result<Vec<User>, StoreError> {
    let mut found = users::table.filter(users::organization_id.eq(organization)).filter(Present).into_boxed();
    if !email_part.is_empty() {
        let pattern = format!("%{}%", escaped(email_part));
        found = found.filter(users::email_folded.like(pattern).escape('\\'));
    }
    Ok(found.order(users::id).limit(limit).select(User::as_select()).load(tx.connection)?)
}

/// The organization's user with this folded login address, tombstones excluded, locked as by [`lock_for_login`]. With
/// whether the organization has proved the domain, by its exact (folded) name.
pub fn lock_by_email(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    email_folded: &str,
    domain: &str,
) -> Result<Option<(User, bool)>, StoreError> {
    macro_rules! query {
        () => {
            users::table
                .filter(users::organization_id.eq(organization).and(users::email_folded.eq(email_folded)))
                .filter(Present)
                .select((User::as_select(), exists(domains::proved!(organization, domain))))
        };
    }
    Ok(match &mut *tx.connection {
        AnyConnection::Postgres(c) => query!().for_no_key_update().get_result(c).optional()?,
        // The one writer is the lock.
        AnyConnection::Sqlite(c) => query!().get_result(c).optional()?,
    })
}

/// Whether another user of the organization has this folded login address, tombstones excluded.
pub fn is_address_of_another(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    email_folded: &str,
    than: &UserId,
) -> Result<bool, StoreError> {
    let others = users::table
        .filter(users::organization_id.eq(organization).and(users::email_folded.eq(email_folded)))
        .filter(users::id.ne(than))
        .filter(Present);
    Ok(on_both!(tx, c => diesel::select(exists(others)).get_result(c))?)
}

/// The names that a new user comes with, each of which may be somebody's already.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// userName, folded.
    pub user_name_folded: &'a str,
    /// externalId, as it came.
    pub external_id: Option<&'a str>,
    /// Login address, folded.
    pub email_folded: Option<&'a str>,
}

/// The user that has one of the names, tombstones excluded: on the connection by userName, else by externalId, else in
/// the organization by login address. One question, because it is asked for every user that is created.
pub fn find_by_names(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    connection: &ScimConnectionId,
    names: &Names<'_>,
) -> Result<Option<User>, StoreError> {
    // Each of the three says that it looks at no tombstones, so that each finds its index. A name that is missing is
    // NULL, and equal to nothing.
    let on_connection = || users::scim_connection_id.eq(connection);
    let by_user_name = on_connection().and(users::user_name_folded.eq(names.user_name_folded)).and(Present);
    // Providers do not promise that an externalId is one user's, and a row is as large as a body: the first stands for all.
    let first_of_external_id = namesakes
        .filter(namesakes.field(users::scim_connection_id).eq(connection))
        .filter(namesakes.field(users::external_id).eq(names.external_id))
        .filter(PresentNamesake)
        .order(namesakes.field(users::id))
        .select(namesakes.field(users::id))
        .limit(1);
    let by_external_id = users::id.nullable().eq(first_of_external_id.single_value());
    let by_email =
        users::organization_id.eq(organization).and(users::email_folded.eq(names.email_folded)).and(Present);
    let mut found: Vec<User> = on_both!(tx, c => users::table.filter(by_user_name.or(by_external_id).or(by_email)).select(User::as_select()).load(c))?;
    found.sort_by_cached_key(|user| {
        let on_connection = user.scim_connection_id.as_ref() == Some(connection);
        let by_user_name = user.user_name_folded.as_deref() == Some(names.user_name_folded);
        let by_external_id = names.external_id.is_some() && user.external_id.as_deref() == names.external_id;
        (!(on_connection && by_user_name), !(on_connection && by_external_id), user.id.clone())
    });
    Ok(found.into_iter().next())
}

/// The first two users that a SCIM connection holds under this externalId, tombstones excluded. Providers do not promise
/// that it is unique; who looks wants to know whether it is.
pub fn find_by_external_id(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    external_id: &str,
) -> Result<Vec<User>, StoreError> {
    Ok(on_both!(tx, c => users::table
        .filter(users::scim_connection_id.eq(connection).and(users::external_id.eq(external_id)))
        .filter(Present)
        .order(users::id)
        .limit(2)
        .select(User::as_select())
        .load(c))?)
}
