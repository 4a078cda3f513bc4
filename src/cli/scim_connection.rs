//! `vestibule scim-connection`

use clap::{Args, Subcommand};

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::{
        ConnectionStatus,
        ids::{OrganizationId, ProjectId, ScimConnectionId, ScimOauthClientId},
    },
    service::{
        Actor, Context, directory,
        provisioning::{
            BASE_PATH,
            admin::{
                Verdict,
                connections::{self, ConnectionUpdate},
                oauth, traces,
            },
        },
        setup::{self, ReviewedScim, SetupError},
    },
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a connection of an organization: a source of users and groups with tokens of its own.
    Create {
        /// A name to tell it by.
        #[arg(default_value = "SCIM")]
        name: String,
        #[command(flatten)]
        of: Of,
    },
    /// List the connections of an organization, and what their providers do that needs rewriting.
    List {
        #[command(flatten)]
        of: Of,
    },
    /// Show a connection with its last check and the tokens that may use it.
    Show {
        /// The connection.
        id: ScimConnectionId,
        #[command(flatten)]
        of: Of,
    },
    /// Change a connection.
    Update {
        /// The connection.
        id: ScimConnectionId,
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        changes: Changes,
    },
    /// Put a draft, or a connection that was switched off, into use: from now on its provider writes users and groups.
    /// The last check of a draft must have passed.
    Activate {
        /// The connection.
        id: ScimConnectionId,
        #[command(flatten)]
        of: Of,
        /// Only if it is still as `show` showed it with this mark.
        #[arg(long, value_name = "MARK")]
        as_shown: Option<String>,
        /// Also a draft that was not checked, or not with success.
        #[arg(long)]
        unchecked: bool,
    },
    /// End the hold of a mass deactivation.
    Release {
        /// The connection.
        id: ScimConnectionId,
        #[command(flatten)]
        of: Of,
        /// The deactivations are a mistake: the users sign in again, and what the provider sends again is held again.
        #[arg(long)]
        dismiss: bool,
    },
    /// Make an OAuth client of a connection, for providers that fetch their tokens (client credentials).
    AddClient {
        /// The connection.
        id: ScimConnectionId,
        #[command(flatten)]
        of: Of,
        /// A name to tell it by.
        #[arg(long, default_value = "OAuth client")]
        name: String,
    },
    /// List an organization's OAuth clients: their names and ends of their secrets, not the secrets.
    ListClients {
        #[command(flatten)]
        of: Of,
    },
    /// End an OAuth client and every token that it has fetched, at once.
    RevokeClient {
        /// The client.
        id: ScimOauthClientId,
        #[command(flatten)]
        of: Of,
    },
}

/// Whose connection.
#[derive(Args)]
pub(super) struct Of {
    /// The project.
    #[arg(long)]
    project: ProjectId,
    /// The organization.
    #[arg(long)]
    org: OrganizationId,
}

#[derive(Args)]
pub(super) struct Changes {
    /// A name to tell it by.
    #[arg(long)]
    name: Option<String>,
    /// Whether requests are answered at all.
    #[arg(long)]
    enabled: Option<bool>,
    /// Whether requests are taken as they come, without rewriting what providers are known to send.
    #[arg(long)]
    strict: Option<bool>,
    /// The identity provider; `generic` is found out again.
    #[arg(long)]
    provider: Option<String>,
    /// Whether mass deactivations wait for an administrator.
    #[arg(long)]
    hold: Option<bool>,
    /// So many deactivations within an hour are too many; 0 is a tenth of the users, and 50 at the least.
    #[arg(long, value_name = "USERS")]
    hold_threshold: Option<i64>,
    /// Requests a second that the connection may send.
    #[arg(long, value_name = "REQUESTS")]
    rate: Option<i64>,
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (cx, actor) = (context::open(config)?, Actor::operator());
    context::block_on(async {
        match command {
            Command::Create { name, of } => {
                let made = connections::create(&cx, &actor, &of.project, &of.org, &name).await?;
                output::values(&[("SCIM connection", made.id.as_str())]);
            }
            Command::List { of } => list(&cx, &of).await?,
            Command::Update { id, of, changes } => {
                connections::update(&cx, &actor, &of.project, &of.org, &id, changes.into()).await?;
                output::line("changed");
            }
            Command::Show { id, of } => show(&cx, &of, &id).await?,
            Command::Activate { id, of, as_shown, unchecked } => {
                activate(&cx, &of, &id, as_shown, unchecked).await?;
            }
            Command::Release { id, of, dismiss } => {
                let verdict = if dismiss { Verdict::Dismiss } else { Verdict::LetThrough };
                connections::end_hold(&cx, &actor, &of.project, &of.org, &id, verdict).await?;
                output::line("the hold has ended");
            }
            Command::AddClient { id, of, name } => add_client(&cx, &of, &id, &name).await?,
            Command::ListClients { of } => list_clients(&cx, &of).await?,
            Command::RevokeClient { id, of } => {
                oauth::revoke_client(&cx, &actor, &of.project, &of.org, &id).await?;
                output::line("the client has ended");
            }
        }
        Ok(())
    })
}

async fn list_clients(cx: &Context, of: &Of) -> Result<(), Failure> {
    let found = oauth::list_clients(cx, &of.project, &of.org).await?;
    let rows = found.iter().map(|one| {
        let state = if one.revoked_at.is_some() { "revoked" } else { "live" };
        let suffix = format!("...{}", one.secret_suffix);
        Row::of([&one.id, &suffix, &one.scim_connection_id, &one.display_name, &state, &one.created_at])
    });
    output::table(["id", "secret", "connection", "name", "state", "made"], rows);
    Ok(())
}

async fn list(cx: &Context, of: &Of) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for one in connections::list(cx, &of.project, &of.org).await? {
        let held = one.held_until.filter(|until| *until > cx.now());
        let held = held.map(|until| format!("holding deactivations until {until}"));
        let rewrites = traces::rewrites(cx, &one.id).await?.into_iter().map(|rewrite| {
            let explained = traces::explained(&rewrite.rewrite);
            format!("{explained}: {} times, last {}", rewrite.count, rewrite.last_at)
        });
        let (status, name) = (&one.status, &one.display_name);
        let row = Row::of([&one.id, status, &one.provider, name, &one.strict, &one.hold_enabled]);
        rows.push(row.explained(held.into_iter().chain(rewrites)));
    }
    output::table(["id", "status", "provider", "name", "strict", "hold"], rows);
    Ok(())
}

/// Prints what there is to know about a connection before it is put into use.
async fn show(cx: &Context, of: &Of, id: &ScimConnectionId) -> Result<(), Failure> {
    let reviewed = setup::review_scim(cx, &of.project, &of.org, id).await?;
    let (row, mark) = (&reviewed.connection, reviewed.mark());
    let checked =
        reviewed.tried().map_or_else(|not| not.to_string(), |at| format!("the last check passed, at {at}"));
    output::values(&[
        ("SCIM connection", row.id.as_str()),
        ("name", &row.display_name),
        ("provider", &row.provider),
        ("status", row.status.as_str()),
        ("check", &checked),
        ("mark (activate --as-shown)", &mark),
    ]);
    tokens(&reviewed).iter().for_each(output::line);
    Ok(())
}

/// Whoever holds one of its tokens writes users from now on: what is known of the connection is said, and a draft that is
/// not known to work is refused. It is put into use as it was looked at: here, or by the operator before.
async fn activate(
    cx: &Context,
    of: &Of,
    id: &ScimConnectionId,
    as_shown: Option<String>,
    unchecked: bool,
) -> Result<(), Failure> {
    let reviewed = setup::review_scim(cx, &of.project, &of.org, id).await?;
    reviewed.may_go_live(as_shown.as_deref(), unchecked).map_err(|error| match error {
        SetupError::Untried(not) => {
            let again = "run `vestibule scim-check`, or put it into use as it is with --unchecked";
            Failure::from(format!("{not}; {again}"))
        }
        other => other.into(),
    })?;
    let mark = reviewed.mark();
    let live = setup::activate_scim(cx, &Actor::operator(), &of.project, &of.org, id, &mark).await?;
    if reviewed.connection.status == ConnectionStatus::Draft {
        output::line(match reviewed.tried() {
            Ok(at) => format!("the last check passed, at {at}"),
            Err(not) => format!("warning: {not}"),
        });
    }
    tokens(&reviewed).iter().for_each(output::line);
    output::values(&[("SCIM connection", live.id.as_str()), ("status", live.status.as_str())]);
    Ok(())
}

/// Who may use a connection.
fn tokens(reviewed: &ReviewedScim) -> Vec<String> {
    if reviewed.keys.is_empty() {
        return vec!["warning: no token can use the connection yet (scim-key create)".into()];
    }
    let lines = reviewed.keys.iter().map(|key| {
        let maker = key.setup_link_id.as_ref().map(|link| format!(", made with {link}")).unwrap_or_default();
        let used = key.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
        let (name, suffix) = (&key.display_name, &key.token_suffix);
        format!("token {}  ...{suffix}  {name}, {used}{maker}", key.id)
    });
    lines.collect()
}

async fn add_client(cx: &Context, of: &Of, id: &ScimConnectionId, name: &str) -> Result<(), Failure> {
    let project = directory::find_project(cx, &of.project).await?;
    let (client, secret) =
        oauth::create_client(cx, &Actor::operator(), &of.project, &of.org, id, name).await?;
    let base = format!("{}{BASE_PATH}", project.public_url);
    output::values(&[
        ("SCIM base URL", &base),
        ("token endpoint", &format!("{base}/oauth/token")),
        ("client_id", client.id.as_str()),
        ("client_secret (shown once)", secret.expose()),
    ]);
    Ok(())
}

impl From<Changes> for ConnectionUpdate {
    fn from(changes: Changes) -> Self {
        Self {
            display_name: changes.name,
            enabled: changes.enabled,
            strict: changes.strict,
            provider: changes.provider,
            hold_enabled: changes.hold,
            hold_threshold: changes.hold_threshold,
            requests_per_second: changes.rate,
        }
    }
}
