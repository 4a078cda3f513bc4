//! Groups within groups: never in a circle, and never deep. Whoever shows a user or looks for the members of a group walks
//! them level by level, with a question to the database for each.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    model::ids::GroupId,
    service::provisioning::{ProvisioningError, ScimTenant},
    store::{StoreError, Tx, scim_groups},
};

/// The most groups that contain each other in a row. Directories of customers have a handful.
pub(in crate::service) const MAX_LEVELS: usize = 32;

/// The most nestings that one request looks at: everybody else's writes wait for it.
const MAX_NESTED: usize = 20_000;

/// Checks once for a whole request that the groups may become members of the group. Only nested groups are walked, never
/// users. What else the request does to the group's members makes no difference: a circle is closed by what the new members
/// contain already.
pub(super) fn check(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    group: &GroupId,
    added: &BTreeSet<GroupId>,
) -> Result<(), ProvisioningError> {
    if added.is_empty() {
        return Ok(());
    }
    let (organization, connection) = (&tenant.organization.id, &tenant.connection.id);
    // Two requests that each close half of a circle must not pass each other.
    scim_groups::lock_shape(tx, connection)?;
    let below = Nesting::walk(added, |some| scim_groups::children(tx, organization, some))?;
    if below.seen.contains(group) {
        return Err(ProvisioningError::Cycle);
    }
    let above = Nesting::walk(&BTreeSet::from([group.clone()]), |some| {
        let parents = scim_groups::parents(tx, connection, some)?;
        Ok(parents.into_iter().map(|(member, group, _)| (member, group)).collect())
    })?;
    if below.levels + above.levels > MAX_LEVELS {
        return Err(ProvisioningError::TooDeep(MAX_LEVELS));
    }
    Ok(())
}

/// What is found from some groups on, in one direction.
struct Nesting {
    seen: HashSet<GroupId>,
    /// The most groups in a row.
    levels: usize,
}

impl Nesting {
    /// Asks for each group once.
    fn walk(
        from: &BTreeSet<GroupId>,
        mut step: impl FnMut(&[GroupId]) -> Result<Vec<(GroupId, GroupId)>, StoreError>,
    ) -> Result<Self, ProvisioningError> {
        let mut seen: HashSet<GroupId> = from.iter().cloned().collect();
        let mut next: Vec<GroupId> = from.iter().cloned().collect();
        let (mut edges, mut count, mut asked) = (HashMap::<GroupId, Vec<GroupId>>::new(), 0, 0);
        while !next.is_empty() {
            asked += 1;
            // Even the shortest way is that long.
            if asked > MAX_LEVELS {
                return Err(ProvisioningError::TooDeep(MAX_LEVELS));
            }
            let found = step(&next)?;
            count += found.len();
            if count > MAX_NESTED {
                return Err(ProvisioningError::TooManyMembers("more than 20000 groups are nested there"));
            }
            next = found.iter().map(|(_, to)| to).filter(|to| seen.insert((*to).clone())).cloned().collect();
            for (group, to) in found {
                edges.entry(group).or_default().push(to);
            }
        }
        Ok(Self { levels: levels(from, &edges), seen })
    }
}

/// The length of the longest way; one more than the limit for all that are longer.
fn levels(from: &BTreeSet<GroupId>, edges: &HashMap<GroupId, Vec<GroupId>>) -> usize {
    let mut level: HashSet<&GroupId> = from.iter().collect();
    let mut levels = 0;
    while !level.is_empty() && levels <= MAX_LEVELS {
        levels += 1;
        level = level.iter().filter_map(|group| edges.get(*group)).flatten().collect();
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walked(edges: &[(u128, u128)], from: u128) -> Result<usize, ProvisioningError> {
        let from = BTreeSet::from([GroupId::from_u128(from)]);
        let edges: Vec<_> =
            edges.iter().map(|(a, b)| (GroupId::from_u128(*a), GroupId::from_u128(*b))).collect();
        let step =
            |some: &[GroupId]| Ok(edges.iter().filter(|(group, _)| some.contains(group)).cloned().collect());
        Ok(Nesting::walk(&from, step)?.levels)
    }

    #[test]
    fn the_longest_way_counts_and_not_the_shortest() {
        assert_eq!(walked(&[], 1).unwrap(), 1);
        assert_eq!(walked(&[(1, 2), (1, 3), (2, 3), (3, 4), (1, 4)], 1).unwrap(), 4);
        let shortcuts: Vec<(u128, u128)> = (1..=32).flat_map(|n| [(n, n + 1), (1, n + 1)]).collect();
        assert_eq!(walked(&shortcuts, 1).unwrap(), MAX_LEVELS + 1, "for a shortcut can go");
    }

    #[test]
    fn what_is_too_deep_or_too_wide_is_not_walked_to_the_end() {
        let chain: Vec<(u128, u128)> = (1..1_000).map(|n| (n, n + 1)).collect();
        assert!(matches!(walked(&chain, 1), Err(ProvisioningError::TooDeep(MAX_LEVELS))));
        let wide: Vec<(u128, u128)> = (1..=20_001).map(|n| (0, n)).collect();
        assert!(matches!(walked(&wide, 0), Err(ProvisioningError::TooManyMembers(_))));
    }
}
