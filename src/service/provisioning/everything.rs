//! Search over users and groups at once (RFC 7644 sections 3.4.2.1 and 3.4.3): the users come first,
//! unless the order says otherwise.

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
    let Each { users, groups, groups_first } = Each::of(tenant, query)?;
    let found = if groups_first {
        both::<Groups, Users>(cx, tenant, groups, users).await?
    } else {
        both::<Users, Groups>(cx, tenant, users, groups).await?
    };
    let end = (start - 1).saturating_add(found.items.len());
    let has_next = by_cursor && !found.items.is_empty() && found.total.is_some_and(|total| end < total);
    let next = has_next.then(|| cursor::seal(cx, tenant, ENDPOINT, query, &Mark::Offset(end))).transpose()?;
    Ok(Found { next, ..found })
}

/// What is asked of each type, and which comes first.
struct Each {
    users: Query,
    groups: Query,
    groups_first: bool,
}

impl Each {
    /// Where one type has no such attribute as it is sorted by, all of it has no value there: it comes last, and in
    /// descending order first (RFC 7644 section 3.4.2.3).
    fn of(tenant: &ScimTenant, query: &Query) -> Result<Self, ScimError> {
        let (sorted, unsorted) = (query.clone(), Query { sort: None, ..query.clone() });
        let Some(sort) = &query.sort else {
            return Ok(Self { users: sorted, groups: unsorted, groups_first: false });
        };
        match (sort.bind(tenant.catalog.user), sort.bind(tenant.catalog.group)) {
            (Ok(_), Ok(_)) => Ok(Self { users: sorted.clone(), groups: sorted, groups_first: false }),
            (Ok(_), Err(_)) => Ok(Self { users: sorted, groups: unsorted, groups_first: sort.descending }),
            (Err(_), Ok(_)) => Ok(Self { users: unsorted, groups: sorted, groups_first: !sort.descending }),
            (Err(refused), Err(_)) => Err(refused),
        }
    }
}

/// A page of both types, the one after the other.
async fn both<First: Collection, Second: Collection>(
    cx: &Context,
    tenant: &ScimTenant,
    first: Query,
    second: Query,
) -> Result<Found, ProvisioningError> {
    let (start, count) = (first.page.start_index(), first.count);
    let found = of_type::<First, Second>(cx, tenant, first).await?;
    let before = found.total.unwrap_or_default();
    // A page that ends early, as large resources make it end, has nothing of the second type before the last of the first;
    // and a group with more members than a page is at its end.
    let has_room = found.more.is_none() && start - 1 + found.items.len() >= before;
    let rest = Query {
        page: Page::Index(start.saturating_sub(before).max(1)),
        count: if has_room { count - found.items.len().min(count) } else { 0 },
        ..second
    };
    let rest = of_type::<Second, First>(cx, tenant, rest).await?;
    Ok(Found {
        total: Some(before + rest.total.unwrap_or_default()),
        next: None,
        items: [found.items, rest.items].concat(),
        more: found.more.or(rest.more),
    })
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
