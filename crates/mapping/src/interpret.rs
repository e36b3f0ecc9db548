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
use crate::scan::{ScanError, Scanner};

/// How long one evaluation may take, in milliseconds.
const TIMEOUT_MS: u64 = 200;
const STACK_DEPTH: usize = 500;
const SEQUENCE_LENGTH: usize = 100_000;

thread_local! {
    static COMPILED: RefCell<HashMap<u64, Rc<Compiled>>> = RefCell::new(HashMap::new());
}

/// An expression that is interpreted.
#[derive(Clone, Debug)]
pub(crate) struct Interpreted {
    number: u64,
    ast: AstNode,
}

impl Interpreted {
    /// Parses `source`; the error is the parser's.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let parsed = catch_unwind(|| parser::parse(source)).map_err(|_| "the parser failed".to_owned())?;
        let ast = parsed.map_err(|error| error.to_string())?;
        Ok(Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            ast,
        })
    }

    pub(crate) fn ast(&self) -> &AstNode {
        &self.ast
    }

    /// Evaluates over a value, within bounds of time and memory. The error is the evaluator's.
    pub(crate) fn evaluate(&self, data: &JValue) -> Result<JValue, String> {
        let compiled = COMPILED.with_borrow_mut(|table| {
            Rc::clone(
                table
                    .entry(self.number)
                    .or_insert_with(|| Rc::new(Compiled::from_ast(self.ast.clone()))),
            )
        });
        let options = EvaluatorOptions {
            timeout_ms: Some(TIMEOUT_MS),
            max_stack_depth: Some(STACK_DEPTH),
            max_sequence_length: Some(SEQUENCE_LENGTH),
            ..EvaluatorOptions::default()
        };
        catch_unwind(AssertUnwindSafe(|| compiled.evaluate_with_options(data, options)))
            .map_err(|_| "the evaluator failed".to_owned())?
            .map_err(|error| error.to_string())
    }
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
