//! `vestibule migrate`

use super::{Failure, context, output};
use crate::{config::Config, service::Context};

/// Brings the database up to this version, and makes the master key of a new one. Running it again changes nothing.
pub(super) fn run(config: &Config) -> Result<(), Failure> {
    let count = Context::migrate(&config.database_url)?;
    output::line(match count {
        0 => "The database is up to date.".to_owned(),
        1 => "Applied 1 migration.".to_owned(),
        many => format!("Applied {many} migrations."),
    });
    // Migrating needs no key, and an upgrade may run where there is none.
    match context::open_or_begin(config) {
        Ok((_, None)) => {}
        Ok((_, Some(file))) => {
            let file = file.display();
            output::line(format!("Made a master key in {file}: back it up, apart from the database."));
        }
        Err(error) => output::line(format!("warning: {error}")),
    }
    Ok(())
}
