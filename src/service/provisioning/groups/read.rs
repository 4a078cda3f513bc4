//! Reading groups.

use super::{GroupView, view::for_filter};
use crate::{
    model::ids::GroupId,
    scim::{filter::matches, list::Query, projection::Projection, schema::GROUP},
    service::{
        Context,
        provisioning::{ProvisioningError, ScimTenant, search::Plan},
    },
    store::{Tx, groups, groups::Group, scim_filter, scim_groups},
};

/// A page of groups.
#[derive(Debug, Clone)]
pub struct GroupPage {
    /// How many there are on all pages.
    pub total: usize,
    /// Those on this page.
    pub groups: Vec<GroupView>,
}

/// One group of the connection.
pub async fn get(
    cx: &Context,
    tenant: &ScimTenant,
    id: &str,
    projection: &Projection,
) -> Result<GroupView, ProvisioningError> {
    let id = group_id(id)?;
    let (tenant, projection) = (tenant.clone(), projection.clone());
    cx.store
        .read(move |tx| {
            let group =
                groups::find_scim(tx, &tenant.connection.id, &id)?.ok_or(ProvisioningError::NotFound)?;
            Ok(GroupView::load(tx, &tenant, group, &projection)?)
        })
        .await
}

/// The groups of the connection that match.
pub async fn list(cx: &Context, tenant: &ScimTenant, query: &Query) -> Result<GroupPage, ProvisioningError> {
    let plan = Plan::new(query, &GROUP, scim_filter::Resource::Group)?;
    let (tenant, projection) = (tenant.clone(), query.projection.clone());
    cx.store
        .read(move |tx| {
            let (organization, connection) = (&tenant.organization.id, &tenant.connection.id);
            let terms = &plan.compiled.terms;
            let total = scim_groups::count(tx, connection, terms)?;
            // Members are read here for a filter that no index answers; the number of groups is bounded.
            let load = |offset, limit| {
                let rows = scim_groups::page(tx, connection, terms, offset, limit)?;
                let with_members = |group: Group| {
                    let members = if plan.compiled.is_exact {
                        Vec::new()
                    } else {
                        scim_groups::member_ids(tx, organization, &group.id)?
                    };
                    Ok((group, members))
                };
                rows.into_iter().map(with_members).collect()
            };
            let page = plan.run(total, load, |(group, members), filter| {
                Ok(matches(filter, &GROUP, &for_filter(group, members)?))
            })?;
            let groups =
                page.items.into_iter().map(|(group, _)| GroupView::load(tx, &tenant, group, &projection));
            Ok(GroupPage { total: page.total, groups: groups.collect::<Result<_, _>>()? })
        })
        .await
}

/// An id in a path; what cannot be one is as unknown as any other.
pub(super) fn group_id(text: &str) -> Result<GroupId, ProvisioningError> {
    GroupId::parse(text).map_err(|_| ProvisioningError::NotFound)
}

/// The group, if the connection holds it (R20), locked for a change.
pub(super) fn lock(tx: &mut Tx<'_>, tenant: &ScimTenant, id: &GroupId) -> Result<Group, ProvisioningError> {
    groups::lock_scim(tx, &tenant.connection.id, id)?.ok_or(ProvisioningError::NotFound)
}
