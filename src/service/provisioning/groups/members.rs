//! Changes to the members of a group, set-based.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{met::Met, nesting};
use crate::{
    model::{
        fold::fold,
        ids::{GroupId, UserId},
    },
    scim::{
        patch::MemberChange,
        resource::{Member, MemberKind},
    },
    service::{
        Context,
        provisioning::{ProvisioningError, ScimTenant},
    },
    store::{
        Tx,
        group_members::{self, GroupMember},
        parked_members::{self, ParkedMember},
        scim_groups, scim_users,
    },
};

/// How many members one request may name, and how many names of users to come a group may keep. Everybody else's
/// writes wait for this one.
const MAX_NAMED: usize = 100_000;
const MAX_PARKED: i64 = 10_000;

/// How many members came and went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::service::provisioning) struct MembersChanged {
    pub(in crate::service::provisioning) added: usize,
    pub(in crate::service::provisioning) removed: usize,
}

impl MembersChanged {
    pub(super) fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// What the values of a body stand for.
#[derive(Default)]
pub(super) struct Resolved {
    pub(super) users: BTreeSet<UserId>,
    groups: BTreeSet<GroupId>,
    /// Names that nobody has yet.
    parked: BTreeSet<String>,
}

/// Applies the changes in order. The group is locked by the caller.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    group: &GroupId,
    changes: &[MemberChange],
    met: &Met,
) -> Result<MembersChanged, ProvisioningError> {
    check_number(changes.iter().map(named_in).sum())?;
    let resolved = changes.iter().map(|change| match change {
        MemberChange::Add(members) | MemberChange::Replace(members) => resolve(tx, tenant, members, met),
        MemberChange::Remove(_) | MemberChange::Clear => Ok(Resolved::default()),
    });
    let resolved = resolved.collect::<Result<Vec<_>, _>>()?;
    let nested = resolved.iter().flat_map(|resolved| resolved.groups.iter().cloned()).collect();
    nesting::check(tx, tenant, group, &nested)?;
    let mut changed = MembersChanged::default();
    let organization = &tenant.organization.id;
    for (change, resolved) in changes.iter().zip(&resolved) {
        match change {
            MemberChange::Add(_) => changed.added += add(tx, cx, tenant, group, resolved)?,
            MemberChange::Remove(members) => changed.removed += remove(tx, tenant, group, members)?,
            MemberChange::Clear => {
                changed.removed += group_members::clear(tx, organization, group)?;
                parked_members::forget(tx, group, None)?;
            }
            MemberChange::Replace(_) => {
                let wanted: HashSet<&str> = resolved.ids().collect();
                let present = scim_groups::member_ids(tx, organization, group)?;
                met.check_new(tx, tenant, resolved, &present)?;
                let gone: Vec<String> =
                    present.into_iter().filter(|id| !wanted.contains(id.as_str())).collect();
                changed.removed += group_members::remove(tx, organization, group, &gone)?;
                parked_members::forget(tx, group, None)?;
                changed.added += add(tx, cx, tenant, group, resolved)?;
            }
        }
    }
    Ok(changed)
}

fn named_in(change: &MemberChange) -> usize {
    match change {
        MemberChange::Add(members) | MemberChange::Remove(members) | MemberChange::Replace(members) => {
            members.len()
        }
        MemberChange::Clear => 0,
    }
}

impl Resolved {
    fn ids(&self) -> impl Iterator<Item = &str> {
        self.users.iter().map(UserId::as_str).chain(self.groups.iter().map(GroupId::as_str))
    }
}

pub(super) fn check_number(named: usize) -> Result<(), ProvisioningError> {
    if named > MAX_NAMED {
        return Err(ProvisioningError::TooManyMembers("one request names more than 100000 members"));
    }
    Ok(())
}

/// What each value stands for: an id of ours on this connection, or the externalId or userName of a user there.
/// Unknown and foreign ids get the same answer (R22). A userName in the form of an address may come before its
/// user does, and is parked.
fn resolve(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    members: &[Member],
    met: &Met,
) -> Result<Resolved, ProvisioningError> {
    let mut resolved = Resolved::default();
    let mut group_ids = Vec::new();
    for Member { value, .. } in members {
        if let Some(user) = met.users.get(value) {
            resolved.users.insert(user.clone());
        } else if GroupId::parse(value).is_ok() {
            group_ids.push(value.clone());
        } else if may_be_parked(value) {
            resolved.parked.insert(fold(value));
        } else {
            return Err(ProvisioningError::UnknownReference("members.value"));
        }
    }
    if !group_ids.is_empty() {
        let known = scim_groups::existing(tx, &tenant.connection.id, &group_ids)?;
        if known.len() < group_ids.iter().collect::<HashSet<_>>().len() {
            return Err(ProvisioningError::UnknownReference("members.value"));
        }
        resolved.groups.extend(known);
    }
    Ok(resolved)
}

/// The one user of the connection that each of the values names, by externalId or userName; none for a value that
/// names nobody. Two users under one value, each by another name, are an error.
pub(super) fn named(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    values: &[&str],
) -> Result<HashMap<String, UserId>, ProvisioningError> {
    let folded: Vec<String> = values.iter().map(|value| fold(value)).collect();
    let (mut by_external_id, mut by_user_name) = (HashMap::<_, BTreeSet<UserId>>::new(), HashMap::new());
    for (id, external_id, user_name) in scim_users::named(tx, &tenant.connection.id, values, &folded)? {
        if let Some(external_id) = external_id {
            by_external_id.entry(external_id).or_default().insert(id.clone());
        }
        if let Some(user_name) = user_name {
            by_user_name.insert(user_name, id);
        }
    }
    let mut found = HashMap::new();
    for (value, folded) in values.iter().zip(&folded) {
        let mut users = by_external_id.get(*value).cloned().unwrap_or_default();
        users.extend(by_user_name.get(folded).cloned());
        if users.len() > 1 {
            return Err(ProvisioningError::UnknownReference("members.value"));
        }
        found.extend(users.pop_first().map(|id| ((*value).to_owned(), id)));
    }
    Ok(found)
}

fn add(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    group: &GroupId,
    resolved: &Resolved,
) -> Result<usize, ProvisioningError> {
    let now = cx.now();
    let row = |id: &str, user: Option<&UserId>, member_group: Option<&GroupId>| GroupMember {
        group_id: group.clone(),
        member_id: id.to_owned(),
        organization_id: tenant.organization.id.clone(),
        member_user_id: user.cloned(),
        member_group_id: member_group.cloned(),
        created_at: now,
    };
    let users = resolved.users.iter().map(|id| row(id.as_str(), Some(id), None));
    let groups = resolved.groups.iter().map(|id| row(id.as_str(), None, Some(id)));
    let rows: Vec<GroupMember> = users.chain(groups).collect();
    let parked = resolved.parked.iter().map(|value| ParkedMember {
        group_id: group.clone(),
        value: value.clone(),
        organization_id: tenant.organization.id.clone(),
        scim_connection_id: tenant.connection.id.clone(),
        created_at: now,
    });
    parked_members::add(tx, &parked.collect::<Vec<_>>())?;
    if !resolved.parked.is_empty() && parked_members::count(tx, group)? > MAX_PARKED {
        let detail = "the group waits for more than 10000 members that do not exist yet";
        return Err(ProvisioningError::TooManyMembers(detail));
    }
    Ok(group_members::add(tx, &rows)?)
}

/// A name that may come before its user does.
pub(super) fn may_be_parked(value: &str) -> bool {
    value.contains('@')
}

/// Who is no member is no error: providers repeat what they have said.
fn remove(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    group: &GroupId,
    members: &[Member],
) -> Result<usize, ProvisioningError> {
    let mut ids = Vec::with_capacity(members.len());
    let mut names = Vec::new();
    for Member { value, only } in members {
        let is_group = GroupId::parse(value).is_ok();
        if only.is_some_and(|only| (only == MemberKind::Group) != is_group) {
            continue;
        }
        if is_group || UserId::parse(value).is_ok() {
            ids.push(value.clone());
        } else {
            names.push(value.as_str());
        }
    }
    if !names.is_empty() {
        ids.extend(named(tx, tenant, &names)?.into_values().map(|id| id.to_string()));
        let parked: Vec<String> = names.iter().map(|name| fold(name)).collect();
        parked_members::forget(tx, group, Some(&parked))?;
    }
    Ok(group_members::remove(tx, &tenant.organization.id, group, &ids)?)
}
