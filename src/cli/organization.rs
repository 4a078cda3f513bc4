//! `vestibule org`

use clap::Subcommand;

use super::{Failure, context, output};
use crate::{
    config::Config,
    model::ids::ProjectId,
    service::{
        Actor,
        directory::{self, NewOrganization},
    },
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an organization.
    Create {
        /// Its name, for people.
        name: String,
        /// The project it belongs to.
        #[arg(long)]
        project: ProjectId,
        /// Your own id for it.
        #[arg(long)]
        external_id: Option<String>,
    },
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let cx = context::open(config)?;
    let Command::Create { name, project, external_id } = command;
    context::block_on(async {
        let new = NewOrganization { display_name: name, external_id };
        let organization = directory::create_organization(&cx, &Actor::operator(), &project, new).await?;
        output::values(&[("organization", organization.id.as_str())]);
        Ok(())
    })
}
