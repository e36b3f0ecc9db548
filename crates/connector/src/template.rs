//! Strings with holes: `"/owners/{id}"`, `"{limit}"`, `"batchSize={limit}"`.
//!
//! What stands between braces is JSONata over the request's scope (`limit`, `page`, `walk`, `settings`, …).
//! A template that is one hole keeps the type of its value, so `"{limit}"` is a number in a JSON body; a
//! hole without a value makes the whole entry disappear. `{{` and `}}` stand for braces.
//!
//! A value is escaped by the place it goes to ([`Escape`]), never by the author's care.

use std::borrow::Cow;
use std::fmt;

use crosswalk_mapping::Expression;
use indexmap::IndexMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

/// Unreserved characters (RFC 3986) stay, everything else is percent-encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a hole's text has to survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// Nothing: the value was checked against its pattern, or is encoded as a whole later.
    Nothing,
    /// A segment of a path, or a name or value of a query.
    Percent,
}

impl Escape {
    fn apply<'a>(self, text: &'a str) -> Cow<'a, str> {
        match self {
            Self::Nothing => Cow::Borrowed(text),
            Self::Percent => utf8_percent_encode(text, RESERVED).into(),
        }
    }
}

/// Why a template could not be filled.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the expression `{expression}` failed: {reason}")]
pub struct TemplateError {
    /// The JSONata between the braces.
    pub expression: String,
    /// The evaluator's words.
    pub reason: String,
}

/// A JSONata expression with its source.
#[derive(Clone)]
pub struct Expr {
    source: String,
    compiled: Expression,
}

impl Expr {
    /// Compiles `source`; the error says at which character it went wrong.
    pub fn compile(source: &str) -> Result<Self, String> {
        let compiled = Expression::compile(source).map_err(|problem| match problem.offset {
            Some(offset) => {
                format!(
                    "`{source}` is not valid JSONata, at character {}: {}",
                    offset + 1,
                    problem.message
                )
            }
            None => format!("`{source}` is not valid JSONata: {}", problem.message),
        })?;
        Ok(Self {
            source: source.to_owned(),
            compiled,
        })
    }

    /// The expression as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The names, where the expression is a path of names and no more.
    pub fn as_path(&self) -> Option<&[String]> {
        self.compiled.as_path()
    }

    /// The value over `scope`; `None` when there is none.
    pub fn evaluate(&self, scope: &Value) -> Result<Option<Value>, TemplateError> {
        self.compiled.evaluate(scope).map_err(|problem| TemplateError {
            expression: self.source.clone(),
            reason: problem.message,
        })
    }

    /// Whether the value over `scope` is JSONata-true (`null`, `false`, `0`, `""`, `[]`, `{}` are not).
    pub fn is_true(&self, scope: &Value) -> Result<bool, TemplateError> {
        Ok(match self.evaluate(scope)? {
            None | Some(Value::Null) => false,
            Some(Value::Bool(truth)) => truth,
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::Object(members)) => !members.is_empty(),
        })
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({:?})", self.source)
    }
}

impl<'de> Deserialize<'de> for Expr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::compile(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl JsonSchema for Expr {
    fn schema_name() -> Cow<'static, str> {
        "Expression".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A JSONata expression." })
    }
}

#[derive(Clone)]
enum Part {
    Text(String),
    Hole(Expr),
}

/// A string with holes; see the module.
#[derive(Clone)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

impl Template {
    /// Parses `source`; the error says what to change.
    pub fn parse(source: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = source;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                text.push_str(brace);
                rest = after;
                continue;
            }
            if brace == "}" {
                return Err(format!(
                    "`{source}` has a `}}` without a `{{`; write `}}}}` for a brace"
                ));
            }
            let end = hole_end(rest).ok_or_else(|| {
                format!("`{source}` opens a hole with `{{` and does not close it; write `{{{{` for a brace")
            })?;
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(Part::Hole(Expr::compile(rest[..end].trim())?));
            rest = &rest[end + 1..];
        }
        text.push_str(rest);
        if !text.is_empty() || parts.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Self {
            source: source.to_owned(),
            parts,
        })
    }

    /// The template as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The expressions in its holes.
    pub fn holes(&self) -> impl Iterator<Item = &Expr> {
        self.parts.iter().filter_map(|part| match part {
            Part::Hole(expression) => Some(expression),
            Part::Text(_) => None,
        })
    }

    /// The settings that its holes name.
    pub fn settings(&self) -> impl Iterator<Item = &str> {
        self.holes().flat_map(|hole| {
            hole.source().split("settings.").skip(1).filter_map(|rest| {
                let end = rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                Some(&rest[..end]).filter(|name| !name.is_empty())
            })
        })
    }

    /// Whether a hole of it is nothing but this setting, so that it means nothing without.
    pub fn hangs_on(&self, setting: &str) -> bool {
        self.holes()
            .any(|hole| hole.source().trim().strip_prefix("settings.") == Some(setting))
    }

    /// Whether it has no hole.
    pub fn is_constant(&self) -> bool {
        self.holes().next().is_none()
    }

    /// The text over `scope`; `None` when the template is one hole without a value.
    pub fn text(&self, scope: &Value, escape: Escape) -> Result<Option<String>, TemplateError> {
        if let [Part::Hole(expression)] = self.parts.as_slice() {
            return Ok(plain_text(expression.evaluate(scope)?).map(|text| escape.apply(&text).into_owned()));
        }
        let mut out = String::with_capacity(self.source.len() + 16);
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Hole(expression) => {
                    if let Some(text) = plain_text(expression.evaluate(scope)?) {
                        out.push_str(&escape.apply(&text));
                    }
                }
            }
        }
        Ok(Some(out))
    }

    /// The JSON value over `scope`; one hole keeps its type.
    pub fn json(&self, scope: &Value) -> Result<Option<Value>, TemplateError> {
        match self.parts.as_slice() {
            [Part::Hole(expression)] => expression.evaluate(scope),
            _ => Ok(self.text(scope, Escape::Nothing)?.map(Value::String)),
        }
    }
}

/// Where the hole that starts at the beginning of `rest` ends: quotes and nested braces are passed over.
fn hole_end(rest: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None => match c {
                '"' | '\'' => quote = Some(c),
                '{' => depth += 1,
                '}' if depth == 0 => return Some(at),
                '}' => depth -= 1,
                _ => {}
            },
        }
    }
    None
}

fn plain_text(value: Option<Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(items) => Some(
            items
                .into_iter()
                .filter_map(|item| plain_text(Some(item)))
                .collect::<Vec<_>>()
                .join(","),
        ),
        object @ Value::Object(_) => Some(object.to_string()),
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({:?})", self.source)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Self::parse(&text).map_err(D::Error::custom),
            Value::Bool(truth) => Self::parse(&truth.to_string()).map_err(D::Error::custom),
            Value::Number(number) if !number.is_f64() => {
                Self::parse(&number.to_string()).map_err(D::Error::custom)
            }
            _ => Err(D::Error::custom("expected a text here; put the value in quotes")),
        }
    }
}

impl JsonSchema for Template {
    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "boolean", "integer"],
            "description": "Text with `{JSONata}` holes; one hole alone keeps its value's type."
        })
    }
}

/// A JSON value whose strings are templates: a request body, GraphQL variables.
#[derive(Clone, Debug)]
pub enum JsonTemplate {
    /// `null`, a boolean or a number as it stands.
    Constant(Value),
    /// A string with or without holes.
    Text(Template),
    /// A list; items without a value are left out.
    List(Vec<JsonTemplate>),
    /// An object; members without a value are left out.
    Object(IndexMap<String, JsonTemplate>),
}

impl JsonTemplate {
    fn from_value(value: Value) -> Result<Self, String> {
        Ok(match value {
            Value::String(text) => Self::Text(Template::parse(&text)?),
            Value::Array(items) => Self::List(
                items
                    .into_iter()
                    .map(Self::from_value)
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(members) => Self::Object(
                members
                    .into_iter()
                    .map(|(name, member)| Ok((name, Self::from_value(member)?)))
                    .collect::<Result<_, String>>()?,
            ),
            constant => Self::Constant(constant),
        })
    }

    /// The value over `scope`.
    pub fn render(&self, scope: &Value) -> Result<Option<Value>, TemplateError> {
        Ok(Some(match self {
            Self::Constant(value) => value.clone(),
            Self::Text(template) => return template.json(scope),
            Self::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.extend(item.render(scope)?);
                }
                Value::Array(list)
            }
            Self::Object(members) => {
                let mut object = serde_json::Map::with_capacity(members.len());
                for (name, member) in members {
                    if let Some(value) = member.render(scope)? {
                        object.insert(name.clone(), value);
                    }
                }
                Value::Object(object)
            }
        }))
    }

    /// Visits every template inside.
    pub fn templates<'a>(&'a self, visit: &mut dyn FnMut(&'a Template)) {
        match self {
            Self::Constant(_) => {}
            Self::Text(template) => visit(template),
            Self::List(items) => items.iter().for_each(|item| item.templates(visit)),
            Self::Object(members) => members.values().for_each(|member| member.templates(visit)),
        }
    }
}

impl<'de> Deserialize<'de> for JsonTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl JsonSchema for JsonTemplate {
    fn schema_name() -> Cow<'static, str> {
        "JsonTemplate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "Any JSON; its strings may have `{JSONata}` holes." })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn text(template: &str, scope: &Value) -> Option<String> {
        Template::parse(template)
            .unwrap()
            .text(scope, Escape::Percent)
            .unwrap()
    }

    #[test]
    fn one_hole_keeps_its_type_and_may_vanish() {
        let template = Template::parse("{limit}").unwrap();
        assert_eq!(template.json(&json!({ "limit": 7 })).unwrap(), Some(json!(7)));
        assert_eq!(template.json(&json!({})).unwrap(), None);
    }

    #[test]
    fn holes_are_escaped_and_the_rest_is_not() {
        let scope = json!({ "id": "a/b c+ü" });
        assert_eq!(
            text("/users/{id}?x", &scope).unwrap(),
            "/users/a%2Fb%20c%2B%C3%BC?x"
        );
        assert_eq!(text("{{literal}}", &scope).unwrap(), "{literal}");
    }

    #[test]
    fn braces_inside_expressions_are_passed_over() {
        assert_eq!(text("{ {\"a\": \"}\"}.a }", &json!({})).unwrap(), "%7D");
    }

    #[test]
    fn mistakes_say_what_to_change() {
        assert!(Template::parse("a}").unwrap_err().contains("write `}}`"));
        assert!(Template::parse("{a").unwrap_err().contains("does not close"));
        assert!(
            Template::parse("{a +}")
                .unwrap_err()
                .contains("not valid JSONata")
        );
    }
}
