//! `vestibule saml-connection`

use clap::Subcommand;

use super::{
    Failure, context,
    output::{self, Row},
    saml_files::{Described, read_all},
    saml_show::show,
    saml_switches::Switches,
};
use crate::{
    config::Config,
    model::{
        ConnectionStatus,
        ids::{OrganizationId, ProjectId, SamlConnectionId},
    },
    service::{
        Actor, Context,
        connections::{self, NewSamlConnection, Options, SpUrls},
        directory,
        setup::{self, SetupError},
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
        #[command(flatten)]
        described: Box<Described>,
        /// Make unknown people of a proved domain users at their first login; by default only where no SCIM
        /// connection is live.
        #[arg(long)]
        jit: Option<bool>,
        /// A certificate, PEM, that must have signed the metadata, now and each time it is fetched; may be given several
        /// times.
        #[arg(long, value_name = "FILE")]
        metadata_signer: Vec<String>,
    },
    /// Give a connection its provider's metadata, or newer metadata. A draft stays a draft, and what is switched off stays
    /// off.
    SetMetadata {
        /// The connection.
        connection: SamlConnectionId,
        /// The project.
        #[arg(long)]
        project: ProjectId,
        #[command(flatten)]
        described: Box<Described>,
    },
    /// List an organization's connections.
    List {
        /// The project.
        #[arg(long)]
        project: ProjectId,
        /// The organization.
        #[arg(long)]
        org: OrganizationId,
    },
    /// Show a connection with its switches and certificates.
    Show {
        /// The connection.
        connection: SamlConnectionId,
        /// The project.
        #[arg(long)]
        project: ProjectId,
    },
    /// Change the switches of a connection.
    Update {
        /// The connection.
        connection: SamlConnectionId,
        /// The project.
        #[arg(long)]
        project: ProjectId,
        #[command(flatten)]
        switches: Box<Switches>,
    },
    /// Put a draft, or a connection that was switched off, into use. The last test sign-in of a draft must have passed.
    Activate {
        /// The connection.
        connection: SamlConnectionId,
        /// The project.
        #[arg(long)]
        project: ProjectId,
        /// Only if it is still as `show` showed it with this mark.
        #[arg(long, value_name = "MARK")]
        as_shown: Option<String>,
        /// Also a draft that was not tested, or not with success.
        #[arg(long)]
        unchecked: bool,
    },
    /// Switch a connection off: logins through it are refused from now on.
    Disable {
        /// The connection.
        connection: SamlConnectionId,
        /// The project.
        #[arg(long)]
        project: ProjectId,
    },
    /// Take over metadata that is held back because it looks like a takeover. `show` shows it, with its mark.
    AcceptMetadata {
        /// The connection.
        connection: SamlConnectionId,
        /// The mark of what was looked at.
        #[arg(long, value_name = "MARK")]
        as_shown: String,
        /// The project.
        #[arg(long)]
        project: ProjectId,
    },
}

const NOTHING_GIVEN: &str = "give --metadata, or --sso-url, --entity-id and --certificate";

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let cx = context::open(config)?;
    let egress = cx.egress.clone();
    let actor = Actor::operator();
    context::block_on(async {
        let (project, connection) = match command {
            Command::List { project, org } => {
                let found = connections::list(&cx, &project, &org).await?;
                let rows =
                    found.iter().map(|one| Row::of([&one.id, &one.status, &one.provider, &one.display_name]));
                output::table(["id", "status", "provider", "name"], rows);
                return Ok(());
            }
            Command::Show { connection, project } => {
                return show(&cx, &project, &connection).await;
            }
            Command::Update { connection, project, switches } => {
                connections::update(&cx, &actor, &project, &connection, switches.into_update()?).await?;
                return show(&cx, &project, &connection).await;
            }
            Command::Activate { connection, project, as_shown, unchecked } => {
                return activate(&cx, &project, &connection, as_shown, unchecked).await;
            }
            Command::Disable { connection, project } => {
                connections::disable(&cx, &actor, &project, &connection).await?;
                return show(&cx, &project, &connection).await;
            }
            Command::AcceptMetadata { connection, project, as_shown } => {
                connections::accept_held_metadata(&cx, &actor, &project, &connection, &as_shown).await?;
                return show(&cx, &project, &connection).await;
            }
            Command::Create { name, project, org, described, jit, metadata_signer } => {
                let project = directory::find_project(&cx, &project).await?;
                let new = NewSamlConnection {
                    display_name: name,
                    metadata: described.into_description()?,
                    jit_provisioning: jit,
                    metadata_signers: read_all(&metadata_signer)?,
                };
                let made = connections::create_saml_connection(&cx, &actor, &egress, &project.id, &org, new);
                (project.clone(), made.await?)
            }
            Command::SetMetadata { connection, project, described } => {
                let project = directory::find_project(&cx, &project).await?;
                let description = described.into_description()?.ok_or(NOTHING_GIVEN)?;
                let set =
                    connections::set_metadata(&cx, &actor, &egress, &project.id, &connection, description);
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
        let options = Options::of(&connection);
        for why in options.unusable_certificates {
            output::line(format!("warning: a certificate in the metadata cannot be used: {why}"));
        }
        for why in options.left_out {
            output::line(format!("warning: not everything was taken over: {why}"));
        }
        if connection.status != ConnectionStatus::Enabled && !connection.idp_entity_id.is_empty() {
            output::line("nobody signs in through it until `vestibule saml-connection activate`");
        }
        Ok(())
    })
}

/// What is put into use should have worked once; a draft must, unless the operator says otherwise. It is put into use as it
/// was looked at: here, or by the operator before.
async fn activate(
    cx: &Context,
    project: &ProjectId,
    id: &SamlConnectionId,
    as_shown: Option<String>,
    unchecked: bool,
) -> Result<(), Failure> {
    let reviewed = setup::review_saml(cx, project, id).await?;
    reviewed.may_go_live(as_shown.as_deref(), unchecked).map_err(|error| match error {
        SetupError::Untried(not) => {
            let again = "run the test of its set-up link, or put it into use as it is with --unchecked";
            Failure::from(format!("{not}; {again}"))
        }
        other => other.into(),
    })?;
    setup::activate_saml(cx, &Actor::operator(), project, id, &reviewed.mark()).await?;
    output::line(match reviewed.tried() {
        Ok(at) => format!("a test sign-in passed, at {at}"),
        Err(not) => format!("warning: {not}; sign in now and watch `vestibule logins`"),
    });
    show(cx, project, id).await
}
