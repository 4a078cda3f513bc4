//! Between the resource and its row: what is indexed has columns, all of it is JSON.

use serde_json::{Map, Value, json};

use crate::{
    model::{EmailAddress, UserStatus, fold::fold, ids::ProjectId},
    scim::{Resource, schema::Catalog},
    service::{
        Actor, Change, Context,
        provisioning::{
            ProvisioningError, ScimTenant,
            collection::check_size,
            groups::{MembersChanged, tell_members},
        },
        record::record,
    },
    store::{
        StoreError, Tx, domains,
        group_members::{self, GroupMember},
        groups, name_locks, parked_members,
        scim_groups::{self, GroupName},
        user_emails::{self, UserEmail},
        users::{self, User},
    },
};

/// The resource that a row holds. The row's status is the truth about `active`: others than SCIM may change it.
pub(super) fn resource_of(catalog: Catalog, user: &User) -> Result<Resource, StoreError> {
    let attributes: Map<String, Value> = match &user.scim_attributes {
        Some(text) => serde_json::from_str(text).map_err(|error| StoreError::Damaged(error.to_string()))?,
        None => Map::new(),
    };
    Ok(Resource::from_stored(catalog.user, attributes).with_active(user.status == UserStatus::Active))
}

/// What the provider has said last of `active`. It is what is stored, where the status is somebody else's (R3).
pub(super) fn said_active(user: &User) -> Result<Option<bool>, StoreError> {
    #[derive(serde::Deserialize)]
    struct Said {
        active: Option<bool>,
    }
    let Some(text) = &user.scim_attributes else { return Ok(None) };
    let said: Said = serde_json::from_str(text).map_err(|error| StoreError::Damaged(error.to_string()))?;
    Ok(said.active)
}

/// Puts the resource into the row, all but status and login address.
pub(super) fn fill(user: &mut User, resource: &Resource) {
    let name = |part: &str| {
        let name = resource.attributes().get("name")?.get(part)?.as_str()?;
        Some(name.to_owned())
    };
    user.external_id = resource.external_id().map(str::to_owned);
    user.user_name = Some(resource.user_name().to_owned());
    user.user_name_folded = Some(fold(resource.user_name()));
    user.given_name = name("givenName");
    user.family_name = name("familyName");
    let full_name = [user.given_name.as_deref(), user.family_name.as_deref()];
    let full_name = full_name.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let display_name = resource.display_name().map(str::to_owned).or_else(|| name("formatted"));
    user.display_name = display_name.or_else(|| (!full_name.is_empty()).then_some(full_name));
    user.scim_display_name_folded = resource.display_name().map(fold);
    user.active_assigned = resource.active().is_some();
    user.scim_attributes = Some(Value::Object(resource.attributes().clone()).to_string());
}

/// Sets the login address that the resource asks for, as far as R21 allows: it changes only to a proved domain, and never
/// for an owner. Where it is somebody else's, it stays so. What SCIM pushed is kept in any case.
pub(super) fn set_login_address(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    user: &mut User,
    resource: &Resource,
) -> Result<(), StoreError> {
    let Some(wanted) = login_address(resource) else { return Ok(()) };
    let organization = &tenant.organization.id;
    let allowed = match user.email_folded.as_deref() {
        Some(held) if held == wanted.folded() => true,
        Some(_) if user.owner || user.break_glass => false,
        Some(_) if !domains::is_proved(tx, organization, wanted.domain())? => false,
        Some(_) | None => !users::is_address_of_another(tx, organization, wanted.folded(), &user.id)?,
    };
    if allowed {
        give_login_address(user, &wanted);
    }
    Ok(())
}

/// The login address that the resource asks for.
pub(super) fn login_address(resource: &Resource) -> Option<EmailAddress> {
    resource.login_email().and_then(|text| EmailAddress::parse(text).ok())
}

/// Gives it to the user, who may have it.
pub(super) fn give_login_address(user: &mut User, address: &EmailAddress) {
    user.email = Some(address.as_str().to_owned());
    user.email_folded = Some(address.folded().to_owned());
}

/// Writes the row and what hangs on it: addresses, and the memberships that waited for this user. Whether there were any.
pub(super) fn save(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    before: Option<&User>,
    user: &User,
    resource: &Resource,
) -> Result<bool, ProvisioningError> {
    check_size(user.scim_attributes.as_deref())?;
    let names = |user: &User| (user.external_id.clone(), user.user_name.clone());
    let waited_for = match before {
        None => {
            let waited_for = waited_for(user);
            name_locks::insert(tx, &tenant.connection.id, user, &waited_for)?;
            user_emails::add(tx, &email_rows(user, resource))?;
            waited_for
        }
        Some(before) => {
            users::update_from(tx, before, user)?;
            let is_first = before.scim_attributes.is_none();
            if is_first || stored_emails(before)?.as_ref() != resource.attributes().get("emails") {
                user_emails::replace(tx, &user.organization_id, &user.id, &email_rows(user, resource))?;
            }
            if names(before) == names(user) {
                return Ok(false);
            }
            let waited_for = waited_for(user);
            name_locks::rename(tx, &tenant.connection.id, &waited_for)?;
            waited_for
        }
    };
    claim_memberships(tx, cx, tenant, user, &waited_for)
}

/// The addresses that were pushed before.
fn stored_emails(user: &User) -> Result<Option<Value>, StoreError> {
    #[derive(serde::Deserialize)]
    struct Emails {
        emails: Option<Value>,
    }
    let Some(text) = &user.scim_attributes else { return Ok(None) };
    let stored: Emails =
        serde_json::from_str(text).map_err(|error| StoreError::Damaged(error.to_string()))?;
    Ok(stored.emails)
}

fn email_rows(user: &User, resource: &Resource) -> Vec<UserEmail> {
    let elements = resource.attributes().get("emails").and_then(Value::as_array).into_iter().flatten();
    let rows = elements.zip(0_i64..).map(|(email, position)| {
        let value = email.get("value").and_then(Value::as_str);
        UserEmail {
            user_id: user.id.clone(),
            position,
            organization_id: user.organization_id.clone(),
            value: value.unwrap_or_default().to_owned(),
            value_folded: value.map(fold).unwrap_or_default(),
            kind: email.get("type").and_then(Value::as_str).map(fold),
            is_primary: email.get("primary") == Some(&Value::Bool(true)),
            has_value: value.is_some(),
        }
    });
    rows.collect()
}

/// The folded names by which groups may wait for the user.
fn waited_for(user: &User) -> [String; 2] {
    let user_name = fold(user.user_name.as_deref().unwrap_or_default());
    let external_id = user.external_id.as_deref().map_or_else(|| user_name.clone(), fold);
    [user_name, external_id]
}

/// Groups may have named the user before it existed, by its externalId or userName. Whether any have.
fn claim_memberships(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    user: &User,
    waited_for: &[String; 2],
) -> Result<bool, ProvisioningError> {
    let names = waited_for.each_ref().map(String::as_str);
    let waiting = parked_members::groups_of(tx, &tenant.connection.id, names)?;
    if waiting.is_empty() {
        return Ok(false);
    }
    // The groups before what is parked in them: who changes a group has its row first.
    groups::lock_all(tx, &user.organization_id, &waiting)?;
    for waiting in parked_members::take(tx, &tenant.connection.id, names)? {
        let member = GroupMember {
            group_id: waiting.group_id.clone(),
            member_id: user.id.to_string(),
            organization_id: user.organization_id.clone(),
            member_user_id: Some(user.id.clone()),
            member_group_id: None,
            created_at: cx.now(),
        };
        if let Some(group) = groups::find_scim(tx, &tenant.connection.id, &waiting.group_id)?
            && group_members::add(tx, &[member])? > 0
        {
            scim_groups::touch(tx, &user.organization_id, &[waiting.group_id], cx.now())?;
            let (actor, project) = (tenant.actor(), &tenant.organization.project_id);
            tell_members(
                tx,
                cx,
                (&actor, project),
                &[GroupName::of(&group)],
                &MembersChanged { added: 1, removed: 0 },
            )?;
        }
    }
    Ok(true)
}

/// Writes audit row and outbox event of a change to a user by SCIM.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    event: &'static str,
    before: Option<&User>,
    after: &User,
) -> Result<(), StoreError> {
    note(tx, cx, &tenant.actor(), &tenant.organization.project_id, event, before, after)
}

/// Writes audit row and outbox event of a change to a user.
pub(in crate::service) fn note(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    event: &'static str,
    before: Option<&User>,
    after: &User,
) -> Result<(), StoreError> {
    let change = Change {
        project,
        organization: Some(&after.organization_id),
        event,
        resource: after.id.as_str(),
        before: before.map(state),
        after: Some(state(after)),
    };
    record(tx, cx, actor, &change)
}

/// The user as the audit log and the host app see it.
fn state(user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "userName": user.user_name,
        "externalId": user.external_id,
        "displayName": user.display_name,
        "status": user.status.as_str(),
        "owner": user.owner,
    })
}
