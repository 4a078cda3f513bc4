//! Configuration: one TOML file and `VESTIBULE_*` variables, the variables above the file.
//!
//! Each option is documented here, where it is parsed; `docs/vestibule.example.toml` is made from the same lines.

mod master_key;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    providers::{Env, Format as _, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

pub use master_key::{MasterKeyError, MasterKeySource};

/// Why the configuration cannot be used. The text names the option and where its value came from.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named is not there.
    #[error("the configuration file {0} does not exist")]
    NoFile(PathBuf),
    /// An option that is unknown or of the wrong type.
    #[error("the configuration cannot be used: {0}")]
    Invalid(#[from] Box<figment::Error>),
}

/// Defines the options once: the fields, their defaults, and the lines of the example file.
macro_rules! options {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:expr, $example:literal;)*) => {
        /// The configuration of one gateway. Not `Debug`: it holds secrets.
        #[derive(Clone, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Config {
            $($(#[doc = $doc])+ pub $name: $type,)*
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        /// A commented file with every option and its default.
        pub fn example() -> String {
            let mut text = String::from(
                "# Vestibule's configuration. Every option is shown with its default; variables such as\n\
                 # VESTIBULE_DATABASE_URL go before the file.\n",
            );
            $(
                text.push('\n');
                for line in [$($doc),+] {
                    text.push('#');
                    text.push_str(line);
                    text.push('\n');
                }
                text.push_str(concat!("# ", stringify!($name), " = ", $example, "\n"));
            )*
            text
        }
    };
}

options! {
    /// The database: `sqlite:PATH`, or `postgres://user:password@host/database` when one machine is not enough.
    database_url: String = "sqlite:data/vestibule.db".into(), "\"sqlite:data/vestibule.db\"";

    /// How many database connections are kept: for reading on SQLite, for everything on PostgreSQL.
    database_connections: u32 = 8, "8";

    /// Where browsers, identity providers and host apps are answered. TLS is the proxy's in front.
    listen: SocketAddr = ([127, 0, 0, 1], 8080).into(), "\"127.0.0.1:8080\"";

    /// Where operators are answered: metrics and health. Keep it off the internet.
    private_listen: SocketAddr = ([127, 0, 0, 1], 8081).into(), "\"127.0.0.1:8081\"";

    /// Proxies whose `X-Forwarded-For` is believed: addresses or networks, such as "10.0.0.0/8".
    trusted_proxies: Vec<String> = Vec::new(), "[]";

    /// Addresses that are not public and that the gateway may call all the same, such as a provider's metadata inside your
    /// network: addresses or networks, such as "10.1.2.0/24".
    allowed_egress: Vec<String> = Vec::new(), "[]";

    /// The master key that seals stored secrets: 32 bytes in base64. Better in the environment than here. Without it
    /// the file below is used.
    master_key: Option<String> = None, "\"...\"";

    /// The file that holds the master key. `migrate` and `serve` make it for a new database, readable by its owner only.
    /// Keep it on another disk than the database, and back it up: without it the stored secrets are lost.
    master_key_file: PathBuf = "data/master.key".into(), "\"data/master.key\"";

    /// Log lines for people (`pretty`) or for machines (`json`).
    log_format: LogFormat = LogFormat::Pretty, "\"pretty\"";

    /// What is logged: directives such as `info,vestibule=debug`.
    log_filter: String = "info,actix_server=warn".into(), "\"info,actix_server=warn\"";
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads the file, if one is named, and the variables.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            if !file.exists() {
                return Err(ConfigError::NoFile(file.to_owned()));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        // VESTIBULE_CONFIG names the file and is read by the command line.
        let variables = Env::prefixed("VESTIBULE_").ignore(&["config"]);
        Ok(figment.merge(variables).extract().map_err(Box::new)?)
    }

    /// Where the master key comes from.
    pub fn master_key_source(&self) -> MasterKeySource<'_> {
        match &self.master_key {
            Some(text) => MasterKeySource::Text(text),
            None => MasterKeySource::File(&self.master_key_file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_file_is_what_the_code_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/vestibule.example.toml");
        if std::env::var_os("UPDATE_EXAMPLES").is_some() {
            std::fs::write(&path, example()).unwrap();
        }
        let file = std::fs::read_to_string(path).unwrap();
        assert_eq!(file, example(), "run the tests with UPDATE_EXAMPLES=1 and commit the file");
    }

    #[test]
    fn the_example_with_its_comment_signs_removed_is_the_default() {
        let lines = example();
        let options: String = lines
            .lines()
            .filter_map(|l| l.strip_prefix("# "))
            .filter(|l| l.contains(" = "))
            .map(|l| format!("{l}\n"))
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vestibule.toml");
        std::fs::write(&file, options).unwrap();
        let mut config = Config::load(Some(&file)).unwrap();
        assert_eq!(config.master_key.take().as_deref(), Some("..."));
        let values = |config: &Config| serde_json::to_value(config).unwrap();
        assert_eq!(values(&config), values(&Config::default()));
    }

    #[test]
    fn unknown_options_and_missing_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vestibule.toml");
        std::fs::write(&file, "databse_url = 'x'").unwrap();
        assert!(Config::load(Some(&file)).err().unwrap().to_string().contains("databse_url"));
        assert!(matches!(Config::load(Some(&folder.path().join("none"))), Err(ConfigError::NoFile(_))));
    }
}
