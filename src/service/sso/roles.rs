//! Roles that the attributes of an assertion give, by the mappings of its connection. They follow each login.

use serde_json::json;

use super::matching::Login;
use crate::{
    model::ids::UserRoleAssignmentId,
    service::{Actor, Change, Context, new_id, record::record},
    store::{
        StoreError, Tx, role_mappings,
        user_role_assignments::{self, UserRoleAssignment},
        users::User,
    },
};

/// Gives the user exactly the roles that the assertion's attributes stand for, among the mappings of its connection. A
/// login that changes nothing writes nothing.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    login: &Login<'_>,
    user: &User,
) -> Result<(), StoreError> {
    let (organization, connection) = (&user.organization_id, login.connection.id.as_str());
    let (mut gained, mut lost) = (Vec::new(), Vec::new());
    for (mapping, has) in role_mappings::of_attributes(tx, organization, connection, &user.id)? {
        let name = mapping.attribute_name.as_deref().unwrap_or_default();
        let matches = login.assertion.values(name).iter().any(|value| value.trim() == mapping.group_key);
        match (has, matches) {
            (false, true) => {
                let assignment = UserRoleAssignment {
                    id: new_id!(cx, UserRoleAssignmentId),
                    organization_id: organization.clone(),
                    user_id: user.id.clone(),
                    role_id: mapping.role_id.clone(),
                    role_mapping_id: Some(mapping.id),
                    created_at: cx.now(),
                };
                user_role_assignments::insert(tx, &assignment)?;
                gained.push(mapping.role_id);
            }
            (true, false) => {
                user_role_assignments::delete_mapped(tx, organization, &user.id, &mapping.id)?;
                lost.push(mapping.role_id);
            }
            (false, false) | (true, true) => {}
        }
    }
    if gained.is_empty() && lost.is_empty() {
        return Ok(());
    }
    let change = Change {
        project: login.project,
        organization: Some(organization),
        event: "user.roles_changed",
        resource: user.id.as_str(),
        before: None,
        after: Some(json!({ "id": user.id, "added": gained, "removed": lost })),
    };
    record(tx, cx, actor, &change)
}
