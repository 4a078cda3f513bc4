//! The commands, one file each.

mod backend_key;
mod client;
mod context;
mod demo;
mod doctor;
mod domain;
mod keys;
mod logins;
mod migrate;
mod organization;
mod output;
mod project;
mod role;
mod role_mapping;
mod saml_connection;
mod saml_files;
mod saml_show;
mod saml_switches;
mod scim_check;
mod scim_connection;
mod scim_key;
mod scim_log;
mod scim_schema;
mod serve;
mod session;
mod setup_link;
mod user;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::config::Config;

/// What any command may fail with; printed with its causes.
type Failure = Box<dyn std::error::Error>;

/// A gateway between the identity providers of your customers and your product.
#[derive(Parser)]
#[command(name = "vestibule", version, propagate_version = true)]
struct Cli {
    /// The configuration file. Variables such as VESTIBULE_DATABASE_URL go before it.
    #[arg(long, global = true, env = "VESTIBULE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the projects that are set up.
    Serve(serve::Args),
    /// Try everything on this machine: a database in ./data, an example organization and a development provider.
    Demo(demo::Args),
    /// Bring the database up to this version.
    Migrate,
    /// Check configuration, database, keys, clock and outgoing TLS, and explain each finding.
    Doctor,
    /// Projects: the environments of your product.
    #[command(subcommand)]
    Project(project::Command),
    /// Organizations: your customers.
    #[command(subcommand)]
    Org(organization::Command),
    /// Users of organizations.
    #[command(subcommand)]
    User(user::Command),
    /// Sessions of users: logins that are open.
    #[command(subcommand)]
    Session(session::Command),
    /// Mail domains of organizations.
    #[command(subcommand)]
    Domain(domain::Command),
    /// OAuth clients: your apps.
    #[command(subcommand)]
    Client(client::Command),
    /// Keys with which your back end reads the events.
    #[command(subcommand)]
    BackendKey(backend_key::Command),
    /// SAML connections of organizations.
    #[command(subcommand)]
    SamlConnection(saml_connection::Command),
    /// SCIM connections of organizations.
    #[command(subcommand)]
    ScimConnection(scim_connection::Command),
    /// The keys that sign tokens and SAML requests, and those that read encrypted assertions.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Roles: what your app lets people do, named by you.
    #[command(subcommand)]
    Role(role::Command),
    /// Groups and attributes of an organization's identity provider that give roles.
    #[command(subcommand)]
    RoleMapping(role_mapping::Command),
    /// Links with which a customer's administrator sets a connection up.
    #[command(subcommand)]
    SetupLink(setup_link::Command),
    /// Login attempts of an organization in the last seven days.
    Logins(logins::Args),
    /// SCIM bearer tokens of organizations.
    #[command(subcommand)]
    ScimKey(scim_key::Command),
    /// Schemas that organizations register for SCIM.
    #[command(subcommand)]
    ScimSchema(scim_schema::Command),
    /// Show the last SCIM requests of an organization.
    ScimLog(scim_log::Args),
    /// Try what Okta and Entra do on a connection, and undo it: each step passed or failed.
    ScimCheck(scim_check::Args),
    /// Show what a file of SCIM requests would change, without changing it.
    ScimPreview(scim_check::PreviewArgs),
    /// Print the version.
    Version,
}

/// Runs the command line, and says how it went.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(failure) => {
            output::failure(&*failure);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode, Failure> {
    if let Command::Version = cli.command {
        output::line(concat!("vestibule ", env!("CARGO_PKG_VERSION")));
        return Ok(ExitCode::SUCCESS);
    }
    let config = Config::load(cli.config.as_deref())?;
    match cli.command {
        Command::Serve(args) => done(serve::run(&config, &args)),
        Command::Demo(args) => done(demo::run(&config, &args)),
        Command::Migrate => done(migrate::run(&config)),
        Command::Doctor => doctor::run(&config),
        Command::Project(command) => done(project::run(&config, command)),
        Command::Org(command) => done(organization::run(&config, command)),
        Command::User(command) => done(user::run(&config, command)),
        Command::Session(command) => done(session::run(&config, command)),
        Command::Domain(command) => done(domain::run(&config, command)),
        Command::Client(command) => done(client::run(&config, command)),
        Command::BackendKey(command) => done(backend_key::run(&config, command)),
        Command::SamlConnection(command) => done(saml_connection::run(&config, command)),
        Command::ScimConnection(command) => done(scim_connection::run(&config, command)),
        Command::Keys(command) => done(keys::run(&config, command)),
        Command::Role(command) => done(role::run(&config, command)),
        Command::RoleMapping(command) => done(role_mapping::run(&config, command)),
        Command::SetupLink(command) => done(setup_link::run(&config, command)),
        Command::Logins(args) => done(logins::run(&config, args)),
        Command::ScimKey(command) => done(scim_key::run(&config, command)),
        Command::ScimSchema(command) => done(scim_schema::run(&config, command)),
        Command::ScimLog(args) => done(scim_log::run(&config, &args)),
        Command::ScimCheck(args) => scim_check::run(&config, &args),
        Command::ScimPreview(args) => done(scim_check::run_preview(&config, &args)),
        Command::Version => Ok(ExitCode::SUCCESS),
    }
}

fn done(outcome: Result<(), Failure>) -> Result<ExitCode, Failure> {
    outcome.map(|()| ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    /// What two commands that share a name break is found here, and not by whoever calls the one of them.
    #[test]
    fn the_commands_fit_together() {
        super::Cli::command().debug_assert();
    }
}
