//! `vestibule session`

use clap::{Args, Subcommand};

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::{
        Timestamp,
        ids::{OrganizationId, ProjectId, SessionId, UserId},
    },
    service::{
        Actor,
        directory::{self, Session, Whose},
    },
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the sessions of a user, ended ones as well, newest first; or those of an organization that are live, oldest first.
    List {
        /// The user's id.
        #[arg(required_unless_present = "org", conflicts_with = "org")]
        user: Option<UserId>,
        /// All of this organization's.
        #[arg(long)]
        org: Option<OrganizationId>,
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
        /// At most so many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
    },
    /// End a session with its refresh tokens, or all of a user or an organization. The people may sign in again.
    End(End),
}

#[derive(Args)]
pub(super) struct End {
    #[command(flatten)]
    which: Which,
    /// The project; not needed where there is one only.
    #[arg(long)]
    project: Option<ProjectId>,
}

/// Which sessions: one of them.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The session.
    session: Option<SessionId>,
    /// All sessions of this user.
    #[arg(long)]
    user: Option<UserId>,
    /// All sessions of this organization.
    #[arg(long)]
    org: Option<OrganizationId>,
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (cx, actor) = (context::open(config)?, Actor::operator());
    context::block_on(async {
        match command {
            Command::List { user, org, project, limit } => {
                let project = context::project(&cx, project.as_ref()).await?;
                let found = match (user, org) {
                    (Some(user), _) => directory::list_sessions(&cx, &project.id, &user, limit).await?,
                    (None, Some(org)) => directory::live_sessions(&cx, &project.id, &org, limit).await?,
                    (None, None) => return Err("name a user or --org".into()),
                };
                let now = cx.now();
                let rows = found.iter().map(|session| {
                    let state = state(session, now);
                    Row::of([
                        &session.id,
                        &session.user_id,
                        &state,
                        &session.created_at,
                        &session.last_active_at,
                        &session.expires_at,
                    ])
                });
                output::table(["id", "user", "state", "made", "last used", "good until"], rows);
            }
            Command::End(End { which, project }) => {
                let project = context::project(&cx, project.as_ref()).await?;
                let whose = match which {
                    Which { session: Some(session), .. } => {
                        directory::end_session(&cx, &actor, &project.id, &session).await?;
                        output::line("the session has ended");
                        return Ok(());
                    }
                    Which { user: Some(user), .. } => Whose::User(user),
                    Which { org: Some(org), .. } => Whose::Organization(org),
                    Which { .. } => return Err("name a session, --user or --org".into()),
                };
                let ended = directory::end_all_sessions(&cx, &actor, &project.id, whose).await?;
                output::line(format!("{ended} session(s) ended"));
            }
        }
        Ok(())
    })
}

fn state(session: &Session, now: Timestamp) -> String {
    match (&session.revoked_at, &session.revoked_reason) {
        (Some(_), reason) => format!("ended, {}", reason.as_deref().unwrap_or("unknown")),
        (None, _) if session.expires_at <= now || session.idle_expires_at <= now => "expired".into(),
        (None, _) => "live".into(),
    }
}
