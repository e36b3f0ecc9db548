//! Predicates on unified values: what a filter asks, and whether a record meets it.

use std::fmt;

use smallvec::SmallVec;

use crate::instant::Instant;
use crate::schema::{FieldId, FieldKind, UnifiedModel};
use crate::text::Text;
use crate::value::{Row, Value};

/// How two instants are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cmp {
    /// Later.
    Gt,
    /// Not earlier.
    Gte,
    /// Earlier.
    Lt,
    /// Not later.
    Lte,
    /// The same millisecond.
    Eq,
}

/// What is asked of a value. Texts ignore case; ids are exact.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// This text.
    Eq(Text),
    /// Another text, or none.
    Ne(Text),
    /// One of these texts.
    In(Vec<Text>),
    /// A text that contains this one.
    Contains(Text),
    /// A text that starts with this one.
    StartsWith(Text),
    /// This id.
    IdEq(String),
    /// Another id, or none.
    IdNe(String),
    /// One of these ids.
    IdIn(Vec<String>),
    /// An id that contains this.
    IdContains(String),
    /// An id that starts with this.
    IdStartsWith(String),
    /// This truth.
    Is(bool),
    /// An instant on this side of that one.
    At(Cmp, Instant),
}

/// One condition of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate {
    /// On any of these fields: one for a filter, several for a search.
    pub fields: SmallVec<[FieldId; 2]>,
    /// What is asked.
    pub test: Test,
    /// The parameter as the client wrote it: `email[contains]`.
    pub parameter: String,
}

impl Predicate {
    /// "The id is this one"; `None` for a model without an id.
    pub fn id_equals(model: &UnifiedModel, id: &str) -> Option<Self> {
        let (field, spec) = model.fields().find(|(_, field)| field.kind == FieldKind::Id)?;
        Some(Self {
            fields: SmallVec::from_slice(&[field]),
            test: Test::IdEq(id.to_owned()),
            parameter: spec.name.clone(),
        })
    }

    /// Whether a row meets it.
    pub fn matches(&self, row: &Row<'_>) -> bool {
        self.fields
            .iter()
            .any(|field| match row.values.get(usize::from(field.0)) {
                Some(value) => self.test.accepts(value),
                None => self.test.accepts(&Value::Null),
            })
    }
}

/// As a query parameter that means it: `email[contains]=ab`.
impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.parameter, self.test)
    }
}

/// What the value is compared with: lists comma-separated, instants in UTC.
impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eq(text) | Self::Ne(text) | Self::Contains(text) | Self::StartsWith(text) => {
                f.write_str(&text.given)
            }
            Self::IdEq(id) | Self::IdNe(id) | Self::IdContains(id) | Self::IdStartsWith(id) => {
                f.write_str(id)
            }
            Self::In(texts) => {
                let given: Vec<&str> = texts.iter().map(|text| text.given.as_str()).collect();
                f.write_str(&given.join(","))
            }
            Self::IdIn(ids) => f.write_str(&ids.join(",")),
            Self::Is(truth) => truth.fmt(f),
            Self::At(_, instant) => instant.fmt(f),
        }
    }
}

impl Test {
    /// Whether a value meets it. Null meets nothing but "not this one".
    pub fn accepts(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::Ne(_) | Self::IdNe(_), Value::Null) => true,
            (Self::Eq(wanted), Value::Text(text)) => wanted.equals(text),
            (Self::Ne(wanted), Value::Text(text)) => !wanted.equals(text),
            (Self::In(wanted), Value::Text(text)) => wanted.iter().any(|one| one.equals(text)),
            (Self::Contains(wanted), Value::Text(text)) => wanted.is_in(text),
            (Self::StartsWith(wanted), Value::Text(text)) => wanted.starts(text),
            (Self::IdEq(wanted), Value::Text(text)) => text == wanted,
            (Self::IdNe(wanted), Value::Text(text)) => text != wanted,
            (Self::IdIn(wanted), Value::Text(text)) => wanted.iter().any(|one| text == one),
            (Self::IdContains(wanted), Value::Text(text)) => text.contains(wanted.as_str()),
            (Self::IdStartsWith(wanted), Value::Text(text)) => text.starts_with(wanted.as_str()),
            (Self::Is(wanted), Value::Bool(truth)) => truth == wanted,
            (Self::At(cmp, wanted), Value::Instant(at)) => match cmp {
                Cmp::Gt => at > wanted,
                Cmp::Gte => at >= wanted,
                Cmp::Lt => at < wanted,
                Cmp::Lte => at <= wanted,
                Cmp::Eq => at == wanted,
            },
            _ => false,
        }
    }
}
