//! Creating a group.

use serde_json::Value;

use super::{
    GroupView, members,
    row::{check_name, fill, tell},
};
use crate::{
    model::ids::GroupId,
    scim::{
        Resource,
        dialect::{Rewrites, rewrite_body},
        patch::MemberChange,
        projection::Projection,
        resource::members_of,
        schema::GROUP,
    },
    service::{
        Context, new_id,
        provisioning::{ProvisioningError, ScimTenant, count_rewrites},
    },
    store::groups::{self, Group},
};

/// Creates a group with its members (RFC 7644 section 3.3).
pub async fn create(
    cx: &Context,
    tenant: &ScimTenant,
    mut body: Value,
    projection: &Projection,
) -> Result<GroupView, ProvisioningError> {
    let rewrites = if tenant.connection.strict { Rewrites::new() } else { rewrite_body(&GROUP, &mut body) };
    let resource = Resource::create(&GROUP, &body)?;
    let members = [MemberChange::Add(members_of(&body)?)];
    let id = new_id!(cx, GroupId);
    let (context, tenant, projection) = (cx.clone(), tenant.clone(), projection.clone());
    cx.store
        .write(move |tx| {
            let now = context.now();
            let mut group = Group {
                id: id.clone(),
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
            fill(&mut group, &resource);
            check_name(tx, &tenant, &group)?;
            groups::insert(tx, &group)?;
            let changed = members::apply(tx, &context, &tenant, &group.id, &members)?;
            tell(tx, &context, &tenant, "group.created", None, &group, &changed)?;
            count_rewrites(tx, &context, &tenant, &rewrites)?;
            Ok(GroupView::load(tx, &tenant, group, &projection)?)
        })
        .await
}
