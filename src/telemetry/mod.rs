//! Tracing: one subscriber per process, JSON for machines or lines for people. (Metrics belong to an application and
//! live with it, in `http`.)

use std::{
    io::{self, IsTerminal as _},
    panic,
};

use tracing_subscriber::{
    filter::{ParseError, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Coloured lines for a terminal.
    #[default]
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is no list of directives such as `info,vestibule=debug`.
    #[error("the log filter cannot be read: {0}")]
    Filter(#[from] ParseError),
    /// A subscriber is there already.
    #[error("logging has already been started: {0}")]
    Started(#[from] tracing_subscriber::util::TryInitError),
}

/// Starts logging to standard error, which leaves standard output to what commands print.
pub fn init(format: Format, filter: &str) -> Result<(), TelemetryError> {
    let registry = tracing_subscriber::registry().with(targets(filter)?);
    match format {
        Format::Pretty => {
            // Colours are for a terminal; in a file they are noise.
            let layer = fmt::layer().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
            registry.with(layer).try_init()?
        }
        Format::Json => {
            registry.with(fmt::layer().json().flatten_event(true).with_writer(io::stderr)).try_init()?
        }
    }
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Blanks and empty parts mean nothing; to `Targets` they would be a target's name, or a level of its own.
fn targets(filter: &str) -> Result<Targets, ParseError> {
    let parts = filter.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(",").parse()
}

/// A panic's place, and its message only where that is a literal: a formatted one may hold what a caller sent (R31).
fn log_panic(info: &panic::PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let message = info.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not shown)");
    tracing::error!(place, message, "panic");
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn blanks_and_empty_parts_change_no_filter() {
        for filter in ["warn,vestibule=debug", " warn , vestibule=debug", "warn,,vestibule=debug,"] {
            let targets = targets(filter).unwrap();
            assert!(targets.would_enable("vestibule::http", &Level::DEBUG), "{filter}");
            assert!(!targets.would_enable("actix_http", &Level::INFO), "{filter}");
            assert!(targets.would_enable("actix_http", &Level::WARN), "{filter}");
        }
        assert!(targets("vestibule=loud").is_err());
    }
}
