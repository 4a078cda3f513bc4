//! `vestibule scim-log`

use super::{Failure, context, output};
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
        let traces = traces::last(&cx, &args.org, args.connection.as_ref(), args.last).await?;
        for trace in traces.iter().rev() {
            let rewrites: Vec<String> = trace.rewrites.split_whitespace().map(traces::explained).collect();
            let (at, status, method) = (trace.created_at, trace.status, &trace.method);
            output::line(format!("{at}  {status}  {method} {}  {}", trace.path, trace.reference_id));
            for rewrite in rewrites {
                output::line(format!("    {rewrite}"));
            }
            if args.bodies && !trace.body.is_empty() {
                output::line(format!("    {}", trace.body));
            }
        }
        Ok(())
    })
}
