//! `jsonata-core`, for what can't be lowered.
//!
//! Its values are not `Send`, so compiled expressions live in a table of each thread; what travels is the
//! syntax tree.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::EvaluatorOptions;
use jsonata_core::value::JValue;
use jsonata_core::{Expression as Compiled, parser};

use crate::eval::{Item, item};
use crate::expression::ExpressionProblem;
use crate::scan::{ScanError, Scanner};

/// How long one evaluation may take, in milliseconds.
const TIMEOUT_MS: u64 = 200;
const STACK_DEPTH: usize = 500;
const SEQUENCE_LENGTH: usize = 100_000;
const TIGHT_TIMEOUT_MS: u64 = 100;
const TIGHT_SEQUENCE_LENGTH: usize = 10_000;

thread_local! {
    static COMPILED: RefCell<HashMap<u64, Rc<Compiled>>> = RefCell::new(HashMap::new());
}

/// An expression that is interpreted.
#[derive(Clone, Debug)]
pub(crate) struct Interpreted {
    number: u64,
    ast: AstNode,
}

/// How far an evaluation may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limits {
    /// Those of connectors.
    Usual,
    /// Those of expressions that came over the API.
    Tight,
}

impl Interpreted {
    /// Parses `source`; the error is the parser's, with the byte at which it goes wrong.
    pub(crate) fn parse(source: &str) -> Result<Self, ExpressionProblem> {
        let problem = |message: String| ExpressionProblem {
            offset: Some(breaks_at(source)),
            message,
        };
        let parsed =
            catch_unwind(|| parser::parse(source)).map_err(|_| problem("the parser failed".to_owned()))?;
        parsed.map(Self::of).map_err(|error| problem(error.to_string()))
    }

    /// An expression that is parsed already.
    pub(crate) fn of(ast: AstNode) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            ast,
        }
    }

    pub(crate) fn ast(&self) -> &AstNode {
        &self.ast
    }

    /// Evaluates over a value, within bounds of time and memory. The error is the evaluator's.
    pub(crate) fn evaluate(&self, data: &JValue) -> Result<JValue, String> {
        self.evaluate_within(data, Limits::Usual)
    }

    pub(crate) fn evaluate_within(&self, data: &JValue, limits: Limits) -> Result<JValue, String> {
        let (timeout, length) = match limits {
            Limits::Usual => (TIMEOUT_MS, SEQUENCE_LENGTH),
            Limits::Tight => (TIGHT_TIMEOUT_MS, TIGHT_SEQUENCE_LENGTH),
        };
        let compiled = COMPILED.with_borrow_mut(|table| {
            Rc::clone(
                table
                    .entry(self.number)
                    .or_insert_with(|| Rc::new(Compiled::from_ast(self.ast.clone()))),
            )
        });
        let options = EvaluatorOptions {
            timeout_ms: Some(timeout),
            max_stack_depth: Some(STACK_DEPTH),
            max_sequence_length: Some(length),
            ..EvaluatorOptions::default()
        };
        catch_unwind(AssertUnwindSafe(|| compiled.evaluate_with_options(data, options)))
            .map_err(|_| "the evaluator failed".to_owned())?
            .map_err(|error| error.to_string())
    }
}

/// The byte at which an expression that does not parse goes wrong: the end of the shortest beginning that
/// nothing could complete, less its last character. The parser itself tells no place.
fn breaks_at(source: &str) -> usize {
    let ends: Vec<usize> = source.char_indices().map(|(at, _)| at).collect();
    let hopeless = |characters: usize| {
        let end = ends.get(characters).copied().unwrap_or(source.len());
        match catch_unwind(|| parser::parse(&source[..end])) {
            Ok(Ok(_)) => false,
            Ok(Err(error)) => !is_unfinished(&error),
            Err(_) => true,
        }
    };
    if !hopeless(ends.len()) {
        return source.len();
    }
    let (mut good, mut bad) = (0, ends.len());
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if hopeless(middle) {
            bad = middle;
        } else {
            good = middle;
        }
    }
    ends.get(good).copied().unwrap_or(source.len())
}

/// Whether more text could make an expression of it.
fn is_unfinished(error: &parser::ParserError) -> bool {
    use parser::ParserError::{UnclosedBacktick, UnclosedComment, UnclosedString, UnexpectedEnd};
    matches!(
        error,
        UnexpectedEnd | UnclosedString | UnclosedComment | UnclosedBacktick
    ) || error.to_string().contains("end of expression")
}

/// A JSON text as the evaluator's value. An integer that a double can't hold comes as a text of its digits.
pub(crate) fn value_of(text: &str) -> Result<JValue, ScanError> {
    let mut scanner = Scanner::new(text);
    value_at(&mut scanner, 0)
}

fn value_at(scanner: &mut Scanner<'_>, depth: u32) -> Result<JValue, ScanError> {
    match scanner.peek() {
        Some(b'{') => {
            let mut members = indexmap::IndexMap::new();
            scanner.members(depth, |scanner, key, depth| {
                let value = value_at(scanner, depth)?;
                members.insert(key.decode().into_owned(), value);
                Ok(())
            })?;
            Ok(JValue::object(members))
        }
        Some(b'[') => {
            let mut items = Vec::new();
            scanner.elements(depth, |scanner, depth| {
                items.push(value_at(scanner, depth)?);
                Ok(())
            })?;
            Ok(JValue::array(items))
        }
        _ => {
            let start = scanner.at();
            scanner.skip(depth)?;
            Ok(match item(scanner.since(start)) {
                Item::Text(text) => JValue::string(text.into_owned()),
                Item::Bool(truth) => JValue::Bool(truth),
                Item::Number(number) => number_of(&number),
                Item::Null | Item::Undefined | Item::Json(_) => JValue::Null,
            })
        }
    }
}

fn number_of(text: &str) -> JValue {
    if let Ok(integer) = text.parse::<i128>() {
        let float = integer as f64;
        if integer.unsigned_abs() >= (1 << 53) {
            return JValue::string(text.to_owned());
        }
        return JValue::from_f64(float);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => JValue::from_f64(number),
        _ => JValue::string(text.to_owned()),
    }
}

/// What the evaluator gave, as an item.
pub(crate) fn item_of(value: &JValue) -> Result<Item<'static>, String> {
    Ok(match value {
        JValue::Undefined => Item::Undefined,
        JValue::Null => Item::Null,
        JValue::Bool(truth) => Item::Bool(*truth),
        JValue::Number(number) => Item::Number(Cow::Owned(number_text(*number))),
        JValue::String(text) => Item::Text(Cow::Owned(text.to_string())),
        JValue::Array(_) | JValue::Object(_) => Item::Json(Cow::Owned(
            value.to_json_string().map_err(|error| error.to_string())?,
        )),
        _ => return Err("it gives a function".to_owned()),
    })
}

fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        (number as i64).to_string()
    } else {
        number.to_string()
    }
}
