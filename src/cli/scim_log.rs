//! `vestibule scim-log`

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::ids::{OrganizationId, ScimConnectionId},
    service::provisioning::admin::traces,
};

/// Options of `scim-log`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The organization.
    org: OrganizationId,
    /// Only of this connection.
    #[arg(long)]
    connection: Option<ScimConnectionId>,
    /// How many requests.
    #[arg(long, default_value_t = 50)]
    last: u16,
    /// Show the bodies as well, without the values in them.
    #[arg(long)]
    bodies: bool,
}

/// Prints the last requests, oldest first, as a log is read.
pub(super) fn run(config: &Config, args: &Args) -> Result<(), Failure> {
    let cx = context::open(config)?;
    context::block_on(async {
        let found = traces::last(&cx, &args.org, args.connection.as_ref(), args.last).await?;
        let rows = found.into_iter().rev().map(|trace| {
            let (at, status, method) = (&trace.created_at, &trace.status, &trace.method);
            let row = Row::of([at, &trace.reference_id, status, method, &trace.path]);
            let body = Some(trace.body).filter(|body| args.bodies && !body.is_empty());
            row.explained(trace.rewrites.split_whitespace().map(traces::explained).chain(body))
        });
        output::table(["at", "reference", "status", "method", "path"], rows);
        Ok(())
    })
}
