//! `vestibule saml-connection`

use std::path::Path;

use clap::Subcommand;

use super::{Failure, context, output};
use crate::{
    config::Config,
    model::ids::{OrganizationId, ProjectId, SamlConnectionId},
    service::{
        Actor,
        connections::{self, MetadataSource, NewSamlConnection, SpUrls},
        directory,
        egress::{Egress, IpRange},
    },
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a connection to an organization's identity provider. Without metadata it is a draft whose addresses can be
    /// given to the provider first.
    Create {
        /// Its name, for people; the provider's host name if left out.
        #[arg(default_value = "")]
        name: String,
        /// The project.
        #[arg(long)]
        project: ProjectId,
        /// The organization.
        #[arg(long)]
        org: OrganizationId,
        /// The provider's metadata: a file, or an https address.
        #[arg(long, value_name = "FILE|URL")]
        metadata: Option<String>,
        /// Make unknown people of a proved domain users at their first login; by default only where no SCIM
        /// connection is live.
        #[arg(long)]
        jit: Option<bool>,
    },
    /// Give a connection its provider's metadata, or newer metadata.
    SetMetadata {
        /// The connection.
        connection: SamlConnectionId,
        /// The project.
        #[arg(long)]
        project: ProjectId,
        /// The provider's metadata: a file, or an https address.
        #[arg(long, value_name = "FILE|URL")]
        metadata: String,
    },
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let cx = context::open(config)?;
    let egress = egress(config)?;
    let actor = Actor::operator();
    context::block_on(async {
        let (project, connection) = match command {
            Command::Create { name, project, org, metadata, jit } => {
                let project = directory::find_project(&cx, &project).await?;
                let new = NewSamlConnection {
                    display_name: name,
                    metadata: metadata.as_deref().map(source).transpose()?,
                    jit_provisioning: jit,
                };
                let made = connections::create_saml_connection(&cx, &actor, &egress, &project.id, &org, new);
                (project.clone(), made.await?)
            }
            Command::SetMetadata { connection, project, metadata } => {
                let project = directory::find_project(&cx, &project).await?;
                let source = source(&metadata)?;
                let set = connections::set_metadata(&cx, &actor, &egress, &project.id, &connection, source);
                (project.clone(), set.await?)
            }
        };
        let urls = SpUrls::new(&project.public_url, &connection.id);
        let provider = match connection.idp_entity_id.as_str() {
            "" => "none yet: give its metadata with set-metadata",
            entity_id => entity_id,
        };
        output::values(&[
            ("connection", connection.id.as_str()),
            ("status", connection.status.as_str()),
            ("identity provider", provider),
            ("entity ID (audience)", &urls.entity_id),
            ("ACS URL (reply URL)", &urls.acs_url),
            ("our metadata", &urls.metadata_url),
        ]);
        Ok(())
    })
}

/// The client for what goes out, with the ranges that the configuration allows.
pub(super) fn egress(config: &Config) -> Result<Egress, Failure> {
    let ranges = config.allowed_egress.iter().map(|range| range.parse::<IpRange>());
    Ok(Egress::allowing(ranges.collect::<Result<_, _>>()?))
}

fn source(text: &str) -> Result<MetadataSource, Failure> {
    if text.starts_with("https://") || text.starts_with("http://") {
        return Ok(MetadataSource::Url(text.to_owned()));
    }
    let document = std::fs::read(Path::new(text)).map_err(|error| format!("{text}: {error}"))?;
    Ok(MetadataSource::Document(document))
}
