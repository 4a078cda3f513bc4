//! Who a token stands for, for as long as the session lives (OpenID Connect Core section 5.3, R15).

use serde::Serialize;

use super::{HandoffFailure, access_token_audience};
use crate::{
    jose::{self, ACCESS_TOKEN_TYPE, AccessTokenClaims, Expected, OrganizationClaim, VerifyError},
    model::{
        EmailAddress, Timestamp,
        ids::{OauthClientId, ProjectId, SessionId},
        secret::Secret,
    },
    service::{
        Context,
        roles::{self, Granted},
        sessions::{self, LiveSession},
        signing::Keyring,
    },
    store::{StoreError, Tx, domains, oauth_clients, sessions as session_rows},
};

/// The claims about the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserInfo {
    /// The user's identifier.
    pub sub: String,
    /// The user's login address, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the organization has proved the address's domain; where there is an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// The user's name, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The organization's identifier.
    pub organization_id: String,
    /// The organization.
    pub organization: OrganizationClaim,
    /// The names of the user's roles.
    pub roles: Vec<String>,
    /// The names of the user's groups, where they were asked for and are not too many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// They were asked for and are too many.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub groups_omitted: bool,
    /// The session's identifier.
    pub sid: String,
}

/// What is asked of the database about the user of a live session.
#[derive(Debug, Clone)]
pub(super) struct Known {
    email_verified: Option<bool>,
    granted: Granted,
}

/// Why a token gets no answer.
#[derive(Debug, thiserror::Error)]
pub enum UserInfoError {
    /// The token itself.
    #[error(transparent)]
    Token(#[from] VerifyError),
    /// The session behind it, its user or its organization does not count any more.
    #[error("the session has ended")]
    SessionEnded,
    /// A token whose claims do not belong together, or whose client is gone.
    #[error("the token's claims do not hold")]
    Claims,
    /// Ours.
    #[error(transparent)]
    Failure(#[from] HandoffFailure),
}

impl UserInfoError {
    /// A stable name for logs and tests.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Token(error) => error.code(),
            Self::SessionEnded => "session_ended",
            Self::Claims => "token_claims",
            Self::Failure(_) => "server_error",
        }
    }
}

/// The user of an access token, if the session behind it counts. Asking counts as a use of the session.
pub async fn userinfo(
    cx: &Context,
    project: &ProjectId,
    issuer: &str,
    token: &Secret,
) -> Result<UserInfo, UserInfoError> {
    let now = cx.now();
    let (own, of) = (cx.clone(), project.clone());
    let keyring = cx.store.read(move |tx: &mut Tx<'_>| Keyring::load(tx, &own, &of)).await;
    let keys = keyring.map_err(HandoffFailure::Store)?.verifying().map_err(HandoffFailure::Signing)?;
    let audience = access_token_audience(issuer);
    let expected = Expected { typ: ACCESS_TOKEN_TYPE, issuer, audience: &audience };
    let verified = jose::verify::<AccessTokenClaims>(token.expose(), &keys, expected, now.to_datetime())?;
    let claims = verified.into_claims();
    let session = SessionId::parse(&claims.sid).map_err(|_| UserInfoError::Claims)?;
    let client = OauthClientId::parse(&claims.client_id).map_err(|_| UserInfoError::Claims)?;

    let (of, scope) = (project.clone(), claims.scope.clone());
    let load = move |tx: &mut Tx<'_>| {
        let client_lives = oauth_clients::find(tx, &of, &client)?.is_some();
        let live = sessions::find_live(tx, &of, &session, now)?;
        let live = live.map(|live| known(tx, &live, &scope).map(|known| (live, known))).transpose()?;
        Ok::<_, StoreError>((client_lives, live))
    };
    let (client_lives, live) = cx.store.read(load).await.map_err(HandoffFailure::Store)?;
    let (live, known) = live.ok_or(UserInfoError::SessionEnded)?;
    let same = live.user.id.as_str() == claims.sub && live.organization.id.as_str() == claims.organization_id;
    if !client_lives || !same {
        return Err(UserInfoError::Claims);
    }
    touch(cx, &live, now).await?;
    Ok(self::claims(&live, known))
}

/// Asks what a token or an answer tells about the user, as it is at this moment.
pub(super) fn known(tx: &mut Tx<'_>, live: &LiveSession, scope: &str) -> Result<Known, StoreError> {
    let (project, organization) = (&live.session.project_id, &live.organization.id);
    Ok(Known {
        email_verified: email_verified(tx, live)?,
        granted: roles::of_user(tx, project, organization, &live.user.id, scope)?,
    })
}

/// Whether the organization speaks for the user's address: it has proved its domain. Asked each time, since proofs come
/// and go. `None`: the user has no address.
fn email_verified(tx: &mut Tx<'_>, live: &LiveSession) -> Result<Option<bool>, StoreError> {
    let Some(email) = &live.user.email else { return Ok(None) };
    let Ok(email) = EmailAddress::parse(email) else { return Ok(Some(false)) };
    domains::is_proved(tx, &live.organization.id, email.domain()).map(Some)
}

/// What is told about a user.
pub(super) fn claims(live: &LiveSession, known: Known) -> UserInfo {
    let LiveSession { session, user, organization } = live;
    let full =
        [&user.given_name, &user.family_name].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    UserInfo {
        sub: user.id.to_string(),
        email: user.email.clone(),
        email_verified: known.email_verified,
        name: user.display_name.clone().or((!full.is_empty()).then_some(full)),
        organization_id: organization.id.to_string(),
        organization: OrganizationClaim {
            id: organization.id.to_string(),
            display_name: organization.display_name.clone(),
        },
        roles: known.granted.roles,
        groups: known.granted.groups,
        groups_omitted: known.granted.groups_omitted,
        sid: session.id.to_string(),
    }
}

/// Writes the use of the session down.
async fn touch(cx: &Context, live: &LiveSession, now: Timestamp) -> Result<(), HandoffFailure> {
    let Some(until) = sessions::next_idle_end(&live.session, now) else { return Ok(()) };
    let id = live.session.id.clone();
    cx.store.write(move |tx: &mut Tx<'_>| session_rows::touch(tx, &id, now, until)).await?;
    Ok(())
}
