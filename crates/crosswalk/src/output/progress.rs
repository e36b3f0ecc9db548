//! A line on standard error that replaces itself while something goes on.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use super::style::Style;

/// More often a person can't read it.
const PERIOD: Duration = Duration::from_millis(100);

/// The line; it is gone when this is dropped.
pub(crate) struct Progress {
    is_on: bool,
    is_shown: bool,
    at: Option<Instant>,
}

impl Progress {
    /// A line, where `wanted` and a person looks at standard error.
    pub(crate) fn new(wanted: bool) -> Self {
        Self {
            is_on: wanted && std::io::stderr().is_terminal(),
            is_shown: false,
            at: None,
        }
    }

    /// A line that says what is waited for, until it is dropped.
    pub(crate) fn waiting(text: impl FnOnce() -> String) -> Self {
        let mut progress = Self::new(true);
        progress.show(text);
        progress
    }

    /// Shows how it stands, unless it was shown a moment ago.
    pub(crate) fn show(&mut self, text: impl FnOnce() -> String) {
        if self.is_on && self.at.is_none_or(|at| at.elapsed() >= PERIOD) {
            (self.at, self.is_shown) = (Some(Instant::now()), true);
            write(&format!("\r\x1b[2K{}", Style::for_errors().dim(text())));
        }
    }

    /// Takes the line away.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            write("\r\x1b[2K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn write(text: &str) {
    let mut out = std::io::stderr().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}
