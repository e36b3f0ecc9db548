//! Cuts a filter into words, texts and signs.

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

/// The tokens of a filter, or Dataverse's message.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
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
