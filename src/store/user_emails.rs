//! Every address of a user that SCIM pushed; the login address is `users.email`.

use diesel::{dsl::exists, prelude::*};

use super::{
    StoreError, Tx,
    connection::on_both,
    fixed::fixed,
    schema::{user_emails, users},
};
use crate::model::{
    UserStatus,
    ids::{OrganizationId, UserId},
};

/// Every address of a user that SCIM pushed; the login address is `users.email`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = user_emails, treat_none_as_default_value = false)]
pub struct UserEmail {
    pub user_id: UserId,
    pub position: i64,
    pub organization_id: OrganizationId,
    pub value: String,
    pub value_folded: String,
    pub kind: Option<String>,
    pub is_primary: bool,
    pub has_value: bool,
}

/// Replaces the addresses of a user.
pub fn replace(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    user: &UserId,
    emails: &[UserEmail],
) -> Result<(), StoreError> {
    // Positions are never negative. It is asked for so that SQLite takes the primary key: by the organization alone it would
    // look at everybody's addresses.
    let old = user_emails::table
        .filter(user_emails::organization_id.eq(organization).and(user_emails::user_id.eq(user)))
        .filter(user_emails::position.ge(0));
    on_both!(tx, c => fixed!(diesel::delete(old)).execute(c))?;
    add(tx, emails)
}

/// Adds the addresses of a user that has none yet.
pub fn add(tx: &mut Tx<'_>, emails: &[UserEmail]) -> Result<(), StoreError> {
    match emails {
        [] => {}
        // The usual case, and a statement that can be prepared once: one of many rows cannot.
        [email] => {
            on_both!(tx, c => diesel::insert_into(user_emails::table).values(email).execute(c))?;
        }
        many => {
            on_both!(tx, c => diesel::insert_into(user_emails::table).values(many).execute(c))?;
        }
    }
    Ok(())
}

/// Whether an active user of the organization, other than this one, has the folded address as its first or primary one.
pub fn is_shared(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    value_folded: &str,
    than: &UserId,
) -> Result<bool, StoreError> {
    let others = user_emails::table
        .inner_join(users::table.on(users::id.eq(user_emails::user_id)))
        .filter(user_emails::organization_id.eq(organization))
        .filter(user_emails::value_folded.eq(value_folded))
        .filter(user_emails::is_primary.eq(true).or(user_emails::position.eq(0)))
        .filter(user_emails::user_id.ne(than))
        .filter(users::status.eq(UserStatus::Active));
    Ok(on_both!(tx, c => diesel::select(exists(others)).get_result(c))?)
}
