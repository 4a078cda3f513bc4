//! Search over users and groups at once (RFC 7644 sections 3.4.2.1 and 3.4.3): the users come first.

use super::{
    Collection, Found, Groups, ProvisioningError, ScimTenant, Users,
    cursor::{self, Mark},
    search,
};
use crate::{
    scim::{
        ScimError,
        filter::{Narrowed, narrow},
        list::{Page, Query},
    },
    service::Context,
};

/// What cursors over both types are for, as others are for the endpoint of one.
const ENDPOINT: &str = "/";

/// The users and groups of the connection that match. A type that lacks an attribute of the filter has no match.
pub async fn list(cx: &Context, tenant: &ScimTenant, query: &Query) -> Result<Found, ProvisioningError> {
    tenant.tolerate(&query.tolerated)?;
    // Two types have no order in common to go on in: a cursor over both is a position.
    let (start, by_cursor) = match &query.page {
        Page::Index(start) => (*start, false),
        Page::Cursor(None) => (1, true),
        Page::Cursor(Some(text)) => match cursor::open(cx, tenant, ENDPOINT, query, text)? {
            Mark::Offset(passed) => (passed.saturating_add(1), true),
            Mark::Id(_) | Mark::Value(..) => return Err(ScimError::BadCursor.into()),
        },
    };
    let query = &Query { page: Page::Index(start), ..query.clone() };
    let users = match of_type::<Users, Groups>(cx, tenant, query.clone()).await {
        Err(error) if lacks_sort(&error) => None,
        outcome => Some(outcome?),
    };
    let is_for_users = users.is_some();
    let users = users.unwrap_or_else(nothing);
    let before = users.total.unwrap_or_default();
    // A page that ends early, as large users make it end, has no group before the last user.
    let has_room = start - 1 + users.items.len() >= before;
    let rest = Query {
        page: Page::Index(query.page.start_index().saturating_sub(before).max(1)),
        count: if has_room { query.count - users.items.len().min(query.count) } else { 0 },
        ..query.clone()
    };
    let groups = match of_type::<Groups, Users>(cx, tenant, rest).await {
        Err(error) if lacks_sort(&error) && is_for_users => nothing(),
        outcome => outcome?,
    };
    let total = before + groups.total.unwrap_or_default();
    let items = [users.items, groups.items].concat();
    let end = (start - 1).saturating_add(items.len());
    let has_next = by_cursor && !items.is_empty() && end < total;
    let next = has_next.then(|| cursor::seal(cx, tenant, ENDPOINT, query, &Mark::Offset(end))).transpose()?;
    Ok(Found { total: Some(total), next, items, more: groups.more })
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
