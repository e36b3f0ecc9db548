//! Values that must not stand on a command line: read from standard input, a file, the environment, or
//! asked for on a terminal, unseen when they are secret.

use std::io::{BufRead, IsTerminal, Read};

use crate::failure::{Failed, INTERRUPTED};

/// Reads values; standard input can be read once.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    input_is_spent: bool,
}

impl Inputs {
    /// A value as `--set NAME=GIVEN` means it: `@-` is standard input, `@env:NAME` a variable, `@FILE` a
    /// file, `@@…` a text that begins with `@`, anything else the text itself. Line breaks at its end, which
    /// editors and `echo` add, are no part of it.
    pub(crate) async fn value(&mut self, name: &str, given: &str) -> Result<String, Failed> {
        let Some(source) = given.strip_prefix('@') else {
            return Ok(given.to_owned());
        };
        if source.starts_with('@') {
            return Ok(source.to_owned());
        }
        let text = match source.strip_prefix("env:") {
            Some(variable) => std::env::var(variable).map_err(|_| {
                Failed::usage(format!(
                    "--set {name}: there is no environment variable `{variable}`"
                ))
            })?,
            None if source == "-" && can_ask() => ask(name, true).await?,
            None => self.text(source)?,
        };
        let text = text.trim_end_matches(['\r', '\n']);
        if text.trim().is_empty() {
            return Err(Failed::usage(format!("--set {name}={given}: it is empty there")));
        }
        Ok(text.to_owned())
    }

    /// A whole file; `-` is standard input.
    pub(crate) fn text(&mut self, file: &str) -> Result<String, Failed> {
        if file != "-" {
            return std::fs::read_to_string(file)
                .map_err(|error| Failed::new(format!("can't read {file}: {error}")));
        }
        if self.input_is_spent {
            return Err(Failed::usage(
                "standard input can be read for one value only; put the others into files (@FILE) or variables (@env:NAME)",
            ));
        }
        self.input_is_spent = true;
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| Failed::new(format!("can't read standard input: {error}")))?;
        Ok(text)
    }
}

/// Whether there is somebody to ask.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks on the terminal for one line.
pub(crate) async fn ask(what: &str, unseen: bool) -> Result<String, Failed> {
    eprint!("{what}{}: ", if unseen { " (not shown)" } else { "" });
    let echo = if unseen { EchoOff::begin() } else { None };
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let line = tokio::select! {
        line = line => line,
        _ = tokio::signal::ctrl_c() => {
            // The reading thread is left behind; what must not be is a terminal without echo.
            drop(echo);
            say!("");
            std::process::exit(i32::from(INTERRUPTED));
        }
    };
    if echo.is_some() {
        say!("");
    }
    drop(echo);
    let line = line.map_err(|error| Failed::new(error.to_string()))??;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The terminal shows nothing that is typed until this is dropped.
#[cfg(unix)]
struct EchoOff(rustix::termios::Termios);

#[cfg(unix)]
impl EchoOff {
    fn begin() -> Option<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(std::io::stdin()).ok()?;
        let mut unseen = before.clone();
        unseen.local_modes.remove(LocalModes::ECHO);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &unseen).ok()?;
        Some(Self(before))
    }
}

#[cfg(unix)]
impl Drop for EchoOff {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        // A terminal that went away needs no echo.
        tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0).ok();
    }
}

/// Elsewhere the line is seen.
#[cfg(not(unix))]
struct EchoOff;

#[cfg(not(unix))]
impl EchoOff {
    fn begin() -> Option<Self> {
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn values_come_from_where_they_say() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "  kept \r\n\n").unwrap();
        let mut inputs = Inputs::default();
        let from_file = format!("@{}", file.path().display());
        assert_eq!(inputs.value("a", &from_file).await.unwrap(), "  kept ");
        assert_eq!(inputs.value("a", "plain=@x").await.unwrap(), "plain=@x");
        assert_eq!(inputs.value("a", "@@handle").await.unwrap(), "@handle");
        let missing = inputs.value("a", "@env:CROSSWALK_NO_SUCH_VARIABLE").await;
        assert!(
            missing
                .unwrap_err()
                .to_string()
                .contains("CROSSWALK_NO_SUCH_VARIABLE")
        );
        std::fs::write(file.path(), "\n").unwrap();
        assert!(inputs.value("a", &from_file).await.is_err());
    }
}
