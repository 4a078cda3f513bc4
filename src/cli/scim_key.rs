//! `vestibule scim-key`

use clap::Subcommand;

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::{
        ConnectionStatus, Timestamp,
        ids::{OrganizationId, ProjectId, ScimApiKeyId, ScimConnectionId},
    },
    service::{
        Actor, Context, connections, directory,
        provisioning::{
            BASE_PATH,
            admin::{
                connections as scim_connections,
                keys::{self, NewKey},
            },
        },
    },
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

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
        /// The SCIM connection; the organization's default one if it is not named.
        #[arg(long)]
        connection: Option<ScimConnectionId>,
        /// Days after which the token ends; never if it is not given.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=3650))]
        expires: Option<i64>,
    },
    /// List the tokens of an organization: their names, last uses and ends, not the tokens.
    List {
        /// The project.
        #[arg(long)]
        project: ProjectId,
        /// The organization.
        #[arg(long)]
        org: OrganizationId,
    },
    /// End a token, at once.
    Revoke {
        /// The token's id.
        id: ScimApiKeyId,
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
    context::block_on(async {
        match command {
            Command::Create { name, project, org, connection, expires } => {
                let expires_at = expires.map(|days| cx.now().plus(days * DAY_MS));
                create(&cx, &project, &org, NewKey { name, connection, expires_at }).await
            }
            Command::List { project, org } => list(&cx, &project, &org).await,
            Command::Revoke { id, project, org } => {
                keys::revoke(&cx, &Actor::operator(), &project, &org, &id).await?;
                output::line("the token has ended");
                Ok(())
            }
        }
    })
}

async fn create(cx: &Context, project: &ProjectId, org: &OrganizationId, new: NewKey) -> Result<(), Failure> {
    let project = directory::find_project(cx, project).await?;
    let (key, token) = keys::create(cx, &Actor::operator(), &project.id, org, new).await?;
    output::values(&[
        ("SCIM base URL", &format!("{}{BASE_PATH}", project.public_url)),
        ("token id", key.id.as_str()),
        ("expires", &shown(key.expires_at, "never")),
        ("bearer token (shown once)", token.expose()),
    ]);
    warn_of_jit(cx, &project.id, org).await
}

/// A live SCIM connection switches off, by itself, that people are made users at their first login (R3).
async fn warn_of_jit(cx: &Context, project: &ProjectId, org: &OrganizationId) -> Result<(), Failure> {
    let is_live = scim_connections::list(cx, project, org)
        .await?
        .iter()
        .any(|one| one.status == ConnectionStatus::Enabled);
    for one in connections::list(cx, project, org).await?.iter().filter(|_| is_live) {
        if one.status == ConnectionStatus::Enabled && one.jit_provisioning.is_none() {
            output::line(format!(
                "note: who signs in through {} must have come by SCIM from now on; `vestibule saml-connection update {} --jit \
                 true` goes on making users at their first login",
                one.display_name, one.id
            ));
        }
    }
    Ok(())
}

async fn list(cx: &Context, project: &ProjectId, org: &OrganizationId) -> Result<(), Failure> {
    let found = keys::list(cx, project, org).await?;
    let rows = found.iter().map(|key| {
        let state = match (key.revoked_at, key.expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(end)) if end <= cx.now() => "expired",
            (None, _) => "live",
        };
        let (suffix, used) = (format!("...{}", key.token_suffix), shown(key.last_used_at, "never"));
        let (end, connection) = (shown(key.expires_at, "never"), &key.scim_connection_id);
        Row::of([&key.id, &suffix, connection, &key.display_name, &state, &used, &end])
    });
    output::table(["id", "token", "connection", "name", "state", "last used", "expires"], rows);
    Ok(())
}

fn shown(at: Option<Timestamp>, none: &str) -> String {
    at.map_or_else(|| none.to_owned(), |at| at.to_string())
}
