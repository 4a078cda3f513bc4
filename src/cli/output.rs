//! What commands print: values for people on standard output, failures with their causes on standard error.

#![expect(clippy::print_stderr, reason = "printing is what commands do")]

use std::{
    error::Error,
    fmt::Display,
    io::{ErrorKind, Write as _},
};

/// Prints a line.
pub(super) fn line(text: impl AsRef<str>) {
    print(&format!("{}\n", text.as_ref()));
}

/// Whoever reads may have seen enough, as `head` has: what was asked for is done all the same.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            // What is shown once, such as a secret, is lost: nobody may take that for done.
            eprintln!("error: nothing can be printed: {error}");
            std::process::exit(1);
        }
        _ => {}
    }
}

/// Prints named values, one a line, their names in one column.
pub(super) fn values(pairs: &[(&str, &str)]) {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in pairs {
        line(format!("{name:width$}  {}", value.replace(char::is_control, "\u{fffd}")));
    }
}

/// A row of a table.
pub(super) struct Row<const N: usize> {
    cells: [String; N],
    below: Vec<String>,
}

impl<const N: usize> Row<N> {
    /// With these cells; an empty one is shown as a dash.
    pub(super) fn of(cells: [&dyn Display; N]) -> Self {
        Self { cells: cells.map(|cell| plain(&cell.to_string())), below: Vec::new() }
    }

    /// With lines below it that explain it.
    pub(super) fn explained(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.below.extend(lines.into_iter().map(|line| plain(&line)));
        self
    }
}

/// Prints a table: its columns by name, also where there is no row, and a row on each line.
pub(super) fn table<const N: usize>(columns: [&str; N], rows: impl IntoIterator<Item = Row<N>>) {
    print(&laid_out(columns, &rows.into_iter().collect::<Vec<_>>()));
}

/// A cell of something that may be missing.
pub(super) fn or_empty<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// Names come from providers: none of them moves the cursor.
fn plain(text: &str) -> String {
    if text.is_empty() { "-".into() } else { text.replace(char::is_control, "\u{fffd}") }
}

fn laid_out<const N: usize>(columns: [&str; N], rows: &[Row<N>]) -> String {
    let head = Row { cells: columns.map(str::to_uppercase), below: Vec::new() };
    let all = || std::iter::once(&head).chain(rows);
    let width = |column: usize| {
        all().filter_map(|row| row.cells.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in all() {
        let padded = row.cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
        row.below.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_its_columns_below_their_names() {
        let rows = [
            Row::of([&"org_1", &"", &"Acme"]).explained(["why".to_owned()]),
            Row::of([&"org_22", &"ü\u{1b}[2J", &""]),
        ];
        let text = laid_out(["id", "external id", "name"], &rows);
        let lines = [
            "ID      EXTERNAL ID  NAME",
            "org_1   -            Acme",
            "    why",
            "org_22  ü\u{fffd}[2J        -",
            "",
        ];
        assert_eq!(text, lines.join("\n"));
        assert_eq!(laid_out(["a", "b"], &[]), "A  B\n");
    }
}
