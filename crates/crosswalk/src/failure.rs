//! Errors in plain words, and what the program's exit code says.

use std::process::ExitCode;

use crate::output::style::Style;

/// Why a command did not do what it was asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    message: String,
    hint: Option<String>,
    code: u8,
}

/// It was done.
const DONE: u8 = 0;
/// It could not be done.
const FAILED: u8 = 1;
/// It was asked for wrongly; clap's own code too.
const USAGE: u8 = 2;
/// What shells take for "ended by Ctrl-C".
pub(crate) const INTERRUPTED: u8 = 130;

/// Every code with what it says: in `--help`, the manual pages and docs/operating.md.
pub(crate) const EXIT_CODES: &[(u8, &str)] = &[
    (DONE, "done, or a server that was asked to stop"),
    (FAILED, "it could not be done, or a check found something wrong"),
    (USAGE, "the command line is wrong; nothing was done"),
    (101, "a mistake in the program itself; please report it"),
    (
        INTERRUPTED,
        "interrupted by Ctrl-C or SIGTERM; part of it may be done",
    ),
];

/// The codes as a help text shows them.
pub(crate) fn exit_codes() -> String {
    let mut text = "Exit codes:".to_owned();
    for (code, meaning) in EXIT_CODES {
        text.push_str(&format!("\n  {code:<4} {meaning}"));
    }
    text
}

impl Failed {
    /// It could not be done.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            code: FAILED,
        }
    }

    /// It was asked for wrongly.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            code: USAGE,
            ..Self::new(message)
        }
    }

    /// Whoever read the output went away (`| head`): no fault of anybody.
    pub(crate) fn reader_gone() -> Self {
        Self {
            code: DONE,
            ..Self::new("")
        }
    }

    /// Ctrl-C.
    pub(crate) fn interrupted() -> Self {
        Self {
            code: INTERRUPTED,
            ..Self::new("")
        }
    }

    /// What to do about it, on lines of its own.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Tells the user, unless there is nothing to tell.
    pub(crate) fn report(&self) -> ExitCode {
        if !self.message.is_empty() {
            let style = Style::for_errors();
            say!("{} {}", style.bad("error:"), self.message);
            if let Some(hint) = &self.hint {
                say!("{hint}");
            }
        }
        ExitCode::from(self.code)
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}
