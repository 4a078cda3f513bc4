//! `vestibule domain`

use clap::Subcommand;

use super::{Failure, context, output};
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
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let cx = context::open(config)?;
    let Command::Add { name, project, org } = command;
    context::block_on(async {
        let domain = directory::add_domain(&cx, &Actor::operator(), &project, &org, &name).await?;
        output::values(&[("domain", &domain.name), ("proved by", domain.method.as_str())]);
        Ok(())
    })
}
