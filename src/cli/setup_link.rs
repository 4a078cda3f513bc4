//! `vestibule setup-link`

use clap::Subcommand;

use super::{Failure, context, output};
use crate::{
    config::Config,
    model::ids::{OrganizationId, ProjectId, SamlConnectionId},
    service::{
        Actor,
        setup::{self, NewSetupLink},
    },
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a link with which a customer's administrator, who needs no account, describes and tests one SAML connection.
    /// It changes drafts alone: make the connection live with `saml-connection activate`.
    Create {
        /// The organization.
        org: OrganizationId,
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
        /// Set up sign-in through SAML.
        #[arg(long, required = true)]
        saml: bool,
        /// The draft connection to set up; a new one if left out.
        #[arg(long, value_name = "ID")]
        connection: Option<SamlConnectionId>,
        /// For how many hours the link opens, at most 168 (seven days).
        #[arg(long, default_value_t = 168, value_parser = clap::value_parser!(i64).range(1..=168))]
        hours: i64,
    },
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let cx = context::open(config)?;
    // There is one kind so far, and it has to be asked for by name.
    let Command::Create { org, project, saml: _, connection, hours } = command;
    context::block_on(async {
        let project = context::project(&cx, project.as_ref()).await?;
        let lifetime = Some(hours * 60 * 60 * 1000);
        let new = NewSetupLink { connection, lifetime, ..NewSetupLink::default() };
        let (link, token) = setup::create_setup_link(&cx, &Actor::operator(), &project.id, &org, new).await?;
        output::values(&[
            ("setup link", link.id.as_str()),
            ("connection", &link.connection_id),
            ("good until", &link.expires_at.to_string()),
            ("address (shown once)", &format!("{}/setup/{}", project.public_url, token.expose())),
        ]);
        Ok(())
    })
}
