//! `vestibule keys`

use std::collections::BTreeSet;

use clap::{Args, Subcommand};

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::ids::{ProjectId, SamlConnectionId},
    service::{
        Actor, Context,
        connections::{self, Rotation},
        signing::{self, TokenKeyRotation},
    },
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Change the keys that sign tokens, those that sign SAML requests, or those that read encrypted assertions.
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
        /// Go on although the master key opens nothing of the database: it is a new one.
        #[arg(long, requires = "compromised")]
        new_master_key: bool,
    },
    /// The key that signs SAML requests and logout messages. A new one is published beside the old; once every provider
    /// has it, run it with --finish.
    Saml {
        /// The project.
        #[arg(long)]
        project: ProjectId,
        #[command(flatten)]
        stage: Stage,
    },
    /// The key that a SAML connection's provider encrypts to. A new one is published beside the old; once the provider
    /// has it, run it with --finish.
    Encryption {
        #[command(flatten)]
        whose: Whose,
        /// The project.
        #[arg(long)]
        project: ProjectId,
        #[command(flatten)]
        stage: Stage,
    },
}

/// Whose key.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct Whose {
    /// The connection.
    connection: Option<SamlConnectionId>,
    /// Every connection of the project that has a key.
    #[arg(long)]
    all: bool,
}

/// How far a rollover goes.
#[derive(Args)]
pub(super) struct Stage {
    /// Take the old keys out of use.
    #[arg(long, conflicts_with = "compromised")]
    finish: bool,
    /// Somebody else has the old keys: replace them now. Providers must import our metadata again.
    #[arg(long)]
    compromised: bool,
    /// Go on although the master key opens nothing of the database: it is a new one.
    #[arg(long, requires = "compromised")]
    new_master_key: bool,
}

impl Stage {
    const fn rotation(&self) -> Rotation {
        match (self.finish, self.compromised) {
            (true, _) => Rotation::Finish,
            (_, true) => Rotation::AtOnce,
            _ => Rotation::Begin,
        }
    }
}

impl Command {
    /// Keys that are given up need not open: so the master key itself is replaced. It must be said: what is made under a master
    /// key that was mistyped opens under no other, and would make the wrong one look right.
    const fn is_under_a_new_master_key(&self) -> bool {
        match self {
            Self::Rotate(Rotate::Tokens { new_master_key, .. }) => *new_master_key,
            Self::Rotate(Rotate::Saml { stage, .. } | Rotate::Encryption { stage, .. }) => {
                stage.new_master_key
            }
            Self::List { .. } => false,
        }
    }
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let cx = match command.is_under_a_new_master_key() {
        true => context::open_with_any_key(config)?,
        false => context::open(config)?,
    };
    let actor = Actor::operator();
    context::block_on(async {
        match command {
            Command::List { project } => list(&cx, &project).await?,
            Command::Rotate(Rotate::Tokens { project, compromised, .. }) => {
                let rotation =
                    if compromised { TokenKeyRotation::Emergency } else { TokenKeyRotation::Planned };
                for kid in signing::rotate(&cx, &actor, &project, rotation).await? {
                    output::values(&[("new token key", &kid)]);
                }
                output::line(match rotation {
                    TokenKeyRotation::Planned => {
                        "The new keys are published now and sign in two hours. No token is refused; nothing else is to do."
                    }
                    TokenKeyRotation::Emergency => {
                        "The old keys have ended, and every token that they signed is refused: apps refresh, or people sign in \
                         again. Restart apps that verify ID tokens by themselves: they may believe the old keys for an hour."
                    }
                });
            }
            Command::Rotate(Rotate::Saml { project, stage }) => {
                connections::rotate_sp_keys(&cx, &actor, &project, stage.rotation()).await?;
                list(&cx, &project).await?;
                output::line(match stage.rotation() {
                    Rotation::Begin => {
                        "The new key is published beside the old one, which goes on signing. Let the providers that check our \
                         signatures import our metadata again, then run this with --finish."
                    }
                    Rotation::Finish => "The newest key signs alone. Nothing else is to do.",
                    Rotation::AtOnce => {
                        "The old keys have ended. Providers that check our signatures refuse our requests until they have imported \
                         our metadata again."
                    }
                });
            }
            Command::Rotate(Rotate::Encryption { whose, project, stage }) => {
                let chosen = match whose.connection {
                    Some(connection) => BTreeSet::from([connection]),
                    None => {
                        let keys = connections::sp_keys_in_use(&cx, &project).await?;
                        keys.into_iter().filter_map(|one| one.connection).collect()
                    }
                };
                for id in &chosen {
                    connections::rotate_encryption_keys(&cx, &actor, &project, id, stage.rotation()).await?;
                }
                list(&cx, &project).await?;
                output::line(match stage.rotation() {
                    _ if chosen.is_empty() => "No connection has a key to be read with: nothing was changed.",
                    Rotation::Begin => {
                        "The new key is published, and what is encrypted to the old one is still read. Let the provider import our \
                         metadata again, then run this with --finish."
                    }
                    Rotation::Finish => {
                        "Only what is encrypted to the newest key is read. Nothing else is to do."
                    }
                    Rotation::AtOnce => {
                        "The old keys have ended. What a provider encrypts is not read until it has imported our metadata again."
                    }
                });
            }
        }
        Ok(())
    })
}

async fn list(cx: &Context, project: &ProjectId) -> Result<(), Failure> {
    let keys = connections::sp_keys_in_use(cx, project).await?;
    let rows = keys.iter().map(|one| {
        let connection = output::or_empty(one.connection.as_ref());
        Row::of([&one.key.id, &one.key.purpose, &connection, &one.key.not_after])
    });
    output::table(["id", "purpose", "connection", "ends"], rows);
    Ok(())
}
