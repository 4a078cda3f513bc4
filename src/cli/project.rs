//! `vestibule project`

use clap::Subcommand;

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    service::{
        Actor,
        directory::{self, NewProject},
    },
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a project, with its signing keys and a key for your back end.
    Create {
        /// Its name, for people.
        name: String,
        /// Where browsers and identity providers reach it, such as `https://login.example.com`.
        #[arg(long)]
        public_url: String,
    },
    /// List the projects.
    List,
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    // The list is what the replacement of a master key goes by.
    let cx = match command {
        Command::List => context::open_with_any_key(config)?,
        Command::Create { .. } => context::open(config)?,
    };
    context::block_on(async {
        match command {
            Command::Create { name, public_url } => {
                let actor = Actor::operator();
                let new = NewProject { display_name: name, public_url };
                let project = directory::create_project(&cx, &actor, new).await?;
                let (_, key) =
                    directory::create_backend_api_key(&cx, &actor, &project.id, "First key").await?;
                output::values(&[
                    ("project", project.id.as_str()),
                    ("issuer", &project.public_url),
                    ("backend API key (shown once)", key.expose()),
                ]);
            }
            Command::List => {
                let projects = directory::list_projects(&cx).await?;
                let rows = projects.iter().map(|one| Row::of([&one.id, &one.public_url, &one.display_name]));
                output::table(["id", "public url", "name"], rows);
            }
        }
        Ok(())
    })
}
