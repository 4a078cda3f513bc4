//! What commands print: values for people on standard output, failures with their causes on standard error.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what commands do")]

use std::error::Error;

/// Prints a line.
pub(super) fn line(text: impl AsRef<str>) {
    println!("{}", text.as_ref());
}

/// Prints named values, one a line, their names in one column.
pub(super) fn values(pairs: &[(&str, &str)]) {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in pairs {
        println!("{name:width$}  {value}");
    }
}

/// Prints a failure and its causes.
pub(super) fn failure(error: &(dyn Error + 'static)) {
    eprintln!("error: {error}");
    let (mut cause, mut said) = (error.source(), error.to_string());
    while let Some(error) = cause {
        // Some errors hold their cause's words already.
        if !said.contains(&error.to_string()) {
            eprintln!("  because: {error}");
        }
        said = error.to_string();
        cause = error.source();
    }
}
