//! `vestibule user`

use clap::{Args, Subcommand};

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::ids::{OrganizationId, ProjectId, SamlConnectionId, UserId},
    service::{
        Actor,
        directory::{self, ListedUser},
    },
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
    /// Deactivate a user: nobody signs in as it, and its sessions and refresh tokens end. SCIM does not activate it again.
    Deactivate(One),
    /// Activate a user, whoever deactivated it, or take back a deactivation that is held.
    Activate(One),
    /// Delete a user, and end its sessions and refresh tokens. Its names are free; a login does not make it again.
    Delete(One),
    /// Forget under which identifier a user signs in on a connection, because the provider has given it another: the next
    /// login with the user's address is taken for the user's.
    Unlink {
        #[command(flatten)]
        one: One,
        /// The connection.
        #[arg(long, value_name = "ID")]
        saml_connection: SamlConnectionId,
    },
}

/// Which user.
#[derive(Args)]
pub(super) struct One {
    /// The user's id.
    user: UserId,
    /// The project; not needed where there is one only.
    #[arg(long)]
    project: Option<ProjectId>,
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (cx, actor) = (context::open(config)?, Actor::operator());
    context::block_on(async {
        match command {
            Command::List { org, project, email, limit } => {
                let project = context::project(&cx, project.as_ref()).await?;
                let users = directory::list_users(&cx, &project.id, &org, &email, limit).await?;
                let columns = ["id", "email", "state", "known by", "last login", "roles"];
                output::table(columns, users.iter().map(row));
                if i64::try_from(users.len()) == Ok(limit) {
                    output::line(format!("there may be more than these {limit}: see --email and --limit"));
                }
            }
            Command::Deactivate(One { user, project }) => {
                let project = context::project(&cx, project.as_ref()).await?;
                directory::deactivate_user(&cx, &actor, &project.id, &user).await?;
                output::line("deactivated; `vestibule user activate` brings the user back");
            }
            Command::Activate(One { user, project }) => {
                let project = context::project(&cx, project.as_ref()).await?;
                let user = directory::activate_user(&cx, &actor, &project.id, &user).await?;
                output::line("activated");
                if user.scim_connection_id.is_some() {
                    output::line("its identity provider pushes it through SCIM, and may deactivate it again");
                }
            }
            Command::Delete(One { user, project }) => {
                let project = context::project(&cx, project.as_ref()).await?;
                let user = directory::delete_user(&cx, &actor, &project.id, &user).await?;
                output::line("deleted");
                if user.scim_connection_id.is_some() {
                    output::line("its identity provider pushes it through SCIM, and may make it anew");
                } else {
                    output::line(
                        "nobody signs in as this user again: what it was known by is not given to another. Where that was not \
                         meant, SCIM can make it anew; `user deactivate` is what can be undone",
                    );
                }
            }
            Command::Unlink { one: One { user, project }, saml_connection } => {
                let project = context::project(&cx, project.as_ref()).await?;
                let links = directory::unlink_user(&cx, &actor, &project.id, &user, &saml_connection);
                output::line(match links.await? {
                    0 => "the user was known by nothing on this connection".to_owned(),
                    count => {
                        format!("{count} identifier(s) forgotten; the next login with the address is theirs")
                    }
                });
            }
        }
        Ok(())
    })
}

fn row(user: &ListedUser) -> Row<6> {
    let state = format!("{}{}", user.status, if user.owner { ", owner" } else { "" });
    let (email, last) = (output::or_empty(user.email.as_ref()), output::or_empty(user.last_login_at));
    Row::of([&user.id, &email, &state, &user.known_by.join(", "), &last, &user.roles.join(", ")])
}
