//! `vestibule serve`

use std::{net::TcpListener, sync::Arc};

use super::{Failure, context};
use crate::{
    config::{Config, LogFormat},
    http::{Frame, Sites, TrustedProxies, server},
    jobs,
    service::{Context, directory, installation},
    telemetry,
};

/// Options of `serve`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Migrate the database before serving.
    #[arg(long)]
    migrate: bool,
}

/// Serves until the process is told to stop.
pub(super) fn run(config: &Config, args: &Args) -> Result<(), Failure> {
    start_logging(config)?;
    if args.migrate {
        Context::migrate(&config.database_url)?;
    }
    let cx = begin(config)?;
    server::block_on(async {
        // R29: a demo's keys and tokens were printed and its provider vouches for anyone.
        if installation::is_demo(&cx).await? {
            return Err("this database was made by `vestibule demo` and is not for serving".into());
        }
        serve(config, cx, |frame| frame).await
    })
}

/// Opens the database. A master key that is made now is told of: it is the one file that no backup of the database has.
pub(super) fn begin(config: &Config) -> Result<Context, Failure> {
    let (cx, made) = context::open_or_begin(config)?;
    if let Some(file) = made {
        tracing::info!(file = %file.display(), "made a master key: back it up, apart from the database");
    }
    Ok(cx)
}

/// Starts logging as configured.
pub(super) fn start_logging(config: &Config) -> Result<(), Failure> {
    let format = match config.log_format {
        LogFormat::Pretty => telemetry::Format::Pretty,
        LogFormat::Json => telemetry::Format::Json,
    };
    Ok(telemetry::init(format, &config.log_filter)?)
}

/// The part that `serve` and `demo` share.
pub(super) async fn serve(
    config: &Config,
    cx: Context,
    extend: impl FnOnce(Frame) -> Frame,
) -> Result<(), Failure> {
    let sites = known_sites(&cx).await?;
    if sites.iter().next().is_none() {
        return Err("there is no project yet: run `vestibule project create`".into());
    }
    let public = TcpListener::bind(config.listen).map_err(|e| format!("{}: {e}", config.listen))?;
    let private =
        TcpListener::bind(config.private_listen).map_err(|e| format!("{}: {e}", config.private_listen))?;
    let frame = extend(frame(config, &cx, sites)?);
    tracing::info!(public = %config.listen, private = %config.private_listen, database = cx.store.kind(), "serving");
    let housekeeping = jobs::start(cx);
    let outcome = server::serve(frame, public, private, server::termination()).await;
    housekeeping.stop().await;
    Ok(outcome?)
}

async fn known_sites(cx: &Context) -> Result<Sites, Failure> {
    let mut sites = Sites::default();
    for project in directory::list_projects(cx).await? {
        sites.add(&project.id, &project.public_url)?;
    }
    Ok(sites)
}

fn frame(config: &Config, cx: &Context, sites: Sites) -> Result<Frame, Failure> {
    let frame = Frame::new(sites, Arc::clone(&cx.clock), Arc::clone(&cx.rng))
        .measuring(&cx.gauges)
        .trusting(TrustedProxies::parse(&config.trusted_proxies)?)
        .with(Arc::new(cx.clone()));
    let (probe, reload) = (cx.clone(), cx.clone());
    // A project that is made while we serve is found at the first request for its host.
    let frame = frame.reloading(move || {
        let cx = reload.clone();
        Box::pin(async move { known_sites(&cx).await.map_err(|error| error.to_string()) })
    });
    Ok(frame.ready_when(move || {
        let probe = probe.clone();
        Box::pin(async move { installation::check(&probe).await.map_err(|error| error.to_string()) })
    }))
}
