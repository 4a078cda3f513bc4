//! `vestibule backend-key`

use clap::Subcommand;

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::ids::{BackendApiKeyId, ProjectId},
    service::{Actor, directory},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a key for your back end.
    Create {
        /// A name to tell it by.
        #[arg(default_value = "Back-end key")]
        name: String,
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
    },
    /// List the keys: their names and ends, not the keys.
    List {
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
    },
    /// End a key, at once.
    Revoke {
        /// The key's id.
        id: BackendApiKeyId,
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
    },
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (cx, actor) = (context::open(config)?, Actor::operator());
    context::block_on(async {
        match command {
            Command::Create { name, project } => {
                let project = context::project(&cx, project.as_ref()).await?;
                let (key, secret) =
                    directory::create_backend_api_key(&cx, &actor, &project.id, &name).await?;
                let shown = ("backend API key (shown once)", secret.expose());
                output::values(&[("key", key.id.as_str()), shown]);
            }
            Command::List { project } => {
                let project = context::project(&cx, project.as_ref()).await?;
                let keys = directory::list_backend_api_keys(&cx, &project.id).await?;
                let rows = keys.iter().map(|key| {
                    let state = if key.revoked_at.is_some() { "ended" } else { "live" };
                    let suffix = format!("...{}", key.secret_suffix);
                    Row::of([&key.id, &key.display_name, &suffix, &state, &key.created_at])
                });
                output::table(["id", "name", "key", "state", "made"], rows);
            }
            Command::Revoke { id, project } => {
                let project = context::project(&cx, project.as_ref()).await?;
                directory::revoke_backend_api_key(&cx, &actor, &project.id, &id).await?;
                output::line("the key has ended");
            }
        }
        Ok(())
    })
}
