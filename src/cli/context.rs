//! From the configuration to a [`Context`], and an async runtime for one command.

use std::{future::Future, sync::Arc};

use super::Failure;
use crate::{
    config::Config,
    model::{SystemClock, SystemRng, ids::ProjectId},
    service::{
        Context,
        directory::{self, Project},
        egress::{Egress, IpRange},
    },
};

/// Opens the database that is configured. It must be migrated.
pub(super) fn open(config: &Config) -> Result<Context, Failure> {
    if Context::migrations_pending(&config.database_url)? {
        return Err("the database is empty or older than this version: run `vestibule migrate`".into());
    }
    let key = config.master_key_source().read_or_create(|| Context::new_master_key(&SystemRng))?;
    let connections = config.database_connections;
    let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
    let cx = Context::open(&config.database_url, connections, &key, clock, rng)?;
    Ok(cx.with_egress(egress(config)?))
}

/// The client for what goes out, with the ranges that the configuration allows.
fn egress(config: &Config) -> Result<Egress, Failure> {
    let ranges = config.allowed_egress.iter().map(|range| range.parse::<IpRange>());
    Ok(Egress::allowing(ranges.collect::<Result<_, _>>()?))
}

/// The project that is named, or the only one there is.
pub(super) async fn project(cx: &Context, named: Option<&ProjectId>) -> Result<Project, Failure> {
    if let Some(id) = named {
        return Ok(directory::find_project(cx, id).await?);
    }
    let mut projects = directory::list_projects(cx).await?;
    match (projects.pop(), projects.is_empty()) {
        (Some(project), true) => Ok(project),
        (Some(_), false) => Err("there are several projects: say which with --project".into()),
        (None, _) => Err("there is no project yet: run `vestibule project create`".into()),
    }
}

/// Runs one command's future to its end.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}
