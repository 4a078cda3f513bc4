//! Groups pushed by SCIM. Members are rows: a change to some of them never reads the others.

mod change;
mod create;
mod members;
mod met;
mod nesting;
mod row;
mod view;

use serde_json::{Map, Value, json};

pub(in crate::service) use self::nesting::MAX_LEVELS;
pub use self::view::members_after;
use self::{create::Draft, met::Met, row::tell, view::Showing};
pub(super) use self::{members::MembersChanged, row::tell_members};
use super::{
    Collection, ProvisioningError, ScimTenant,
    collection::{Change, Changed, Gathered, Made},
};
use crate::{
    model::ids::GroupId,
    scim::{
        Resource, ScimError,
        projection::Projection,
        resource::members_of,
        schema::{Catalog, ResourceType},
    },
    service::{Context, new_id, roles},
    store::{
        StoreError, Tx,
        groups::{self, Group},
        named_members::NamedMember,
        scim_filter::{self, Predicate, Selection, SortColumn, TextColumn, TimeColumn},
        scim_groups,
    },
};

/// `/Groups`.
#[derive(Debug, Clone, Copy)]
pub struct Groups;

impl Collection for Groups {
    type Row = Group;
    /// The members of each.
    type Beside = Vec<Vec<NamedMember>>;
    type Draft = Draft;
    type Met = Met;

    const COLUMNS: scim_filter::Resource = scim_filter::Resource::Group;
    const COSTLY: &'static str = "members";
    const IS_COSTLY_TO_LIST: bool = true;

    fn resource_type(catalog: Catalog) -> &'static ResourceType {
        catalog.group
    }

    fn identity(row: &Group) -> (&str, i64) {
        (row.id.as_str(), row.version)
    }

    fn sort_value(row: &Group, column: SortColumn) -> Value {
        match column {
            SortColumn::Text(TextColumn::Id | TextColumn::UserName) => json!(row.id),
            SortColumn::Text(TextColumn::ExternalId) => json!(row.external_id),
            SortColumn::Text(TextColumn::DisplayName) => json!(row.display_name_folded),
            SortColumn::Time(TimeColumn::Created) => json!(row.created_at.millis()),
            SortColumn::Time(TimeColumn::LastModified) => json!(row.updated_at.millis()),
        }
    }

    fn find(tx: &mut Tx<'_>, tenant: &ScimTenant, id: &str) -> Result<Group, ProvisioningError> {
        groups::find_scim(tx, &tenant.connection.id, &group_id(id)?)?.ok_or(ProvisioningError::NotFound)
    }

    fn lock(tx: &mut Tx<'_>, tenant: &ScimTenant, id: &str) -> Result<Group, ProvisioningError> {
        groups::lock_scim(tx, &tenant.connection.id, &group_id(id)?)?.ok_or(ProvisioningError::NotFound)
    }

    fn count(tx: &mut Tx<'_>, tenant: &ScimTenant, predicate: &Predicate) -> Result<i64, StoreError> {
        scim_groups::count(tx, &tenant.organization.id, &tenant.connection.id, predicate)
    }

    fn page(tx: &mut Tx<'_>, tenant: &ScimTenant, page: &Selection) -> Result<Vec<Group>, StoreError> {
        scim_groups::page(tx, &tenant.organization.id, &tenant.connection.id, page)
    }

    fn of_ids(tx: &mut Tx<'_>, tenant: &ScimTenant, ids: &[String]) -> Result<Vec<Group>, StoreError> {
        scim_groups::of_ids(tx, &tenant.connection.id, ids)
    }

    fn size(row: &Group) -> usize {
        row.scim_attributes.as_ref().map_or(0, String::len)
    }

    fn size_beside(beside: &Self::Beside) -> usize {
        beside.iter().flatten().map(|member| 200 + member.display.as_ref().map_or(0, String::len)).sum()
    }

    /// The members of as many groups as there is room for.
    fn gather(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        rows: &mut Vec<Group>,
        projection: &Projection,
        most: usize,
    ) -> Result<Gathered<Self::Beside>, StoreError> {
        let showing = Showing::of(tenant, projection);
        let (beside, more) = view::of_groups(tx, tenant, rows, showing, most)?;
        rows.truncate(beside.len());
        Ok((beside, more))
    }

    fn gather_one(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        row: &Group,
        projection: &Projection,
    ) -> Result<Gathered<Self::Beside>, StoreError> {
        let members =
            view::members(tx, tenant, &row.id, Showing::of(tenant, projection), "", view::PAGE_ROWS)?;
        let end = view::end_of(&members);
        Ok((vec![members], end))
    }

    fn gather_little(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        row: &Group,
        projection: &Projection,
    ) -> Result<Option<Gathered<Self::Beside>>, StoreError> {
        Self::gather_one(tx, tenant, row, projection).map(Some)
    }

    fn render(
        tenant: &ScimTenant,
        rows: &[Group],
        beside: &Self::Beside,
    ) -> Result<Vec<Map<String, Value>>, StoreError> {
        // Nothing is beside a group that was made a moment ago.
        let members = beside.iter().map(Vec::as_slice).chain(std::iter::repeat(&[][..]));
        rows.iter().zip(members).map(|(group, members)| view::render(tenant, group, members)).collect()
    }

    fn draft(catalog: Catalog, body: &Value) -> Result<Draft, ScimError> {
        Ok(Draft { resource: Resource::create(catalog.group, body)?, members: members_of(body)? })
    }

    fn new_id(cx: &Context) -> String {
        new_id!(cx, GroupId).to_string()
    }

    fn create(
        tx: &mut Tx<'_>,
        cx: &Context,
        tenant: &ScimTenant,
        id: &str,
        draft: &Draft,
    ) -> Result<Changed<Made<Group>>, ProvisioningError> {
        let row = create::create(tx, cx, tenant, group_id(id)?, draft)?;
        Ok(Changed::Done(Made { row, is_new: true, is_alone: draft.members.is_empty() }))
    }

    /// The users that it names, before the group is locked: a user is always locked before its groups.
    fn meet(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        id: &str,
        change: &Change,
    ) -> Result<Met, ProvisioningError> {
        change::meet(tx, tenant, &group_id(id)?, change)
    }

    fn change(
        tx: &mut Tx<'_>,
        cx: &Context,
        tenant: &ScimTenant,
        before: Group,
        (change, met): (&Change, &Met),
    ) -> Result<Changed<Group>, ProvisioningError> {
        change::change(tx, cx, tenant, before, (change, met)).map(Changed::Done)
    }

    /// With its memberships (RFC 7644 section 3.6), in which other groups have one member less. Its members stay.
    fn delete(
        tx: &mut Tx<'_>,
        cx: &Context,
        tenant: &ScimTenant,
        before: Group,
    ) -> Result<Changed<()>, ProvisioningError> {
        roles::group_deleted(tx, cx, &tenant.actor(), &tenant.organization.project_id, &before)?;
        groups::lock_for_delete(tx, &tenant.connection.id, &before.id)?;
        let parents = scim_groups::parents(tx, &tenant.connection.id, std::slice::from_ref(&before.id))?;
        let parents: Vec<GroupId> = parents.into_iter().map(|(_, parent, _)| parent).collect();
        groups::lock_all(tx, &tenant.organization.id, &parents)?;
        groups::delete_scim(tx, &tenant.connection.id, &before.id)?;
        scim_groups::touch(tx, &tenant.organization.id, &parents, cx.now())?;
        let parents = scim_groups::pushed(tx, &tenant.organization.id, &parents)?;
        let (actor, project) = (tenant.actor(), &tenant.organization.project_id);
        tell_members(tx, cx, (&actor, project), &parents, &MembersChanged { added: 0, removed: 1 })?;
        tell(tx, cx, tenant, "group.deleted", Some(&before), &before, &MembersChanged::default())?;
        Ok(Changed::Done(()))
    }
}

/// An id in a path; what cannot be one is as unknown as any other.
fn group_id(text: &str) -> Result<GroupId, ProvisioningError> {
    GroupId::parse(text).map_err(|_| ProvisioningError::NotFound)
}
