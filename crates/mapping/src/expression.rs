//! Expressions of requests and paging: off the hot path, over small JSON values.

use serde_json::Value;

use jsonata_core::ast::AstNode;

use crate::interpret::{Interpreted, item_of, value_of};

/// A JSONata expression. Plain paths and literals are answered without the evaluator.
#[derive(Clone, Debug)]
pub struct Expression {
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// Names from the input down.
    Path(Vec<String>),
    Literal(Value),
    Interpreted(Interpreted),
}

/// An expression that can't be compiled or evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionProblem {
    /// The parser's or evaluator's words.
    pub message: String,
    /// The byte at which it goes wrong, where that is known.
    pub offset: Option<usize>,
}

impl Expression {
    /// Compiles an expression.
    pub fn compile(source: &str) -> Result<Self, ExpressionProblem> {
        let interpreted = Interpreted::parse(source)?;
        let form = match interpreted.ast() {
            AstNode::String(text) => Form::Literal(Value::String(text.clone())),
            AstNode::Boolean(truth) => Form::Literal(Value::Bool(*truth)),
            AstNode::Name(name) => Form::Path(vec![name.clone()]),
            AstNode::Path { steps } => {
                let names = steps.iter().map(|step| match &step.node {
                    AstNode::Name(name)
                        if step.stages.is_empty() && step.focus.is_none() && !step.is_tuple =>
                    {
                        Some(name.clone())
                    }
                    _ => None,
                });
                match names.collect() {
                    Some(names) => Form::Path(names),
                    None => Form::Interpreted(interpreted),
                }
            }
            _ => Form::Interpreted(interpreted),
        };
        Ok(Self { form })
    }

    /// The names, where the expression is a path of names from the input down.
    pub fn as_path(&self) -> Option<&[String]> {
        match &self.form {
            Form::Path(names) => Some(names),
            Form::Literal(_) | Form::Interpreted(_) => None,
        }
    }

    /// The value over `input`; `None` when there is none.
    pub fn evaluate(&self, input: &Value) -> Result<Option<Value>, ExpressionProblem> {
        let interpreted = match &self.form {
            Form::Literal(value) => return Ok(Some(value.clone())),
            Form::Path(names) => match follow(input, names) {
                Followed::Found(value) => return Ok(Some(value.clone())),
                Followed::Missing => return Ok(None),
                Followed::Array => &Interpreted::parse(&source(names))?,
            },
            Form::Interpreted(interpreted) => interpreted,
        };
        let data = value_of(&input.to_string())
            .map_err(|error| problem(format!("the input can not be read: {}", error.reason)))?;
        let result = interpreted.evaluate(&data).map_err(problem)?;
        let json = match item_of(&result).map_err(problem)? {
            crate::eval::Item::Undefined => return Ok(None),
            crate::eval::Item::Null => Value::Null,
            crate::eval::Item::Bool(truth) => Value::Bool(truth),
            crate::eval::Item::Text(text) => Value::String(text.into_owned()),
            crate::eval::Item::Number(text) | crate::eval::Item::Json(text) => {
                serde_json::from_str(&text).map_err(|error| problem(error.to_string()))?
            }
        };
        Ok(Some(json))
    }
}

enum Followed<'v> {
    Found(&'v Value),
    Missing,
    /// An array on the way, over which JSONata maps.
    Array,
}

fn follow<'v>(input: &'v Value, names: &[String]) -> Followed<'v> {
    let mut value = input;
    for name in names {
        value = match value {
            Value::Object(members) => match members.get(name) {
                Some(member) => member,
                None => return Followed::Missing,
            },
            Value::Array(_) => return Followed::Array,
            _ => return Followed::Missing,
        };
    }
    Followed::Found(value)
}

fn source(names: &[String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(".")
}

fn problem(message: String) -> ExpressionProblem {
    ExpressionProblem {
        message,
        offset: None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn value(source: &str, input: &Value) -> Option<Value> {
        Expression::compile(source).unwrap().evaluate(input).unwrap()
    }

    #[test]
    fn paths_literals_and_the_rest() {
        let input = json!({ "a": { "b": 3 }, "list": [{ "c": 1 }, { "c": 2 }], "n": null, "big": 9007199254740993_u64 });
        assert_eq!(value("a.b", &input), Some(json!(3)));
        assert_eq!(value("a.x", &input), None);
        assert_eq!(value("n", &input), Some(Value::Null));
        assert_eq!(value("list.c", &input), Some(json!([1, 2])));
        assert_eq!(value("\"x\"", &input), Some(json!("x")));
        assert_eq!(value("a.b = 3 ? \"yes\"", &input), Some(json!("yes")));
        assert_eq!(value("a.b = 4 ? \"yes\"", &input), None);
        assert_eq!(value("$string(big)", &input), Some(json!("9007199254740993")));
        assert_eq!(value("[a.b]", &input), Some(json!([3])));
    }

    #[test]
    fn runaway_expressions_end() {
        let endless = Expression::compile("($f := function($x) { $f($x + 1) }; $f(0))").unwrap();
        assert!(endless.evaluate(&json!({})).is_err());
        assert!(Expression::compile("a[").is_err());
    }

    #[test]
    fn a_mistake_has_its_place() {
        let place = |source: &str| Expression::compile(source).unwrap_err().offset.unwrap();
        assert_eq!(place("a[").to_string(), "2");
        assert_eq!(place("first last").to_string(), "6");
        assert_eq!(place("zoë & * ) x").to_string(), "9");
        assert_eq!(place("\"open").to_string(), "5");
        assert_eq!(place(")").to_string(), "0");
    }
}
