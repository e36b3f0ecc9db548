//! Unified models, the query grammar, predicates and the law of the list.
//!
//! A raw query string becomes one [`ParamTree`], whatever way its brackets, arrays and percent signs are
//! spelled. Checked against a [`UnifiedModel`] and what a connector gives of it ([`Capabilities`]), that
//! becomes a [`Query`]: typed predicates, an order, a page size, a shape. Whatever is not understood is an
//! [`ApiError`] that names the parameter and says what to change; nothing is ignored.
//!
//! Vendor records come as [`Row`]s from the mapping. A [`Predicate`] says which of them a list holds, a
//! [`Sort`] in which order; what the two mean together is said in three lines in [`mod@reference`], which every
//! faster way is tested against.
//!
//! ```text
//! raw query ─► ParamTree ─► Query ─┬─► Predicate::matches ─┐
//! models/**.yaml ─► UnifiedModel ──┘                       ├─► sort(filter(all rows))
//! vendor record ─► Row ────────────────► Sort::key ────────┘
//! ```
//!
//! No field of any model is named in this crate: models are data (`models/**`).

mod capabilities;
mod error;
mod instant;
mod predicate;
pub mod query;
mod redact;
pub mod reference;
mod schema;
mod sort;
mod text;
mod value;

pub use capabilities::Capabilities;
pub use error::{ApiError, Delay, Insight, Remote};
pub use instant::Instant;
pub use predicate::{Cmp, Predicate, Test};
pub use query::{Endpoint, Format, PageLimit, ParamTree, Query, Shape};
pub use redact::redact;
pub use schema::{
    Field, FieldId, FieldKind, FieldRole, FieldSet, ModelError, Operator, Parameter, ParameterKind,
    UnifiedModel, builtin,
};
pub use sort::{Sort, SortKey};
pub use text::Text;
pub use value::{Row, Value};
