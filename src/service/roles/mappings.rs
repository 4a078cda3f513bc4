//! Mappings of groups and attributes to roles.

use serde_json::{Value, json};

use super::RoleRef;
use crate::{
    model::{
        MatchedBy,
        fold::fold,
        ids::{GroupId, OrganizationId, ProjectId, RoleMappingId, SamlConnectionId, ScimConnectionId},
    },
    service::{
        Actor, Change, Context,
        directory::{DirectoryError, exists},
        new_id,
        record::record,
    },
    store::{
        StoreError, Tx,
        groups::{self, Group},
        organizations,
        role_mappings::{self, RoleMapping},
        saml_connections, scim_connections,
    },
};

/// So many mappings an organization may have: they are read for every token.
const MAX_MAPPINGS: i64 = 500;
/// As long as a group's name from SAML may be.
const MAX_KEY: usize = 512;

/// The connection that a group or an attribute comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MappedConnection {
    /// SAML.
    Saml(SamlConnectionId),
    /// SCIM.
    Scim(ScimConnectionId),
}

impl MappedConnection {
    fn as_str(&self) -> &str {
        match self {
            Self::Saml(id) => id.as_str(),
            Self::Scim(id) => id.as_str(),
        }
    }
}

impl std::str::FromStr for MappedConnection {
    type Err = InvalidConnection;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        SamlConnectionId::parse(text)
            .map(Self::Saml)
            .or_else(|_| ScimConnectionId::parse(text).map(Self::Scim))
            .map_err(|_| InvalidConnection)
    }
}

/// Why a text names no connection.
#[derive(Debug, thiserror::Error)]
#[error(
    "not the id of a connection, which is saml_connection_ or scim_connection_ and 25 digits and lower-case letters"
)]
pub struct InvalidConnection;

/// What gives the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A group: by our id, else by the provider's stable id, else by its display name.
    Group(String),
    /// A SAML attribute that has this value.
    Attribute {
        /// The attribute's name, to the letter.
        name: String,
        /// One of its values, to the letter.
        value: String,
    },
}

/// A mapping to be.
#[derive(Debug, Clone)]
pub struct NewRoleMapping {
    /// Where it comes from.
    pub connection: MappedConnection,
    /// What gives the role.
    pub source: Source,
    /// The role.
    pub role: RoleRef,
}

/// Makes a mapping. Connection and group must be the organization's, and the role one that it may give; what is not is as
/// unknown as if it did not exist (R4).
pub async fn create_mapping(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    new: NewRoleMapping,
) -> Result<RoleMapping, DirectoryError> {
    let (own, actor) = (cx.clone(), actor.clone());
    let (project, organization) = (project.clone(), organization.clone());
    let create = move |tx: &mut Tx<'_>| {
        organizations::find(tx, &project, &organization)?.ok_or(DirectoryError::NotFound("organization"))?;
        find_connection(tx, &project, &organization, &new.connection)?;
        let role = new.role.find(tx, &project, Some(&organization))?;
        let gives = role.name;
        let key = resolve(tx, &organization, &new.connection, &new.source)?;
        if role_mappings::count(tx, &organization)? >= MAX_MAPPINGS {
            return Err(DirectoryError::Invalid(format!("there are {MAX_MAPPINGS} role mappings already")));
        }
        let mapping = RoleMapping {
            id: new_id!(own, RoleMappingId),
            organization_id: organization.clone(),
            group_id: key.group,
            connection_id: new.connection.as_str().to_owned(),
            group_key: key.text,
            matched_by: key.matched_by,
            role_id: role.id,
            suspended_at: None,
            created_at: own.now(),
            attribute_name: key.attribute,
        };
        let same = format!("{organization} has this mapping to {gives}");
        role_mappings::insert(tx, &mapping).map_err(exists(same))?;
        tell(tx, &own, &actor, &project, "role_mapping.created", None, Some(&mapping))?;
        Ok(mapping)
    };
    cx.store.write(create).await
}

/// A mapping in a list.
#[derive(Debug, Clone)]
pub struct ListedMapping {
    /// The mapping.
    pub mapping: RoleMapping,
    /// The name of its role.
    pub role: String,
    /// The name that its group has now.
    pub group: Option<String>,
}

impl ListedMapping {
    /// What gives the role, for people: the attribute with its value, or the group by the name that it has now, with what
    /// the mapping knows it by where that is something else.
    pub fn source(&self) -> String {
        let key = &self.mapping.group_key;
        match (&self.mapping.attribute_name, &self.group) {
            (Some(attribute), _) => format!("{attribute}={key}"),
            (None, None) => key.clone(),
            (None, Some(group)) if group == key || fold(group) == *key => group.clone(),
            (None, Some(group)) => format!("{group} ({key})"),
        }
    }
}

/// The organization's mappings, oldest first.
pub async fn list_mappings(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<Vec<ListedMapping>, DirectoryError> {
    let (project, organization) = (project.clone(), organization.clone());
    let list = move |tx: &mut Tx<'_>| {
        organizations::find(tx, &project, &organization)?.ok_or(DirectoryError::NotFound("organization"))?;
        let found = role_mappings::list(tx, &organization)?.into_iter();
        Ok(found.map(|(mapping, role, group)| ListedMapping { mapping, role, group }).collect())
    };
    cx.store.read(list).await
}

/// Removes a mapping. Who had the role by it has it no more.
pub async fn delete_mapping(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    id: &RoleMappingId,
) -> Result<(), DirectoryError> {
    let (own, actor) = (cx.clone(), actor.clone());
    let (project, organization, id) = (project.clone(), organization.clone(), id.clone());
    let delete = move |tx: &mut Tx<'_>| {
        let mapping = find(tx, &project, &organization, &id)?;
        role_mappings::delete(tx, &organization, &id)?;
        Ok(tell(tx, &own, &actor, &project, "role_mapping.deleted", Some(&mapping), None)?)
    };
    cx.store.write(delete).await
}

/// Lets a suspended mapping go on, under the name or id that its group has now.
pub async fn resume_mapping(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    id: &RoleMappingId,
) -> Result<RoleMapping, DirectoryError> {
    let (own, actor) = (cx.clone(), actor.clone());
    let (project, organization, id) = (project.clone(), organization.clone(), id.clone());
    let resume = move |tx: &mut Tx<'_>| {
        let before = find(tx, &project, &organization, &id)?;
        if before.suspended_at.is_none() {
            return Ok(before);
        }
        let mut mapping = RoleMapping { suspended_at: None, ..before.clone() };
        if let Some(group) = &before.group_id {
            let group = groups::find(tx, &organization, group)?.ok_or(DirectoryError::NotFound("group"))?;
            match (mapping.matched_by, group.external_id) {
                (MatchedBy::DisplayName, _) => mapping.group_key = group.display_name_folded,
                (MatchedBy::ExternalId, Some(external_id)) => mapping.group_key = external_id,
                (MatchedBy::ExternalId, None) => {
                    let why = "the group has no id at its provider any more; map it by its group_ id instead";
                    return Err(DirectoryError::Invalid(why.into()));
                }
                (MatchedBy::GroupId | MatchedBy::Attribute, _) => {}
            }
        }
        role_mappings::set_suspended(tx, &organization, &id, &mapping.group_key, None)
            .map_err(exists("a mapping by the name or id that the group has now exists"))?;
        tell(tx, &own, &actor, &project, "role_mapping.resumed", Some(&before), Some(&mapping))?;
        Ok(mapping)
    };
    cx.store.write(resume).await
}

fn find(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: &OrganizationId,
    id: &RoleMappingId,
) -> Result<RoleMapping, DirectoryError> {
    organizations::find(tx, project, organization)?.ok_or(DirectoryError::NotFound("organization"))?;
    role_mappings::find(tx, organization, id)?.ok_or(DirectoryError::NotFound("role mapping"))
}

fn find_connection(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    organization: &OrganizationId,
    connection: &MappedConnection,
) -> Result<(), DirectoryError> {
    let known = match connection {
        MappedConnection::Saml(id) => saml_connections::find_in_project(tx, project, id)?
            .is_some_and(|found| found.organization_id == *organization),
        MappedConnection::Scim(id) => scim_connections::find(tx, organization, id)?.is_some(),
    };
    if known { Ok(()) } else { Err(DirectoryError::NotFound("connection")) }
}

/// What a mapping is kept under.
struct Key {
    group: Option<GroupId>,
    text: String,
    matched_by: MatchedBy,
    attribute: Option<String>,
}

fn resolve(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    connection: &MappedConnection,
    source: &Source,
) -> Result<Key, DirectoryError> {
    match source {
        Source::Attribute { name, value } => {
            check_key(name)?;
            check_key(value)?;
            let MappedConnection::Saml(_) = connection else {
                // What SCIM says of a user never becomes a right (R21).
                return Err(DirectoryError::Invalid("only attributes of SAML can be mapped".into()));
            };
            let (text, attribute) = (value.clone(), Some(name.clone()));
            Ok(Key { group: None, text, matched_by: MatchedBy::Attribute, attribute })
        }
        Source::Group(named) => {
            check_key(named)?;
            group_key(tx, organization, connection, named)
        }
    }
}

/// By our id, else by the provider's stable id, else by name. A SAML connection shows a group only when somebody signs in
/// who is in it: a mapping may come before.
fn group_key(
    tx: &mut Tx<'_>,
    organization: &OrganizationId,
    connection: &MappedConnection,
    named: &str,
) -> Result<Key, DirectoryError> {
    let key = |group: Option<Group>, text: String, matched_by| Key {
        group: group.map(|group| group.id),
        text,
        matched_by,
        attribute: None,
    };
    if let Ok(id) = GroupId::parse(named) {
        let group = groups::find(tx, organization, &id)?.filter(|group| match connection {
            MappedConnection::Saml(id) => group.saml_connection_id.as_ref() == Some(id),
            MappedConnection::Scim(id) => group.scim_connection_id.as_ref() == Some(id),
        });
        let group = group.ok_or(DirectoryError::NotFound("group"))?;
        return Ok(key(Some(group), named.to_owned(), MatchedBy::GroupId));
    }
    let connection = match connection {
        MappedConnection::Saml(id) => {
            let group = groups::find_saml(tx, id, named)?;
            return Ok(key(group, named.to_owned(), MatchedBy::ExternalId));
        }
        MappedConnection::Scim(id) => id,
    };
    if let Some(group) = only(groups::scim_by_external_id(tx, connection, named)?)? {
        return Ok(key(Some(group), named.to_owned(), MatchedBy::ExternalId));
    }
    let folded = fold(named);
    match only(groups::scim_by_name(tx, connection, &folded)?)? {
        Some(group) => Ok(key(Some(group), folded, MatchedBy::DisplayName)),
        None => Err(DirectoryError::NoneNamed {
            what: "group",
            named: named.to_owned(),
            within: connection.to_string(),
        }),
    }
}

fn only(mut groups: Vec<Group>) -> Result<Option<Group>, DirectoryError> {
    if groups.len() > 1 {
        return Err(DirectoryError::Invalid(
            "several groups are called so; name one by its group_ id".into(),
        ));
    }
    Ok(groups.pop())
}

fn check_key(text: &str) -> Result<(), DirectoryError> {
    if text.is_empty() || text.len() > MAX_KEY || text.contains(char::is_control) {
        let why = format!("a group, attribute or value has 1 to {MAX_KEY} bytes on one line");
        return Err(DirectoryError::Invalid(why));
    }
    Ok(())
}

/// Leaves audit row and event of a change to a mapping.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    event: &'static str,
    before: Option<&RoleMapping>,
    after: Option<&RoleMapping>,
) -> Result<(), StoreError> {
    let Some(mapping) = after.or(before) else { return Ok(()) };
    let change = Change {
        project,
        organization: Some(&mapping.organization_id),
        event,
        resource: mapping.id.as_str(),
        before: before.map(state),
        after: after.map(state),
    };
    record(tx, cx, actor, &change)
}

fn state(mapping: &RoleMapping) -> Value {
    json!({
        "id": mapping.id, "roleId": mapping.role_id, "connectionId": mapping.connection_id,
        "groupId": mapping.group_id, "matchedBy": mapping.matched_by.as_str(), "key": mapping.group_key,
        "attribute": mapping.attribute_name, "suspendTime": mapping.suspended_at,
    })
}
