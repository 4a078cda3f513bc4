//! The groups that an assertion names become rows, keyed by connection and the provider's own id or name (R5). They grant
//! nothing by themselves; mappings do.

use std::collections::HashMap;

use serde_json::json;

use super::matching::Login;
use crate::{
    model::{fold::fold, ids::GroupId},
    service::{Actor, Change, Context, new_id, record::record, roles},
    store::{
        StoreError, Tx,
        group_members::{self, GroupMember},
        groups::{self, Group},
        users::User,
    },
};

/// So many new groups one login may make. Each is a few rows; the next login of anybody makes those that are left (R32).
const NEW_GROUPS: usize = 200;

/// Makes the user a member of exactly the groups that the assertion names, among those of its connection. A login that
/// changes nothing writes nothing.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    login: &Login<'_>,
    user: &User,
) -> Result<(), StoreError> {
    // Too many to be sent (Entra, above 150): which they are is not known, so nobody leaves one for that reason.
    if login.profile.groups_withheld {
        tracing::warn!(connection = %login.connection.id, "the provider sent a link in place of groups");
        return Ok(());
    }
    let wanted = &login.profile.groups;
    let current: HashMap<String, GroupId> =
        groups::saml_groups_of_user(tx, &login.connection.id, &user.id)?.into_iter().collect();
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    let mut made = 0;
    for name in wanted.iter().filter(|name| !current.contains_key(*name)) {
        let group = match groups::find_saml(tx, &login.connection.id, name)? {
            Some(group) => group,
            None if made == NEW_GROUPS => continue,
            None => {
                made += 1;
                create(tx, cx, actor, login, name)?
            }
        };
        added.push(GroupMember {
            group_id: group.id,
            member_id: user.id.to_string(),
            organization_id: user.organization_id.clone(),
            member_user_id: Some(user.id.clone()),
            member_group_id: None,
            created_at: cx.now(),
        });
    }
    for (_, group) in current.iter().filter(|(name, _)| wanted.binary_search(name).is_err()) {
        group_members::remove(tx, &user.organization_id, group, &[user.id.to_string()])?;
        removed.push(group);
    }
    if added.is_empty() && removed.is_empty() {
        return Ok(());
    }
    group_members::add(tx, &added)?;
    let added: Vec<_> = added.iter().map(|member| &member.group_id).collect();
    let change = Change {
        project: login.project,
        organization: Some(&user.organization_id),
        event: "user.groups_changed",
        resource: user.id.as_str(),
        before: None,
        after: Some(json!({ "id": user.id, "added": added, "removed": removed })),
    };
    record(tx, cx, actor, &change)
}

fn create(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    login: &Login<'_>,
    name: &str,
) -> Result<Group, StoreError> {
    let now = cx.now();
    let group = Group {
        id: new_id!(cx, GroupId),
        organization_id: login.connection.organization_id.clone(),
        scim_connection_id: None,
        saml_connection_id: Some(login.connection.id.clone()),
        external_id: Some(name.to_owned()),
        display_name: name.to_owned(),
        display_name_folded: fold(name),
        scim_attributes: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    groups::insert(tx, &group)?;
    roles::group_appeared(tx, login.connection.id.as_str(), name, &group)?;
    let change = Change {
        project: login.project,
        organization: Some(&group.organization_id),
        event: "group.created",
        resource: group.id.as_str(),
        before: None,
        after: Some(
            json!({ "id": group.id, "displayName": group.display_name, "samlConnectionId": login.connection.id }),
        ),
    };
    record(tx, cx, actor, &change)?;
    Ok(group)
}
