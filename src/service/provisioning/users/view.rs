//! Users as they are shown.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::row::resource_of;
use crate::{
    model::ids::{GroupId, UserId},
    scim::{projection::Projection, resource::Meta},
    service::provisioning::{ScimTenant, groups::MAX_LEVELS},
    store::{StoreError, Tx, scim_groups, scim_users, users::User},
};

/// The users before projection.
pub(super) fn render(
    tenant: &ScimTenant,
    users: &[User],
    memberships: &Memberships,
) -> Result<Vec<Map<String, Value>>, StoreError> {
    users
        .iter()
        .map(|user| {
            let mut shown = whole(user, tenant)?;
            let groups = memberships.of(&user.id, tenant);
            if !groups.is_empty() {
                shown.insert("groups".to_owned(), Value::Array(groups));
            }
            Ok(shown)
        })
        .collect()
}

fn whole(user: &User, tenant: &ScimTenant) -> Result<Map<String, Value>, StoreError> {
    let meta = Meta {
        id: user.id.to_string(),
        created: user.created_at.to_datetime(),
        last_modified: user.updated_at.to_datetime(),
        version: user.version,
        location: format!("{}/Users/{}", tenant.base, user.id),
    };
    Ok(resource_of(tenant.catalog, user)?.render(&meta))
}

/// How many groups a page of users shows in all: a user is in as many as its provider likes.
const PAGE_GROUPS: usize = 20_000;

/// How many groups of one user are read where everybody waits meanwhile: on a thread that serves all, and in the writer. Most
/// people are in a few dozen.
const FEW_GROUPS: usize = 200;

/// Of how many users the groups are read at once.
const PORTION: usize = 128;

/// The groups of some users: those that they are members of, and those that contain these (RFC 7643 section 4.1.2).
#[derive(Debug, Default)]
pub struct Memberships {
    direct: BTreeMap<UserId, BTreeSet<GroupId>>,
    parents: BTreeMap<GroupId, BTreeSet<GroupId>>,
    names: BTreeMap<GroupId, String>,
}

impl Memberships {
    /// Those of one user, where the projection shows groups.
    pub(super) fn of_one(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        user: &User,
        projection: &Projection,
    ) -> Result<Self, StoreError> {
        Ok(Self::of_one_up_to(usize::MAX, tx, tenant, user, projection)?.0)
    }

    /// The same, unless they are more than a few.
    pub(super) fn few_of_one(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        user: &User,
        projection: &Projection,
    ) -> Result<Option<Self>, StoreError> {
        let (found, is_whole) = Self::of_one_up_to(FEW_GROUPS + 1, tx, tenant, user, projection)?;
        Ok(is_whole.then_some(found))
    }

    /// Reads no further once there are so many groups, or of those that contain others; and whether there were fewer.
    fn of_one_up_to(
        most: usize,
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        user: &User,
        projection: &Projection,
    ) -> Result<(Self, bool), StoreError> {
        let mut found = Self::default();
        if !projection.shows(tenant.catalog.user, "groups") {
            return Ok((found, true));
        }
        let id = std::slice::from_ref(&user.id);
        found.note(scim_users::groups_of(tx, &tenant.connection.id, id, most)?);
        let is_whole = found.read_parents(tx, tenant, most)?;
        Ok((found, is_whole))
    }

    /// Those of a page of users. Where they are too many for one page, users at its end are dropped.
    pub(super) fn of_page(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        users: &mut Vec<User>,
        projection: &Projection,
    ) -> Result<Self, StoreError> {
        let mut found = Self::default();
        if users.is_empty() || !projection.shows(tenant.catalog.user, "groups") {
            return Ok(found);
        }
        let fitting = found.read_direct(tx, tenant, users)?;
        users.truncate(fitting);
        found.read_parents(tx, tenant, usize::MAX)?;
        if found.parents.is_empty() {
            return Ok(found);
        }
        // Groups within groups are read once, and shown for each user.
        let mut shown = 0;
        let fitting = users.iter().take_while(|user| {
            let is_first = shown == 0;
            shown += found.groups_of(&user.id).map_or(0, |(direct, indirect)| direct.len() + indirect.len());
            is_first || shown <= PAGE_GROUPS
        });
        let fitting = fitting.count();
        users.truncate(fitting);
        Ok(found)
    }

    /// Reads what the users are members of, of as many users as a page has room for, and tells how many these are.
    fn read_direct(
        &mut self,
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        users: &[User],
    ) -> Result<usize, StoreError> {
        let (mut room, mut whole) = (PAGE_GROUPS, 0);
        let mut portion = PORTION;
        while whole < users.len() {
            let ids: Vec<_> = users[whole..].iter().take(portion).map(|user| user.id.clone()).collect();
            let limit = if whole == 0 && ids.len() == 1 { usize::MAX } else { room + 1 };
            let rows = scim_users::groups_of(tx, &tenant.connection.id, &ids, limit)?;
            match rows.len() {
                fits if fits <= room || limit == usize::MAX => {
                    room = room.saturating_sub(fits);
                    whole += ids.len();
                    self.note(rows);
                }
                _ if ids.len() == 1 => break,
                // Which of them fit is asked one by one.
                _ => portion = 1,
            }
        }
        Ok(whole)
    }

    fn note(&mut self, rows: Vec<(UserId, GroupId, String)>) {
        for (user, group, name) in rows {
            self.names.insert(group.clone(), name);
            self.direct.entry(user).or_default().insert(group);
        }
    }

    /// Reads the groups that contain those that are known, until there are so many, or so often one in another; and whether
    /// there were fewer.
    fn read_parents(
        &mut self,
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        most: usize,
    ) -> Result<bool, StoreError> {
        let mut read = 0;
        let mut next: BTreeSet<GroupId> = self.names.keys().cloned().collect();
        let mut seen = next.clone();
        for _ in 1..MAX_LEVELS {
            if next.is_empty() || self.names.len() >= most || read >= most {
                break;
            }
            let some: Vec<GroupId> = std::mem::take(&mut next).into_iter().collect();
            let parents = scim_groups::parents_up_to(most - read, tx, &tenant.connection.id, &some)?;
            read += parents.len();
            for (member, group, name) in parents {
                self.names.insert(group.clone(), name);
                if seen.insert(group.clone()) {
                    next.insert(group.clone());
                }
                self.parents.entry(member).or_default().insert(group);
            }
        }
        Ok(self.names.len() < most && read < most)
    }

    /// How many memberships there are.
    pub(super) fn count(&self) -> usize {
        self.direct.values().chain(self.parents.values()).map(BTreeSet::len).sum()
    }

    /// The groups that the user is in, and those that only contain these.
    fn groups_of(&self, user: &UserId) -> Option<(&BTreeSet<GroupId>, BTreeSet<&GroupId>)> {
        let direct = self.direct.get(user)?;
        let mut indirect = BTreeSet::new();
        let mut next: Vec<&GroupId> = direct.iter().collect();
        while let Some(group) = next.pop() {
            for parent in self.parents.get(group).into_iter().flatten() {
                if !direct.contains(parent) && indirect.insert(parent) {
                    next.push(parent);
                }
            }
        }
        Some((direct, indirect))
    }

    fn of(&self, user: &UserId, tenant: &ScimTenant) -> Vec<Value> {
        let Some((direct, indirect)) = self.groups_of(user) else { return Vec::new() };
        let shown = |id: &GroupId, kind: &str| {
            let (base, name) = (&tenant.base, self.names.get(id));
            json!({ "value": id, "$ref": format!("{base}/Groups/{id}"), "display": name, "type": kind })
        };
        let direct = direct.iter().map(|id| shown(id, "direct"));
        direct.chain(indirect.into_iter().map(|id| shown(id, "indirect"))).collect()
    }
}
