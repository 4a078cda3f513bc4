//! `vestibule keys`

use clap::Subcommand;

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::ids::ProjectId,
    service::{
        Actor,
        connections::{self, Rotation, SpKeys},
        signing::{self, TokenKeyRotation},
    },
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Change the keys that sign tokens, or those that sign SAML requests and read encrypted assertions.
    #[command(subcommand)]
    Rotate(Rotate),
    /// List the keys for SAML.
    List {
        /// The project.
        #[arg(long)]
        project: ProjectId,
    },
}

#[derive(Subcommand)]
pub(super) enum Rotate {
    /// The keys of ID and access tokens. New ones are published now and sign in two hours.
    Tokens {
        /// The project.
        #[arg(long)]
        project: ProjectId,
        /// Somebody else has the old keys: end them now, and every token that they signed.
        #[arg(long)]
        compromised: bool,
    },
    /// Our keys for SAML. New ones are published beside the old; once every provider has them, run it with --finish.
    Saml {
        /// The project.
        #[arg(long)]
        project: ProjectId,
        /// Take the old keys out of use.
        #[arg(long, conflicts_with = "compromised")]
        finish: bool,
        /// Somebody else has the old keys: replace them now. Providers must import our metadata again.
        #[arg(long)]
        compromised: bool,
    },
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let cx = context::open(config)?;
    let actor = Actor::operator();
    context::block_on(async {
        match command {
            Command::List { project } => print(&connections::sp_keys(&cx, &project).await?),
            Command::Rotate(Rotate::Tokens { project, compromised }) => {
                let rotation =
                    if compromised { TokenKeyRotation::Emergency } else { TokenKeyRotation::Planned };
                for kid in signing::rotate(&cx, &actor, &project, rotation).await? {
                    output::values(&[("new token key", &kid)]);
                }
            }
            Command::Rotate(Rotate::Saml { project, finish, compromised }) => {
                let rotation = match (finish, compromised) {
                    (true, _) => Rotation::Finish,
                    (_, true) => Rotation::AtOnce,
                    _ => Rotation::Begin,
                };
                print(&connections::rotate_sp_keys(&cx, &actor, &project, rotation).await?);
            }
        }
        Ok(())
    })
}

fn print(keys: &SpKeys) {
    let rows = keys.summary();
    let rows = rows.iter().map(|(purpose, id, not_after)| Row::of([id, purpose, not_after]));
    output::table(["id", "purpose", "ends"], rows);
}
