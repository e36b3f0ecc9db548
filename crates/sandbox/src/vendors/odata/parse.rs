//! Reads a filter; what Dataverse refuses is refused in its words.

use super::tokens::{Token, tokens};
use super::{Cell, Condition, Kind, Operator, Part};

/// Parses a filter; the error is Dataverse's message. `kind_of` knows the columns.
pub(in crate::vendors) fn parse(
    text: &str,
    kind_of: &dyn Fn(&str) -> Option<Kind>,
) -> Result<Condition, String> {
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
pub(in crate::vendors) fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts
            .iter()
            .all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// An instant with its zone, or a date alone.
pub(super) fn date(text: &str) -> Option<i64> {
    let time: jiff::Timestamp = if text.len() == 10 && !text.contains(':') {
        format!("{text}T00:00:00Z").parse().ok()?
    } else {
        text.parse().ok()?
    };
    Some(time.as_millisecond())
}
