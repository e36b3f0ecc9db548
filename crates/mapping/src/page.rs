//! Reads a page: all records in one pass, and what surrounds them.

use crosswalk_model::Row;

use crate::mapping::{Mapping, Reader};
use crate::path::{Path, find};
use crate::scan::{ScanError, Scanner};

/// Where the records of a page are.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Where the array is; empty when the body is the array. Names only.
    pub records: Path,
    /// Where the record is inside each element; empty when the element is the record.
    pub unwrap: Path,
}

/// What was at the place of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// An array.
    Array,
    /// `null`.
    Null,
    /// Nothing.
    Missing,
    /// Another value.
    NotArray,
}

/// What is left of a page when its records are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageEnd {
    /// How many records there were.
    pub count: usize,
    /// What was at their place.
    pub found: Found,
    /// The body with `[]` in place of the records.
    pub residue: Vec<u8>,
}

/// A record that can not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordProblem {
    /// It is not a JSON object.
    #[error("it is not a JSON object ({0})")]
    NotAnObject(&'static str),
    /// It has no id.
    #[error("it has no id")]
    WithoutId,
    /// A field has a value that its type does not allow.
    #[error("its `{field}` is {what}")]
    Field {
        /// The unified field.
        field: String,
        /// What it is instead.
        what: String,
    },
    /// An override's expression fails for it.
    #[error("its `{field}`, which an override maps, is {what}")]
    Override {
        /// The unified field.
        field: String,
        /// What it is instead.
        what: String,
    },
}

/// A page that can not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageProblem {
    /// Not UTF-8.
    #[error("the answer is not UTF-8, at byte {offset}")]
    NotUtf8 {
        /// From the start of the body.
        offset: usize,
    },
    /// Not JSON.
    #[error("the answer is not JSON: {reason}, at byte {offset}")]
    NotJson {
        /// From the start of the body.
        offset: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// The records are there twice.
    #[error("the answer has its records twice")]
    Twice,
    /// One record is wrong.
    #[error("record {} of the page can not be read: {problem}", .index + 1)]
    Record {
        /// Counted from 0.
        index: usize,
        /// What is wrong with it.
        problem: RecordProblem,
    },
}

impl PageProblem {
    pub(crate) fn json(error: ScanError) -> Self {
        Self::NotJson {
            offset: error.offset,
            reason: error.reason,
        }
    }
}

/// The body as text.
pub(crate) fn text_of(body: &[u8]) -> Result<&str, PageProblem> {
    // Some servers put a byte order mark in front.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    std::str::from_utf8(body).map_err(|error| PageProblem::NotUtf8 {
        offset: error.valid_up_to(),
    })
}

/// Reads a page in one pass, giving each record in turn. A row is good until the next one.
pub fn read_page<'b>(
    layout: &Layout,
    mapping: &Mapping,
    body: &'b [u8],
    each: &mut dyn FnMut(&Row<'b>),
) -> Result<PageEnd, PageProblem> {
    let text = text_of(body)?;
    let names = layout.records.names().unwrap_or_default();
    let mut reader = PageReader {
        layout,
        records: mapping.reader(),
        each,
        count: 0,
        found: None,
        span: (0, 0),
        problem: None,
    };
    let mut scanner = Scanner::new(text);
    let outcome = reader
        .descend(&mut scanner, &names, 0)
        .and_then(|()| scanner.end());
    if let Some(problem) = reader.problem {
        return Err(problem);
    }
    outcome.map_err(PageProblem::json)?;
    let found = reader.found.unwrap_or(Found::Missing);
    let residue = if found == Found::Array {
        let (start, end) = reader.span;
        [&text.as_bytes()[..start], b"[]", &text.as_bytes()[end..]].concat()
    } else {
        text.as_bytes().to_vec()
    };
    Ok(PageEnd {
        count: reader.count,
        found,
        residue,
    })
}

struct PageReader<'r, 'b> {
    layout: &'r Layout,
    records: Reader<'r, 'b>,
    each: &'r mut dyn FnMut(&Row<'b>),
    count: usize,
    found: Option<Found>,
    span: (usize, usize),
    problem: Option<PageProblem>,
}

impl<'b> PageReader<'_, 'b> {
    fn descend(&mut self, scanner: &mut Scanner<'b>, names: &[&str], depth: u32) -> Result<(), ScanError> {
        let next = scanner.peek();
        let Some((name, rest)) = names.split_first() else {
            return self.records(scanner, next, depth);
        };
        if next != Some(b'{') {
            return scanner.skip(depth);
        }
        scanner.members(depth, |scanner, key, depth| {
            if key.is(name) {
                self.descend(scanner, rest, depth)
            } else {
                scanner.skip(depth)
            }
        })
    }

    fn records(&mut self, scanner: &mut Scanner<'b>, next: Option<u8>, depth: u32) -> Result<(), ScanError> {
        if self.found.is_some() {
            self.problem = Some(PageProblem::Twice);
            return scanner.fail("the records are there twice");
        }
        let start = scanner.at();
        match next {
            Some(b'[') => {
                self.found = Some(Found::Array);
                scanner.elements(depth, |scanner, depth| self.record(scanner, depth))?;
                self.span = (start, scanner.at());
                Ok(())
            }
            Some(b'n') => {
                self.found = Some(Found::Null);
                scanner.skip(depth)
            }
            _ => {
                self.found = Some(Found::NotArray);
                scanner.skip(depth)
            }
        }
    }

    fn record(&mut self, scanner: &mut Scanner<'b>, depth: u32) -> Result<(), ScanError> {
        let index = self.count;
        self.count += 1;
        let row = if self.layout.unwrap.is_empty() {
            self.records.read(scanner, depth)?
        } else {
            let start = scanner.at();
            scanner.skip(depth)?;
            match find(scanner.since(start), &self.layout.unwrap)? {
                Some(inner) => self.records.read(&mut Scanner::new(inner), depth)?,
                None => Err(RecordProblem::NotAnObject("nothing where the record should be")),
            }
        };
        match row {
            Ok(row) => {
                (self.each)(row);
                Ok(())
            }
            Err(problem) => {
                self.problem = Some(PageProblem::Record { index, problem });
                scanner.fail("a record can not be read")
            }
        }
    }
}
