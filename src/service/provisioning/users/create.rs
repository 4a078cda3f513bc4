//! Creating a user: the table of DESIGN part 6, by what is found in the organization.

use serde_json::Value;

use super::{
    UserView, change,
    row::{fill, save, set_login_address, tell},
};
use crate::{
    model::{DeactivatedBy, EmailAddress, UserStatus, fold::fold, ids::UserId},
    scim::{
        Resource,
        dialect::{Rewrites, rewrite_body},
        projection::Projection,
        schema::USER,
    },
    service::{
        Context, new_id,
        provisioning::{Heard, ProvisioningError, ScimTenant, count_rewrites},
    },
    store::{StoreError, Tx, domains, scim_users, users, users::User},
};

/// The outcome of a create.
#[derive(Debug, Clone)]
pub enum Created {
    /// A user that was not there for this connection before: new, restored or adopted.
    New(UserView),
    /// A create that was sent again by a provider that is known to do so: nothing changed.
    Again(UserView),
}

impl Created {
    /// The user's id.
    pub fn id(&self) -> &str {
        let (Self::New(view) | Self::Again(view)) = self;
        view.id()
    }
}

const HELD: &str = "a user with this userName, externalId or login address exists already on this connection";
const HELD_BY_OTHER: &str = "a user with this login address is provisioned by another SCIM connection; \
     remove it there first";
const INACTIVE: &str = "an inactive user with this name or login address exists; \
     an administrator of the organization must activate or delete it first";
const NOT_PROVED: &str = "a user with this login address exists outside of provisioning, and the organization has \
     not proved the domain of the address; prove the domain, then try again";
const PROTECTED: &str = "this login address belongs to an account that provisioning cannot take over";

/// Providers that send a create again after a lost answer, and expect the first one's answer.
const RETRIES_CREATES: &[&str] = &["rippling"];

/// Creates, restores or adopts a user (RFC 7644 section 3.3).
pub async fn create(
    cx: &Context,
    tenant: &ScimTenant,
    mut body: Value,
    projection: &Projection,
) -> Result<Created, ProvisioningError> {
    let rewrites = if tenant.connection.strict { Rewrites::new() } else { rewrite_body(&USER, &mut body) };
    let heard = Heard { body: Resource::create(&USER, &body)?, rewrites };
    let id = new_id!(cx, UserId);
    let (context, tenant, projection) = (cx.clone(), tenant.clone(), projection.clone());
    cx.store
        .write(move |tx| {
            let resource = &heard.body;
            let outcome = match find(tx, &tenant, resource)? {
                Found::Nothing => {
                    let user = insert(tx, &context, &tenant, &id, resource)?;
                    Created::New(view(tx, &tenant, user, &projection)?)
                }
                Found::Restorable(user) => {
                    let user = restore(tx, &context, &tenant, &user, resource)?;
                    Created::New(view(tx, &tenant, user, &projection)?)
                }
                Found::Adoptable(user) => {
                    let user = adopt(tx, &context, &tenant, &user, resource)?;
                    Created::New(view(tx, &tenant, user, &projection)?)
                }
                Found::SentAgain(user) => Created::Again(view(tx, &tenant, user, &projection)?),
                Found::Taken(detail) => return Err(ProvisioningError::Conflict(detail)),
            };
            count_rewrites(tx, &context, &tenant, &heard.rewrites)?;
            Ok(outcome)
        })
        .await
}

fn view(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    user: User,
    projection: &Projection,
) -> Result<UserView, StoreError> {
    UserView::one(tx, tenant, user, projection)
}

/// What the organization has under the names of the new user.
enum Found {
    /// Nothing, or a tombstone.
    Nothing,
    /// Inactive through this connection, and the same person.
    Restorable(User),
    /// Active, held by no connection, its domain proved by this organization.
    Adoptable(User),
    /// Held by this connection, from a provider that sends creates again.
    SentAgain(User),
    /// Anything else; the text says what to do.
    Taken(&'static str),
}

fn find(tx: &mut Tx<'_>, tenant: &ScimTenant, resource: &Resource) -> Result<Found, StoreError> {
    let connection = &tenant.connection.id;
    let mut held = users::find_by_user_name(tx, connection, &fold(resource.user_name()))?;
    if held.is_none()
        && let Some(external_id) = resource.external_id()
    {
        held = users::find_by_external_id(tx, connection, external_id)?.into_iter().next();
    }
    if let Some(user) = held {
        let user = users::lock(tx, &tenant.organization.id, &user.id)?;
        return Ok(user.map_or(Found::Nothing, |user| on_this_connection(tenant, user, resource)));
    }
    let Some(address) = resource.login_email().and_then(|text| EmailAddress::parse(text).ok()) else {
        return Ok(Found::Nothing);
    };
    let Some(user) = users::find_by_email(tx, &tenant.organization.id, address.folded())? else {
        return Ok(Found::Nothing);
    };
    let Some(user) = users::lock(tx, &tenant.organization.id, &user.id)? else { return Ok(Found::Nothing) };
    if user.scim_connection_id.as_ref() == Some(connection) {
        return Ok(on_this_connection(tenant, user, resource));
    }
    let proved = domains::is_proved(tx, &tenant.organization.id, address.domain())?;
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
    let same_person = same_external_id && (user.external_id.is_some() || same_name);
    let sends_again = RETRIES_CREATES.contains(&tenant.connection.provider.as_str());
    match user.status {
        UserStatus::Active if sends_again && same_external_id && user.external_id.is_some() => {
            Found::SentAgain(user)
        }
        UserStatus::Active => Found::Taken(HELD),
        _ if user.deactivated_by == Some(DeactivatedBy::Scim) && same_person => Found::Restorable(user),
        _ => Found::Taken(INACTIVE),
    }
}

fn insert(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    id: &UserId,
    resource: &Resource,
) -> Result<User, ProvisioningError> {
    let now = cx.now();
    let active = resource.active().unwrap_or(true);
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
        deactivated_by: (!active).then_some(DeactivatedBy::Scim),
        scim_attributes: None,
        version: 1,
        created_at: now,
        updated_at: now,
        deactivated_at: (!active).then_some(now),
        deleted_at: None,
    };
    fill(&mut user, resource);
    set_login_address(tx, tenant, &mut user, resource)?;
    save(tx, cx, tenant, None, &user, resource)?;
    tell(tx, cx, tenant, "user.created", None, &user)?;
    Ok(user)
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
    let mut plain = before.clone();
    plain.owner = false;
    change::write(tx, cx, tenant, &plain, resource, "user.restored")
}

/// The organization speaks for the address, so its provider may hold the user from now on.
fn adopt(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    before: &User,
    resource: &Resource,
) -> Result<User, ProvisioningError> {
    let mut held = before.clone();
    held.scim_connection_id = Some(tenant.connection.id.clone());
    change::write(tx, cx, tenant, &held, resource, "user.adopted")
}
