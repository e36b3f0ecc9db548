//! Runs lowered programs over captured slices.

use std::borrow::Cow;

use crate::lower::{Elements, Op};
use crate::path::Path;
use crate::projection::{Capture, Captures};
use crate::scan::Scanner;
use crate::write::write_string;

/// A value while a field is computed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item<'b> {
    Undefined,
    Null,
    Bool(bool),
    /// A number as it is written.
    Number(Cow<'b, str>),
    Text(Cow<'b, str>),
    /// An object or array, as it is written or built.
    Json(Cow<'b, str>),
}

/// The record has a shape for which JSONata does more than the program does; it has to be interpreted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unusual;

type Evaluated<'b> = Result<Item<'b>, Unusual>;

/// Runs a program.
pub(crate) fn run<'b>(op: &Op, captures: &Captures<'b>) -> Evaluated<'b> {
    match eval(op, captures, None)? {
        // How JSONata writes other numbers than integers is the interpreter's affair.
        Item::Number(number) if !is_plain_integer(&number) => Err(Unusual),
        // An integer that a double can't hold is a text of its digits on either path.
        Item::Number(number) if small_number(&number).is_none() => Ok(Item::Text(number)),
        item => Ok(item),
    }
}

/// A written value as an item.
pub(crate) fn item(raw: &str) -> Item<'_> {
    match raw.as_bytes().first() {
        Some(b'"') => {
            let inner = raw.get(1..raw.len() - 1).unwrap_or_default();
            if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
                return Item::Text(Cow::Borrowed(inner));
            }
            match Scanner::new(raw).string() {
                Ok(text) => Item::Text(text.decode()),
                Err(_) => Item::Undefined,
            }
        }
        Some(b't') => Item::Bool(true),
        Some(b'f') => Item::Bool(false),
        Some(b'n') => Item::Null,
        Some(b'{' | b'[') => Item::Json(Cow::Borrowed(raw)),
        _ => Item::Number(Cow::Borrowed(raw)),
    }
}

fn eval<'b>(op: &Op, captures: &Captures<'b>, this: Option<&Item<'b>>) -> Evaluated<'b> {
    let sub = |op: &Op| eval(op, captures, this);
    Ok(match op {
        Op::Slot(slot) => match captures[*slot] {
            Capture::Missing => Item::Undefined,
            Capture::Text(text) => Item::Text(Cow::Borrowed(text)),
            Capture::Raw(raw) => item(raw),
            Capture::ThroughArray => return Err(Unusual),
        },
        Op::This => this.cloned().ok_or(Unusual)?,
        Op::Text(text) => Item::Text(Cow::Owned(text.clone())),
        Op::Number(number) => Item::Number(Cow::Owned(number_text(*number)?)),
        Op::Bool(truth) => Item::Bool(*truth),
        Op::Null => Item::Null,
        Op::Filter(value, test) => match scalar(sub(value)?)? {
            Item::Undefined => Item::Undefined,
            value => {
                if truth(&eval(test, captures, Some(&value))?)? {
                    value
                } else {
                    Item::Undefined
                }
            }
        },
        Op::Index(value, index) => element(sub(value)?, *index)?,
        Op::Member(value, names) => member(sub(value)?, names)?,
        Op::Concat(a, b) => {
            let mut text = to_text(sub(a)?)?.unwrap_or_default().into_owned();
            text.push_str(&to_text(sub(b)?)?.unwrap_or_default());
            Item::Text(Cow::Owned(text))
        }
        Op::JoinNonEmpty(items, separator) => join(items, separator, &sub)?,
        Op::Not(value) => match sub(value)? {
            Item::Undefined => Item::Undefined,
            value => Item::Bool(!truth(&value)?),
        },
        Op::Exists(value) => Item::Bool(scalar(sub(value)?)? != Item::Undefined),
        Op::ToText(value) => match sub(value)? {
            Item::Undefined => Item::Undefined,
            value => Item::Text(to_text(value)?.unwrap_or_default()),
        },
        Op::Substring(value, start, length) => match sub(value)? {
            Item::Undefined => Item::Undefined,
            Item::Text(text) => {
                let part = text
                    .chars()
                    .skip(*start)
                    .take(length.unwrap_or(usize::MAX))
                    .collect::<String>();
                Item::Text(Cow::Owned(part))
            }
            _ => return Err(Unusual),
        },
        Op::Lowercase(value) => match sub(value)? {
            Item::Undefined => Item::Undefined,
            Item::Text(text) => Item::Text(Cow::Owned(text.to_lowercase())),
            _ => return Err(Unusual),
        },
        Op::Equal(a, b) => Item::Bool(equal(&scalar(sub(a)?)?, &scalar(sub(b)?)?)? == Some(true)),
        Op::NotEqual(a, b) => Item::Bool(equal(&scalar(sub(a)?)?, &scalar(sub(b)?)?)? == Some(false)),
        Op::In(value, items) => {
            let value = scalar(sub(value)?)?;
            let mut found = false;
            for candidate in items {
                found |= equal(&value, &sub(candidate)?)? == Some(true);
            }
            Item::Bool(found)
        }
        Op::And(a, b) => Item::Bool(truth(&sub(a)?)? && truth(&sub(b)?)?),
        Op::Or(a, b) => Item::Bool(truth(&sub(a)?)? || truth(&sub(b)?)?),
        Op::If(test, yes, no) => match (truth(&sub(test)?)?, no) {
            (true, _) => sub(yes)?,
            (false, Some(no)) => sub(no)?,
            (false, None) => Item::Undefined,
        },
        Op::Coalesce(a, b) => match sub(a)? {
            Item::Undefined => sub(b)?,
            // Whether null counts as a value is the interpreter's affair.
            Item::Null => return Err(Unusual),
            value => value,
        },
        Op::Default(a, b) => {
            let value = sub(a)?;
            if truth(&value)? { value } else { sub(b)? }
        }
        Op::Lookup(table, key) => match sub(key)? {
            Item::Text(key) => match table.iter().find(|(name, _)| *name == key) {
                Some((_, value)) => sub(value)?,
                None => Item::Undefined,
            },
            Item::Undefined => Item::Undefined,
            _ => return Err(Unusual),
        },
        Op::FirstText(lists) => {
            // All lists are looked at: a strange one makes the record unusual, whichever comes first.
            let mut first = Item::Undefined;
            for elements in lists {
                let found = first_text(elements, captures)?;
                if first == Item::Undefined {
                    first = found;
                }
            }
            first
        }
        Op::Objects(objects) => objects_json(objects, &sub)?,
    })
}

/// The first text with content among the members of a list's elements.
fn first_text<'b>(elements: &Elements, captures: &Captures<'b>) -> Evaluated<'b> {
    let raw = match captures[elements.list] {
        Capture::Missing => return Ok(Item::Undefined),
        Capture::ThroughArray => return Err(Unusual),
        Capture::Raw(raw) if raw.starts_with('[') => raw,
        Capture::Raw("null") => return Ok(Item::Undefined),
        Capture::Text(_) | Capture::Raw(_) => return Err(Unusual),
    };
    let mut first = Ok(Item::Undefined);
    let mut scanner = Scanner::new(raw);
    let scanned = scanner.elements(0, |scanner, depth| {
        if scanner.peek() != Some(b'{') {
            first = Err(Unusual);
            return scanner.skip(depth);
        }
        let (mut value, mut key) = (Item::Undefined, Item::Undefined);
        scanner.members(depth, |scanner, name, depth| {
            let start = scanner.at();
            scanner.skip(depth)?;
            let raw = scanner.since(start);
            if name.is(&elements.member) {
                value = item(raw);
            }
            if elements.only.as_ref().is_some_and(|(key, _)| name.is(key)) {
                key = item(raw);
            }
            Ok(())
        })?;
        let chosen = match (&elements.only, &key) {
            (None, _) => true,
            (Some((_, wanted)), Item::Text(text)) => text == wanted,
            (Some(_), Item::Json(_)) => {
                first = Err(Unusual);
                false
            }
            (Some(_), _) => false,
        };
        if chosen {
            match (&value, &first) {
                (Item::Undefined | Item::Null, _) | (_, Err(Unusual)) => {}
                (Item::Text(text), Ok(Item::Undefined)) if !text.is_empty() => first = Ok(value),
                (Item::Text(_), Ok(_)) => {}
                _ => first = Err(Unusual),
            }
        }
        Ok(())
    });
    scanned.map_err(|_| Unusual)?;
    first
}

/// Arrays and objects take part in comparisons and filters in ways of their own.
fn scalar(item: Item<'_>) -> Evaluated<'_> {
    match item {
        Item::Json(_) => Err(Unusual),
        item => Ok(item),
    }
}

/// JSONata's cast to a truth.
fn truth(item: &Item<'_>) -> Result<bool, Unusual> {
    Ok(match item {
        Item::Undefined | Item::Null => false,
        Item::Bool(truth) => *truth,
        Item::Number(number) => number.parse::<f64>().map_err(|_| Unusual)? != 0.0,
        Item::Text(text) => !text.is_empty(),
        Item::Json(_) => return Err(Unusual),
    })
}

/// Whether two values are equal; `None` when either is missing, which is neither equal nor unequal.
fn equal(a: &Item<'_>, b: &Item<'_>) -> Result<Option<bool>, Unusual> {
    Ok(Some(match (a, b) {
        (Item::Undefined, _) | (_, Item::Undefined) => return Ok(None),
        (Item::Json(_), _) | (_, Item::Json(_)) => return Err(Unusual),
        (Item::Number(a), Item::Number(b)) => {
            // Digits beyond a double's precision are kept by ids only, which are not compared by expressions.
            let number = |text: &str| small_number(text).ok_or(Unusual);
            number(a)? == number(b)?
        }
        (Item::Number(number), _) | (_, Item::Number(number)) if small_number(number).is_none() => {
            return Err(Unusual);
        }
        (a, b) => a == b,
    }))
}

/// A number that a double holds and writes back in the same digits: a plain integer.
fn small_number(text: &str) -> Option<f64> {
    let number: i64 = text.parse().ok()?;
    (number.unsigned_abs() < (1 << 53) && text != "-0").then_some(number as f64)
}

fn number_text(number: f64) -> Result<String, Unusual> {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        Ok((number as i64).to_string())
    } else {
        Err(Unusual)
    }
}

/// JSONata's cast to a text; `None` when there is nothing.
fn to_text(item: Item<'_>) -> Result<Option<Cow<'_, str>>, Unusual> {
    Ok(Some(match item {
        Item::Undefined => return Ok(None),
        Item::Null => Cow::Borrowed("null"),
        Item::Bool(true) => Cow::Borrowed("true"),
        Item::Bool(false) => Cow::Borrowed("false"),
        Item::Text(text) => text,
        // An integer beyond a double's precision is a text on either path, so its digits stand.
        Item::Number(number) if is_plain_integer(&number) => number,
        Item::Number(_) | Item::Json(_) => return Err(Unusual),
    }))
}

fn is_plain_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty()
        && digits.len() <= 19
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && text != "-0"
}

fn element(item: Item<'_>, index: usize) -> Evaluated<'_> {
    match item {
        Item::Json(Cow::Borrowed(raw)) if raw.starts_with('[') => {
            let mut found = Ok(Item::Undefined);
            let mut at = 0;
            let mut scanner = Scanner::new(raw);
            scanner
                .elements(0, |scanner, depth| {
                    let start = scanner.at();
                    scanner.skip(depth)?;
                    let element = scanner.since(start);
                    // Arrays inside arrays are flattened on the way.
                    if element.starts_with('[') {
                        found = Err(Unusual);
                    } else if at == index && found.is_ok() {
                        found = Ok(self::item(element));
                    }
                    at += 1;
                    Ok(())
                })
                .map_err(|_| Unusual)?;
            found
        }
        Item::Undefined => Ok(Item::Undefined),
        item if index == 0 => Ok(item),
        _ => Ok(Item::Undefined),
    }
}

fn member<'b>(value: Item<'b>, names: &[String]) -> Evaluated<'b> {
    let mut value = value;
    for name in names {
        value = match value {
            Item::Json(Cow::Borrowed(raw)) if raw.starts_with('{') => {
                let path = Path::of_name(name);
                match crate::path::find(raw, &path).map_err(|_| Unusual)? {
                    Some(raw) => item(raw),
                    None => Item::Undefined,
                }
            }
            Item::Json(_) => return Err(Unusual),
            _ => Item::Undefined,
        };
    }
    Ok(value)
}

fn join<'b>(items: &[Op], separator: &str, sub: &dyn Fn(&Op) -> Evaluated<'b>) -> Evaluated<'b> {
    // Of nothing, JSONata makes nothing or an empty text by the number of items; both are no text here.
    let mut joined = Item::Undefined;
    for op in items {
        let part = match sub(op)? {
            Item::Undefined | Item::Null => continue,
            Item::Text(text) if text.is_empty() => continue,
            Item::Text(text) => text,
            _ => return Err(Unusual),
        };
        joined = Item::Text(match joined {
            Item::Text(Cow::Owned(mut text)) => {
                text.push_str(separator);
                text.push_str(&part);
                Cow::Owned(text)
            }
            Item::Text(Cow::Borrowed(text)) => Cow::Owned([text, separator, &part].concat()),
            _ => part,
        });
    }
    Ok(joined)
}

fn objects_json<'b>(objects: &[Vec<(String, Op)>], sub: &dyn Fn(&Op) -> Evaluated<'b>) -> Evaluated<'b> {
    let mut out = vec![b'['];
    for members in objects {
        if out.len() > 1 {
            out.push(b',');
        }
        out.push(b'{');
        let start = out.len();
        for (name, op) in members {
            let value = sub(op)?;
            if value == Item::Undefined {
                continue;
            }
            if out.len() > start {
                out.push(b',');
            }
            write_string(&mut out, name);
            out.push(b':');
            match value {
                Item::Null => out.extend_from_slice(b"null"),
                Item::Bool(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
                Item::Text(text) => write_string(&mut out, &text),
                Item::Undefined | Item::Number(_) | Item::Json(_) => return Err(Unusual),
            }
        }
        out.push(b'}');
    }
    out.push(b']');
    String::from_utf8(out)
        .map(|json| Item::Json(Cow::Owned(json)))
        .map_err(|_| Unusual)
}
