//! A group as it is shown.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::row::resource_of;
use crate::{
    model::ids::GroupId,
    scim::{projection::Projection, resource::Meta},
    service::{
        Context,
        provisioning::{ProvisioningError, ScimTenant},
    },
    store::{
        StoreError, Tx,
        groups::Group,
        named_members::{self, NamedMember},
    },
};

/// The group with these members, before projection.
pub(super) fn render(
    tenant: &ScimTenant,
    group: &Group,
    members: &[NamedMember],
) -> Result<Map<String, Value>, StoreError> {
    let meta = Meta {
        id: group.id.to_string(),
        created: group.created_at.to_datetime(),
        last_modified: group.updated_at.to_datetime(),
        version: group.version,
        location: format!("{}/Groups/{}", tenant.base, group.id),
    };
    let mut shown = resource_of(tenant.catalog, group)?.render(&meta);
    // An empty list is told too: authentik takes a missing one for a server that does not show members, and adds none.
    let members = members.iter().map(|member| shown_member(member, &tenant.base));
    shown.insert("members".to_owned(), members.collect());
    Ok(shown)
}

/// How many members are read at once.
pub(super) const PAGE_ROWS: usize = 1_000;

/// What an answer shows of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Showing {
    Nothing,
    Ids,
    /// With their names, where the projection asks for these, or the provider reads no member without.
    Names,
}

impl Showing {
    pub(super) fn of(tenant: &ScimTenant, projection: &Projection) -> Self {
        let resource_type = tenant.catalog.group;
        let is_asked = projection.names(resource_type, "members", "display");
        match () {
            () if is_asked || (tenant.names_members() && !projection.is_given()) => Self::Names,
            () if projection.shows(resource_type, "members") => Self::Ids,
            () => Self::Nothing,
        }
    }
}

/// The members of a group as far as they are shown: at most so many of those after one, by id.
pub(super) fn members(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    group: &GroupId,
    showing: Showing,
    after: &str,
    limit: usize,
) -> Result<Vec<NamedMember>, StoreError> {
    if showing == Showing::Nothing {
        return Ok(Vec::new());
    }
    let (organization, with_names) = (&tenant.organization.id, showing == Showing::Names);
    named_members::page(tx, organization, group, with_names, after, rows_of(limit))
}

/// How many groups are asked about at once: few at first, since where they have more members than there is room for, all that
/// was read of them is read again, one by one.
const FIRST_GROUPS: usize = 4;
const MOST_GROUPS: usize = 128;

/// The members of as many groups as `most` members in all have room for, in the order of the groups. Of a first group that alone
/// has more only so many, and then after whom they go on.
pub(super) fn of_groups(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    groups: &[Group],
    showing: Showing,
    most: usize,
) -> Result<(Vec<Vec<NamedMember>>, Option<String>), StoreError> {
    if showing == Showing::Nothing {
        return Ok((groups.iter().map(|_| Vec::new()).collect(), None));
    }
    let (mut found, mut room, mut portion) = (Vec::with_capacity(groups.len()), most, FIRST_GROUPS);
    while found.len() < groups.len() {
        let some = groups.iter().skip(found.len()).take(portion);
        let ids: Vec<GroupId> = some.map(|group| group.id.clone()).collect();
        if let [id] = &ids[..] {
            let mut members = members(tx, tenant, id, showing, "", room + 1)?;
            match members.len() {
                fits if fits <= room => {
                    room -= fits;
                    found.push(members);
                }
                _ if found.is_empty() => {
                    members.truncate(room);
                    let more = members.last().map(|member| member.id.clone());
                    return Ok((vec![members], more));
                }
                _ => break,
            }
        } else if let Some(some) = of_all(tx, tenant, &ids, showing, room)? {
            room -= some.iter().map(Vec::len).sum::<usize>();
            found.extend(some);
            portion = (portion * 4).min(MOST_GROUPS);
        } else {
            // The page ends among these: which of them fit is asked one by one.
            portion = 1;
        }
    }
    Ok((found, None))
}

/// The members of each of the groups; `None` where they have more than `room` together.
fn of_all(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    ids: &[GroupId],
    showing: Showing,
    room: usize,
) -> Result<Option<Vec<Vec<NamedMember>>>, StoreError> {
    let (organization, with_names) = (&tenant.organization.id, showing == Showing::Names);
    let rows = named_members::of_groups(tx, organization, ids, with_names, rows_of(room + 1))?;
    if rows.len() > room {
        return Ok(None);
    }
    let mut by_group: HashMap<GroupId, Vec<NamedMember>> = HashMap::new();
    for (group, member) in rows {
        by_group.entry(group).or_default().push(member);
    }
    let members_of = |id: &GroupId| {
        let mut members = by_group.remove(id).unwrap_or_default();
        members.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        members
    };
    Ok(Some(ids.iter().map(members_of).collect()))
}

fn rows_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Where the next page begins: after this member, if the page was full.
pub(super) fn end_of(page: &[NamedMember]) -> Option<String> {
    page.last().filter(|_| page.len() == PAGE_ROWS).map(|member| member.id.clone())
}

/// The members after one as they are shown, a page of them, and where the next page begins.
pub async fn members_after(
    cx: &Context,
    tenant: &ScimTenant,
    group: &str,
    projection: &Projection,
    after: String,
) -> Result<(Vec<Value>, Option<String>), ProvisioningError> {
    let group = GroupId::parse(group).map_err(|_| ProvisioningError::NotFound)?;
    let (of, showing) = (tenant.clone(), Showing::of(tenant, projection));
    let read = move |tx: &mut Tx<'_>| members(tx, &of, &group, showing, &after, PAGE_ROWS);
    let page: Vec<NamedMember> = cx.store.read(read).await?;
    let shown = page.iter().map(|member| shown_member(member, &tenant.base)).collect();
    let whole = Map::from_iter([("members".to_owned(), Value::Array(shown))]);
    let shown = match projection.apply(tenant.catalog.group, whole).remove("members") {
        Some(Value::Array(members)) => members,
        _ => Vec::new(),
    };
    Ok((shown, end_of(&page)))
}

fn shown_member(member: &NamedMember, base: &str) -> Value {
    let (kind, endpoint) = if member.is_group { ("Group", "Groups") } else { ("User", "Users") };
    let mut shown =
        json!({ "value": member.id, "$ref": format!("{base}/{endpoint}/{}", member.id), "type": kind });
    if let Some(display) = &member.display {
        shown["display"] = json!(display);
    }
    shown
}
