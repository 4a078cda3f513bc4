//! Users pushed by SCIM.

mod change;
mod create;
mod delete;
mod manager;
mod row;
mod view;

pub(in crate::service) use change::{activate, deactivate};
pub(in crate::service) use delete::bury;
pub(in crate::service) use row::note;

use serde_json::{Map, Value, json};

use self::view::Memberships;
use super::{
    Collection, ProvisioningError, ScimTenant,
    collection::{Change, Changed, Gathered, Made},
};
use crate::{
    model::ids::UserId,
    scim::{
        Resource, ScimError,
        projection::Projection,
        schema::{Catalog, ResourceType},
    },
    service::{Context, new_id},
    store::{
        StoreError, Tx,
        scim_filter::{self, Predicate, Selection, SortColumn, TextColumn, TimeColumn},
        scim_users,
        users::{self, User},
    },
};

/// `/Users`.
#[derive(Debug, Clone, Copy)]
pub struct Users;

impl Collection for Users {
    type Row = User;
    type Beside = Memberships;
    type Draft = Resource;
    type Met = ();

    const COLUMNS: scim_filter::Resource = scim_filter::Resource::User;
    const COSTLY: &'static str = "groups";
    const IS_COSTLY_TO_LIST: bool = false;

    fn resource_type(catalog: Catalog) -> &'static ResourceType {
        catalog.user
    }

    fn identity(row: &User) -> (&str, i64) {
        (row.id.as_str(), row.version)
    }

    fn sort_value(row: &User, column: SortColumn) -> Value {
        match column {
            SortColumn::Text(TextColumn::Id) => json!(row.id),
            SortColumn::Text(TextColumn::ExternalId) => json!(row.external_id),
            SortColumn::Text(TextColumn::UserName) => json!(row.user_name_folded),
            SortColumn::Text(TextColumn::DisplayName) => json!(row.scim_display_name_folded),
            SortColumn::Time(TimeColumn::Created) => json!(row.created_at.millis()),
            SortColumn::Time(TimeColumn::LastModified) => json!(row.updated_at.millis()),
        }
    }

    fn find(tx: &mut Tx<'_>, tenant: &ScimTenant, id: &str) -> Result<User, ProvisioningError> {
        held(users::find(tx, &tenant.organization.id, &user_id(id)?)?, tenant)
    }

    fn lock(tx: &mut Tx<'_>, tenant: &ScimTenant, id: &str) -> Result<User, ProvisioningError> {
        held(users::lock(tx, &tenant.organization.id, &user_id(id)?)?, tenant)
    }

    fn count(tx: &mut Tx<'_>, tenant: &ScimTenant, predicate: &Predicate) -> Result<i64, StoreError> {
        scim_users::count(tx, &tenant.organization.id, &tenant.connection.id, predicate)
    }

    fn page(tx: &mut Tx<'_>, tenant: &ScimTenant, page: &Selection) -> Result<Vec<User>, StoreError> {
        scim_users::page(tx, &tenant.organization.id, &tenant.connection.id, page)
    }

    fn of_ids(tx: &mut Tx<'_>, tenant: &ScimTenant, ids: &[String]) -> Result<Vec<User>, StoreError> {
        scim_users::of_ids(tx, &tenant.connection.id, ids)
    }

    fn size(row: &User) -> usize {
        row.scim_attributes.as_ref().map_or(0, String::len)
    }

    fn size_beside(beside: &Memberships) -> usize {
        beside.count() * 100
    }

    fn gather(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        rows: &mut Vec<User>,
        projection: &Projection,
        _: usize,
    ) -> Result<Gathered<Memberships>, StoreError> {
        Ok((Memberships::of_page(tx, tenant, rows, projection)?, None))
    }

    fn gather_one(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        row: &User,
        projection: &Projection,
    ) -> Result<Gathered<Memberships>, StoreError> {
        Ok((Memberships::of_one(tx, tenant, row, projection)?, None))
    }

    fn gather_little(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        row: &User,
        projection: &Projection,
    ) -> Result<Option<Gathered<Memberships>>, StoreError> {
        let little = Memberships::few_of_one(tx, tenant, row, projection)?;
        Ok(little.map(|memberships| (memberships, None)))
    }

    fn render(
        tenant: &ScimTenant,
        rows: &[User],
        beside: &Memberships,
    ) -> Result<Vec<Map<String, Value>>, StoreError> {
        view::render(tenant, rows, beside)
    }

    fn draft(catalog: Catalog, body: &Value) -> Result<Resource, ScimError> {
        Resource::create(catalog.user, body)
    }

    fn new_id(cx: &Context) -> String {
        new_id!(cx, UserId).to_string()
    }

    fn create(
        tx: &mut Tx<'_>,
        cx: &Context,
        tenant: &ScimTenant,
        id: &str,
        draft: &Resource,
    ) -> Result<Changed<Made<User>>, ProvisioningError> {
        create::create(tx, cx, tenant, &user_id(id)?, draft)
    }

    fn meet(_: &mut Tx<'_>, _: &ScimTenant, _: &str, _: &Change) -> Result<(), ProvisioningError> {
        Ok(())
    }

    fn change(
        tx: &mut Tx<'_>,
        cx: &Context,
        tenant: &ScimTenant,
        before: User,
        (change, ()): (&Change, &()),
    ) -> Result<Changed<User>, ProvisioningError> {
        change::change(tx, cx, tenant, before, change)
    }

    fn delete(
        tx: &mut Tx<'_>,
        cx: &Context,
        tenant: &ScimTenant,
        before: User,
    ) -> Result<Changed<()>, ProvisioningError> {
        delete::delete(tx, cx, tenant, &before)
    }
}

/// An id in a path; what cannot be one is as unknown as any other.
fn user_id(text: &str) -> Result<UserId, ProvisioningError> {
    UserId::parse(text).map_err(|_| ProvisioningError::NotFound)
}

/// The user, if the connection holds it (R20).
fn held(user: Option<User>, tenant: &ScimTenant) -> Result<User, ProvisioningError> {
    let is_held = |user: &User| user.scim_connection_id.as_ref() == Some(&tenant.connection.id);
    user.filter(is_held).ok_or(ProvisioningError::NotFound)
}
