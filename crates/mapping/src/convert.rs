//! From what an expression gives to what the model says the field holds.

use std::borrow::Cow;

use crosswalk_model::{FieldKind, Instant, Value};
use serde_json::value::RawValue;

use crate::eval::{Item, item};
use crate::instant::{Read, read};
use crate::mapping::Reading;
use crate::page::RecordProblem;
use crate::scan::Scanner;
use crate::write::write_string;

/// How one field's values are read.
#[derive(Clone, Debug)]
pub(crate) struct Conversion {
    pub(crate) name: String,
    pub(crate) kind: FieldKind,
    pub(crate) reading: Reading,
    /// Seconds east of UTC for instants without a zone.
    pub(crate) offset: i64,
}

impl Conversion {
    /// Whether instants are written as ISO 8601.
    pub(crate) fn is_iso(&self) -> bool {
        matches!(self.reading, Reading::Auto | Reading::Zone(_))
    }

    /// The value of the field.
    pub(crate) fn value<'b>(&self, item: Item<'b>) -> Result<Value<'b>, RecordProblem> {
        match self.kind {
            FieldKind::Id => match self.text(item)? {
                Value::Null => Err(RecordProblem::WithoutId),
                id => Ok(id),
            },
            FieldKind::Text => self.text(item),
            FieldKind::Boolean => match item {
                Item::Bool(truth) => Ok(Value::Bool(truth)),
                Item::Undefined | Item::Null => Ok(Value::Null),
                other => Err(self.problem(&other, "true or false")),
            },
            FieldKind::Instant => self.instant(item),
            FieldKind::Links => self.links(item),
            FieldKind::Json => Ok(as_it_is(item)),
        }
    }

    fn text<'b>(&self, item: Item<'b>) -> Result<Value<'b>, RecordProblem> {
        match item {
            Item::Undefined | Item::Null => Ok(Value::Null),
            Item::Text(text) if text.is_empty() => Ok(Value::Null),
            Item::Text(text) | Item::Number(text) => Ok(Value::Text(text)),
            Item::Bool(truth) => Ok(Value::Text(Cow::Borrowed(if truth { "true" } else { "false" }))),
            other @ Item::Json(_) => Err(self.problem(&other, "a text")),
        }
    }

    fn instant<'b>(&self, item: Item<'b>) -> Result<Value<'b>, RecordProblem> {
        let step = match self.reading {
            Reading::UnixSeconds => Some(1000.0),
            Reading::UnixMillis => Some(1.0),
            Reading::Auto | Reading::Zone(_) => None,
        };
        match (item, step) {
            (Item::Undefined | Item::Null, _) => Ok(Value::Null),
            (Item::Text(text) | Item::Number(text), Some(step)) => {
                let text = text.trim();
                if text.is_empty() {
                    return Ok(Value::Null);
                }
                let millis = text.parse::<f64>().ok().map(|number| (number * step).floor());
                match millis {
                    // Zero is how a column without a time is written.
                    Some(0.0) => Ok(Value::Null),
                    Some(millis) if millis.abs() < 253_402_300_800_000.0 => {
                        Ok(Value::Instant(Instant(millis as i64)))
                    }
                    _ => Err(self.problem(&Item::Text(Cow::Borrowed(text)), "a Unix time")),
                }
            }
            (Item::Text(text), None) => match read(&text, self.offset) {
                Read::At(at) => Ok(Value::Instant(at)),
                Read::Never => Ok(Value::Null),
                Read::Garbage => Err(self.problem(&Item::Text(text), "an ISO 8601 instant")),
            },
            (other, _) => Err(self.problem(&other, "an instant")),
        }
    }

    /// `{type, url}` objects whose `url` is an http(s) address; anything else is no link and left out.
    fn links<'b>(&self, value: Item<'b>) -> Result<Value<'b>, RecordProblem> {
        let none = || Ok(Value::Json(Cow::Borrowed(b"[]".as_slice())));
        let json = match value {
            Item::Undefined | Item::Null => return none(),
            Item::Json(json) => json,
            other => return Err(self.problem(&other, "a list of links")),
        };
        let wrong = || self.problem(&Item::Json(json.clone()), "a list of links");
        let objects: Vec<&RawValue> = if json.starts_with('[') {
            serde_json::from_str(&json).map_err(|_| wrong())?
        } else {
            vec![serde_json::from_str(&json).map_err(|_| wrong())?]
        };
        let mut out = vec![b'['];
        for object in objects {
            let (mut kind, mut url) = (Item::Undefined, Item::Undefined);
            let mut scanner = Scanner::new(object.get());
            if scanner.peek() != Some(b'{') {
                return Err(wrong());
            }
            scanner
                .members(0, |scanner, key, depth| {
                    let start = scanner.at();
                    scanner.skip(depth)?;
                    let value = scanner.since(start);
                    if key.is("type") {
                        kind = item(value);
                    } else if key.is("url") {
                        url = item(value);
                    }
                    Ok(())
                })
                .map_err(|_| wrong())?;
            let (Item::Text(kind), Item::Text(url)) = (kind, url) else {
                continue;
            };
            if !is_address(&url) {
                continue;
            }
            out.extend_from_slice(if out.len() > 1 {
                b",{\"type\":"
            } else {
                b"{\"type\":"
            });
            write_string(&mut out, &kind);
            out.extend_from_slice(b",\"url\":");
            write_string(&mut out, &url);
            out.push(b'}');
        }
        out.push(b']');
        Ok(Value::Json(Cow::Owned(out)))
    }

    fn problem(&self, item: &Item<'_>, wanted: &str) -> RecordProblem {
        let shown = match item {
            Item::Text(text) => format!("the text `{}`", cut(text)),
            Item::Number(_) => "a number".to_owned(),
            Item::Bool(truth) => truth.to_string(),
            Item::Json(json) if json.starts_with('[') => "a list".to_owned(),
            Item::Json(_) => "an object".to_owned(),
            Item::Undefined | Item::Null => "null".to_owned(),
        };
        RecordProblem::Field {
            field: self.name.clone(),
            what: format!("{shown} and not {wanted}"),
        }
    }
}

/// A value of any type.
fn as_it_is(item: Item<'_>) -> Value<'_> {
    match item {
        Item::Undefined | Item::Null => Value::Null,
        Item::Bool(truth) => Value::Bool(truth),
        Item::Text(text) => Value::Text(text),
        Item::Number(text) | Item::Json(text) => match text {
            Cow::Borrowed(text) => Value::Json(Cow::Borrowed(text.as_bytes())),
            Cow::Owned(text) => Value::Json(Cow::Owned(text.into_bytes())),
        },
    }
}

fn is_address(url: &str) -> bool {
    let scheme = |scheme: &str| {
        url.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    scheme("https://") || scheme("http://")
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
