//! Deleting a group.

use super::{
    members::MembersChanged,
    read::{group_id, lock},
    row::tell,
};
use crate::{
    service::{
        Context,
        provisioning::{ProvisioningError, ScimTenant, check_version},
    },
    store::groups,
};

/// Deletes a group with its memberships (RFC 7644 section 3.6). Its members stay.
pub async fn delete(
    cx: &Context,
    tenant: &ScimTenant,
    id: &str,
    if_match: Option<&str>,
) -> Result<(), ProvisioningError> {
    let id = group_id(id)?;
    let (context, tenant, if_match) = (cx.clone(), tenant.clone(), if_match.map(str::to_owned));
    cx.store
        .write(move |tx| {
            let group = lock(tx, &tenant, &id)?;
            check_version(if_match.as_deref(), group.version)?;
            groups::delete_scim(tx, &tenant.connection.id, &id)?;
            tell(tx, &context, &tenant, "group.deleted", Some(&group), &group, &MembersChanged::default())?;
            Ok(())
        })
        .await
}
