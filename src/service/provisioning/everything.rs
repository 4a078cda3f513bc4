//! Search over users and groups at once (RFC 7644 section 3.4.3): the users come first.

use super::{
    ProvisioningError, ScimTenant, groups,
    groups::{GroupPage, GroupView},
    users,
    users::{UserPage, UserView},
};
use crate::{
    scim::{ScimError, filter::FilterError, list::Query},
    service::Context,
};

/// A page of resources of both types.
#[derive(Debug, Clone)]
pub struct Everything {
    /// How many there are on all pages.
    pub total: usize,
    /// The users on this page.
    pub users: Vec<UserView>,
    /// The groups on this page, after the users.
    pub groups: Vec<GroupView>,
}

/// The users and groups of the connection that match. A type that lacks an attribute of the filter has no match.
pub async fn list(cx: &Context, tenant: &ScimTenant, query: &Query) -> Result<Everything, ProvisioningError> {
    let users = match users::list(cx, tenant, query).await {
        Err(error) if lacks_attribute(&error) => None,
        outcome => Some(outcome?),
    };
    let is_user_filter = users.is_some();
    let users = users.unwrap_or(UserPage { total: 0, users: Vec::new() });
    let rest = Query {
        start_index: query.start_index.saturating_sub(users.total).max(1),
        count: query.count - users.users.len().min(query.count),
        ..query.clone()
    };
    let groups = match groups::list(cx, tenant, &rest).await {
        Err(error) if lacks_attribute(&error) && is_user_filter => GroupPage { total: 0, groups: Vec::new() },
        outcome => outcome?,
    };
    Ok(Everything { total: users.total + groups.total, users: users.users, groups: groups.groups })
}

fn lacks_attribute(error: &ProvisioningError) -> bool {
    matches!(error, ProvisioningError::Protocol(ScimError::Filter(FilterError::UnknownAttribute(_))))
}
