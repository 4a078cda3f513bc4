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

/// The groups of some users: those that they are members of, and those that contain these (RFC 7643 section 4.1.2).
#[derive(Debug, Default)]
pub struct Memberships {
    direct: BTreeMap<UserId, BTreeSet<GroupId>>,
    parents: BTreeMap<GroupId, BTreeSet<GroupId>>,
    names: BTreeMap<GroupId, String>,
}

impl Memberships {
    /// Those of the users, where the projection shows groups.
    pub(super) fn load(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        users: &[User],
        projection: &Projection,
    ) -> Result<Self, StoreError> {
        let mut found = Self::default();
        if users.is_empty() || !projection.shows(tenant.catalog.user, "groups") {
            return Ok(found);
        }
        let ids: Vec<UserId> = users.iter().map(|user| user.id.clone()).collect();
        let mut next = BTreeSet::new();
        for (user, group, name) in scim_users::groups_of(tx, &tenant.connection.id, &ids)? {
            found.names.insert(group.clone(), name);
            next.insert(group.clone());
            found.direct.entry(user).or_default().insert(group);
        }
        let mut seen = next.clone();
        for _ in 1..MAX_LEVELS {
            if next.is_empty() {
                break;
            }
            let some: Vec<GroupId> = std::mem::take(&mut next).into_iter().collect();
            for (member, group, name) in scim_groups::parents(tx, &tenant.connection.id, &some)? {
                found.names.insert(group.clone(), name);
                if seen.insert(group.clone()) {
                    next.insert(group.clone());
                }
                found.parents.entry(member).or_default().insert(group);
            }
        }
        Ok(found)
    }

    /// How many memberships there are.
    pub(super) fn count(&self) -> usize {
        self.direct.values().chain(self.parents.values()).map(BTreeSet::len).sum()
    }

    fn of(&self, user: &UserId, tenant: &ScimTenant) -> Vec<Value> {
        let Some(direct) = self.direct.get(user) else { return Vec::new() };
        let mut indirect = BTreeSet::new();
        let mut next: Vec<&GroupId> = direct.iter().collect();
        while let Some(group) = next.pop() {
            for parent in self.parents.get(group).into_iter().flatten() {
                if !direct.contains(parent) && indirect.insert(parent) {
                    next.push(parent);
                }
            }
        }
        let shown = |id: &GroupId, kind: &str| {
            let (base, name) = (&tenant.base, self.names.get(id));
            json!({ "value": id, "$ref": format!("{base}/Groups/{id}"), "display": name, "type": kind })
        };
        let direct = direct.iter().map(|id| shown(id, "direct"));
        direct.chain(indirect.into_iter().map(|id| shown(id, "indirect"))).collect()
    }
}
