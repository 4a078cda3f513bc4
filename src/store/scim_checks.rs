//! The last check of a SCIM connection.

use diesel::prelude::*;

use super::{StoreError, Tx, connection::on_both, schema::scim_checks};
use crate::model::{
    Timestamp,
    ids::{OrganizationId, ScimConnectionId},
};

/// The last check of a connection that came to its end, and when one was begun last.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = scim_checks, treat_none_as_default_value = false)]
pub struct ScimCheck {
    pub scim_connection_id: ScimConnectionId,
    pub organization_id: OrganizationId,
    pub passed: Option<bool>,
    pub report: Option<String>,
    pub begun_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// Begins a check, unless one was begun after `since`: each makes everybody's writes wait for a moment. One statement
/// decides. Returns whether it may begin.
pub fn begin(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    connection: &ScimConnectionId,
    now: Timestamp,
    since: Timestamp,
) -> Result<bool, StoreError> {
    let row = scim_checks::table.find(connection).filter(scim_checks::begun_at.le(since));
    if diesel::update(row).set(scim_checks::begun_at.eq(now)).execute(tx.connection)? == 1 {
        return Ok(true);
    }
    let first = ScimCheck {
        scim_connection_id: connection.clone(),
        organization_id: organization.clone(),
        passed: None,
        report: None,
        begun_at: now,
        finished_at: None,
    };
    let inserted = on_both!(tx, c => diesel::insert_into(scim_checks::table)
        .values(&first)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted == 1)
}

/// Notes how the check ended.
pub fn finish(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    passed: bool,
    report: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let outcome = (
        scim_checks::passed.eq(Some(passed)),
        scim_checks::report.eq(Some(report)),
        scim_checks::finished_at.eq(Some(at)),
    );
    diesel::update(scim_checks::table.find(connection)).set(outcome).execute(tx.connection)?;
    Ok(())
}

/// The last check of a connection.
pub fn find(tx: &mut Tx<'_>, connection: &ScimConnectionId) -> Result<Option<ScimCheck>, StoreError> {
    Ok(scim_checks::table
        .find(connection)
        .select(ScimCheck::as_select())
        .get_result(tx.connection)
        .optional()?)
}
