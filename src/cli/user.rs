//! `vestibule user`

use clap::Subcommand;

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::ids::{OrganizationId, ProjectId},
    service::directory::{self, ListedUser},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the users of an organization: what they are known by, when they signed in last, and their roles.
    List {
        /// The organization.
        org: OrganizationId,
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
        /// Those whose address contains this.
        #[arg(long, default_value = "")]
        email: String,
        /// At most so many, the oldest first.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let cx = context::open(config)?;
    let Command::List { org, project, email, limit } = command;
    context::block_on(async {
        let project = context::project(&cx, project.as_ref()).await?;
        let users = directory::list_users(&cx, &project.id, &org, &email, limit).await?;
        output::table(["id", "email", "state", "known by", "last login", "roles"], users.iter().map(row));
        if i64::try_from(users.len()) == Ok(limit) {
            output::line(format!("there may be more than these {limit}: see --email and --limit"));
        }
        Ok(())
    })
}

fn row(user: &ListedUser) -> Row<6> {
    let state = format!("{}{}", user.status, if user.owner { ", owner" } else { "" });
    let (email, last) = (output::or_empty(user.email.as_ref()), output::or_empty(user.last_login_at));
    Row::of([&user.id, &email, &state, &user.known_by.join(", "), &last, &user.roles.join(", ")])
}
