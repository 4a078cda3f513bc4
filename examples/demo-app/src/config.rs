//! What the app is told by its environment.

use std::{env, fmt};

/// `ISSUER`, `CLIENT_ID`, `CLIENT_SECRET` (none: a public client) and `PORT`.
pub struct Config {
    /// The gateway's public address, to the letter.
    pub issuer: String,
    /// Made by `vestibule client create`.
    pub client_id: String,
    /// Shown once by the same command.
    pub client_secret: Option<String>,
    /// On loopback.
    pub port: u16,
}

/// A variable that is missing or cannot be used.
#[derive(Debug)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the variables.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let require =
            |name: &str| env::var(name).map_err(|_| ConfigError(format!("the variable {name} is missing")));
        let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
        Ok(Self {
            issuer: require("ISSUER")?.trim_end_matches('/').to_owned(),
            client_id: require("CLIENT_ID")?,
            client_secret: env::var("CLIENT_SECRET").ok().filter(|secret| !secret.is_empty()),
            port: port.parse().map_err(|_| ConfigError(format!("PORT is no port: {port}")))?,
        })
    }

    /// What must be registered for the client.
    pub fn redirect_uri(&self) -> String {
        format!("http://localhost:{}/callback", self.port)
    }
}
