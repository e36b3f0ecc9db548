//! What is wrong with a connector file, and where.

use std::fmt;

/// One finding, shown as `file:line:column: message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file as it was named by the caller.
    pub file: String,
    /// Line from 1; 0 when the finding concerns the file as a whole.
    pub line: u64,
    /// Column from 1; 0 when the finding concerns the file as a whole.
    pub column: u64,
    /// What is wrong and what to write instead.
    pub message: String,
    /// The offending line of the file, when there is one.
    pub source_line: Option<String>,
}

impl Diagnostic {
    pub(crate) fn new(file: &str, text: &str, line: u64, column: u64, message: impl Into<String>) -> Self {
        let source_line = usize::try_from(line)
            .ok()
            .and_then(|line| line.checked_sub(1))
            .and_then(|line| text.lines().nth(line))
            .map(str::to_owned);
        Self {
            file: file.to_owned(),
            line,
            column,
            message: message.into(),
            source_line,
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return write!(f, "{}: {}", self.file, self.message);
        }
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        if let Some(source) = &self.source_line {
            let indent = usize::try_from(self.column.saturating_sub(1)).unwrap_or(0);
            write!(f, "\n    {source}\n    {:indent$}^", "")?;
        }
        Ok(())
    }
}

/// All findings of one file; never empty when it is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Diagnostics(pub Vec<Diagnostic>);
