//! Errors in plain words, and exit codes: 0 done, 1 failed, 2 asked for wrongly.

use std::process::ExitCode;

use crate::output::style::Style;

/// Why a command did not do what it was asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    message: String,
    hint: Option<String>,
    code: u8,
}

/// What shells take for "ended by Ctrl-C".
pub(crate) const INTERRUPTED: u8 = 130;

impl Failed {
    /// It could not be done.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            code: 1,
        }
    }

    /// It was asked for wrongly.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            code: 2,
            ..Self::new(message)
        }
    }

    /// Whoever read the output went away (`| head`): no fault of anybody.
    pub(crate) fn reader_gone() -> Self {
        Self {
            code: 0,
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
            eprintln!("{} {}", style.bad("error:"), self.message);
            if let Some(hint) = &self.hint {
                eprintln!("{hint}");
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
