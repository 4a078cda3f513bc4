//! Member values that name nobody yet (DESIGN part 6).

use diesel::prelude::*;

use super::connection::on_both;
use super::{StoreError, Tx, schema::parked_members};
use crate::model::{
    Timestamp,
    ids::{GroupId, OrganizationId, ScimConnectionId},
};

/// Member values that name nobody yet; resolved when a user of that value arrives on the connection.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = parked_members, treat_none_as_default_value = false)]
pub struct ParkedMember {
    pub group_id: GroupId,
    /// Folded: it is compared with userNames, which compare without case.
    pub value: String,
    pub organization_id: OrganizationId,
    pub scim_connection_id: ScimConnectionId,
    pub created_at: Timestamp,
}

/// Parks values; those already there stay.
pub fn add(tx: &mut Tx<'_>, members: &[ParkedMember]) -> Result<(), StoreError> {
    for some in members.chunks(500) {
        on_both!(tx, c => diesel::insert_into(parked_members::table)
            .values(some)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(())
}

/// How many values are parked in a group.
pub fn count(tx: &mut Tx<'_>, group: &GroupId) -> Result<i64, StoreError> {
    Ok(parked_members::table.filter(parked_members::group_id.eq(group)).count().get_result(tx.connection)?)
}

/// The groups that wait for either of these values on the connection.
pub fn groups_of(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    values: [&str; 2],
) -> Result<Vec<GroupId>, StoreError> {
    let [one, other] = values;
    Ok(on_both!(tx, c => parked_members::table
        .filter(parked_members::scim_connection_id.eq(connection))
        .filter(parked_members::value.eq(one).or(parked_members::value.eq(other)))
        .select(parked_members::group_id)
        .load(c))?)
}

/// Takes what was parked under either of these values on the connection. The groups are locked by the caller.
pub fn take(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    values: [&str; 2],
) -> Result<Vec<ParkedMember>, StoreError> {
    let [one, other] = values;
    let rows = || {
        parked_members::table
            .filter(parked_members::scim_connection_id.eq(connection))
            .filter(parked_members::value.eq(one).or(parked_members::value.eq(other)))
    };
    let parked = on_both!(tx, c => rows().select(ParkedMember::as_select()).load(c))?;
    if !parked.is_empty() {
        diesel::delete(rows()).execute(tx.connection)?;
    }
    Ok(parked)
}

/// Forgets values parked in a group; all of them where `values` is `None`.
pub fn forget(tx: &mut Tx<'_>, group: &GroupId, values: Option<&[String]>) -> Result<(), StoreError> {
    let rows = parked_members::table.filter(parked_members::group_id.eq(group));
    let Some(values) = values else {
        diesel::delete(rows).execute(tx.connection)?;
        return Ok(());
    };
    for some in values.chunks(500) {
        diesel::delete(rows.filter(parked_members::value.eq_any(some))).execute(tx.connection)?;
    }
    Ok(())
}
