//! Who has a role at this moment: what `granted` computes, asked from the other side.

use std::collections::{BTreeMap, BTreeSet};

use super::RoleRef;
use crate::{
    model::{
        UserStatus,
        ids::{GroupId, OrganizationId, ProjectId, UserId},
    },
    service::{Context, directory::DirectoryError, provisioning::MAX_LEVELS},
    store::{
        StoreError, Tx, group_members, organizations, role_mappings, roles::Role, user_role_assignments,
        users::User,
    },
};

/// Somebody who has a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub user: UserId,
    /// Their organization.
    pub organization: OrganizationId,
    /// Their login address.
    pub email: Option<String>,
    /// Whether they can sign in.
    pub status: UserStatus,
    /// What gives it to them: each way once.
    pub by: BTreeSet<Given>,
}

/// A way in which a role is given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Given {
    /// By hand.
    ByHand,
    /// By a SAML attribute of the last login.
    Attribute {
        /// Its name.
        name: String,
        /// The value that gives the role.
        value: String,
    },
    /// By a group of this name, which they are in, or a group of theirs is.
    Group(String),
}

/// The role, and who has it: in the organization, or else in every organization of the project. By user id, oldest first.
pub async fn role_holders(
    cx: &Context,
    project: &ProjectId,
    organization: Option<&OrganizationId>,
    role: RoleRef,
) -> Result<(Role, Vec<Holder>), DirectoryError> {
    let (project, organization) = (project.clone(), organization.cloned());
    let find = move |tx: &mut Tx<'_>| {
        let organizations = match &organization {
            Some(id) => {
                organizations::find(tx, &project, id)?.ok_or(DirectoryError::NotFound("organization"))?;
                vec![id.clone()]
            }
            None => organizations::ids(tx, &project)?,
        };
        let role = role.find(tx, &project, organization.as_ref())?;
        let mut holders = BTreeMap::new();
        for organization in &organizations {
            directly(tx, organization, &role, &mut holders)?;
            by_groups(tx, organization, &role, &mut holders)?;
        }
        Ok((role, holders.into_values().collect()))
    };
    cx.store.read(find).await
}

type Holders = BTreeMap<UserId, Holder>;

fn note(holders: &mut Holders, user: User, given: Given) {
    let User { id, organization_id, email, status, .. } = user;
    let new =
        || Holder { user: id.clone(), organization: organization_id, email, status, by: BTreeSet::new() };
    holders.entry(id.clone()).or_insert_with(new).by.insert(given);
}

fn directly(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    role: &Role,
    holders: &mut Holders,
) -> Result<(), StoreError> {
    for (user, mapping) in user_role_assignments::holders(tx, organization, &role.id)? {
        let given = match mapping {
            None => Given::ByHand,
            Some(mapping) => Given::Attribute {
                name: mapping.attribute_name.unwrap_or_default(),
                value: mapping.group_key,
            },
        };
        note(holders, user, given);
    }
    Ok(())
}

fn by_groups(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    role: &Role,
    holders: &mut Holders,
) -> Result<(), StoreError> {
    for (group, name) in role_mappings::groups_granting(tx, organization, &role.id)? {
        let (mut seen, mut level) = (BTreeSet::from([group.clone()]), vec![group]);
        for _ in 0..MAX_LEVELS {
            let (people, within) = group_members::of_groups(tx, organization, &level)?;
            people.into_iter().for_each(|user| note(holders, user, Given::Group(name.clone())));
            level = within.into_iter().filter(|group: &GroupId| seen.insert(group.clone())).collect();
            if level.is_empty() {
                break;
            }
        }
    }
    Ok(())
}
