//! The audit log: append-only.

use diesel::prelude::*;

use super::{StoreError, Tx, schema::audit_log_events};
use crate::model::{
    Timestamp,
    ids::{AuditLogEventId, OrganizationId, ProjectId},
};

/// Who did what to which resource, before and after. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_log_events, treat_none_as_default_value = false)]
pub struct AuditLogEvent {
    pub id: AuditLogEventId,
    pub project_id: ProjectId,
    pub organization_id: Option<OrganizationId>,
    pub actor_kind: String,
    pub actor_id: Option<String>,
    pub event_name: String,
    pub resource_kind: String,
    pub resource_id: String,
    pub before_state: Option<String>,
    pub after_state: Option<String>,
    pub request_id: Option<String>,
    pub occurred_at: Timestamp,
}

/// When the newest event of the whole installation was; ids begin with the time.
pub fn newest(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    Ok(audit_log_events::table
        .order(audit_log_events::id.desc())
        .select(audit_log_events::occurred_at)
        .first(tx.connection)
        .optional()?)
}

/// An organization's events about one resource, oldest first.
pub fn of_resource(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    resource_id: &str,
) -> Result<Vec<AuditLogEvent>, StoreError> {
    Ok(audit_log_events::table
        .filter(audit_log_events::organization_id.eq(organization))
        .filter(audit_log_events::resource_id.eq(resource_id))
        .order(audit_log_events::id)
        .select(AuditLogEvent::as_select())
        .load(tx.connection)?)
}

/// An organization's events of one request, oldest first. `since` is a moment before them.
pub fn of_request(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    request_id: &str,
    since: Timestamp,
) -> Result<Vec<AuditLogEvent>, StoreError> {
    Ok(audit_log_events::table
        .filter(audit_log_events::organization_id.eq(organization))
        .filter(audit_log_events::occurred_at.ge(since))
        .filter(audit_log_events::request_id.eq(request_id))
        .order(audit_log_events::id)
        .select(AuditLogEvent::as_select())
        .load(tx.connection)?)
}
