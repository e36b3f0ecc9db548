//! Compiled mappings: lowered where possible, interpreted where not.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use crosswalk_model::{FieldId, FieldKind, Row, UnifiedModel, Value};
use jsonata_core::value::JValue;

use crate::bound;
use crate::convert::Conversion;
use crate::eval::{Item, item, run};
use crate::instant::{Read, read, read_offset};
use crate::interpret::{Interpreted, Limits, item_of, value_of};
use crate::lower::{Op, lower};
use crate::page::RecordProblem;
use crate::projection::{Capture, Captures, Wanted};
use crate::scan::{ScanError, Scanner};

/// How long the interpreter may work on overrides for one page of records.
const PATIENCE: Duration = Duration::from_secs(2);

/// How instants are written, where it is not ISO 8601 in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// ISO 8601, with a zone or in UTC.
    #[default]
    Auto,
    /// Seconds since the epoch, a number or a numeral; zero is none.
    UnixSeconds,
    /// Milliseconds since the epoch; zero is none.
    UnixMillis,
    /// ISO 8601 without a zone, in this one (`+05:30`).
    Zone(String),
}

/// One field's expression.
#[derive(Clone, Debug)]
pub struct Source {
    /// JSONata over one vendor record.
    pub expression: String,
    /// How the value is written, for instants.
    pub reading: Reading,
    /// Who wrote it.
    pub origin: Origin,
}

/// Who wrote an expression, which says how far it is trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// A connector's file.
    #[default]
    Connector,
    /// A client of the API: only what is bounded in time and memory is admitted.
    Override {
        /// The name under which the record is found, where it is not itself the input.
        root: Option<&'static str>,
    },
}

/// A field whose expression can't be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Which.
    pub field: FieldId,
    /// What is wrong.
    pub message: String,
    /// The byte at which it goes wrong, where that is known.
    pub offset: Option<usize>,
}

/// How a field is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lowering {
    /// In the one pass.
    Lowered,
    /// By the interpreter.
    Interpreted {
        /// The form that was in the way.
        reason: String,
    },
}

/// A compiled mapping.
#[derive(Clone, Debug)]
pub struct Mapping {
    wanted: Wanted,
    slots: usize,
    fields: Vec<Field>,
    /// How many values a row has.
    width: usize,
}

#[derive(Clone, Debug)]
struct Field {
    id: FieldId,
    program: Result<Op, String>,
    interpreted: Interpreted,
    conversion: Conversion,
    shortcut: Option<Shortcut>,
    origin: Origin,
}

/// What most fields are: the value at a path, as it stands or negated, or texts joined. Read without the
/// detours that other programs need.
#[derive(Clone, Debug)]
enum Shortcut {
    Text(usize),
    Instant(usize),
    Flag {
        slot: usize,
        negated: bool,
    },
    Join {
        slots: Box<[usize]>,
        separator: Box<str>,
    },
}

/// What one record after the other is read into.
pub(crate) struct Reader<'m, 'b> {
    mapping: &'m Mapping,
    captures: Captures<'b>,
    row: Row<'b>,
    /// What the interpreter may still take for overrides.
    patience: Duration,
}

impl Mapping {
    /// Compiles one expression per field.
    pub fn compile(model: &UnifiedModel, fields: Vec<(FieldId, Source)>) -> Result<Self, Vec<FieldProblem>> {
        let mut mapping = Self {
            wanted: Wanted::default(),
            slots: 0,
            fields: Vec::new(),
            width: model.fields.len(),
        };
        let mut problems = Vec::new();
        for (id, source) in fields {
            let problem = |message: String| FieldProblem {
                field: id,
                message,
                offset: None,
            };
            let parsed = Interpreted::parse(&source.expression).and_then(|parsed| match source.origin {
                Origin::Connector => Ok(parsed),
                Origin::Override { root } => bound::admit(parsed, root),
            });
            let interpreted = match parsed {
                Ok(interpreted) => interpreted,
                Err(found) => {
                    problems.push(FieldProblem {
                        field: id,
                        message: found.message,
                        offset: found.offset,
                    });
                    continue;
                }
            };
            let offset = match &source.reading {
                Reading::Zone(zone) => match read_offset(zone) {
                    Some(offset) => offset,
                    None => {
                        problems.push(problem(format!("`{zone}` is not a zone such as +05:30")));
                        continue;
                    }
                },
                _ => 0,
            };
            let spec = model.field(id);
            let program = lower(interpreted.ast(), &mut mapping.wanted, &mut mapping.slots);
            let conversion = Conversion {
                name: spec.name.clone(),
                kind: spec.kind,
                reading: source.reading,
                offset,
            };
            mapping.fields.push(Field {
                id,
                shortcut: program.as_ref().ok().and_then(|op| Shortcut::of(op, &conversion)),
                program,
                interpreted,
                conversion,
                origin: source.origin,
            });
        }
        if problems.is_empty() {
            Ok(mapping)
        } else {
            Err(problems)
        }
    }

    /// A mapping without fields: rows carry only the vendor's record.
    pub fn raw_only() -> Self {
        Self {
            wanted: Wanted::default(),
            slots: 0,
            fields: Vec::new(),
            width: 0,
        }
    }

    /// How each field is computed.
    pub fn lowering(&self) -> Vec<(FieldId, Lowering)> {
        let way = |field: &Field| match &field.program {
            Ok(_) => Lowering::Lowered,
            Err(reason) => Lowering::Interpreted {
                reason: reason.clone(),
            },
        };
        self.fields.iter().map(|field| (field.id, way(field))).collect()
    }

    /// Whether it has overrides, which may need the interpreter, so that a page of records can take a while.
    pub fn may_take_long(&self) -> bool {
        let mut fields = self.fields.iter();
        fields.any(|field| field.origin != Origin::Connector)
    }

    /// The same mapping with every field interpreted: what lowering is tested and measured against.
    #[must_use]
    pub fn interpreted(mut self) -> Self {
        for field in &mut self.fields {
            field.program = Err("asked for".to_owned());
            field.shortcut = None;
        }
        self
    }

    /// Reads one record.
    pub fn project<'b>(&self, record: &'b [u8]) -> Result<Row<'b>, RecordProblem> {
        let text = std::str::from_utf8(record).map_err(|_| RecordProblem::NotAnObject("it is not UTF-8"))?;
        let mut scanner = Scanner::new(text);
        let mut reader = self.reader();
        let read = reader.read(&mut scanner, 0);
        read.map_err(|error| RecordProblem::NotAnObject(error.reason))??;
        scanner
            .end()
            .map_err(|error| RecordProblem::NotAnObject(error.reason))?;
        Ok(reader.row)
    }

    /// Something to read records with, one after the other.
    pub(crate) fn reader<'b>(&self) -> Reader<'_, 'b> {
        Reader {
            mapping: self,
            captures: std::iter::repeat_n(Capture::Missing, self.slots).collect(),
            row: Row {
                values: std::iter::repeat_with(|| Value::Null).take(self.width).collect(),
                raw: b"",
            },
            patience: PATIENCE,
        }
    }
}

impl<'b> Reader<'_, 'b> {
    /// Reads the record at a scanner, which is left behind it.
    pub(crate) fn read(
        &mut self,
        scanner: &mut Scanner<'b>,
        depth: u32,
    ) -> Result<Result<&Row<'b>, RecordProblem>, ScanError> {
        let next = scanner.peek();
        let start = scanner.at();
        self.captures.fill(Capture::Missing);
        if next == Some(b'{') {
            self.mapping.wanted.read(scanner, depth, &mut self.captures)?;
        } else {
            scanner.skip(depth)?;
            // The vendor's own resources are handed on whatever their records are.
            if !self.mapping.fields.is_empty() {
                return Ok(Err(RecordProblem::NotAnObject("another kind of value")));
            }
        }
        let raw = scanner.since(start);
        self.row.raw = raw.as_bytes();
        Ok(self.fill(raw).map(|()| &self.row))
    }

    /// Computes every field of the record whose values are captured.
    fn fill(&mut self, raw: &'b str) -> Result<(), RecordProblem> {
        let mut tree = None;
        for field in &self.mapping.fields {
            let shortcut = field.shortcut.as_ref();
            let short = shortcut.and_then(|shortcut| shortcut.value(&field.conversion, &self.captures));
            self.row.values[usize::from(field.id.0)] = match short {
                Some(value) => value,
                None => field.compute(raw, &self.captures, &mut tree, &mut self.patience)?,
            };
        }
        Ok(())
    }
}

impl Shortcut {
    fn of(op: &Op, conversion: &Conversion) -> Option<Self> {
        let slot = |op: &Op| match op {
            Op::Slot(slot) => Some(*slot),
            _ => None,
        };
        match (conversion.kind, op) {
            (FieldKind::Text, Op::JoinNonEmpty(parts, separator)) => Some(Self::Join {
                slots: parts.iter().map(slot).collect::<Option<_>>()?,
                separator: separator.as_str().into(),
            }),
            (FieldKind::Id | FieldKind::Text, op) => slot(op).map(Self::Text),
            (FieldKind::Instant, op) if conversion.is_iso() => slot(op).map(Self::Instant),
            (FieldKind::Boolean, Op::Not(op)) => slot(op).map(|slot| Self::Flag { slot, negated: true }),
            (FieldKind::Boolean, op) => slot(op).map(|slot| Self::Flag { slot, negated: false }),
            _ => None,
        }
    }

    /// The value, where it is of the usual form.
    fn value<'b>(&self, conversion: &Conversion, captures: &Captures<'b>) -> Option<Value<'b>> {
        match self {
            Self::Text(slot) => match captures[*slot] {
                Capture::Text(text) if !text.is_empty() => Some(Value::Text(Cow::Borrowed(text))),
                _ => None,
            },
            Self::Instant(slot) => match captures[*slot] {
                Capture::Text(text) => match read(text, conversion.offset) {
                    Read::At(at) => Some(Value::Instant(at)),
                    Read::Never | Read::Garbage => None,
                },
                _ => None,
            },
            Self::Flag { slot, negated } => match captures[*slot] {
                Capture::Raw("true") => Some(Value::Bool(!negated)),
                Capture::Raw("false") => Some(Value::Bool(*negated)),
                _ => None,
            },
            Self::Join { slots, separator } => {
                let mut joined: Option<Cow<'b, str>> = None;
                for slot in slots {
                    let part = match captures[*slot] {
                        Capture::Missing => continue,
                        Capture::Text(text) => Cow::Borrowed(text),
                        Capture::Raw(raw) => match item(raw) {
                            Item::Null => continue,
                            Item::Text(text) => text,
                            _ => return None,
                        },
                        Capture::ThroughArray => return None,
                    };
                    if !part.is_empty() {
                        joined = Some(match joined {
                            None => part,
                            Some(before) => Cow::Owned([&*before, separator, &*part].concat()),
                        });
                    }
                }
                Some(joined.map_or(Value::Null, Value::Text))
            }
        }
    }
}

impl Field {
    /// The value by the program, or by the interpreter over the record's `tree`, which is made once.
    fn compute<'b>(
        &self,
        raw: &'b str,
        captures: &Captures<'b>,
        tree: &mut Option<JValue>,
        patience: &mut Duration,
    ) -> Result<Value<'b>, RecordProblem> {
        self.compute_item(raw, captures, tree, patience)
            .and_then(|item| self.conversion.value(item))
            .map_err(|problem| match (self.origin, problem) {
                (Origin::Override { .. }, RecordProblem::Field { field, what }) => {
                    RecordProblem::Override { field, what }
                }
                (_, other) => other,
            })
    }

    fn compute_item<'b>(
        &self,
        raw: &'b str,
        captures: &Captures<'b>,
        tree: &mut Option<JValue>,
        patience: &mut Duration,
    ) -> Result<Item<'b>, RecordProblem> {
        let lowered = self.program.as_ref().ok();
        if let Some(item) = lowered.and_then(|program| run(program, captures).ok()) {
            return Ok(item);
        }
        let tree = match tree {
            Some(tree) => tree,
            None => tree.insert(value_of(raw).map_err(|error| RecordProblem::NotAnObject(error.reason))?),
        };
        self.interpret(tree, patience)
    }

    fn interpret(&self, record: &JValue, patience: &mut Duration) -> Result<Item<'static>, RecordProblem> {
        let failed = |what: String| RecordProblem::Field {
            field: self.conversion.name.clone(),
            what: format!("not to be computed: {what}"),
        };
        if self.origin == Origin::Connector {
            return item_of(&self.interpreted.evaluate(record).map_err(failed)?).map_err(failed);
        }
        let begun = Instant::now();
        let value = self.interpreted.evaluate_within(record, Limits::Tight);
        let item = value.and_then(|value| item_of(&value)).map_err(failed);
        *patience = patience.checked_sub(begun.elapsed()).ok_or_else(|| {
            failed(format!(
                "it takes more than {} s for one page",
                PATIENCE.as_secs()
            ))
        })?;
        item
    }
}
