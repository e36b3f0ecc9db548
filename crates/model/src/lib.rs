//! Unified models, the query grammar, predicates and the law of the list.
//!
//! A raw query string becomes a [`ParamTree`] (brackets, arrays, percent-encoding) and then, checked against
//! a [`UnifiedModel`] and what a connector gives of it, a [`Query`]. Rows come as [`Row`]s from the mapping;
//! [`Predicate`] and [`Sort`] decide which of them a list holds and in which order. What that means together
//! is said in three lines in [`reference`].
//!
//! No field of any model is named in this crate: models are data (`models/**`).

mod capabilities;
mod error;
mod instant;
mod predicate;
pub mod query;
pub mod reference;
mod schema;
mod sort;
mod text;
mod value;

pub use capabilities::Capabilities;
pub use error::{ApiError, Insight, Remote};
pub use instant::Instant;
pub use predicate::{Cmp, Predicate, Test};
pub use query::{Endpoint, Format, PageLimit, ParamTree, Query, Shape};
pub use schema::{
    Field, FieldId, FieldKind, FieldRole, FieldSet, ModelError, Operator, Parameter, ParameterKind,
    UnifiedModel, builtin,
};
pub use sort::{Sort, SortKey};
pub use text::Text;
pub use value::{Row, Value};
