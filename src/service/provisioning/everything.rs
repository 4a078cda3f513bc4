//! Search over users and groups at once (RFC 7644 sections 3.4.2.1 and 3.4.3): the users come first.

use super::{Found, Groups, ProvisioningError, ScimTenant, Users, search};
use crate::{
    scim::{
        ScimError,
        filter::FilterError,
        list::{Page, Query},
    },
    service::Context,
};

/// The users and groups of the connection that match. A type that lacks an attribute of the filter has no match.
pub async fn list(cx: &Context, tenant: &ScimTenant, query: &Query) -> Result<Found, ProvisioningError> {
    if let Page::Cursor(_) = query.page {
        // Two types have no order in common to go on from.
        return Err(ScimError::BadCursor.into());
    }
    let users = match search::list::<Users>(cx, tenant, query).await {
        Err(error) if lacks_attribute(&error) => None,
        outcome => Some(outcome?),
    };
    let is_user_filter = users.is_some();
    let users = users.unwrap_or_else(nothing);
    let before = users.total.unwrap_or_default();
    let rest = Query {
        page: Page::Index(query.page.start_index().saturating_sub(before).max(1)),
        count: query.count - users.items.len().min(query.count),
        ..query.clone()
    };
    let groups = match search::list::<Groups>(cx, tenant, &rest).await {
        Err(error) if lacks_attribute(&error) && is_user_filter => nothing(),
        outcome => outcome?,
    };
    let total = before + groups.total.unwrap_or_default();
    Ok(Found { total: Some(total), next: None, items: [users.items, groups.items].concat() })
}

fn nothing() -> Found {
    Found { total: Some(0), next: None, items: Vec::new() }
}

fn lacks_attribute(error: &ProvisioningError) -> bool {
    matches!(
        error,
        ProvisioningError::Protocol(
            ScimError::Filter(FilterError::UnknownAttribute(_)) | ScimError::NotSortable(_)
        )
    )
}
