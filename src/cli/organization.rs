//! `vestibule org`

use clap::Subcommand;

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::{
        ConnectionStatus, OrganizationStatus,
        ids::{OrganizationId, ProjectId},
    },
    service::{
        Actor, Context,
        connections::{self, Options},
        directory::{self, NewOrganization, OrganizationUpdate},
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
    /// List the organizations.
    List {
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
    },
    /// Change how an organization's people sign in, and whether they are provisioned. Sessions that are there keep their ends.
    Update {
        /// The organization.
        org: OrganizationId,
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
        /// Refuse logins without a second factor. The provider must have vouched for it: see `saml-connection update
        /// --mfa-contexts`.
        #[arg(long)]
        require_mfa: Option<bool>,
        /// End a session that is not used for so many hours.
        #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(i64).range(1..=8760))]
        session_idle: Option<i64>,
        /// End a session after so many hours in any case.
        #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(i64).range(1..=8760))]
        session_lifetime: Option<i64>,
        /// Take SCIM. False refuses every request of every connection at once, and leaves users and connections as they are.
        #[arg(long, value_name = "BOOL")]
        scim: Option<bool>,
    },
    /// Switch an organization off: logins and SCIM are refused, and its sessions end.
    Disable {
        /// The organization.
        org: OrganizationId,
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
    },
    /// Switch an organization on again. Its people have to sign in.
    Enable {
        /// The organization.
        org: OrganizationId,
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
    },
}

const HOUR_MS: i64 = 60 * 60 * 1000;

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (cx, actor) = (context::open(config)?, Actor::operator());
    context::block_on(async {
        match command {
            Command::Create { name, project, external_id } => {
                let new = NewOrganization { display_name: name, external_id };
                let organization = directory::create_organization(&cx, &actor, &project, new).await?;
                output::values(&[("organization", organization.id.as_str())]);
            }
            Command::List { project } => {
                let project = context::project(&cx, project.as_ref()).await?;
                let found = directory::list_organizations(&cx, &project.id).await?;
                let rows = found.iter().map(|one| {
                    Row::of([
                        &one.id,
                        &one.status,
                        &output::or_empty(one.external_id.as_ref()),
                        &one.display_name,
                    ])
                });
                output::table(["id", "status", "external id", "name"], rows);
            }
            Command::Update { org, project, require_mfa, session_idle, session_lifetime, scim } => {
                let project = context::project(&cx, project.as_ref()).await?;
                let update = OrganizationUpdate {
                    require_mfa,
                    session_idle_ms: session_idle.map(|hours| hours * HOUR_MS),
                    session_absolute_ms: session_lifetime.map(|hours| hours * HOUR_MS),
                    scim_enabled: scim,
                };
                let row = directory::update_organization(&cx, &actor, &project.id, &org, update).await?;
                let hours = |own: Option<i64>, of_project: i64| {
                    format!("{} hours", own.unwrap_or(of_project) / HOUR_MS)
                };
                output::values(&[
                    ("organization", row.id.as_str()),
                    ("second factor", if row.require_mfa { "required" } else { "not required" }),
                    ("session, idle", &hours(row.session_idle_ms, project.session_idle_ms)),
                    ("session, in all", &hours(row.session_absolute_ms, project.session_absolute_ms)),
                    ("provisioning", if row.scim_enabled { "on" } else { "off" }),
                ]);
                if require_mfa == Some(true) {
                    warn_of_lockout(&cx, &project.id, &org).await?;
                }
            }
            Command::Disable { org, project } => {
                let project = context::project(&cx, project.as_ref()).await?;
                let off = OrganizationStatus::Disabled;
                let ended = directory::set_organization_status(&cx, &actor, &project.id, &org, off).await?;
                output::line(format!("switched off; {ended} session(s) ended"));
            }
            Command::Enable { org, project } => {
                let project = context::project(&cx, project.as_ref()).await?;
                let on = OrganizationStatus::Active;
                directory::set_organization_status(&cx, &actor, &project.id, &org, on).await?;
                output::line("switched on");
            }
        }
        Ok(())
    })
}

/// Without a context that counts as a second factor, no login of a connection has one.
async fn warn_of_lockout(cx: &Context, project: &ProjectId, org: &OrganizationId) -> Result<(), Failure> {
    for one in connections::list(cx, project, org).await? {
        if one.status == ConnectionStatus::Enabled && Options::of(&one).mfa_contexts.is_empty() {
            output::line(format!(
                "warning: nobody can sign in through {}: say which sign-ins of its provider count as a second factor with \
                 `vestibule saml-connection update {} --mfa-contexts`",
                one.display_name, one.id
            ));
        }
    }
    Ok(())
}
