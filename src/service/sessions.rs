//! Sessions: issued in one place, ended with all that hangs on them.

use serde_json::json;

use super::{Actor, Change, Context, new_id, record::record};
use crate::{
    model::{
        AuthFactor, Millis, OrganizationStatus, Timestamp, UserStatus,
        ids::{IdentityId, OrganizationId, ProjectId, SamlConnectionId, SessionId, UserId},
        secret::Secret,
    },
    store::{
        StoreError, Tx, organizations,
        organizations::{Organization, Standing},
        sessions::{self, Session},
        users::{self, User},
    },
};

/// What is known of a login when its session is issued.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The first proof.
    pub primary_auth_factor: AuthFactor,
    /// The SAML connection that vouched.
    pub saml_connection_id: SamlConnectionId,
    /// The link through which the user was found.
    pub identity_id: IdentityId,
    /// When the identity provider authenticated the person (`auth_time`).
    pub auth_time: Timestamp,
    /// Authentication methods, as in RFC 8176.
    pub amr: Vec<String>,
    /// The AuthnContext class that the provider named.
    pub acr: Option<String>,
    /// For single logout.
    pub saml_session_index: Option<String>,
    /// For single logout.
    pub saml_name_id: Option<String>,
    /// The provider's own end of the session (`SessionNotOnOrAfter`).
    pub not_after: Option<Timestamp>,
}

/// Issues a session. Callers have asked [`crate::model::login::next_step`]; nothing else may.
pub(in crate::service) fn issue(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    standing: &Standing,
    user: &User,
    new: NewSession,
) -> Result<(Session, Secret), StoreError> {
    let (now, organization) = (cx.now(), &standing.organization);
    let (idle, absolute) = standing.lifetimes;
    let end = now.plus(absolute);
    let token = Secret::random("vestibule_session_", &*cx.rng);
    let session = Session {
        id: new_id!(cx, SessionId),
        project_id: organization.project_id.clone(),
        organization_id: organization.id.clone(),
        user_id: user.id.clone(),
        token_hash: Some(token.hash()),
        primary_auth_factor: new.primary_auth_factor,
        saml_connection_id: Some(new.saml_connection_id),
        oidc_connection_id: None,
        identity_id: Some(new.identity_id),
        auth_time: new.auth_time,
        amr: json!(new.amr).to_string(),
        acr: new.acr,
        saml_session_index: new.saml_session_index,
        saml_name_id: new.saml_name_id,
        impersonator_email: None,
        created_at: now,
        last_active_at: now,
        idle_expires_at: now.plus(idle),
        expires_at: new.not_after.map_or(end, |not_after| not_after.min(end)),
        revoked_at: None,
        revoked_reason: None,
    };
    sessions::insert(tx, &session)?;
    let after = json!({
        "id": session.id, "userId": session.user_id, "primaryAuthFactor": session.primary_auth_factor.as_str(),
        "expireTime": session.expires_at,
    });
    let change = Change {
        project: &organization.project_id,
        organization: Some(&organization.id),
        event: "session.created",
        resource: session.id.as_str(),
        before: None,
        after: Some(after),
    };
    record(tx, cx, actor, &change)?;
    Ok((session, token))
}

/// A session that stands at this moment, with its user and organization.
#[derive(Debug, Clone)]
pub struct LiveSession {
    /// The session.
    pub session: Session,
    /// Its user, active.
    pub user: User,
    /// Its organization, active.
    pub organization: Organization,
}

/// Why a session does not stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotLive {
    /// Its organization is switched off.
    Organization,
    /// Its user is inactive, deleted, or held.
    User,
    /// It was ended, has expired, or was never there.
    Session,
}

/// Looks a session up and says whether it stands: not revoked, not expired, its user and organization active.
/// Every online check asks this, so that an end takes effect at once.
pub fn find_live(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &SessionId,
    now: Timestamp,
) -> Result<Option<LiveSession>, StoreError> {
    Ok(find_standing(tx, project, id, now)?.ok())
}

/// As [`find_live`], with the reason where it does not stand.
pub fn find_standing(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    id: &SessionId,
    now: Timestamp,
) -> Result<Result<LiveSession, NotLive>, StoreError> {
    let Some(session) = sessions::find(tx, project, id)? else { return Ok(Err(NotLive::Session)) };
    live(tx, session, now)
}

/// As [`find_live`], by the token in a browser's cookie.
pub fn find_live_by_token(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    token: &Secret,
    now: Timestamp,
) -> Result<Option<LiveSession>, StoreError> {
    let Some(session) = sessions::find_by_token(tx, project, &token.hash())? else { return Ok(None) };
    Ok(live(tx, session, now)?.ok())
}

/// The organization and the user are asked first: a session that ended because they did is told as theirs.
fn live(
    tx: &mut Tx<'_>,
    session: Session,
    now: Timestamp,
) -> Result<Result<LiveSession, NotLive>, StoreError> {
    let organization = organizations::find(tx, &session.project_id, &session.organization_id)?;
    let Some(organization) = organization.filter(|found| found.status == OrganizationStatus::Active) else {
        return Ok(Err(NotLive::Organization));
    };
    let user = users::find(tx, &session.organization_id, &session.user_id)?;
    let Some(user) = user.filter(|user| user.login_status(now) == UserStatus::Active) else {
        return Ok(Err(NotLive::User));
    };
    if session.revoked_at.is_some() || session.expires_at <= now || session.idle_expires_at <= now {
        return Ok(Err(NotLive::Session));
    }
    Ok(Ok(LiveSession { session, user, organization }))
}

/// How often at most a session's use is written down: a write per request would be for nothing.
const TOUCH_EVERY: Millis = 60 * 1000;

/// The idle end of a session that is used now: moved by the time that it is given at its start. `None`: its use was
/// written down a moment ago.
pub(in crate::service) fn next_idle_end(session: &Session, now: Timestamp) -> Option<Timestamp> {
    let idle = session.idle_expires_at.millis() - session.last_active_at.millis();
    let due = now >= session.last_active_at.plus(TOUCH_EVERY);
    due.then(|| now.plus(idle).min(session.expires_at))
}

/// Ends one session.
pub fn end(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    session: &Session,
    reason: &str,
) -> Result<(), StoreError> {
    if sessions::revoke(tx, &session.organization_id, &session.id, reason, cx.now())? {
        record_end(tx, cx, actor, &session.project_id, &session.organization_id, &session.id, reason)?;
    }
    Ok(())
}

/// Ends every session of a user, with refresh tokens, codes and personal keys: part of deactivating.
/// Returns how many sessions ended.
pub fn end_for_user(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    user: &UserId,
    reason: &str,
) -> Result<usize, StoreError> {
    let ended = sessions::revoke_for_user(tx, organization, user, reason, cx.now())?;
    for session in &ended {
        record_end(tx, cx, actor, project, organization, session, reason)?;
    }
    Ok(ended.len())
}

fn record_end(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    session: &SessionId,
    reason: &str,
) -> Result<(), StoreError> {
    let change = Change {
        project,
        organization: Some(organization),
        event: "session.revoked",
        resource: session.as_str(),
        before: None,
        after: Some(json!({ "id": session, "reason": reason })),
    };
    record(tx, cx, actor, &change)
}
