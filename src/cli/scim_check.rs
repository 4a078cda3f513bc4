//! `vestibule scim-check` and `vestibule scim-preview`

use std::{path::PathBuf, process::ExitCode};

use serde_json::Value;

use super::{Failure, context, output};
use crate::{
    config::Config,
    http::{scim::check::check_connection, server},
    model::ids::{OrganizationId, ProjectId, ScimConnectionId},
    service::{
        directory,
        provisioning::admin::{
            check::{self, Checked},
            preview::preview,
            rehearsal::Rehearsed,
        },
    },
};

/// Whose connection.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The organization.
    org: OrganizationId,
    /// The project.
    #[arg(long)]
    project: ProjectId,
    /// The SCIM connection; the organization's default one if it is not named.
    #[arg(long)]
    connection: Option<ScimConnectionId>,
}

/// Whose connection, and what to try.
#[derive(clap::Args)]
pub(super) struct PreviewArgs {
    #[command(flatten)]
    of: Args,
    /// One request on each line, as JSON: {"method": "POST", "path": "/Users", "body": {...}}.
    file: PathBuf,
}

/// Shows each check as passed or failed, wanted against got.
pub(super) fn run(config: &Config, args: &Args) -> Result<ExitCode, Failure> {
    let cx = context::open(config)?;
    server::block_on(async {
        let project = directory::find_project(&cx, &args.project).await?;
        let target = check::find(&cx, &project.id, &args.org, args.connection.as_ref()).await?;
        let checked = check_connection(&cx, &project.id, &project.public_url, &target).await?;
        for one in &checked {
            let verdict = if one.passed() { "passed" } else { "FAILED" };
            output::line(format!(
                "{verdict}  {:13}  {}: wanted {}, got {}",
                one.suite, one.name, one.wanted, one.got
            ));
            if let Some(fault) = &one.fault {
                output::line(format!("        {fault}"));
            }
        }
        let all_passed = checked.iter().all(Checked::passed);
        Ok(if all_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// Shows what the requests of a file would change.
pub(super) fn run_preview(config: &Config, args: &PreviewArgs) -> Result<(), Failure> {
    let cx = context::open(config)?;
    let text = std::fs::read_to_string(&args.file).map_err(|e| format!("{}: {e}", args.file.display()))?;
    let mut requests = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        requests.push(request(line).ok_or_else(|| format!("line {} is no request", index + 1))?);
    }
    context::block_on(async {
        let of = &args.of;
        let seen = preview(&cx, &of.project, &of.org, of.connection.as_ref(), requests).await?;
        for (event, resources) in &seen.events {
            output::line(format!("{event}  {} times", resources.len()));
        }
        output::line(format!("nothing would change for {} requests", seen.unchanged));
        for (number, status, why) in &seen.refused {
            output::line(format!("request {number} would be refused with {status}: {why}"));
        }
        Ok(())
    })
}

fn request(line: &str) -> Option<Rehearsed> {
    let json: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| json.get(name)?.as_str().map(str::to_owned);
    Some(Rehearsed {
        method: text("method")?,
        path: text("path")?,
        body: json.get("body").cloned().unwrap_or_default(),
    })
}
