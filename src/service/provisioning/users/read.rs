//! Reading users.

use super::{UserView, view::for_filter};
use crate::{
    model::ids::UserId,
    scim::{filter::matches, list::Query, projection::Projection, schema::USER},
    service::{
        Context,
        provisioning::{ProvisioningError, ScimTenant, search::Plan},
    },
    store::{Tx, scim_filter, scim_users, users, users::User},
};

/// A page of users.
#[derive(Debug, Clone)]
pub struct UserPage {
    /// How many there are on all pages.
    pub total: usize,
    /// Those on this page.
    pub users: Vec<UserView>,
}

/// One user of the connection.
pub async fn get(
    cx: &Context,
    tenant: &ScimTenant,
    id: &str,
    projection: &Projection,
) -> Result<UserView, ProvisioningError> {
    let id = user_id(id)?;
    let (tenant, projection) = (tenant.clone(), projection.clone());
    cx.store
        .read(move |tx| {
            let user = users::find(tx, &tenant.organization.id, &id)?;
            let user = held(user, &tenant)?;
            Ok(UserView::one(tx, &tenant, user, &projection)?)
        })
        .await
}

/// The users of the connection that match.
pub async fn list(cx: &Context, tenant: &ScimTenant, query: &Query) -> Result<UserPage, ProvisioningError> {
    let plan = Plan::new(query, &USER, scim_filter::Resource::User)?;
    let (tenant, projection) = (tenant.clone(), query.projection.clone());
    cx.store
        .read(move |tx| {
            let (organization, connection) = (&tenant.organization.id, &tenant.connection.id);
            let terms = &plan.compiled.terms;
            let total = scim_users::count(tx, organization, connection, terms)?;
            let load = |offset, limit| scim_users::page(tx, organization, connection, terms, offset, limit);
            let page =
                plan.run(total, load, |user, filter| Ok(matches(filter, &USER, &for_filter(user)?)))?;
            Ok(UserPage { total: page.total, users: UserView::load(tx, &tenant, page.items, &projection)? })
        })
        .await
}

/// An id in a path; what cannot be one is as unknown as any other.
pub(super) fn user_id(text: &str) -> Result<UserId, ProvisioningError> {
    UserId::parse(text).map_err(|_| ProvisioningError::NotFound)
}

/// The user, if the connection holds it (R20).
pub(super) fn held(user: Option<User>, tenant: &ScimTenant) -> Result<User, ProvisioningError> {
    let is_held = |user: &User| user.scim_connection_id.as_ref() == Some(&tenant.connection.id);
    user.filter(is_held).ok_or(ProvisioningError::NotFound)
}

/// The same, locked for a change.
pub(super) fn lock(tx: &mut Tx<'_>, tenant: &ScimTenant, id: &UserId) -> Result<User, ProvisioningError> {
    let user = users::lock(tx, &tenant.organization.id, id)?;
    held(user, tenant)
}
