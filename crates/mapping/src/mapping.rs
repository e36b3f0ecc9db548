//! Compiled mappings: lowered where possible, interpreted where not.

use crosswalk_model::{FieldId, Row, UnifiedModel, Value};
use smallvec::{SmallVec, smallvec};

use crate::convert::Conversion;
use crate::eval::{Item, run};
use crate::instant::read_offset;
use crate::interpret::{Interpreted, item_of, value_of};
use crate::lower::{Op, lower};
use crate::page::RecordProblem;
use crate::projection::{Capture, Captures, Wanted};
use crate::scan::{ScanError, Scanner};

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
            let interpreted = match Interpreted::parse(&source.expression) {
                Ok(interpreted) => interpreted,
                Err(message) => {
                    problems.push(problem(message));
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
                program,
                interpreted,
                conversion,
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

    /// The same mapping with every field interpreted: what lowering is tested and measured against.
    #[must_use]
    pub fn interpreted(mut self) -> Self {
        for field in &mut self.fields {
            field.program = Err("asked for".to_owned());
        }
        self
    }

    /// Reads one record.
    pub fn project<'b>(&self, record: &'b [u8]) -> Result<Row<'b>, RecordProblem> {
        let text = std::str::from_utf8(record).map_err(|_| RecordProblem::NotAnObject("it is not UTF-8"))?;
        let mut scanner = Scanner::new(text);
        let row = self.project_at(&mut scanner, 0);
        let row = row.map_err(|error| RecordProblem::NotAnObject(error.reason))??;
        scanner
            .end()
            .map_err(|error| RecordProblem::NotAnObject(error.reason))?;
        Ok(row)
    }

    /// Reads the record at a scanner, which is left behind it.
    pub(crate) fn project_at<'b>(
        &self,
        scanner: &mut Scanner<'b>,
        depth: u32,
    ) -> Result<Result<Row<'b>, RecordProblem>, ScanError> {
        let next = scanner.peek();
        let start = scanner.at();
        let mut captures: Captures<'b> = smallvec![Capture::Missing; self.slots];
        if next == Some(b'{') {
            self.wanted.read(scanner, depth, &mut captures)?;
        } else {
            scanner.skip(depth)?;
            // The vendor's own resources are handed on whatever their records are.
            if !self.fields.is_empty() {
                return Ok(Err(RecordProblem::NotAnObject("another kind of value")));
            }
        }
        let raw = scanner.since(start);
        Ok(self.row(raw, &captures))
    }

    fn row<'b>(&self, raw: &'b str, captures: &Captures<'b>) -> Result<Row<'b>, RecordProblem> {
        let mut values: SmallVec<[Value<'b>; 12]> = smallvec![Value::Null; self.width];
        let mut tree = None;
        for field in &self.fields {
            let lowered = field
                .program
                .as_ref()
                .ok()
                .and_then(|program| run(program, captures).ok());
            let item = match lowered {
                Some(item) => item,
                None => {
                    let tree = match &mut tree {
                        Some(tree) => tree,
                        None => tree
                            .insert(value_of(raw).map_err(|error| RecordProblem::NotAnObject(error.reason))?),
                    };
                    field.interpret(tree)?
                }
            };
            values[usize::from(field.id.0)] = field.conversion.value(item)?;
        }
        Ok(Row {
            values,
            raw: raw.as_bytes(),
        })
    }
}

impl Field {
    fn interpret(&self, record: &jsonata_core::value::JValue) -> Result<Item<'static>, RecordProblem> {
        let failed = |what: String| RecordProblem::Field {
            field: self.conversion.name.clone(),
            what: format!("not to be computed: {what}"),
        };
        item_of(&self.interpreted.evaluate(record).map_err(failed)?).map_err(failed)
    }
}
