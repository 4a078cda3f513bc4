//! `vestibule migrate`

use super::{Failure, output};
use crate::{config::Config, service::Context};

/// Brings the database up to this version. Running it again changes nothing.
pub(super) fn run(config: &Config) -> Result<(), Failure> {
    let count = Context::migrate(&config.database_url)?;
    output::line(match count {
        0 => "The database is up to date.".to_owned(),
        1 => "Applied 1 migration.".to_owned(),
        many => format!("Applied {many} migrations."),
    });
    Ok(())
}
