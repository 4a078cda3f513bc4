//! What becomes of mappings when their group does (R5).

use super::mappings::tell;
use crate::{
    model::{MatchedBy, ids::ProjectId},
    service::{Actor, Context},
    store::{StoreError, Tx, groups::Group, role_mappings},
};

/// A SAML connection named a group for the first time: mappings that waited for the name have their group.
pub(in crate::service) fn group_appeared(
    tx: &mut Tx<'_>,
    connection: &str,
    external_id: &str,
    group: &Group,
) -> Result<(), StoreError> {
    role_mappings::bind(tx, &group.organization_id, connection, external_id, &group.id)
}

/// A group has a new name or another id at its provider: a mapping that knew it by the old one is suspended, until
/// somebody has looked. Whoever renames groups must not give away roles with it.
pub(in crate::service) fn group_changed(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    before: &Group,
    after: &Group,
) -> Result<(), StoreError> {
    let renamed = before.display_name_folded != after.display_name_folded;
    let other_id = before.external_id != after.external_id;
    if !(renamed || other_id) {
        return Ok(());
    }
    for mapping in role_mappings::of_group(tx, &after.organization_id, &after.id)? {
        let lost = match mapping.matched_by {
            MatchedBy::DisplayName => renamed,
            MatchedBy::ExternalId => other_id,
            MatchedBy::GroupId | MatchedBy::Attribute => false,
        };
        if lost && mapping.suspended_at.is_none() {
            let at = Some(cx.now());
            role_mappings::set_suspended(tx, &mapping.organization_id, &mapping.id, &mapping.group_key, at)?;
            let mut suspended = mapping.clone();
            suspended.suspended_at = at;
            tell(tx, cx, actor, project, "role_mapping.suspended", Some(&mapping), Some(&suspended))?;
        }
    }
    Ok(())
}

/// A group is about to be deleted: its mappings go with it, and one of the same name later has none.
pub(in crate::service) fn group_deleted(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    group: &Group,
) -> Result<(), StoreError> {
    for mapping in role_mappings::of_group(tx, &group.organization_id, &group.id)? {
        role_mappings::delete(tx, &mapping.organization_id, &mapping.id)?;
        tell(tx, cx, actor, project, "role_mapping.deleted", Some(&mapping), None)?;
    }
    Ok(())
}
