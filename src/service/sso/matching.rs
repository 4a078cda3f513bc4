//! From an external login to a user (R1, R3, R4). Everything is looked up inside the connection's organization.

use serde_json::json;

use super::{
    attributes::Profile,
    refusal::{Conflict, PolicyRefusal, Refusal, SsoError},
    subject::Subject,
};
use crate::{
    model::{
        EmailAddress, UserStatus,
        ids::{IdentityId, ProjectId, UserId},
        login::LoginRefusal,
    },
    saml::VerifiedAssertion,
    service::{Actor, Change, Context, connections::Options, new_id, record::record},
    store::{
        StoreError, Tx, domains,
        identities::{self, Identity},
        organizations::Organization,
        saml_connections::SamlConnection,
        scim_connections, tombstones, user_emails,
        users::{self, User},
    },
};

/// What a login brings along.
#[derive(Debug)]
pub(super) struct Login<'a> {
    pub project: &'a ProjectId,
    pub connection: &'a SamlConnection,
    pub assertion: &'a VerifiedAssertion,
    pub subject: &'a Subject,
    pub profile: &'a Profile,
}

/// The user of a login and the link that it was found through, which may be new.
pub(super) fn user_of(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    login: &Login<'_>,
) -> Result<(User, IdentityId), SsoError> {
    let known = identities::find_saml(tx, &login.connection.id, &login.subject.key)?;
    if let Some(identity) = &known
        && let Some(user) = users::lock_for_login(tx, &login.connection.organization_id, &identity.user_id)?
    {
        note_login(tx, cx, &identity.id, &user)?;
        return Ok((user, identity.id.clone()));
    }
    // A link that is known and leads nowhere is that of a deleted user. Provisioning may have made another one since;
    // a login does not (R3).
    let user = match paired(tx, login)? {
        Some(user) => user,
        None => match (by_email(tx, login)?, &known) {
            (Found::User(user), _) => *user,
            (Found::Linked(user, identity), _) => {
                note_login(tx, cx, &identity, &user)?;
                return Ok((*user, identity));
            }
            (Found::Nobody(_), Some(_)) => return Err(Refusal::UserDeleted.into()),
            (Found::Nobody(email), None) => create(tx, cx, actor, login, email)?,
        },
    };
    // The policy refuses whoever is inactive, after this; a refused login leaves no link behind.
    let identity = match known {
        Some(identity) => relink(tx, cx, actor, login, &identity, &user)?,
        None => link(tx, cx, actor, login, &user)?,
    };
    Ok((user, identity))
}

/// Why a login of somebody whom the connection does not know yet would be refused, whoever it is: by the organization's
/// policy, or because the address says nothing (R1). It looks at no user (R23).
pub(crate) fn hindrance(
    tx: &mut Tx<'_>,
    organization: &Organization,
    connection: &SamlConnection,
    assertion: &VerifiedAssertion,
    profile: &Profile,
) -> Result<Option<Refusal>, StoreError> {
    let policy = |refusal| Ok(Some(Refusal::Policy(PolicyRefusal(refusal))));
    let conflict = |conflict| Ok(Some(Refusal::IdentityConflict(conflict)));
    if !organization.log_in_with_saml {
        return policy(LoginRefusal::MethodNotAllowed);
    }
    if organization.require_mfa && !Options::of(connection).is_second_factor(assertion.authn_context()) {
        return policy(LoginRefusal::SecondFactorRequired);
    }
    // Whom provisioning has sent with this identifier is found without an address.
    let paired = connection.paired_scim_connection_id.as_ref().and(connection.paired_attribute.as_ref());
    if paired.is_some_and(|attribute| assertion.values(attribute).len() == 1) {
        return Ok(None);
    }
    let Some(email) = &profile.email else { return conflict(Conflict::NoEmail) };
    if !domains::is_proved(tx, &organization.id, email.domain())? {
        return conflict(Conflict::DomainNotProved);
    }
    Ok(None)
}

/// What an address leads to.
enum Found<'a> {
    User(Box<User>),
    /// Somebody who has become known under this very subject since it was looked for.
    Linked(Box<User>, IdentityId),
    Nobody(&'a EmailAddress),
}

/// By the attribute that equals a SCIM externalId, where the connection is paired so.
fn paired(tx: &mut Tx<'_>, login: &Login<'_>) -> Result<Option<User>, SsoError> {
    let connection = login.connection;
    let (Some(scim), Some(attribute)) = (&connection.paired_scim_connection_id, &connection.paired_attribute)
    else {
        return Ok(None);
    };
    let [external_id] = login.assertion.values(attribute) else { return Ok(None) };
    // As it came, or without what surrounds it: some providers write values on lines of their own.
    let mut external_id = external_id.as_str();
    let mut found = users::find_by_external_id(tx, scim, external_id)?;
    if found.is_empty() && external_id != external_id.trim() {
        external_id = external_id.trim();
        found = users::find_by_external_id(tx, scim, external_id)?;
    }
    let mut own = found.into_iter().filter(|user| user.organization_id == connection.organization_id);
    let conflict = |conflict| SsoError::Refused(Refusal::IdentityConflict(conflict));
    let hit = match (own.next(), own.next()) {
        (Some(_), Some(_)) => return Err(conflict(Conflict::Ambiguous)),
        (Some(user), None) => user,
        (None, _) => return Ok(None),
    };
    // Read again under its lock, as below: the provider may have moved the identifier on meanwhile.
    let user = users::lock_for_login(tx, &connection.organization_id, &hit.id)?
        .filter(|user| user.scim_connection_id.as_ref() == Some(scim))
        .filter(|user| user.external_id.as_deref() == Some(external_id))
        .ok_or(conflict(Conflict::NoUser))?;
    // The provider's administrators choose the identifier; that must not make them owners.
    if user.owner || user.break_glass {
        return Err(conflict(Conflict::Owner));
    }
    Ok(Some(user))
}

/// By an address whose domain the organization has proved.
fn by_email<'a>(tx: &mut Tx<'_>, login: &Login<'a>) -> Result<Found<'a>, SsoError> {
    let organization = &login.connection.organization_id;
    let conflict = |conflict| SsoError::Refused(Refusal::IdentityConflict(conflict));
    let email = login.profile.email.as_ref().ok_or(conflict(Conflict::NoEmail))?;
    let found = users::lock_by_email(tx, organization, email.folded(), email.domain())?;
    let proved = match &found {
        Some((_, proved)) => *proved,
        None => domains::is_proved(tx, organization, email.domain())?,
    };
    if !proved {
        return Err(conflict(Conflict::DomainNotProved));
    }
    let Some((user, _)) = found else { return Ok(Found::Nobody(email)) };
    if user.owner || user.break_glass {
        return Err(conflict(Conflict::Owner));
    }
    // Of an inactive user the policy says so, in its own words.
    if user.status != UserStatus::Active {
        return Ok(Found::User(Box::new(user)));
    }
    // Asked under the lock of the user: on PostgreSQL another first login of the same person may have ended after this
    // one looked for the subject, and the link that is there now is its own.
    let links = identities::of_user_on_saml(tx, &login.connection.id, &user.id)?;
    match links.iter().find(|link| link.subject == login.subject.key) {
        Some(own) => Ok(Found::Linked(Box::new(user), own.id.clone())),
        // Provisioning says that somebody else has this mailbox too (decision 010). Whoever came first would be signed in
        // as the one whose login address it is, and the other one never.
        None if links.is_empty() && user_emails::is_shared(tx, organization, email.folded(), &user.id)? => {
            Err(conflict(Conflict::SharedAddress))
        }
        None if links.is_empty() => Ok(Found::User(Box::new(user))),
        None => Err(conflict(Conflict::AlreadyLinked)),
    }
}

/// Just-in-time creation: where the connection allows it, and by default only while no SCIM connection is live (R3).
fn create(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    login: &Login<'_>,
    email: &EmailAddress,
) -> Result<User, SsoError> {
    let (now, organization) = (cx.now(), &login.connection.organization_id);
    let allowed = match login.connection.jit_provisioning {
        Some(allowed) => allowed,
        None => !scim_connections::has_live(tx, organization, now)?,
    };
    if !allowed {
        return Err(Refusal::IdentityConflict(Conflict::NoUser).into());
    }
    if tombstones::was_deleted(tx, organization, email.folded())? {
        return Err(Refusal::UserDeleted.into());
    }
    let user = User {
        id: new_id!(cx, UserId),
        organization_id: organization.clone(),
        scim_connection_id: None,
        external_id: None,
        user_name: None,
        user_name_folded: None,
        email: Some(email.as_str().to_owned()),
        email_folded: Some(email.folded().to_owned()),
        display_name: login.profile.display_name.clone(),
        given_name: login.profile.given_name.clone(),
        family_name: login.profile.family_name.clone(),
        profile_picture_url: None,
        owner: false,
        break_glass: false,
        status: UserStatus::Active,
        deactivated_by: None,
        scim_attributes: None,
        version: 1,
        created_at: now,
        updated_at: now,
        deactivated_at: None,
        deleted_at: None,
        scim_display_name_folded: None,
        active_assigned: true,
        held_until: None,
    };
    users::insert(tx, &user)?;
    let after = json!({
        "id": user.id, "email": user.email, "displayName": user.display_name, "owner": false,
        "status": user.status.as_str(),
    });
    note(tx, cx, actor, login, "user.created", user.id.as_str(), None, after)?;
    Ok(user)
}

fn link(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    login: &Login<'_>,
    user: &User,
) -> Result<IdentityId, StoreError> {
    let now = cx.now();
    let identity = Identity {
        id: new_id!(cx, IdentityId),
        organization_id: user.organization_id.clone(),
        user_id: user.id.clone(),
        saml_connection_id: Some(login.connection.id.clone()),
        oidc_connection_id: None,
        provider: "saml".into(),
        subject: login.subject.key.clone(),
        subject_kind: login.subject.kind,
        created_at: now,
        last_login_at: Some(now),
    };
    identities::insert(tx, &identity)?;
    let after = json!({
        "id": identity.id, "userId": user.id, "samlConnectionId": login.connection.id,
        "subjectKind": identity.subject_kind.as_str(),
    });
    note(tx, cx, actor, login, "identity.created", identity.id.as_str(), None, after)?;
    Ok(identity.id)
}

/// Once the user is locked: a link that has been taken away since it was looked for is looked for again.
fn note_login(tx: &mut Tx<'_>, cx: &Context, identity: &IdentityId, user: &User) -> Result<(), StoreError> {
    if identities::touch(tx, identity, &user.id, cx.now())? {
        return Ok(());
    }
    Err(StoreError::Conflict("a link that was taken away".into()))
}

/// Moves the link of a deleted user to the one that stands in their place.
fn relink(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    login: &Login<'_>,
    identity: &Identity,
    user: &User,
) -> Result<IdentityId, StoreError> {
    identities::give_to(tx, &identity.id, &user.id)?;
    note_login(tx, cx, &identity.id, user)?;
    let state = |user: &UserId| {
        json!({
            "id": identity.id, "userId": user, "samlConnectionId": login.connection.id,
            "subjectKind": identity.subject_kind.as_str(),
        })
    };
    let (before, after) = (state(&identity.user_id), state(&user.id));
    note(tx, cx, actor, login, "identity.updated", identity.id.as_str(), Some(before), after)?;
    Ok(identity.id.clone())
}

#[expect(clippy::too_many_arguments, reason = "who, where, what, and both states")]
fn note(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    login: &Login<'_>,
    event: &'static str,
    resource: &str,
    before: Option<serde_json::Value>,
    after: serde_json::Value,
) -> Result<(), StoreError> {
    let change = Change {
        project: login.project,
        organization: Some(&login.connection.organization_id),
        event,
        resource,
        before,
        after: Some(after),
    };
    record(tx, cx, actor, &change)
}
