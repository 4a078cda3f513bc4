//! Roles themselves.

use serde_json::{Value, json};

use crate::{
    model::ids::{OrganizationId, ProjectId, RoleId},
    service::{
        Actor, Change, Context,
        directory::{DirectoryError, display_name, exists},
        new_id,
        record::record,
    },
    store::{
        Tx, organizations, projects,
        roles::{self, Role},
    },
};

/// So many roles a project may have, and each organization of its own. All that a user has fit into a token.
const MAX_ROLES: i64 = 100;
const MAX_NAME: usize = 64;
const MAX_DESCRIPTION: usize = 500;

/// A role to be.
#[derive(Debug, Clone)]
pub struct NewRole {
    /// What the host app compares: lower-case letters, digits, and `_`, `-`, `.`, `:` between them.
    pub name: String,
    /// For people; the name if there is none.
    pub display_name: Option<String>,
    /// What it is for.
    pub description: String,
    /// The one organization that it is custom to; none: it is of the project.
    pub organization: Option<OrganizationId>,
}

/// A role by its id or its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRef(String);

impl From<&str> for RoleRef {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl RoleRef {
    /// The role among those that an organization may give, or among the project's own. One of another organization is as
    /// unknown as none (R4).
    pub(super) fn find(
        &self,
        tx: &mut Tx<'_>,
        project: &ProjectId,
        organization: Option<&OrganizationId>,
    ) -> Result<Role, DirectoryError> {
        let found = roles::find_offered(tx, project, organization, &self.0)?;
        found.ok_or_else(|| DirectoryError::NoneNamed {
            what: "role",
            named: self.0.clone(),
            within: match organization {
                Some(organization) => format!("{organization} or its project"),
                None => project.to_string(),
            },
        })
    }
}

/// Makes a role. No two that could meet in one token have the same name.
pub async fn create_role(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    new: NewRole,
) -> Result<Role, DirectoryError> {
    let now = cx.now();
    let name = role_name(&new.name)?;
    if new.description.chars().count() > MAX_DESCRIPTION || new.description.contains(char::is_control) {
        return Err(DirectoryError::Invalid("a description has at most 500 characters on one line".into()));
    }
    let role = Role {
        id: new_id!(cx, RoleId),
        project_id: project.clone(),
        organization_id: new.organization,
        display_name: display_name(new.display_name.as_deref().unwrap_or(&name))?,
        description: new.description,
        created_at: now,
        updated_at: now,
        name,
    };
    let (own, actor) = (cx.clone(), actor.clone());
    let create = move |tx: &mut Tx<'_>| {
        let (project, organization) = (&role.project_id, role.organization_id.as_ref());
        projects::find(tx, project)?.ok_or(DirectoryError::NotFound("project"))?;
        if let Some(organization) = organization {
            organizations::find(tx, project, organization)?
                .ok_or(DirectoryError::NotFound("organization"))?;
        }
        roles::lock_names(tx, project)?;
        if roles::is_named(tx, project, organization, &role.name)? {
            return Err(DirectoryError::Exists(named_so(&role)));
        }
        if roles::count(tx, project, organization)? >= MAX_ROLES {
            return Err(DirectoryError::Invalid(format!("there are {MAX_ROLES} roles already")));
        }
        roles::insert(tx, &role).map_err(exists(named_so(&role)))?;
        record(tx, &own, &actor, &change(&role, "role.created", None, Some(state(&role))))?;
        Ok(role.clone())
    };
    cx.store.write(create).await
}

/// The project's own roles, or all that one of its organizations may give.
pub async fn list_roles(
    cx: &Context,
    project: &ProjectId,
    organization: Option<&OrganizationId>,
) -> Result<Vec<Role>, DirectoryError> {
    let (project, organization) = (project.clone(), organization.cloned());
    let list = move |tx: &mut Tx<'_>| {
        projects::find(tx, &project)?.ok_or(DirectoryError::NotFound("project"))?;
        if let Some(organization) = &organization {
            organizations::find(tx, &project, organization)?
                .ok_or(DirectoryError::NotFound("organization"))?;
        }
        Ok(roles::list(tx, &project, organization.as_ref())?)
    };
    cx.store.read(list).await
}

/// Removes a role of the project, or one that is custom to the organization, with its mappings. Who had it has it no more.
pub async fn delete_role(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: Option<&OrganizationId>,
    role: RoleRef,
) -> Result<(), DirectoryError> {
    let (own, actor) = (cx.clone(), actor.clone());
    let (project, organization) = (project.clone(), organization.cloned());
    let delete = move |tx: &mut Tx<'_>| {
        let role = role.find(tx, &project, organization.as_ref())?;
        if role.organization_id != organization {
            return Err(DirectoryError::Invalid("the role is the project's: name no organization".into()));
        }
        roles::delete(tx, &project, &role.id)?;
        Ok(record(tx, &own, &actor, &change(&role, "role.deleted", Some(state(&role)), None))?)
    };
    cx.store.write(delete).await
}

/// Where a role of this name is in the way: see [`roles::is_named`].
fn named_so(role: &Role) -> String {
    let place = match &role.organization_id {
        Some(organization) => format!("{organization} or its project"),
        None => "the project, or one of its organizations,".into(),
    };
    format!("{place} has a role named {}", role.name)
}

fn change<'a>(
    role: &'a Role,
    event: &'static str,
    before: Option<Value>,
    after: Option<Value>,
) -> Change<'a> {
    Change {
        project: &role.project_id,
        organization: role.organization_id.as_ref(),
        event,
        resource: role.id.as_str(),
        before,
        after,
    }
}

fn state(role: &Role) -> Value {
    json!({ "id": role.id, "name": role.name, "displayName": role.display_name })
}

/// `owner` is refused: it would read like the flag that no role is.
fn role_name(text: &str) -> Result<String, DirectoryError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inner = |byte: u8| plain(byte) || b"_-.:".contains(&byte);
    let bytes = text.as_bytes();
    let well_formed = bytes.len() <= MAX_NAME
        && bytes.iter().all(|byte| inner(*byte))
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.last().is_some_and(|byte| plain(*byte));
    if !well_formed {
        return Err(DirectoryError::Invalid(
            "a role name has 1 to 64 lower-case letters, digits, and _ - . : between them, such as billing-admin"
                .into(),
        ));
    }
    if text == "owner" {
        return Err(DirectoryError::Invalid("owner is no role: owners are made by the operator".into()));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r05_names_are_plain_and_none_is_owner() {
        for good in ["a", "billing-admin", "notes:write", "x.y_z9", &"a".repeat(64)] {
            assert!(role_name(good).is_ok(), "{good}");
        }
        for bad in ["", "owner", "Admin", "9a", "a-", "-a", "a b", "a,b", "ä", "a\n", &"a".repeat(65)] {
            assert!(role_name(bad).is_err(), "{bad}");
        }
    }
}
