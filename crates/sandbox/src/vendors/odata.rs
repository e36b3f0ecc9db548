//! A small, strict OData `$filter`: enough to refuse what Dataverse refuses, and to compare as its database does.

use super::like::{fold, is_like};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Guid,
    Bool,
    Int,
    Date,
}

/// A value, of a column or of a filter. Nothing comes before everything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    Null,
    Text(String),
    Guid(String),
    Bool(bool),
    Int(i64),
    /// Milliseconds since the epoch.
    Date(i64),
}

/// A parsed filter.
#[derive(Debug)]
pub(super) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare(String, Operator, Cell),
    Like(String, Part, String),
    In(String, Vec<String>),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

/// Which part of a text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Any,
    Start,
    End,
}

/// How one record compares; the documentation leaves room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Collation {
    /// Whether accents count as little as case does; otherwise only ASCII letters are the same in both cases.
    pub(super) is_loose: bool,
    /// Whether a bound is cut to whole seconds before it is compared.
    pub(super) cuts_seconds: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

/// Parses a filter; the error is Dataverse's message. `kind_of` knows the columns.
pub(super) fn parse(text: &str, kind_of: &dyn Fn(&str) -> Option<Kind>) -> Result<Condition, String> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        text,
        kind_of,
    };
    let condition = parser.any()?;
    if parser.at < parser.tokens.len() {
        return Err(parser.syntax());
    }
    Ok(condition)
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = characters.get(at) {
        match c {
            ' ' => at += 1,
            '(' | ')' | ',' | '=' | '[' | ']' => {
                tokens.push(Token::Sign(*c));
                at += 1;
            }
            '\'' => {
                let start = at;
                let mut inside = String::new();
                at += 1;
                loop {
                    match (characters.get(at), characters.get(at + 1)) {
                        (Some('\''), Some('\'')) => {
                            inside.push('\'');
                            at += 2;
                        }
                        (Some('\''), _) => {
                            at += 1;
                            break;
                        }
                        (Some(c), _) => {
                            inside.push(*c);
                            at += 1;
                        }
                        (None, _) => {
                            return Err(format!(
                                "There is an unterminated literal at position {start} in '{text}'."
                            ));
                        }
                    }
                }
                tokens.push(Token::Text(inside));
            }
            c if c.is_ascii_alphanumeric() || "_-@".contains(*c) => {
                let start = at;
                while characters
                    .get(at)
                    .is_some_and(|c| c.is_ascii_alphanumeric() || "_-.:+".contains(*c))
                {
                    at += 1;
                }
                if at == start {
                    return Err(format!("Syntax error at position {at} in '{text}'."));
                }
                tokens.push(Token::Word(characters[start..at].iter().collect()));
            }
            _ => {
                return Err(format!(
                    "Syntax error: character '{c}' is not valid at position {at} in '{text}'."
                ));
            }
        }
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    text: &'a str,
    kind_of: &'a dyn Fn(&str) -> Option<Kind>,
}

impl Parser<'_> {
    fn syntax(&self) -> String {
        format!("Syntax error at position {} in '{}'.", self.at, self.text)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(given)) if given == word);
        self.at += usize::from(found);
        found
    }

    fn take(&mut self, sign: char) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.take(sign) {
            Ok(())
        } else {
            Err(self.syntax())
        }
    }

    fn word(&mut self) -> Result<String, String> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word.clone())
            }
            _ => Err(self.syntax()),
        }
    }

    fn quoted(&mut self) -> Result<String, String> {
        match self.tokens.get(self.at) {
            Some(Token::Text(text)) => {
                self.at += 1;
                Ok(text.clone())
            }
            _ => Err(self.syntax()),
        }
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut terms = vec![self.all()?];
        while self.take_word("or") {
            terms.push(self.all()?);
        }
        Ok(if terms.len() == 1 {
            terms.remove(0)
        } else {
            Condition::Or(terms)
        })
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut terms = vec![self.term()?];
        while self.take_word("and") {
            terms.push(self.term()?);
        }
        Ok(if terms.len() == 1 {
            terms.remove(0)
        } else {
            Condition::And(terms)
        })
    }

    fn term(&mut self) -> Result<Condition, String> {
        if self.take_word("not") {
            // It binds more tightly than a comparison.
            let term = self.term()?;
            return if matches!(term, Condition::Compare(..))
                && self.tokens.get(self.at - 1) != Some(&Token::Sign(')'))
            {
                Err("A unary operator with an incompatible type was detected. Found operand type 'Edm.String' for operator kind 'Not'.".to_owned())
            } else {
                Ok(Condition::Not(Box::new(term)))
            };
        }
        if self.take('(') {
            let inner = self.any()?;
            self.expect(')')?;
            return Ok(inner);
        }
        let word = self.word()?;
        if self.take('(') {
            return self.function(&word);
        }
        let kind = self.column(&word)?;
        let operator = match self.word()?.as_str() {
            "eq" => Operator::Eq,
            "ne" => Operator::Ne,
            "gt" => Operator::Gt,
            "ge" => Operator::Ge,
            "lt" => Operator::Lt,
            "le" => Operator::Le,
            _ => {
                self.at -= 1;
                return Err(self.syntax());
            }
        };
        let value = self.literal(kind)?;
        Ok(Condition::Compare(word, operator, value))
    }

    fn column(&self, name: &str) -> Result<Kind, String> {
        (self.kind_of)(name).ok_or_else(|| {
            format!("Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.systemuser'.")
        })
    }

    fn function(&mut self, name: &str) -> Result<Condition, String> {
        let part = match name {
            "contains" => Part::Any,
            "startswith" => Part::Start,
            "endswith" => Part::End,
            "Microsoft.Dynamics.CRM.In" => return self.is_in(),
            _ if name.starts_with("Microsoft.Dynamics.CRM.") => {
                return Err(format!(
                    "The sandbox does not stand in for the function '{name}'."
                ));
            }
            _ => {
                return Err(format!(
                    "An unknown function with name '{name}' was found. This may also be a function import or a key lookup on a navigation property, which is not allowed."
                ));
            }
        };
        let column = self.word()?;
        if self.column(&column)? != Kind::Text {
            return Err(format!(
                "No function signature for the function with name '{name}' matches the specified arguments."
            ));
        }
        self.expect(',')?;
        let text = self.quoted()?;
        self.expect(')')?;
        Ok(Condition::Like(column, part, text))
    }

    /// `Microsoft.Dynamics.CRM.In(PropertyName='systemuserid',PropertyValues=['a','b'])`.
    fn is_in(&mut self) -> Result<Condition, String> {
        if !self.take_word("PropertyName") {
            return Err(self.syntax());
        }
        self.expect('=')?;
        let column = self.quoted()?;
        let kind = self.column(&column)?;
        self.expect(',')?;
        if !self.take_word("PropertyValues") {
            return Err(self.syntax());
        }
        self.expect('=')?;
        self.expect('[')?;
        let mut values = vec![self.quoted()?];
        while self.take(',') {
            values.push(self.quoted()?);
        }
        self.expect(']')?;
        self.expect(')')?;
        if kind == Kind::Guid
            && let Some(value) = values.iter().find(|value| !is_guid(value))
        {
            return Err(format!("Unrecognized Guid format: '{value}'."));
        }
        Ok(Condition::In(column, values))
    }

    fn literal(&mut self, kind: Kind) -> Result<Cell, String> {
        let incompatible = |given: &str| {
            let kind = match kind {
                Kind::Text => "Edm.String",
                Kind::Guid => "Edm.Guid",
                Kind::Bool => "Edm.Boolean",
                Kind::Int => "Edm.Int32",
                Kind::Date => "Edm.DateTimeOffset",
            };
            format!(
                "A binary operator with incompatible types was detected. Found operand types '{kind}' and '{given}' for operator kind 'Equal'."
            )
        };
        let word = match self.tokens.get(self.at) {
            Some(Token::Text(text)) => {
                let text = text.clone();
                self.at += 1;
                return if kind == Kind::Text {
                    Ok(Cell::Text(text))
                } else {
                    Err(incompatible("Edm.String"))
                };
            }
            _ => self.word()?,
        };
        let (cell, given) = match word.as_str() {
            "null" => return Ok(Cell::Null),
            "true" => (Cell::Bool(true), Kind::Bool),
            "false" => (Cell::Bool(false), Kind::Bool),
            word if is_guid(word) => (Cell::Guid(word.to_lowercase()), Kind::Guid),
            word => match (word.parse(), date(word)) {
                (Ok(number), _) => (Cell::Int(number), Kind::Int),
                (_, Some(at)) => (Cell::Date(at), Kind::Date),
                _ if (self.kind_of)(word).is_some() => {
                    return Err("Both sides of a comparison are columns.".to_owned());
                }
                _ => {
                    self.at -= 1;
                    return Err(self.syntax());
                }
            },
        };
        if given == kind {
            Ok(cell)
        } else {
            Err(incompatible(match given {
                Kind::Bool => "Edm.Boolean",
                Kind::Guid => "Edm.Guid",
                Kind::Int => "Edm.Int32",
                _ => "Edm.DateTimeOffset",
            }))
        }
    }
}

/// Whether a text is a bare GUID.
pub(super) fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts
            .iter()
            .all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// An instant with its zone, or a date alone.
fn date(text: &str) -> Option<i64> {
    let time: jiff::Timestamp = if text.len() == 10 && !text.contains(':') {
        format!("{text}T00:00:00Z").parse().ok()?
    } else {
        text.parse().ok()?
    };
    Some(time.as_millisecond())
}

impl Condition {
    /// Whether a record meets it: nothing is neither like anything nor unlike it.
    pub(super) fn holds(&self, cell: &dyn Fn(&str) -> Cell, collation: Collation) -> Option<bool> {
        match self {
            Self::And(terms) => {
                terms
                    .iter()
                    .try_fold(true, |all, term| match (all, term.holds(cell, collation)) {
                        (_, Some(false)) | (false, _) => Some(false),
                        (true, truth) => truth,
                    })
            }
            Self::Or(terms) => {
                let truths: Vec<Option<bool>> =
                    terms.iter().map(|term| term.holds(cell, collation)).collect();
                if truths.contains(&Some(true)) {
                    Some(true)
                } else if truths.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            Self::Not(term) => term.holds(cell, collation).map(|truth| !truth),
            Self::Compare(column, operator, Cell::Null) => match operator {
                Operator::Eq => Some(cell(column) == Cell::Null),
                Operator::Ne => Some(cell(column) != Cell::Null),
                _ => None,
            },
            Self::Compare(column, operator, value) => {
                let order = compare(&cell(column), value, collation)?;
                Some(match operator {
                    Operator::Eq => order.is_eq(),
                    Operator::Ne => order.is_ne(),
                    Operator::Gt => order.is_gt(),
                    Operator::Ge => order.is_ge(),
                    Operator::Lt => order.is_lt(),
                    Operator::Le => order.is_le(),
                })
            }
            Self::Like(column, part, text) => match cell(column) {
                Cell::Text(known) => {
                    let (before, after) = match part {
                        Part::Any => ("%", "%"),
                        Part::Start => ("", "%"),
                        Part::End => ("%", ""),
                    };
                    let pattern = format!("{before}{}{after}", fold(text, collation.is_loose));
                    Some(is_like(&fold(&known, collation.is_loose), &pattern))
                }
                _ => None,
            },
            Self::In(column, values) => match cell(column) {
                Cell::Null => None,
                Cell::Text(known) => {
                    let known = fold(&known, collation.is_loose);
                    Some(
                        values
                            .iter()
                            .any(|value| fold(value, collation.is_loose) == known),
                    )
                }
                Cell::Guid(known) => Some(values.iter().any(|value| value.to_lowercase() == known)),
                Cell::Bool(known) => Some(values.contains(&known.to_string())),
                Cell::Int(known) => Some(values.contains(&known.to_string())),
                Cell::Date(known) => Some(values.iter().any(|value| date(value) == Some(known))),
            },
        }
    }
}

fn compare(known: &Cell, value: &Cell, collation: Collation) -> Option<std::cmp::Ordering> {
    Some(match (known, value) {
        (Cell::Text(known), Cell::Text(value)) => {
            fold(known, collation.is_loose).cmp(&fold(value, collation.is_loose))
        }
        (Cell::Guid(known), Cell::Guid(value)) => known.cmp(value),
        (Cell::Bool(known), Cell::Bool(value)) => known.cmp(value),
        (Cell::Int(known), Cell::Int(value)) => known.cmp(value),
        (Cell::Date(known), Cell::Date(value)) if collation.cuts_seconds => {
            known.cmp(&super::whole_seconds(*value))
        }
        (Cell::Date(known), Cell::Date(value)) => known.cmp(value),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const STRICT: Collation = Collation {
        is_loose: false,
        cuts_seconds: false,
    };

    fn kind_of(name: &str) -> Option<Kind> {
        Some(match name {
            "fullname" => Kind::Text,
            "systemuserid" => Kind::Guid,
            "isdisabled" => Kind::Bool,
            "createdon" => Kind::Date,
            _ => return None,
        })
    }

    fn cell(name: &str) -> Cell {
        match name {
            "fullname" => Cell::Text("Zoë O'Neill 100%".into()),
            "isdisabled" => Cell::Bool(false),
            "createdon" => Cell::Date(1000),
            _ => Cell::Null,
        }
    }

    #[test]
    fn filters_are_refused_as_dataverse_refuses_them() {
        for (text, word) in [
            ("FullName eq 'x'", "Could not find a property"),
            ("fullname eq 'x", "unterminated literal at position 12"),
            ("isdisabled eq 'true'", "incompatible types"),
            ("createdon ge '2024-01-01'", "incompatible types"),
            ("fullname eq null eq null", "Syntax error"),
            ("createdon ge 2024-01-01T00:00:00", "Syntax error"),
            ("contains(isdisabled,'t')", "No function signature"),
            ("lower(fullname) eq 'x'", "unknown function"),
            ("not fullname eq 'x'", "unary operator"),
            ("fullname = 'x'", "Syntax error"),
            ("", "Syntax error"),
        ] {
            let error = parse(text, &kind_of).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn filters_compare_as_a_database_does() {
        let loose = Collation {
            is_loose: true,
            cuts_seconds: true,
        };
        for (text, collation, truth) in [
            ("fullname eq 'ZOë o''neill 100%'", STRICT, Some(true)),
            ("fullname eq 'zoe o''neill 100%'", STRICT, Some(false)),
            ("fullname eq 'zoe o''neill 100%'", loose, Some(true)),
            ("contains(fullname,'o%l 1_0')", STRICT, Some(true)),
            ("contains(fullname,'[n-p]''')", STRICT, Some(true)),
            ("contains(fullname,'[')", STRICT, Some(false)),
            ("systemuserid eq null", STRICT, Some(true)),
            (
                "not (systemuserid eq 2a69f69a-ed3e-9cb4-17a8-37ec25feafae)",
                STRICT,
                None,
            ),
            ("createdon lt 1970-01-01T00:00:01.5Z", STRICT, Some(true)),
            ("createdon lt 1970-01-01T00:00:01.5Z", loose, Some(false)),
            (
                "isdisabled eq true and fullname ne null or createdon gt 1970-01-01",
                STRICT,
                Some(true),
            ),
            (
                "Microsoft.Dynamics.CRM.In(PropertyName='isdisabled',PropertyValues=['true','false'])",
                STRICT,
                Some(true),
            ),
        ] {
            let found = parse(text, &kind_of).unwrap().holds(&cell, collation);
            assert_eq!(found, truth, "{text}");
        }
    }
}
