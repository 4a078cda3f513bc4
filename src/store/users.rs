//! Users: people in exactly one organization.

use diesel::{dsl::sql, expression::SqlLiteral, prelude::*, sql_types::Bool};

use super::connection::AnyConnection;
use super::{StoreError, Tx, schema::users};
use crate::model::{
    DeactivatedBy, Timestamp, UserStatus,
    ids::{OrganizationId, ScimConnectionId, UserId},
};

/// A person in exactly one organization.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = users)]
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

/// Not a tombstone. Written out and not bound: an index over the users that are there serves a query only where the
/// planner sees the same condition in it, on both databases.
pub(in crate::store) fn present() -> SqlLiteral<Bool> {
    sql("users.status <> 'deleted'")
}

/// Adds a user. A login address or userName that is taken is a conflict.
pub fn insert(tx: &mut Tx<'_>, user: &User) -> Result<(), StoreError> {
    diesel::insert_into(users::table).values(user).execute(tx.connection)?;
    Ok(())
}

/// Writes all columns of a user.
pub fn update(tx: &mut Tx<'_>, user: &User) -> Result<(), StoreError> {
    let row =
        users::table.filter(users::organization_id.eq(&user.organization_id)).filter(users::id.eq(&user.id));
    diesel::update(row).set(user).execute(tx.connection)?;
    Ok(())
}

/// The organization's user of this id, tombstones excluded.
pub fn find(tx: &mut Tx<'_>, organization: &OrganizationId, id: &UserId) -> Result<Option<User>, StoreError> {
    Ok(users::table
        .filter(users::organization_id.eq(organization).and(users::id.eq(id)))
        .filter(present())
        .select(User::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// As [`find`], and nobody else writes the row until the transaction ends: for reading and writing back.
pub fn lock(tx: &mut Tx<'_>, organization: &OrganizationId, id: &UserId) -> Result<Option<User>, StoreError> {
    // On SQLite the one writer is the lock.
    let AnyConnection::Postgres(connection) = &mut *tx.connection else {
        return find(tx, organization, id);
    };
    Ok(users::table
        .filter(users::organization_id.eq(organization).and(users::id.eq(id)))
        .filter(present())
        .select(User::as_select())
        .for_update()
        .get_result(connection)
        .optional()?)
}

/// The organization's user with this folded login address, tombstones excluded.
pub fn find_by_email(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    email_folded: &str,
) -> Result<Option<User>, StoreError> {
    Ok(users::table
        .filter(users::organization_id.eq(organization).and(users::email_folded.eq(email_folded)))
        .filter(present())
        .select(User::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// As [`find_by_email`], and nobody else writes the row until the transaction ends.
pub fn lock_by_email(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    email_folded: &str,
) -> Result<Option<User>, StoreError> {
    // On SQLite the one writer is the lock.
    let AnyConnection::Postgres(connection) = &mut *tx.connection else {
        return find_by_email(tx, organization, email_folded);
    };
    Ok(users::table
        .filter(users::organization_id.eq(organization).and(users::email_folded.eq(email_folded)))
        .filter(present())
        .select(User::as_select())
        .for_update()
        .get_result(connection)
        .optional()?)
}

/// The users that a SCIM connection holds under this externalId, tombstones excluded. Providers do not promise
/// that it is unique.
pub fn find_by_external_id(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    external_id: &str,
) -> Result<Vec<User>, StoreError> {
    Ok(users::table
        .filter(users::scim_connection_id.eq(connection).and(users::external_id.eq(external_id)))
        .filter(present())
        .order(users::id)
        .select(User::as_select())
        .load(tx.connection)?)
}

/// The user that a SCIM connection holds under this folded userName, tombstones excluded.
pub fn find_by_user_name(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    user_name_folded: &str,
) -> Result<Option<User>, StoreError> {
    Ok(users::table
        .filter(users::scim_connection_id.eq(connection))
        .filter(users::user_name_folded.eq(user_name_folded))
        .filter(present())
        .select(User::as_select())
        .get_result(tx.connection)
        .optional()?)
}

/// Whether the organization once had a user with this folded login address, deleted since (R3).
pub fn was_deleted(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    email_folded: &str,
) -> Result<bool, StoreError> {
    let tombstones = users::table
        .filter(users::organization_id.eq(organization).and(users::email_folded.eq(email_folded)))
        .filter(sql::<Bool>("users.status = 'deleted'"));
    Ok(diesel::select(diesel::dsl::exists(tombstones)).get_result(tx.connection)?)
}
