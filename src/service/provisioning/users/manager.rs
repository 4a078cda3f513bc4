//! The manager of a user (RFC 7643 section 4.3): another user of the organization, or a text of the provider's own.

use super::row::resource_of;
use crate::{
    model::ids::UserId,
    scim::Resource,
    service::provisioning::{ProvisioningError, ScimTenant},
    store::{Tx, users, users::User},
};

/// Refuses a manager that the request sets or changes and that is nobody: unknown and foreign ids get the same answer (R22).
/// One that is stored already is not asked about again, for it may have been deleted since. A text that is no id of ours is the
/// provider's (Okta's `managerId` is free), and stays, except on a strict connection.
pub(super) fn check(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    before: Option<&User>,
    new: &Resource,
) -> Result<(), ProvisioningError> {
    let Some(manager) = new.manager() else { return Ok(()) };
    if let Some(before) = before
        && resource_of(tenant.catalog, before)?.manager() == Some(manager)
    {
        return Ok(());
    }
    let is_known = match UserId::parse(manager) {
        Ok(id) => users::find(tx, &tenant.organization.id, &id)?.is_some(),
        Err(_) => !tenant.is_strict(),
    };
    if is_known { Ok(()) } else { Err(ProvisioningError::UnknownManager) }
}
