//! A small, strict SOQL: enough to refuse what Salesforce refuses.

/// A parsed query.
#[derive(Debug)]
pub(super) struct Select {
    pub(super) columns: Vec<String>,
    pub(super) condition: Option<Condition>,
    pub(super) order: Vec<Order>,
    pub(super) limit: Option<usize>,
}

/// One sort key.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) column: String,
    pub(super) descending: bool,
    pub(super) nulls_last: bool,
}

/// A `WHERE` condition.
#[derive(Debug)]
pub(super) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare {
        column: String,
        operator: String,
        value: Literal,
    },
    In {
        column: String,
        values: Vec<Literal>,
    },
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    /// A `LIKE` pattern keeps its escapes.
    Date(i64),
    Bool(bool),
    Null,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(String),
}

/// Parses a query; the error is Salesforce's message.
pub(super) fn parse(text: &str) -> Result<Select, String> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens, at: 0 };
    parser.expect("SELECT")?;
    let mut columns = vec![parser.word()?];
    while parser.take_sign(",") {
        columns.push(parser.word()?);
    }
    parser.expect("FROM")?;
    let object = parser.word()?;
    if !object.eq_ignore_ascii_case("User") {
        return Err(format!("sObject type '{object}' is not supported."));
    }
    let condition = if parser.take("WHERE") {
        Some(parser.condition()?)
    } else {
        None
    };
    let mut order = Vec::new();
    if parser.take("ORDER") {
        parser.expect("BY")?;
        loop {
            let column = parser.word()?;
            let descending = parser.take("DESC");
            if !descending {
                parser.take("ASC");
            }
            let mut nulls_last = false;
            if parser.take("NULLS") {
                nulls_last = if parser.take("LAST") {
                    true
                } else {
                    parser.expect("FIRST")?;
                    false
                };
            }
            order.push(Order {
                column,
                descending,
                nulls_last,
            });
            if !parser.take_sign(",") {
                break;
            }
        }
    }
    let limit = if parser.take("LIMIT") {
        Some(
            parser
                .word()?
                .parse()
                .map_err(|_| "LIMIT must be a number".to_owned())?,
        )
    } else {
        None
    };
    match parser.tokens.get(parser.at) {
        None => Ok(Select {
            columns,
            condition,
            order,
            limit,
        }),
        Some(token) => Err(format!("unexpected token: {token:?}")),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let characters: Vec<char> = text.chars().collect();
    let mut at = 0;
    while let Some(c) = characters.get(at) {
        match c {
            c if c.is_whitespace() => at += 1,
            '\'' => {
                let mut value = String::new();
                at += 1;
                loop {
                    match characters.get(at) {
                        None => return Err("unterminated string literal".to_owned()),
                        Some('\'') => break,
                        Some('\\') => {
                            let escaped = characters
                                .get(at + 1)
                                .copied()
                                .ok_or("unterminated string literal")?;
                            match escaped {
                                '\'' | '"' | '\\' => value.push(escaped),
                                'n' | 'N' => value.push('\n'),
                                'r' | 'R' => value.push('\r'),
                                't' | 'T' => value.push('\t'),
                                // In patterns; kept, so that LIKE can tell them from wildcards.
                                '%' | '_' => {
                                    value.push('\\');
                                    value.push(escaped);
                                }
                                other => return Err(format!("Illegal string escape: \\{other}")),
                            }
                            at += 2;
                        }
                        Some(c) => {
                            value.push(*c);
                            at += 1;
                        }
                    }
                }
                at += 1;
                tokens.push(Token::Text(value));
            }
            '(' | ')' | ',' => {
                tokens.push(Token::Sign(c.to_string()));
                at += 1;
            }
            '=' => {
                tokens.push(Token::Sign("=".into()));
                at += 1;
            }
            '!' | '<' | '>' => {
                let two = characters.get(at + 1) == Some(&'=');
                tokens.push(Token::Sign(if two { format!("{c}=") } else { c.to_string() }));
                at += if two { 2 } else { 1 };
            }
            c if c.is_alphanumeric() || *c == '_' => {
                let start = at;
                while characters
                    .get(at)
                    .is_some_and(|c| c.is_alphanumeric() || "_.:+-".contains(*c))
                {
                    at += 1;
                }
                tokens.push(Token::Word(characters[start..at].iter().collect()));
            }
            other => return Err(format!("unexpected character: '{other}'")),
        }
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn take(&mut self, word: &str) -> bool {
        let found =
            matches!(self.tokens.get(self.at), Some(Token::Word(given)) if given.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(given)) if given == sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) {
            Ok(())
        } else {
            Err(format!("expecting {word}, found {:?}", self.tokens.get(self.at)))
        }
    }

    fn word(&mut self) -> Result<String, String> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word.clone())
            }
            other => Err(format!("expecting a name, found {other:?}")),
        }
    }

    /// AND and OR may not be mixed at one level.
    fn condition(&mut self) -> Result<Condition, String> {
        let first = self.term()?;
        let and =
            matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word.eq_ignore_ascii_case("AND"));
        let word = if and { "AND" } else { "OR" };
        let mut terms = vec![first];
        while self.take(word) {
            terms.push(self.term()?);
        }
        let mixed = if and { "OR" } else { "AND" };
        if terms.len() > 1 && self.take(mixed) {
            return Err(format!("unexpected token: {mixed}"));
        }
        Ok(match terms.len() {
            1 => terms.remove(0),
            _ if and => Condition::And(terms),
            _ => Condition::Or(terms),
        })
    }

    fn term(&mut self) -> Result<Condition, String> {
        if self.take("NOT") {
            return Ok(Condition::Not(Box::new(self.term()?)));
        }
        if self.take_sign("(") {
            let inner = self.condition()?;
            return if self.take_sign(")") {
                Ok(inner)
            } else {
                Err("expecting a right parenthesis".to_owned())
            };
        }
        let column = self.word()?;
        if self.take("IN") {
            if !self.take_sign("(") {
                return Err("expecting a left parenthesis".to_owned());
            }
            let mut values = vec![self.literal()?];
            while self.take_sign(",") {
                values.push(self.literal()?);
            }
            return if self.take_sign(")") {
                Ok(Condition::In { column, values })
            } else {
                Err("expecting a right parenthesis".to_owned())
            };
        }
        let operator = if self.take("LIKE") {
            "LIKE".to_owned()
        } else {
            match self.tokens.get(self.at) {
                Some(Token::Sign(sign)) if matches!(sign.as_str(), "=" | "!=" | "<" | "<=" | ">" | ">=") => {
                    self.at += 1;
                    sign.clone()
                }
                other => return Err(format!("expecting an operator, found {other:?}")),
            }
        };
        Ok(Condition::Compare {
            column,
            operator,
            value: self.literal()?,
        })
    }

    fn literal(&mut self) -> Result<Literal, String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Word(word)) => match word.to_ascii_lowercase().as_str() {
                "true" => Ok(Literal::Bool(true)),
                "false" => Ok(Literal::Bool(false)),
                "null" => Ok(Literal::Null),
                _ => word
                    .parse::<jiff::Timestamp>()
                    .map(|time| Literal::Date(time.as_millisecond()))
                    .map_err(|_| format!("unexpected token: {word}")),
            },
            other => Err(format!("expecting a value, found {other:?}")),
        }
    }
}

/// SQL's LIKE, case ignored.
pub(super) fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    matches(&text, &pattern)
}

fn matches(text: &[char], pattern: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('%', rest)) => (0..=text.len()).any(|skip| matches(&text[skip..], rest)),
        Some(('_', rest)) => !text.is_empty() && matches(&text[1..], rest),
        Some(('\\', [escaped, rest @ ..])) => text.first() == Some(escaped) && matches(&text[1..], rest),
        Some((c, rest)) => text.first() == Some(c) && matches(&text[1..], rest),
    }
}
