//! Colours and weights, where a person looks and `NO_COLOR` is not set.

use std::fmt::Display;
use std::io::IsTerminal;

/// How texts are set off; nothing at all where colours are not welcome.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    on: bool,
}

impl Style {
    /// For standard output.
    pub(crate) fn for_output() -> Self {
        Self::new(std::io::stdout().is_terminal())
    }

    /// For standard error.
    pub(crate) fn for_errors() -> Self {
        Self::new(std::io::stderr().is_terminal())
    }

    fn new(is_terminal: bool) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        Self {
            on: is_terminal && !refused && !is_dumb,
        }
    }

    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { on: false }
    }

    /// Whether anything is set off.
    pub(crate) fn is_on(self) -> bool {
        self.on
    }

    /// A heading.
    pub(crate) fn head(self, text: impl Display) -> String {
        self.set("1", text)
    }

    /// Of less weight.
    pub(crate) fn dim(self, text: impl Display) -> String {
        self.set("2", text)
    }

    /// Something to copy or go to.
    pub(crate) fn accent(self, text: impl Display) -> String {
        self.set("36", text)
    }

    /// As it should be.
    pub(crate) fn good(self, text: impl Display) -> String {
        self.set("32", text)
    }

    /// Passing.
    pub(crate) fn warn(self, text: impl Display) -> String {
        self.set("33", text)
    }

    /// Needs somebody.
    pub(crate) fn bad(self, text: impl Display) -> String {
        self.set("1;31", text)
    }

    fn set(self, code: &str, text: impl Display) -> String {
        if self.on {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_string()
        }
    }
}
