//! The manager of a user (RFC 7643 section 4.3): another user of the organization, or a text of the provider's own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::row::resource_of;
use crate::{
    model::ids::UserId,
    scim::{Resource, projection::Projection, schema::ENTERPRISE_URN},
    service::provisioning::{ProvisioningError, ScimTenant},
    store::{StoreError, Tx, scim_users, users, users::User},
};

/// Refuses a manager that the request sets or changes and that is nobody: unknown and foreign ids get the same answer (R22).
/// One that is stored already is not asked about again, for it may have been deleted since. A text that is no id of ours is the
/// provider's (Okta's `managerId` is free), and stays, except on a strict connection.
pub(super) fn check(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    before: Option<&User>,
    new: &Resource,
) -> Result<(), ProvisioningError> {
    let Some(manager) = new.manager() else { return Ok(()) };
    if let Some(before) = before
        && resource_of(tenant.catalog, before)?.manager() == Some(manager)
    {
        return Ok(());
    }
    let is_known = match UserId::parse(manager) {
        Ok(id) => users::find(tx, &tenant.organization.id, &id)?.is_some(),
        Err(_) => !tenant.is_strict(),
    };
    if is_known { Ok(()) } else { Err(ProvisioningError::UnknownManager) }
}

/// Whether the resource has a manager who has a name.
pub(super) fn is_named(resource: &Resource) -> bool {
    resource.manager().is_some_and(|manager| UserId::parse(manager).is_ok())
}

/// The names of the managers of some users, which are told with them.
#[derive(Debug, Default)]
pub struct ManagerNames(BTreeMap<UserId, String>);

impl ManagerNames {
    /// Those of a page of users, where the projection shows managers: one question for all of them.
    pub(super) fn of(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        users: &[User],
        projection: &Projection,
    ) -> Result<Self, StoreError> {
        if !projection.shows_of_extension(ENTERPRISE_URN, "manager") {
            return Ok(Self::default());
        }
        let ids: BTreeSet<UserId> = users.iter().filter_map(stored).collect();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let ids: Vec<UserId> = ids.into_iter().collect();
        let names = scim_users::names_of(tx, &tenant.organization.id, &tenant.connection.id, &ids)?;
        Ok(Self(names.into_iter().collect()))
    }

    /// Puts the name into a user as it is shown.
    pub(super) fn add_to(&self, shown: &mut Map<String, Value>) {
        let Some(manager) = shown.get_mut(ENTERPRISE_URN).and_then(|extension| extension.get_mut("manager"))
        else {
            return;
        };
        let id = manager.get("value").and_then(Value::as_str).and_then(|id| UserId::parse(id).ok());
        if let (Some(name), Value::Object(manager)) = (id.and_then(|id| self.0.get(&id)), manager) {
            manager.insert("displayName".to_owned(), Value::from(name.as_str()));
        }
    }
}

/// The manager that is stored, if it is one of our ids. Most users have none, and are not read for it.
fn stored(user: &User) -> Option<UserId> {
    #[derive(serde::Deserialize)]
    struct Stored {
        #[serde(rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")]
        enterprise: Option<Enterprise>,
    }
    #[derive(serde::Deserialize)]
    struct Enterprise {
        manager: Option<Manager>,
    }
    #[derive(serde::Deserialize)]
    struct Manager {
        value: Option<String>,
    }
    let text = user.scim_attributes.as_deref().filter(|text| text.contains("\"manager\""))?;
    let stored: Stored = serde_json::from_str(text).ok()?;
    UserId::parse(&stored.enterprise?.manager?.value?).ok()
}
