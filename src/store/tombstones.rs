//! Deleted users: what is asked of them, and nothing else is.

use diesel::{dsl::exists, prelude::*};

use super::{
    StoreError, Tx,
    connection::on_both,
    fixed::condition,
    schema::users,
    users::{Names, User},
};
use crate::model::{
    DeactivatedBy,
    ids::{OrganizationId, ScimConnectionId},
};

condition! {
    /// A tombstone.
    Deleted = "users.status = 'deleted'"
}
condition! {
    /// A tombstone of a user whom SCIM deleted after somebody else had deactivated it.
    Barred = "users.status = 'deleted' AND users.deactivated_by <> 'scim'"
}

/// The organization's tombstones of this kind that have one of the names. A name that is missing is NULL, and equal to
/// nothing.
macro_rules! named {
    ($kind:ident, $organization:expr, $connection:expr, $user_name:expr, $external_id:expr, $email:expr) => {{
        let on_connection = users::scim_connection_id
            .eq($connection)
            .and(users::user_name_folded.eq($user_name).or(users::external_id.eq($external_id)));
        users::table
            .filter(users::organization_id.eq($organization))
            .filter($kind)
            .filter(on_connection.or(users::email_folded.eq($email)))
    }};
}

/// Whether the organization once had a user with this folded login address, deleted since (R3).
pub fn was_deleted(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    email_folded: &str,
) -> Result<bool, StoreError> {
    let tombstones = users::table
        .filter(users::organization_id.eq(organization).and(users::email_folded.eq(email_folded)))
        .filter(Deleted);
    Ok(on_both!(tx, c => diesel::select(exists(tombstones)).get_result(c))?)
}

/// Whether one of the names was that of a user whom somebody else than SCIM had deactivated, before SCIM deleted it (R3).
pub fn are_barred(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    connection: &ScimConnectionId,
    names: &Names<'_>,
) -> Result<bool, StoreError> {
    let barred = named!(
        Barred,
        organization,
        connection,
        names.user_name_folded,
        names.external_id,
        names.email_folded
    );
    Ok(on_both!(tx, c => diesel::select(exists(barred)).get_result(c))?)
}

/// Frees the names of a user of those tombstones: SCIM may create users under them again.
pub fn free_names(tx: &mut Tx<'_>, user: &User) -> Result<(), StoreError> {
    let barred = named!(
        Barred,
        &user.organization_id,
        &user.scim_connection_id,
        &user.user_name_folded,
        &user.external_id,
        &user.email_folded
    );
    diesel::update(barred).set(users::deactivated_by.eq(None::<DeactivatedBy>)).execute(tx.connection)?;
    Ok(())
}
