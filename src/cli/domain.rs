//! `vestibule domain`

use clap::Subcommand;

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::ids::{OrganizationId, ProjectId},
    service::{Actor, directory},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Say that a mail domain is an organization's. People with such an address are then led to its connection.
    Add {
        /// The domain, such as acme.example.
        name: String,
        /// The project.
        #[arg(long)]
        project: ProjectId,
        /// The organization.
        #[arg(long)]
        org: OrganizationId,
    },
    /// List the domains of an organization.
    List {
        /// The organization.
        org: OrganizationId,
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
    },
    /// Take a domain from an organization. Nobody is led to its connection, linked or made by such an address any more;
    /// users stay as they are.
    Remove {
        /// The domain.
        name: String,
        /// The project.
        #[arg(long)]
        project: ProjectId,
        /// The organization.
        #[arg(long)]
        org: OrganizationId,
    },
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (cx, actor) = (context::open(config)?, Actor::operator());
    context::block_on(async {
        match command {
            Command::Add { name, project, org } => {
                let domain = directory::add_domain(&cx, &actor, &project, &org, &name).await?;
                output::values(&[("domain", &domain.name), ("proved by", domain.method.as_str())]);
            }
            Command::List { org, project } => {
                let project = context::project(&cx, project.as_ref()).await?;
                let found = directory::list_domains(&cx, &project.id, &org).await?;
                let rows = found.iter().map(|one| {
                    let proved = output::or_empty(one.verified_at);
                    Row::of([&one.name, &one.method, &proved, &one.created_at])
                });
                output::table(["domain", "proved by", "proved at", "made"], rows);
            }
            Command::Remove { name, project, org } => {
                let domain = directory::remove_domain(&cx, &actor, &project, &org, &name).await?;
                output::line(format!("{} is no domain of the organization any more", domain.name));
            }
        }
        Ok(())
    })
}
