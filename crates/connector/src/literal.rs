//! How a value is written inside a vendor's query language (SOQL, OData, …).

use schemars::JsonSchema;
use serde::Deserialize;

/// The quoting rules of a query language, so that no value can leave its place.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LiteralRules {
    /// What a text starts and ends with. Without it texts are written bare, and every pushed text needs an
    /// `only_if` pattern.
    #[serde(default)]
    pub quote: Option<String>,
    /// How the quote is written inside a text.
    #[serde(default)]
    pub escape: QuoteEscape,
    /// Characters with a meaning in `LIKE` patterns, each escaped by a backslash in `{contains}` and
    /// `{starts_with}`.
    #[serde(default)]
    pub wildcards: String,
}

/// How a quote is written inside a quoted text.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum QuoteEscape {
    /// Twice: `'O''Connor'`.
    #[default]
    Doubled,
    /// After a backslash, as backslashes are: `'O\'Connor'`.
    Backslash,
}

/// Which part of a text a `LIKE` pattern has to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternKind {
    /// `%x%`
    Contains,
    /// `x%`
    StartsWith,
}

impl LiteralRules {
    /// A text as a literal.
    pub fn text(&self, text: &str) -> String {
        let Some(quote) = &self.quote else {
            return text.to_owned();
        };
        let mut inner = text.to_owned();
        match self.escape {
            QuoteEscape::Doubled => inner = inner.replace(quote.as_str(), &format!("{quote}{quote}")),
            QuoteEscape::Backslash => {
                inner = inner
                    .replace('\\', "\\\\")
                    .replace(quote.as_str(), &format!("\\{quote}"));
                for (control, word) in [('\n', "\\n"), ('\r', "\\r"), ('\t', "\\t")] {
                    inner = inner.replace(control, word);
                }
            }
        }
        format!("{quote}{inner}{quote}")
    }

    /// A `LIKE` pattern as a literal, the text's own wildcards escaped.
    pub fn pattern(&self, text: &str, kind: PatternKind) -> String {
        let quote = self.quote.as_deref().unwrap_or_default();
        let escaped = self.text(text);
        let inner = escaped
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
            .unwrap_or(&escaped);
        let mut pattern = String::with_capacity(inner.len() + 4);
        for c in inner.chars() {
            if self.wildcards.contains(c) {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        match kind {
            PatternKind::Contains => format!("{quote}%{pattern}%{quote}"),
            PatternKind::StartsWith => format!("{quote}{pattern}%{quote}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soql() -> LiteralRules {
        LiteralRules {
            quote: Some("'".into()),
            escape: QuoteEscape::Backslash,
            wildcards: "%_".into(),
        }
    }

    #[test]
    fn quotes_cannot_be_left() {
        assert_eq!(
            soql().text(r"o'leary\' OR Id != '"),
            r"'o\'leary\\\' OR Id != \''"
        );
        let odata = LiteralRules {
            quote: Some("'".into()),
            escape: QuoteEscape::Doubled,
            wildcards: String::new(),
        };
        assert_eq!(odata.text("O'Connor"), "'O''Connor'");
    }

    #[test]
    fn wildcards_are_escaped_in_patterns_only() {
        assert_eq!(soql().text("50%_a"), "'50%_a'");
        assert_eq!(soql().pattern("50%_a", PatternKind::Contains), r"'%50\%\_a%'");
        assert_eq!(soql().pattern("x'", PatternKind::StartsWith), r"'x\'%'");
    }
}
