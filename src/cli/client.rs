//! `vestibule client`

use clap::{Subcommand, ValueEnum};

use super::{Failure, context, output};
use crate::{
    config::Config,
    model::{SigningAlgorithm, TokenEndpointAuthMethod, ids::ProjectId},
    service::{
        Actor,
        directory::{self, NewClient},
    },
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an OAuth client: an app that logins are handed to.
    Create {
        /// Its name, for people.
        name: String,
        /// The project.
        #[arg(long)]
        project: ProjectId,
        /// Where browsers are sent back to, to the letter. May be given several times.
        #[arg(long, required = true)]
        redirect_uri: Vec<String>,
        /// Where your app begins a login that started at an identity provider.
        #[arg(long, value_name = "URL")]
        initiate_login_uri: Option<String>,
        /// How the app proves itself at the token endpoint.
        #[arg(long, value_enum, default_value_t = AuthMethod::ClientSecretBasic)]
        auth_method: AuthMethod,
        /// Sign its ID tokens with ES256 instead of RS256.
        #[arg(long)]
        es256: bool,
    },
}

/// The values of `--auth-method`, named as in RFC 7591.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum AuthMethod {
    ClientSecretBasic,
    ClientSecretPost,
    None,
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let cx = context::open(config)?;
    let Command::Create { name, project, redirect_uri, initiate_login_uri, auth_method, es256 } = command;
    let new = NewClient {
        display_name: name,
        redirect_uris: redirect_uri,
        initiate_login_uri,
        token_endpoint_auth_method: match auth_method {
            AuthMethod::ClientSecretBasic => TokenEndpointAuthMethod::ClientSecretBasic,
            AuthMethod::ClientSecretPost => TokenEndpointAuthMethod::ClientSecretPost,
            AuthMethod::None => TokenEndpointAuthMethod::None,
        },
        id_token_alg: if es256 { SigningAlgorithm::Es256 } else { SigningAlgorithm::Rs256 },
    };
    context::block_on(async {
        let (client, secret) = directory::create_client(&cx, &Actor::operator(), &project, new).await?;
        let mut values = vec![("client_id", client.id.as_str())];
        values.extend(secret.as_ref().map(|secret| ("client_secret (shown once)", secret.expose())));
        output::values(&values);
        Ok(())
    })
}
