//! Rows: one vendor record, read.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::instant::Instant;

/// A unified value, borrowed from the vendor's bytes where it can be.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// None.
    Null,
    /// A truth.
    Bool(bool),
    /// A text; ids are texts.
    Text(Cow<'a, str>),
    /// An instant.
    Instant(Instant),
    /// A JSON value, as an array of links.
    Json(Cow<'a, [u8]>),
}

/// One record: its unified values by [`crate::FieldId`], and the vendor's bytes.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// By field; [`Value::Null`] where the connector has no such field.
    pub values: SmallVec<[Value<'a>; 12]>,
    /// The vendor's record as it came.
    pub raw: &'a [u8],
}
