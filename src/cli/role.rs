//! `vestibule role`

use clap::{Args, Subcommand};

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::ids::{OrganizationId, ProjectId, UserId},
    service::{
        Actor, Context,
        roles::{self, Given as By, NewRole, Role, RoleRef},
    },
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a role of the project, or one that is custom to an organization. Its name is in tokens.
    Create {
        /// What your app compares, such as billing-admin.
        name: String,
        #[command(flatten)]
        of: Of,
        /// Its name for people; the name if left out.
        #[arg(long)]
        display_name: Option<String>,
        /// What it is for.
        #[arg(long, default_value = "")]
        description: String,
    },
    /// List the roles of the project, or all that an organization may give.
    List {
        #[command(flatten)]
        of: Of,
    },
    /// Show a role and who has it, by what: in an organization, or in all of the project.
    Show {
        /// The role, by name or id.
        role: String,
        #[command(flatten)]
        of: Of,
    },
    /// Remove a role with its mappings: who had it has it no more.
    Delete {
        /// The role, by name or id.
        role: String,
        #[command(flatten)]
        of: Of,
    },
    /// Give a user a role.
    Assign(Given),
    /// Take a role from a user that was given by hand. What a mapping gives stays.
    Unassign(Given),
}

/// Whose role.
#[derive(Args)]
pub(super) struct Of {
    /// The project.
    #[arg(long)]
    project: ProjectId,
    /// The organization that the role is custom to; of the project if left out.
    #[arg(long)]
    org: Option<OrganizationId>,
}

/// Who has which role.
#[derive(Args)]
pub(super) struct Given {
    /// The user.
    user: UserId,
    /// The project.
    #[arg(long)]
    project: ProjectId,
    /// The user's organization.
    #[arg(long)]
    org: OrganizationId,
    /// The role, by name or id.
    #[arg(long)]
    role: String,
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (cx, actor) = (context::open(config)?, Actor::operator());
    context::block_on(async {
        match command {
            Command::Create { name, of, display_name, description } => {
                let new = NewRole { name, display_name, description, organization: of.org };
                let role = roles::create_role(&cx, &actor, &of.project, new).await?;
                output::values(&[("role", role.id.as_str()), ("name", &role.name)]);
            }
            Command::List { of } => {
                let found = roles::list_roles(&cx, &of.project, of.org.as_ref()).await?;
                let rows = found.iter().map(|role| {
                    Row::of([&role.id, &scope(role), &role.name, &role.display_name, &role.description])
                });
                output::table(["id", "of", "name", "display name", "description"], rows);
            }
            Command::Show { role, of } => show(&cx, &of, role.as_str().into()).await?,
            Command::Delete { role, of } => {
                let role = role.as_str().into();
                roles::delete_role(&cx, &actor, &of.project, of.org.as_ref(), role).await?;
                output::line("deleted");
            }
            Command::Assign(Given { user, project, org, role }) => {
                roles::assign_role(&cx, &actor, &project, &org, &user, role.as_str().into()).await?;
                output::line("assigned");
            }
            Command::Unassign(Given { user, project, org, role }) => {
                roles::unassign_role(&cx, &actor, &project, &org, &user, role.as_str().into()).await?;
                output::line("unassigned");
            }
        }
        Ok(())
    })
}

async fn show(cx: &Context, of: &Of, role: RoleRef) -> Result<(), Failure> {
    let (role, holders) = roles::role_holders(cx, &of.project, of.org.as_ref(), role).await?;
    output::values(&[
        ("role", role.id.as_str()),
        ("name", &role.name),
        ("of", scope(&role)),
        ("display name", &role.display_name),
        ("description", &role.description),
    ]);
    let rows = holders.iter().map(|holder| {
        let by: Vec<String> = holder.by.iter().map(by).collect();
        let email = output::or_empty(holder.email.as_ref());
        Row::of([&holder.user, &holder.organization, &email, &holder.status, &by.join(", ")])
    });
    output::line("");
    output::table(["user", "organization", "email", "state", "has it by"], rows);
    Ok(())
}

fn scope(role: &Role) -> &'static str {
    if role.organization_id.is_some() { "custom" } else { "project" }
}

fn by(given: &By) -> String {
    match given {
        By::ByHand => "hand".into(),
        By::Attribute { name, value } => format!("attribute {name}={value}"),
        By::Group(name) => format!("group {name}"),
    }
}
