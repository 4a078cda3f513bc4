//! What a user has at this moment.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::ids::{GroupId, OrganizationId, ProjectId, UserId},
    service::provisioning::MAX_LEVELS,
    store::{StoreError, Tx, group_members, role_mappings, user_role_assignments},
};

/// The scope that asks for the names of groups.
pub(in crate::service) const GROUPS_SCOPE: &str = "groups";

/// Tokens end up in cookies and headers. More groups than this, or longer names, and none is told: a list that was cut
/// short would look whole.
const MAX_GROUPS: usize = 200;
const MAX_GROUP_BYTES: usize = 16 * 1024;

/// Roles and groups of a user, for the host app.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Granted {
    /// The names of the roles, each once, sorted.
    pub roles: Vec<String>,
    /// The display names of the groups, each once, sorted; where they were asked for and are not too many.
    pub groups: Option<Vec<String>>,
    /// They were asked for and are too many.
    pub groups_omitted: bool,
}

/// The roles that the user has: given by hand, by an attribute of the last login, and by the groups that the user is in
/// now, directly or within others. The groups where `scope` asks for them.
pub(in crate::service) fn of_user(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: &OrganizationId,
    user: &UserId,
    scope: &str,
) -> Result<Granted, StoreError> {
    let mut roles: BTreeSet<String> =
        user_role_assignments::role_names(tx, project, organization, user)?.into_iter().collect();
    let granting = role_mappings::granting(tx, project, organization)?;
    let groups_asked = scope.split(' ').any(|scope| scope == GROUPS_SCOPE);
    if granting.is_empty() && !groups_asked {
        return Ok(Granted { roles: roles.into_iter().collect(), ..Granted::default() });
    }
    let groups = groups_of(tx, organization, user)?;
    roles.extend(granting.into_iter().filter(|(group, _)| groups.contains_key(group)).map(|(_, role)| role));
    let groups = if groups_asked { told(groups) } else { None };
    let groups_omitted = groups_asked && groups.is_none();
    Ok(Granted { roles: roles.into_iter().collect(), groups, groups_omitted })
}

/// The roles of several users, as [`of_user`] has them. Only where groups give roles is each user's groups asked for.
pub(in crate::service) fn of_users(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: &OrganizationId,
    users: &[UserId],
) -> Result<BTreeMap<UserId, BTreeSet<String>>, StoreError> {
    let mut roles: BTreeMap<UserId, BTreeSet<String>> = BTreeMap::new();
    for (user, role) in user_role_assignments::role_names_of(tx, project, organization, users)? {
        roles.entry(user).or_default().insert(role);
    }
    let granting = role_mappings::granting(tx, project, organization)?;
    if granting.is_empty() {
        return Ok(roles);
    }
    for user in users {
        let groups = groups_of(tx, organization, user)?;
        let given = granting.iter().filter(|(group, _)| groups.contains_key(group));
        roles.entry(user.clone()).or_default().extend(given.map(|(_, role)| role.clone()));
    }
    Ok(roles)
}

/// The groups that the user is in, and those that these are in, with their names.
fn groups_of(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    user: &UserId,
) -> Result<BTreeMap<GroupId, String>, StoreError> {
    let mut found = BTreeMap::new();
    let mut level = group_members::groups_of_user(tx, organization, user)?;
    for _ in 0..MAX_LEVELS {
        let mut next = Vec::new();
        for group in level {
            if found.insert(group.id.clone(), group.display_name).is_none() && group.may_be_nested {
                next.push(group.id);
            }
        }
        if next.is_empty() {
            break;
        }
        level = group_members::groups_of_groups(tx, organization, &next)?;
    }
    Ok(found)
}

fn told(groups: BTreeMap<GroupId, String>) -> Option<Vec<String>> {
    if groups.len() > MAX_GROUPS || groups.values().map(String::len).sum::<usize>() > MAX_GROUP_BYTES {
        return None;
    }
    Some(groups.into_values().collect::<BTreeSet<_>>().into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_told_whole_or_not_at_all() {
        let groups = |count: u128, length: usize| {
            (0..count).map(|n| (GroupId::from_u128(n), format!("{n:0length$}"))).collect::<BTreeMap<_, _>>()
        };
        assert_eq!(told(groups(200, 8)).map(|names| names.len()), Some(200));
        assert_eq!(told(groups(201, 8)), None);
        assert_eq!(told(groups(64, 256)).map(|names| names.len()), Some(64));
        assert_eq!(told(groups(65, 256)), None);
        assert_eq!(told(BTreeMap::new()), Some(Vec::new()));
    }
}
