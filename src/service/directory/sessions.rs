//! Sessions, as the operator sees and ends them.

use super::DirectoryError;
use crate::{
    model::ids::{OrganizationId, ProjectId, SessionId, UserId},
    service::{Actor, Context, sessions as live},
    store::{
        StoreError, Tx, organizations,
        sessions::{self, Session},
        users,
    },
};

/// Why, in the row and in the event.
const REASON: &str = "ended_by_operator";

/// How many sessions end in one transaction: there is one writer for everybody.
const PORTION: i64 = 200;

/// Whose sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// A user's.
    User(UserId),
    /// Everybody's of an organization.
    Organization(OrganizationId),
}

/// A user's sessions, ended ones as well, newest first, at most `limit`.
pub async fn list_sessions(
    cx: &Context,
    project: &ProjectId,
    user: &UserId,
    limit: i64,
) -> Result<Vec<Session>, DirectoryError> {
    let (project, user) = (project.clone(), user.clone());
    let list = move |tx: &mut Tx<'_>| {
        let organization =
            users::organization_of(tx, &project, &user)?.ok_or(DirectoryError::NotFound("user"))?;
        Ok(sessions::of_user(tx, &organization, &user, limit)?)
    };
    cx.store.read(list).await
}

/// An organization's sessions that are live, oldest first, at most `limit`.
pub async fn live_sessions(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
    limit: i64,
) -> Result<Vec<Session>, DirectoryError> {
    let (project, organization, now) = (project.clone(), organization.clone(), cx.now());
    let list = move |tx: &mut Tx<'_>| {
        organizations::find(tx, &project, &organization)?.ok_or(DirectoryError::NotFound("organization"))?;
        Ok(sessions::standing(tx, &organization, None, now, limit)?)
    };
    cx.store.read(list).await
}

/// Ends one session, with its refresh tokens and codes. The person may sign in again.
pub async fn end_session(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    session: &SessionId,
) -> Result<(), DirectoryError> {
    let (own, actor, project, id) = (cx.clone(), actor.clone(), project.clone(), session.clone());
    let write = move |tx: &mut Tx<'_>| {
        let session = sessions::find(tx, &project, &id)?.ok_or(DirectoryError::NotFound("session"))?;
        if session.revoked_at.is_some() {
            return Err(DirectoryError::Exists("the session has ended".into()));
        }
        Ok(live::end(tx, &own, &actor, &session, REASON)?)
    };
    cx.store.write(write).await
}

/// Ends all sessions of a user or of an organization. They may sign in again. Returns how many ended.
pub async fn end_all_sessions(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    whose: Whose,
) -> Result<usize, DirectoryError> {
    let (of, asked) = (project.clone(), whose.clone());
    let find = move |tx: &mut Tx<'_>| match asked {
        Whose::User(user) => {
            let organization = users::organization_of(tx, &of, &user)?;
            Ok::<_, DirectoryError>((organization.ok_or(DirectoryError::NotFound("user"))?, Some(user)))
        }
        Whose::Organization(id) => {
            organizations::find(tx, &of, &id)?.ok_or(DirectoryError::NotFound("organization"))?;
            Ok((id, None))
        }
    };
    let (organization, user) = cx.store.read(find).await?;
    Ok(end_sessions(cx, actor, &organization, user).await?)
}

/// Ends the sessions that stand now, in portions. Those that begin meanwhile are not waited for.
async fn end_sessions(
    cx: &Context,
    actor: &Actor,
    organization: &OrganizationId,
    user: Option<UserId>,
) -> Result<usize, StoreError> {
    let mut ended = 0;
    loop {
        let (own, actor, organization, user) =
            (cx.clone(), actor.clone(), organization.clone(), user.clone());
        let write =
            move |tx: &mut Tx<'_>| end_portion(tx, &own, &actor, &organization, user.as_ref(), REASON);
        let portion = cx.store.write(write).await?;
        ended += portion.ended;
        if portion.is_last {
            return Ok(ended);
        }
    }
}

/// What became of a portion.
#[derive(Debug, Clone, Copy)]
pub(super) struct Portion {
    /// How many sessions ended.
    pub(super) ended: usize,
    /// Whether none stands after it.
    pub(super) is_last: bool,
}

/// Ends as many sessions as one transaction should.
pub(super) fn end_portion(
    tx: &mut Tx<'_>,
    cx: &Context,
    actor: &Actor,
    organization: &OrganizationId,
    user: Option<&UserId>,
    reason: &str,
) -> Result<Portion, StoreError> {
    let found = sessions::standing(tx, organization, user, cx.now(), PORTION)?;
    found.iter().try_for_each(|session| live::end(tx, cx, actor, session, reason))?;
    Ok(Portion { ended: found.len(), is_last: i64::try_from(found.len()) != Ok(PORTION) })
}
