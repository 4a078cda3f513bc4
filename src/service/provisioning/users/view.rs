//! A user as it is shown.

use serde_json::{Map, Value, json};

use super::row::resource_of;
use crate::{
    model::ids::{GroupId, UserId},
    scim::{projection::Projection, resource::Meta, schema::USER},
    service::provisioning::ScimTenant,
    store::{StoreError, Tx, scim_users, users::User},
};

/// A user with all that an answer may show of it.
#[derive(Debug, Clone)]
pub struct UserView {
    user: User,
    /// The groups, where they are shown.
    groups: Vec<(GroupId, String)>,
}

impl UserView {
    /// Reads what belongs to the users; their groups only where the projection shows them.
    pub(super) fn load(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        users: Vec<User>,
        projection: &Projection,
    ) -> Result<Vec<Self>, StoreError> {
        let mut groups: Vec<(UserId, GroupId, String)> = Vec::new();
        if projection.shows(&USER, "groups") && !users.is_empty() {
            let ids: Vec<UserId> = users.iter().map(|user| user.id.clone()).collect();
            groups = scim_users::groups_of(tx, &tenant.connection.id, &ids)?;
        }
        let groups_of = |user: &User| {
            let own = groups.iter().filter(|(id, ..)| *id == user.id);
            own.map(|(_, group, name)| (group.clone(), name.clone())).collect()
        };
        Ok(users.into_iter().map(|user| Self { groups: groups_of(&user), user }).collect())
    }

    /// The same for one user.
    pub(super) fn one(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        user: User,
        projection: &Projection,
    ) -> Result<Self, StoreError> {
        let mut views = Self::load(tx, tenant, vec![user], projection)?;
        views.pop().ok_or_else(|| StoreError::Damaged("a user without a view".into()))
    }

    /// The id.
    pub fn id(&self) -> &str {
        self.user.id.as_str()
    }

    /// The number of its changes.
    pub fn version(&self) -> i64 {
        self.user.version
    }

    /// The resource on the wire. `base` is the address of the SCIM server without a slash at the end.
    pub fn render(&self, base: &str, projection: &Projection) -> Result<Value, StoreError> {
        let mut shown = self.whole(base)?;
        if !self.groups.is_empty() {
            let groups = self.groups.iter().map(|(id, name)| {
                json!({ "value": id, "$ref": format!("{base}/Groups/{id}"), "display": name, "type": "direct" })
            });
            shown.insert("groups".to_owned(), groups.collect());
        }
        Ok(Value::Object(projection.apply(&USER, shown)))
    }

    fn whole(&self, base: &str) -> Result<Map<String, Value>, StoreError> {
        let meta = Meta {
            id: self.user.id.to_string(),
            created: self.user.created_at.to_datetime(),
            last_modified: self.user.updated_at.to_datetime(),
            version: self.user.version,
            location: format!("{base}/Users/{}", self.user.id),
        };
        Ok(resource_of(&self.user)?.render(&meta))
    }
}

/// The user as a filter sees it.
pub(super) fn for_filter(user: &User) -> Result<Map<String, Value>, StoreError> {
    UserView { user: user.clone(), groups: Vec::new() }.whole("")
}
