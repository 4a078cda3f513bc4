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

/// Groups are read for every token. Of a user with more memberships than this, direct and nested, those within others are
/// not followed: one that a provider put into a hundred thousand groups would hold a connection up at each request.
const MAX_READ: usize = 2_000;

/// Groups and their names.
type Groups = BTreeMap<GroupId, String>;

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
/// now, directly or within others. The groups where `scope` asks for them. Of a user in too many groups, those that the
/// user is in directly give roles, all of them, and no others do.
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
    let (given, groups) = by_groups(tx, organization, user, &granting)?;
    roles.extend(given);
    let groups = groups.filter(|_| groups_asked).and_then(told);
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
        let (given, _) = by_groups(tx, organization, user, &granting)?;
        roles.entry(user.clone()).or_default().extend(given);
    }
    Ok(roles)
}

/// The roles that the user's groups give, and those groups where they are not too many.
fn by_groups(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    user: &UserId,
    granting: &[(GroupId, String)],
) -> Result<(Vec<String>, Option<Groups>), StoreError> {
    let groups = groups_of(tx, organization, user)?;
    let holding: BTreeSet<GroupId> = match &groups {
        Some(groups) => groups.keys().cloned().collect(),
        None => {
            tracing::warn!(%organization, %user, "a user is in too many groups; roles come from the direct ones alone");
            let asked: BTreeSet<_> = granting.iter().map(|(group, _)| group.clone()).collect();
            let asked: Vec<_> = asked.into_iter().collect();
            group_members::groups_of_user_among(tx, organization, user, &asked)?.into_iter().collect()
        }
    };
    let given = granting.iter().filter(|(group, _)| holding.contains(group)).map(|(_, role)| role.clone());
    Ok((given.collect(), groups))
}

/// The groups that the user is in, and those that these are in, with their names; none where there are too many
/// memberships.
fn groups_of(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    user: &UserId,
) -> Result<Option<Groups>, StoreError> {
    let mut found = BTreeMap::new();
    let mut read = 0;
    let mut level = group_members::groups_of_user(tx, organization, user, MAX_READ + 1)?;
    for _ in 0..MAX_LEVELS {
        read += level.len();
        if read > MAX_READ {
            return Ok(None);
        }
        let mut next = Vec::new();
        for group in level {
            if found.insert(group.id.clone(), group.display_name).is_none() && group.may_be_nested {
                next.push(group.id);
            }
        }
        if next.is_empty() {
            break;
        }
        level = group_members::groups_of_groups(tx, organization, &next, MAX_READ + 1 - read)?;
    }
    Ok(Some(found))
}

fn told(groups: Groups) -> Option<Vec<String>> {
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
