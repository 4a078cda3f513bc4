//! `vestibule logins`

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::ids::{OrganizationId, ProjectId},
    service::sso::{self, TraceQuery},
};

/// Options of `logins`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The organization.
    org: OrganizationId,
    /// The project; not needed where there is one only.
    #[arg(long)]
    project: Option<ProjectId>,
    /// Attempts of the person with this email address.
    #[arg(long)]
    email: Option<String>,
    /// The attempt with the reference that the browser showed.
    #[arg(long)]
    reference: Option<String>,
    /// Attempts that ended so.
    #[arg(long, value_parser = sso::OUTCOMES)]
    outcome: Option<String>,
    /// At most so many, the newest first.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=1000))]
    limit: i64,
}

pub(super) fn run(config: &Config, args: Args) -> Result<(), Failure> {
    let cx = context::open(config)?;
    context::block_on(async {
        let project = context::project(&cx, args.project.as_ref()).await?;
        let one = args.reference.is_some();
        let query = TraceQuery {
            email: args.email,
            reference: args.reference,
            outcome: args.outcome,
            limit: args.limit,
        };
        let traces = sso::traces(&cx, &project.id, &args.org, query).await?;
        if traces.is_empty() {
            output::line("no such attempts in the last seven days");
            return Ok(());
        }
        let rows = traces.into_iter().map(|trace| {
            let row = Row::of([&trace.created_at, &trace.reference_id, &trace.outcome, &trace.code]);
            let details = one.then(|| steps(&trace.steps).into_iter().chain(trace.message));
            row.explained(details.into_iter().flatten())
        });
        output::table(["at", "reference", "outcome", "reason"], rows);
        Ok(())
    })
}

/// The steps of one attempt, a line each, and one more where something is to be corrected.
fn steps(text: &str) -> Vec<String> {
    let steps: Vec<serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
    let lines = |step: &serde_json::Value| {
        let failed = step["passed"] == false || step["state"] == "failed";
        let sign = if failed { "FAILED" } else { step["state"].as_str().unwrap_or("passed") };
        let detail = step["detail"].as_str().map(|detail| format!(": {detail}")).unwrap_or_default();
        let line = format!("{sign:8} {}{detail}", step["check"].as_str().unwrap_or_default());
        let part = |name: &str, field: &str| Some(format!("{name:8} {}", step[field].as_str()?));
        let parts = [part("  wanted", "wanted"), part("  got", "got"), part("  fix", "fix")];
        std::iter::once(line).chain(parts.into_iter().flatten())
    };
    steps.iter().flat_map(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_check_is_followed_by_what_to_correct() {
        let kept = r#"[{"check": "xml", "passed": true},
            {"check": "signature_sha1", "passed": true, "state": "warning", "detail": "weak"},
            {"check": "audience_mismatch", "passed": false, "detail": "no", "wanted": "a", "got": "b", "fix": "In Okta, c."},
            {"check": "It is addressed to our ACS URL", "state": "skipped", "detail": null}]"#;
        assert_eq!(
            steps(kept),
            [
                "passed   xml",
                "warning  signature_sha1: weak",
                "FAILED   audience_mismatch: no",
                "  wanted a",
                "  got    b",
                "  fix    In Okta, c.",
                "skipped  It is addressed to our ACS URL",
            ]
        );
        assert_eq!(steps("nothing"), [""; 0]);
    }
}
