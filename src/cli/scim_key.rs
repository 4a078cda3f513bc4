//! `vestibule scim-key`

use clap::Subcommand;

use super::{Failure, context, output};
use crate::{
    config::Config,
    model::ids::{OrganizationId, ProjectId},
    service::{Actor, directory},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a bearer token with which an identity provider pushes an organization's users.
    Create {
        /// A name to tell it by.
        #[arg(default_value = "SCIM token")]
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
    let Command::Create { name, project, org } = command;
    context::block_on(async {
        let actor = Actor::operator();
        let project = directory::find_project(&cx, &project).await?;
        let (_, token) = directory::create_scim_api_key(&cx, &actor, &project.id, &org, &name).await?;
        output::values(&[
            ("SCIM base URL", &format!("{}/api/scim/v1", project.public_url)),
            ("bearer token (shown once)", token.expose()),
        ]);
        Ok(())
    })
}
