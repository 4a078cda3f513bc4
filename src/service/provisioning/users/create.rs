//! Creating a user: the table of DESIGN part 6, by what is found in the organization.

use super::{
    change, manager,
    row::{fill, give_login_address, login_address, save, tell},
};
use crate::{
    model::{DeactivatedBy, EmailAddress, UserStatus, fold::fold, ids::UserId},
    scim::{
        Resource,
        dialect::{Provider, Rewrite},
    },
    service::{
        Context,
        provisioning::{
            ProvisioningError, ScimTenant,
            collection::{Changed, Made},
            hold,
        },
    },
    store::{
        StoreError, Tx, domains, scim_users, tombstones,
        users::{self, Names, User},
    },
};

const HELD: &str = "a user with this userName or externalId exists already on this connection";
const HELD_BY_OTHER: &str = "a user with this login address is provisioned by another SCIM connection; \
     remove it there first";
const INACTIVE: &str = "an inactive user with this name or login address exists; \
     an administrator of the organization must activate or delete it first";
const NOT_PROVED: &str = "a user with this login address exists outside of provisioning, and the organization has \
     not proved the domain of the address; prove the domain, then try again";
const PROTECTED: &str = "this login address belongs to an account that provisioning cannot take over";

/// How often to look again where the user that was found has changed its names before it was locked.
const LOOKS: usize = 4;

/// Creates, restores or adopts a user (RFC 7644 section 3.3). One that is not new was sent again, and nothing changed.
pub(super) fn create(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    id: &UserId,
    resource: &Resource,
) -> Result<Changed<Made<User>>, ProvisioningError> {
    let known = |row: User, is_new| Made { row, is_new, is_alone: false };
    Ok(Changed::Done(match find(tx, tenant, resource)? {
        Found::Nothing => insert(tx, cx, tenant, id, resource, Address::Free)?,
        Found::AddressTaken => insert(tx, cx, tenant, id, resource, Address::Taken)?,
        Found::Restorable(user) => known(restore(tx, cx, tenant, &user, resource)?, true),
        Found::Adoptable(user) => match adopt(tx, cx, tenant, &user, resource)? {
            Changed::Done(user) => known(user, true),
            Changed::Held(until) => return Ok(Changed::Held(until)),
        },
        Found::SentAgain(user) => {
            tenant.note(Rewrite::RepeatedCreate);
            known(user, false)
        }
        Found::Taken(detail) => return Err(ProvisioningError::Conflict(detail)),
    }))
}

/// What the organization has under the names of the new user.
enum Found {
    /// Nothing, or a tombstone.
    Nothing,
    /// Somebody else of this connection, who signs in by the address. A mailbox may be shared, and a directory may give an
    /// address that was one person's to another: the address does not say who somebody is (RFC 7643 section 8.7.1), and
    /// stays the login address of the one who has it.
    AddressTaken,
    /// Inactive through this connection, and the same person.
    Restorable(User),
    /// Active, held by no connection, its domain proved by this organization.
    Adoptable(User),
    /// Held by this connection, from a provider that sends creates again.
    SentAgain(User),
    /// Anything else; the text says what to do.
    Taken(&'static str),
}

/// Whether the new user may have the login address that it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Address {
    Free,
    Taken,
}

/// Looks by each name in turn. Between looking and locking another request may have renamed or deleted the user; then
/// what was found is somebody else by now.
fn find(tx: &mut Tx<'_>, tenant: &ScimTenant, resource: &Resource) -> Result<Found, StoreError> {
    for _ in 0..LOOKS {
        let Some(seen) = look(tx, tenant, resource)? else { return Ok(Found::Nothing) };
        let Some(user) = users::lock(tx, &tenant.organization.id, &seen.id)? else { continue };
        let names = |user: &User| {
            (user.user_name_folded.clone(), user.external_id.clone(), user.email_folded.clone())
        };
        if names(&user) == names(&seen) {
            return judge(tx, tenant, user, resource);
        }
    }
    Ok(Found::Taken(HELD))
}

/// The user that has one of the names, not locked.
fn look(tx: &mut Tx<'_>, tenant: &ScimTenant, resource: &Resource) -> Result<Option<User>, StoreError> {
    by_names(resource, |names| {
        users::find_by_names(tx, &tenant.organization.id, &tenant.connection.id, names)
    })
}

/// Asks something by the names that the resource comes with.
fn by_names<T>(resource: &Resource, ask: impl FnOnce(&Names<'_>) -> T) -> T {
    let (user_name, address) = (fold(resource.user_name()), login_address(resource));
    ask(&Names {
        user_name_folded: &user_name,
        external_id: resource.external_id(),
        email_folded: address.as_ref().map(EmailAddress::folded),
    })
}

/// What the user means for a create that names it.
fn judge(tx: &mut Tx<'_>, tenant: &ScimTenant, user: User, resource: &Resource) -> Result<Found, StoreError> {
    if user.scim_connection_id.as_ref() == Some(&tenant.connection.id) {
        return Ok(on_this_connection(tenant, user, resource));
    }
    let proved = match login_address(resource) {
        Some(address) => domains::is_proved(tx, &tenant.organization.id, address.domain())?,
        None => false,
    };
    Ok(match () {
        () if user.break_glass => Found::Taken(PROTECTED),
        () if user.scim_connection_id.is_some() => Found::Taken(HELD_BY_OTHER),
        () if user.status != UserStatus::Active => Found::Taken(INACTIVE),
        () if !proved => Found::Taken(NOT_PROVED),
        () => Found::Adoptable(user),
    })
}

fn on_this_connection(tenant: &ScimTenant, user: User, resource: &Resource) -> Found {
    let same_external_id = user.external_id.as_deref() == resource.external_id();
    let same_name = user.user_name_folded.as_deref() == Some(fold(resource.user_name()).as_str());
    let same_account = same_external_id && user.external_id.is_some();
    let same_person = same_account || (same_external_id && same_name);
    // An address among `emails`, that is: a userName in its place is a name.
    let by_address_alone = !same_name && !same_account && resource.attributes().contains_key("emails");
    let sends_again = !tenant.is_strict() && tenant.provider().is_some_and(Provider::sends_creates_again);
    match user.status {
        UserStatus::Active if sends_again && same_account => Found::SentAgain(user),
        UserStatus::Active if by_address_alone => Found::AddressTaken,
        UserStatus::Active => Found::Taken(HELD),
        _ if user.deactivated_by == Some(DeactivatedBy::Scim) && same_person => Found::Restorable(user),
        _ => Found::Taken(INACTIVE),
    }
}

/// Adds a user. To delete whom the operator had deactivated, and to create the same again, activates nobody (R3): the new
/// user waits for the operator as the old one did.
fn insert(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    id: &UserId,
    resource: &Resource,
    address: Address,
) -> Result<Made<User>, ProvisioningError> {
    let now = cx.now();
    let barred = by_names(resource, |names| {
        tombstones::are_barred(tx, &tenant.organization.id, &tenant.connection.id, names)
    })?;
    let active = resource.active().unwrap_or(true) && !barred;
    let inactive_by = if barred { DeactivatedBy::Operator } else { DeactivatedBy::Scim };
    let mut user = User {
        id: id.clone(),
        organization_id: tenant.organization.id.clone(),
        scim_connection_id: Some(tenant.connection.id.clone()),
        external_id: None,
        user_name: None,
        user_name_folded: None,
        email: None,
        email_folded: None,
        display_name: None,
        given_name: None,
        family_name: None,
        profile_picture_url: None,
        owner: false,
        break_glass: false,
        status: if active { UserStatus::Active } else { UserStatus::Inactive },
        deactivated_by: (!active).then_some(inactive_by),
        scim_attributes: None,
        version: 1,
        created_at: now,
        updated_at: now,
        deactivated_at: (!active).then_some(now),
        deleted_at: None,
        scim_display_name_folded: None,
        active_assigned: true,
        held_until: None,
    };
    fill(&mut user, resource);
    if address == Address::Free
        && let Some(address) = login_address(resource)
    {
        give_login_address(&mut user, &address);
    }
    manager::check(tx, tenant, None, resource)?;
    let joined = save(tx, cx, tenant, None, &user, resource)?;
    tell(tx, cx, tenant, "user.created", None, &user)?;
    Ok(Made { row: user, is_new: true, is_alone: !joined })
}

/// The same person is back, with the same id, but with nothing that was granted here before.
fn restore(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    before: &User,
    resource: &Resource,
) -> Result<User, ProvisioningError> {
    scim_users::strip(tx, &tenant.organization.id, &before.id)?;
    let plain = User { owner: false, ..before.clone() };
    change::write(tx, cx, tenant, (before, plain), resource, "user.restored")
}

/// The organization speaks for the address, so its provider may hold the user from now on. To adopt a user as inactive is
/// to deactivate it: many of these at once are what many deactivations are.
fn adopt(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    before: &User,
    resource: &Resource,
) -> Result<Changed<User>, ProvisioningError> {
    if resource.active() == Some(false)
        && let Some(until) = hold::before_deprovisioning(tx, cx, tenant, before)?
    {
        return Ok(Changed::Held(until));
    }
    let held = User { scim_connection_id: Some(tenant.connection.id.clone()), ..before.clone() };
    change::write(tx, cx, tenant, (before, held), resource, "user.adopted").map(Changed::Done)
}
