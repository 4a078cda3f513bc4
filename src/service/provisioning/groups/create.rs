//! Creating a group.

use super::{
    members, met,
    row::{check_name, fill, tell},
};
use crate::{
    model::ids::GroupId,
    scim::{Resource, patch::MemberChange, resource::Member},
    service::{
        Context,
        provisioning::{ProvisioningError, ScimTenant, collection::check_size},
    },
    store::{
        Tx,
        groups::{self, Group},
    },
};

/// A group to be.
#[derive(Debug, Clone)]
pub struct Draft {
    pub(super) resource: Resource,
    pub(super) members: Vec<Member>,
}

/// Creates a group with its members (RFC 7644 section 3.3).
pub(super) fn create(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    id: GroupId,
    draft: &Draft,
) -> Result<Group, ProvisioningError> {
    let now = cx.now();
    let mut group = Group {
        id,
        organization_id: tenant.organization.id.clone(),
        scim_connection_id: Some(tenant.connection.id.clone()),
        saml_connection_id: None,
        external_id: None,
        display_name: String::new(),
        display_name_folded: String::new(),
        scim_attributes: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    fill(&mut group, &draft.resource);
    check_size(group.scim_attributes.as_deref())?;
    let met = met::meet(tx, tenant, None, &draft.members)?;
    check_name(tx, tenant, &group)?;
    groups::insert(tx, &group)?;
    let added = [MemberChange::Add(draft.members.clone())];
    let changed = members::apply(tx, cx, tenant, &group.id, &added, &met)?;
    tell(tx, cx, tenant, "group.created", None, &group, &changed)?;
    Ok(group)
}
