//! Colours and weights, where a person looks and the environment does not say otherwise.

use std::fmt::Display;
use std::io::IsTerminal;

use super::table::Tone;

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
        Self::told(is_terminal, |name| std::env::var(name).ok())
    }

    /// `NO_COLOR` goes first, then `CLICOLOR_FORCE`, as the help texts have it too.
    fn told(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let on = if is_set("NO_COLOR").is_some() {
            false
        } else if is_set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
            true
        } else {
            is_terminal
                && is_set("CLICOLOR").is_none_or(|value| value != "0")
                && variable("TERM").is_none_or(|terminal| terminal != "dumb")
        };
        Self { on }
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

    /// Set off as a table's cell is.
    pub(crate) fn toned(self, text: impl Display, tone: Tone) -> String {
        match tone {
            Tone::Plain => text.to_string(),
            Tone::Dim => self.dim(text),
            Tone::Good => self.good(text),
            Tone::Warn => self.warn(text),
            Tone::Bad => self.bad(text),
        }
    }

    fn set(self, code: &str, text: impl Display) -> String {
        if self.on {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_on(is_terminal: bool, variables: &[(&str, &str)]) -> bool {
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Style::told(is_terminal, find).is_on()
    }

    #[test]
    fn the_environment_decides() {
        assert!(is_on(true, &[("TERM", "xterm")]));
        assert!(!is_on(false, &[]));
        assert!(!is_on(true, &[("NO_COLOR", "1")]));
        assert!(is_on(true, &[("NO_COLOR", "")]));
        assert!(is_on(false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!is_on(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!is_on(true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
        assert!(!is_on(true, &[("CLICOLOR", "0")]));
        assert!(!is_on(true, &[("TERM", "dumb")]));
    }
}
