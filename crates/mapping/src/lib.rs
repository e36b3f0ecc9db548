//! JSONata mappings, lowered to a one-pass projection over vendor bytes.
//!
//! A [`Mapping`] has one JSONata expression per field. When it is compiled, each expression is *lowered*: the
//! names it reads go into a tree that one pass over a record's bytes fills, and what it does with them
//! becomes a small program over those slices. What can't be lowered is interpreted by `jsonata-core`, for
//! that field alone, and so is a record whose shape would make JSONata do more than the program does (an
//! array where one value is usual). A property test holds both ways to the same answer.
//!
//! [`read_page`] reads a whole page in that one pass: records are slices of the body, and what surrounds them
//! is left as the small [`PageEnd::residue`] for paging expressions. Nothing here builds a tree of a page.
//!
//! Vendor bytes are hostile until proven otherwise: UTF-8 and JSON are validated whole, nesting is bounded,
//! the last of equal keys counts, lone surrogates become U+FFFD, and numbers keep their digits.

mod bound;
mod convert;
mod eval;
mod expression;
mod instant;
mod interpret;
mod lower;
mod mapping;
mod page;
mod path;
mod projection;
mod scan;
pub mod write;

pub use bound::split_object;
pub use expression::{Expression, ExpressionProblem};
pub use mapping::{FieldProblem, Lowering, Mapping, Origin, Reading, Source};
pub use page::{Found, Layout, PageEnd, PageProblem, RecordProblem, read_page};
pub use path::{Path, PathProblem, locate};
