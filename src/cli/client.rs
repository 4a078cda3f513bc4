//! `vestibule client`

use clap::{Subcommand, ValueEnum};

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::{
        SigningAlgorithm, TokenEndpointAuthMethod,
        ids::{OauthClientId, ProjectId},
    },
    service::{
        Actor, Context,
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
    /// List the clients of a project.
    List {
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
    },
    /// Give a client a new secret. The old ones go on for a day, so that the app can be changed meanwhile.
    RotateSecret {
        /// The client.
        client: OauthClientId,
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
        /// Somebody else has the old secret: end it now.
        #[arg(long)]
        compromised: bool,
    },
}

/// How long an old secret goes on, in milliseconds.
const OVERLAP_MS: i64 = 24 * 60 * 60 * 1000;

/// The values of `--auth-method`, named as in RFC 7591.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum AuthMethod {
    ClientSecretBasic,
    ClientSecretPost,
    None,
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (cx, actor) = (context::open(config)?, Actor::operator());
    context::block_on(async {
        match command {
            Command::Create { name, project, redirect_uri, initiate_login_uri, auth_method, es256 } => {
                let new = NewClient {
                    display_name: name,
                    redirect_uris: redirect_uri,
                    initiate_login_uri,
                    token_endpoint_auth_method: auth_method.into(),
                    id_token_alg: if es256 { SigningAlgorithm::Es256 } else { SigningAlgorithm::Rs256 },
                };
                let (client, secret) = directory::create_client(&cx, &actor, &project, new).await?;
                let mut values = vec![("client_id", client.id.as_str())];
                values.extend(secret.as_ref().map(|secret| ("client_secret (shown once)", secret.expose())));
                output::values(&values);
            }
            Command::List { project } => list(&cx, project.as_ref()).await?,
            Command::RotateSecret { client, project, compromised } => {
                let project = context::project(&cx, project.as_ref()).await?;
                let overlap = if compromised { 0 } else { OVERLAP_MS };
                let rotated = directory::rotate_client_secret(&cx, &actor, &project.id, &client, overlap);
                let secret = rotated.await?;
                let old = if compromised { "ended" } else { "good for another day" };
                output::values(&[
                    ("client_id", client.as_str()),
                    ("client_secret (shown once)", secret.expose()),
                    ("old secrets", old),
                ]);
            }
        }
        Ok(())
    })
}

async fn list(cx: &Context, project: Option<&ProjectId>) -> Result<(), Failure> {
    let project = context::project(cx, project).await?;
    let found = directory::list_clients(cx, &project.id).await?;
    let rows = found.iter().map(|(one, uris)| {
        let method = &one.token_endpoint_auth_method;
        let initiate = output::or_empty(one.initiate_login_uri.as_ref());
        Row::of([&one.id, &one.display_name, method, &uris.join(" "), &initiate])
    });
    output::table(["id", "name", "auth method", "redirect uris", "initiate login uri"], rows);
    Ok(())
}

impl From<AuthMethod> for TokenEndpointAuthMethod {
    fn from(method: AuthMethod) -> Self {
        match method {
            AuthMethod::ClientSecretBasic => Self::ClientSecretBasic,
            AuthMethod::ClientSecretPost => Self::ClientSecretPost,
            AuthMethod::None => Self::None,
        }
    }
}
