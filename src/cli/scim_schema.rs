//! `vestibule scim-schema`

use std::path::PathBuf;

use clap::Subcommand;

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::ids::{OrganizationId, ProjectId},
    service::{Actor, provisioning::admin::schemas},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register a schema of an organization, or put it in the place of the one with its URN.
    Add {
        /// The organization.
        org: OrganizationId,
        /// The schema as JSON (RFC 7643 section 7): id, name, description, attributes; resourceType User or Group.
        file: PathBuf,
        /// The project.
        #[arg(long)]
        project: ProjectId,
    },
    /// List the schemas of an organization.
    List {
        /// The organization.
        org: OrganizationId,
        /// The project.
        #[arg(long)]
        project: ProjectId,
    },
    /// Take a schema back. What was pushed under its URN is kept.
    Remove {
        /// The organization.
        org: OrganizationId,
        /// The URN.
        urn: String,
        /// The project.
        #[arg(long)]
        project: ProjectId,
    },
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (cx, actor) = (context::open(config)?, Actor::operator());
    context::block_on(async {
        match command {
            Command::Add { org, file, project } => {
                let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
                let json = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
                let definition = schemas::add(&cx, &actor, &project, &org, &json).await?;
                output::values(&[("schema", definition.urn())]);
            }
            Command::List { org, project } => {
                let found = schemas::list(&cx, &project, &org).await?;
                let rows = found.iter().map(|one| Row::of([&one.urn_folded, &one.resource_type]));
                output::table(["urn", "resource type"], rows);
            }
            Command::Remove { org, urn, project } => {
                schemas::remove(&cx, &actor, &project, &org, &urn).await?;
                output::line("removed");
            }
        }
        Ok(())
    })
}
