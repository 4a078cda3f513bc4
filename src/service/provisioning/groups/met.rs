//! Whom a request names as members, found and locked. Everybody who needs several locks takes them in this order: users, names
//! that are parked, groups, the connection. Who deletes a user has locked it, and locks its groups then; who changes a group
//! holds the users whom it adds, and locks the group then.

use std::collections::{HashMap, HashSet};

use super::members::{Resolved, check_number, may_be_parked, named};
use crate::{
    model::{
        fold::fold,
        ids::{GroupId, UserId},
    },
    scim::resource::Member,
    service::provisioning::{ProvisioningError, ScimTenant},
    store::{StoreError, Tx, group_members, name_locks, scim_users},
};

/// The users of the connection whom the values of a request name.
#[derive(Debug, Default)]
pub struct Met {
    pub(super) users: HashMap<String, UserId>,
    /// Those who were members when they were looked for: they are not held, since a whole group would be.
    members: HashSet<String>,
}

/// Finds the users whom the values name. They are not deleted before the transaction ends, but for those who are members of
/// `known` already: for these see [`Met::check_new`].
pub(super) fn meet(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    known: Option<&GroupId>,
    members: &[Member],
) -> Result<Met, ProvisioningError> {
    check_number(members.len())?;
    let mut met = Met::default();
    let (ids, names): (Vec<&str>, Vec<&str>) = members
        .iter()
        .map(|member| member.value.as_str())
        .filter(|value| GroupId::parse(value).is_err())
        .partition(|value| UserId::parse(value).is_ok());
    let found = named(tx, tenant, &names)?;
    let by_id = ids.iter().filter_map(|id| Some(((*id).to_owned(), UserId::parse(id).ok()?)));
    met.hold(tx, tenant, known, by_id.chain(found).collect())?;
    let nobodys: Vec<&str> =
        names.into_iter().filter(|name| may_be_parked(name) && !met.users.contains_key(*name)).collect();
    let folded: Vec<String> = nobodys.iter().map(|name| fold(name)).collect();
    if name_locks::park(tx, &tenant.connection.id, &folded)? {
        let found = named(tx, tenant, &nobodys)?;
        met.hold(tx, tenant, None, found.into_iter().collect())?;
    }
    Ok(met)
}

impl Met {
    fn hold(
        &mut self,
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        known: Option<&GroupId>,
        named: Vec<(String, UserId)>,
    ) -> Result<(), StoreError> {
        if named.is_empty() {
            return Ok(());
        }
        let mut ids: Vec<String> = named.iter().map(|(_, id)| id.to_string()).collect();
        let mut there = HashSet::new();
        if let Some(group) = known {
            self.members = group_members::among(tx, group, &ids)?.into_iter().collect();
            ids.retain(|id| !self.members.contains(id));
            there.clone_from(&self.members);
        }
        there.extend(scim_users::hold(tx, &tenant.connection.id, &ids)?);
        self.users.extend(named.into_iter().filter(|(_, id)| there.contains(id.as_str())));
        Ok(())
    }

    /// Holds those who were members when they were looked for, and are none any more now that the group is locked: the user
    /// may have been deleted.
    pub(super) fn check_new(
        &self,
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        wanted: &Resolved,
        present: &[String],
    ) -> Result<(), ProvisioningError> {
        if self.members.is_empty() {
            return Ok(());
        }
        let present: HashSet<&str> = present.iter().map(String::as_str).collect();
        let new = wanted.users.iter().map(UserId::as_str);
        let new = new.filter(|id| self.members.contains(*id) && !present.contains(id));
        let new: Vec<String> = new.map(str::to_owned).collect();
        if new.is_empty() || scim_users::hold(tx, &tenant.connection.id, &new)?.len() == new.len() {
            Ok(())
        } else {
            Err(ProvisioningError::UnknownReference("members.value"))
        }
    }
}
