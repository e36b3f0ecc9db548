//! The part of GraphQL that the stand-in reads: one query for users, its variables and their types.

use std::collections::BTreeMap;

use serde_json::Value;

/// Refuses a variable whose value is not of its declared type.
pub(super) fn check_type(variable: &str, kind: &str, value: &Value) -> Result<(), String> {
    let fits = match kind {
        "Int" => value.is_i64() || value.is_u64() || value.is_null(),
        "String" => value.is_string() || value.is_null(),
        "[UserStatus!]" => value.as_array().is_some_and(|items| {
            items
                .iter()
                .all(|item| matches!(item.as_str(), Some("ACTIVE" | "INACTIVE" | "PENDING")))
        }),
        _ => {
            value.is_null()
                || value
                    .as_array()
                    .is_some_and(|items| items.iter().all(Value::is_string))
        }
    };
    if fits {
        Ok(())
    } else {
        Err(format!(
            "Variable ${variable} of type {kind} was provided invalid value"
        ))
    }
}

/// One query with one field, as the documents' examples have it.
pub(super) struct Document {
    pub(super) variables: BTreeMap<String, String>,
    pub(super) field: String,
    pub(super) arguments: Vec<(String, String)>,
    pub(super) selection: Vec<(String, Vec<String>)>,
}

impl Document {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut tokens: Vec<String> = Vec::new();
        let mut word = String::new();
        for c in text.chars() {
            if c.is_alphanumeric() || c == '_' {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                tokens.push(std::mem::take(&mut word));
            }
            if !c.is_whitespace() && c != ',' {
                tokens.push(c.to_string());
            }
        }
        let mut tokens = tokens.into_iter().peekable();
        let mut next = |wanted: &str| match tokens.next() {
            Some(token) if wanted.is_empty() || token == wanted => Ok(token),
            other => Err(format!("{other:?}, expecting {wanted}")),
        };
        let mut variables = BTreeMap::new();
        let mut token = next("")?;
        if token == "query" {
            token = next("")?;
        }
        if token == "(" {
            token = next("")?;
            while token == "$" {
                let name = next("")?;
                next(":")?;
                let mut kind = next("")?;
                let mut after = next("")?;
                while !matches!(after.as_str(), "$" | ")") {
                    kind.push_str(&after);
                    after = next("")?;
                }
                variables.insert(name, kind);
                token = after;
            }
            token = next("")?;
        }
        if token != "{" {
            return Err(format!("{token}, expecting a selection"));
        }
        let field = next("")?;
        let mut arguments = Vec::new();
        token = next("")?;
        if token == "(" {
            token = next("")?;
            while token != ")" {
                next(":")?;
                next("$")?;
                arguments.push((token, next("")?));
                token = next("")?;
            }
            token = next("")?;
        }
        if token != "{" {
            return Err(format!("{token}, expecting a selection"));
        }
        let mut selection: Vec<(String, Vec<String>)> = Vec::new();
        token = next("")?;
        while token != "}" {
            if token == "{" {
                let mut inner = Vec::new();
                token = next("")?;
                while token != "}" {
                    inner.push(token);
                    token = next("")?;
                }
                match selection.last_mut() {
                    Some((_, members)) => *members = inner,
                    None => return Err("a selection of nothing".to_owned()),
                }
            } else {
                selection.push((token, Vec::new()));
            }
            token = next("")?;
        }
        next("}")?;
        Ok(Self {
            variables,
            field,
            arguments,
            selection,
        })
    }
}
