//! `vestibule demo`: everything on this machine, to try it in a minute.

mod guide;
mod setup;

use std::{net::TcpListener, os::unix::fs::DirBuilderExt as _, path::PathBuf};

use super::{Failure, serve};
use crate::{
    config::Config,
    devidp::DevIdp,
    http::{devidp, server},
    model::SystemClock,
    service::{Context, installation},
};

/// Options of `demo`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Where the demo keeps its database, key and secrets.
    #[arg(long, default_value = "data")]
    folder: PathBuf,
    /// The port of the development identity provider, on 127.0.0.1: another site than localhost, so that the login is
    /// truly cross-site.
    #[arg(long, default_value_t = 8082)]
    idp_port: u16,
    /// The port at which a demo app will be; its address is registered. `demo` itself starts no app: `make run` does.
    #[arg(long, default_value_t = 3000)]
    app_port: u16,
}

impl Args {
    fn idp_origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.idp_port)
    }

    fn app_callback(&self) -> String {
        format!("http://localhost:{}/callback", self.app_port)
    }
}

/// Makes what is missing, prints what to do with it, and serves until told to stop.
pub(super) fn run(config: &Config, args: &Args) -> Result<(), Failure> {
    serve::start_logging(config)?;
    let config = in_folder(config, args)?;
    Context::migrate(&config.database_url)?;
    let cx = serve::begin(&config)?;
    server::block_on(async {
        refuse_foreign_database(&cx).await?;
        let idp = DevIdp::start(&args.idp_origin(), &SystemClock)?;
        let demo = setup::set_up(&cx, &config, args, &idp).await?;
        let listener = TcpListener::bind(("127.0.0.1", args.idp_port))
            .map_err(|error| format!("the development provider's port {}: {error}", args.idp_port))?;
        devidp::spawn(&cx, idp, listener)?;
        let environment = demo.write_app_environment(args)?;
        guide::print(&demo, args, &environment);
        serve::serve(&config, cx, |frame| frame).await
    })
}

/// The configuration with the demo's own database and key; listeners and logging stay as configured.
fn in_folder(config: &Config, args: &Args) -> Result<Config, Failure> {
    let folder = args.folder.to_str().ok_or("the folder's name is not UTF-8")?;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&args.folder);
    made.map_err(|error| format!("{folder}: {error}"))?;
    Ok(Config {
        database_url: format!("sqlite:{folder}/demo.db"),
        master_key: None,
        master_key_file: args.folder.join("demo.key"),
        ..config.clone()
    })
}

/// A database that holds projects and is not a demo's is somebody's own.
async fn refuse_foreign_database(cx: &Context) -> Result<(), Failure> {
    if installation::is_demo(cx).await? {
        return Ok(());
    }
    if !crate::service::directory::list_projects(cx).await?.is_empty() {
        return Err("this database holds projects that the demo did not make".into());
    }
    Ok(installation::mark_demo(cx).await?)
}
