//! What is shown: tables for people, JSON, NDJSON and CSV for programs.

pub(crate) mod csv;
pub(crate) mod done;
pub(crate) mod progress;
pub(crate) mod record;
pub(crate) mod records;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod text;

use std::io::{ErrorKind, IsTerminal, Write};

use clap::{Args, ValueEnum};

use crate::failure::Failed;

/// How records are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns for people.
    Table,
    /// One JSON text.
    Json,
    /// One JSON record a line.
    Ndjson,
    /// Comma-separated values with a head.
    Csv,
}

/// `-o`
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct OutputArg {
    /// How to print: `table` for people; `json`, `ndjson` or `csv` for programs.
    #[arg(short, long, value_name = "FORMAT", hide_possible_values = true)]
    pub(crate) output: Option<Format>,
}

/// Whether standard output is read by a person.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Prints on standard output.
pub(crate) fn print(text: &str) -> Result<(), Failed> {
    print_bytes(text.as_bytes())
}

/// Prints on standard output. A reader that went away ends the command without a word.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failed> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failed::reader_gone()),
        Err(error) => Err(Failed::new(format!("can't write the output: {error}"))),
    }
}

/// How wide a table may be: the terminal's columns, or any width where no terminal is.
pub(crate) fn width() -> usize {
    let told = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.trim().parse().ok())
        .filter(|columns| *columns >= 20);
    told.or_else(terminal_width).unwrap_or(usize::MAX)
}

#[cfg(unix)]
fn terminal_width() -> Option<usize> {
    if !is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns >= 20)
}

#[cfg(not(unix))]
fn terminal_width() -> Option<usize> {
    is_terminal().then_some(100)
}
