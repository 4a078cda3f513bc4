//! Search over users and groups at once (RFC 7644 sections 3.4.2.1 and 3.4.3): the users come first.

use super::{Collection, Found, Groups, ProvisioningError, ScimTenant, Users, search};
use crate::{
    scim::{
        ScimError,
        filter::{Narrowed, narrow},
        list::{Page, Query},
    },
    service::Context,
};

/// The users and groups of the connection that match. A type that lacks an attribute of the filter has no match.
pub async fn list(cx: &Context, tenant: &ScimTenant, query: &Query) -> Result<Found, ProvisioningError> {
    tenant.tolerate(&query.tolerated)?;
    if let Page::Cursor(_) = query.page {
        // Two types have no order in common to go on from.
        return Err(ScimError::BadCursor.into());
    }
    let users = match of_type::<Users, Groups>(cx, tenant, query.clone()).await {
        Err(error) if lacks_sort(&error) => None,
        outcome => Some(outcome?),
    };
    let is_for_users = users.is_some();
    let users = users.unwrap_or_else(nothing);
    let before = users.total.unwrap_or_default();
    let rest = Query {
        page: Page::Index(query.page.start_index().saturating_sub(before).max(1)),
        count: query.count - users.items.len().min(query.count),
        ..query.clone()
    };
    let groups = match of_type::<Groups, Users>(cx, tenant, rest).await {
        Err(error) if lacks_sort(&error) && is_for_users => nothing(),
        outcome => outcome?,
    };
    let total = before + groups.total.unwrap_or_default();
    let items = [users.items, groups.items].concat();
    Ok(Found { total: Some(total), next: None, items, more: groups.more })
}

/// Those of one type.
async fn of_type<C: Collection, Other: Collection>(
    cx: &Context,
    tenant: &ScimTenant,
    mut query: Query,
) -> Result<Found, ProvisioningError> {
    let (this, other) = (C::resource_type(tenant.catalog), Other::resource_type(tenant.catalog));
    query.filter = match query.filter.map(|filter| narrow(&filter, this, other)) {
        Some(Narrowed::Nothing) => return Ok(nothing()),
        Some(Narrowed::Filter(filter)) => Some(filter),
        Some(Narrowed::All) | None => None,
    };
    search::list::<C>(cx, tenant, &query).await
}

fn nothing() -> Found {
    Found { total: Some(0), next: None, items: Vec::new(), more: None }
}

fn lacks_sort(error: &ProvisioningError) -> bool {
    matches!(error, ProvisioningError::Protocol(ScimError::NotSortable(_)))
}
