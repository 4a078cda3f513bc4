//! From the configuration to a [`Context`], and an async runtime for one command.

use std::{future::Future, path::PathBuf, sync::Arc};

use super::Failure;
use crate::{
    config::{Config, MasterKeySource},
    model::{SystemClock, SystemRng, ids::ProjectId},
    service::{
        Context, MigrateError, Standing,
        directory::{self, Project},
        egress::{Egress, IpRange},
        signing,
    },
};

/// Opens the database that is configured. It must be migrated, and the master key be the one that it was sealed under.
pub(super) fn open(config: &Config) -> Result<Context, Failure> {
    proved(config, open_with_any_key(config)?)
}

/// As [`open`], for what must go on under another master key: to look at what is wrong, and to replace what was sealed.
pub(super) fn open_with_any_key(config: &Config) -> Result<Context, Failure> {
    refuse_unmigrated(config)?;
    let source = config.master_key_source();
    let key = source.read()?.ok_or_else(|| {
        let first = "For a new database `vestibule migrate` makes one";
        no_key(config, &format!("{first}; give a database that has one the same key here as the gateway has"))
    })?;
    with_key(config, &key)
}

/// As [`open`], for the commands that begin an installation: a database in which nothing is sealed yet gets a master key.
/// Says where it was made, if it was.
pub(super) fn open_or_begin(config: &Config) -> Result<(Context, Option<PathBuf>), Failure> {
    refuse_unmigrated(config)?;
    let source = config.master_key_source();
    if let Some(key) = source.read()? {
        return Ok((proved(config, with_key(config, &key)?)?, None));
    }
    let fresh = Context::new_master_key(&SystemRng);
    let cx = with_key(config, &fresh)?;
    // Each project has keys that are sealed. A new master key would open none of them, and hide that the right one is missing.
    if !block_on(async { Ok(directory::list_projects(&cx).await?) })?.is_empty() {
        return Err(no_key(
            config,
            "The database has secrets that are sealed under it: put it back, or give it as \
             VESTIBULE_MASTER_KEY",
        )
        .into());
    }
    if source.create(&fresh)? {
        return Ok((cx, Some(config.master_key_file.clone())));
    }
    // Another gateway that started at the same time was first.
    let key = source.read()?.unwrap_or_default();
    Ok((with_key(config, &key)?, None))
}

/// Refuses a master key that opens nothing of the database. What is sealed under it would be lost with the next right one.
fn proved(config: &Config, cx: Context) -> Result<Context, Failure> {
    let fits = block_on(async { Ok(signing::fits_master_key(&cx).await?) })?;
    if fits { Ok(cx) } else { Err(wrong_key(config).into()) }
}

/// What to say of a master key that opens nothing.
pub(super) fn wrong_key(config: &Config) -> String {
    let which = match config.master_key_source() {
        MasterKeySource::Text(_) => "given as VESTIBULE_MASTER_KEY or `master_key`".to_owned(),
        MasterKeySource::File(file) => format!("in {}", file.display()),
    };
    format!(
        "the master key {which} is not the one that this database was sealed under: it opens no key of any project. Give \
         the right one. If that is lost, docs/OPERATIONS.md says how to go on (\"The master key, lost or leaked\")"
    )
}

fn refuse_unmigrated(config: &Config) -> Result<(), Failure> {
    match Context::standing(&config.database_url)? {
        Standing::Level => Ok(()),
        Standing::Behind => {
            Err("the database is empty or older than this version: run `vestibule migrate`".into())
        }
        Standing::Ahead => Err(MigrateError::Ahead.into()),
    }
}

fn no_key(config: &Config, what_to_do: &str) -> String {
    let file = config.master_key_file.display();
    format!("there is no master key: VESTIBULE_MASTER_KEY is not set and {file} is not there. {what_to_do}")
}

fn with_key(config: &Config, key: &str) -> Result<Context, Failure> {
    let connections = config.database_connections;
    let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
    let cx = Context::open(&config.database_url, connections, key, clock, rng)?;
    Ok(cx.with_egress(egress(config)?))
}

/// The client for what goes out, with the ranges that the configuration allows.
pub(super) fn egress(config: &Config) -> Result<Egress, Failure> {
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
