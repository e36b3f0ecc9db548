//! How a vendor's resource answers for a unified one.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Fragment;
use crate::located::Located;
use crate::template::{Expr, JsonTemplate};

/// Which resource serves a unified one, and how.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnifiedUse {
    /// The resource, one of `resources`.
    pub resource: Located<String>,
    /// The vendor lists that together are the unified list, one after the other under one cursor. Without
    /// them one list is all.
    #[serde(default)]
    pub walks: Vec<Walk>,
    /// How one record is found by its id.
    #[serde(default)]
    pub find: Find,
    /// One mapping per field that the vendor gives.
    pub fields: IndexMap<String, Located<FieldMapping>>,
    /// What the vendor filters, by field. The order is the order of preference under `push_at_most`.
    #[serde(default)]
    pub push: IndexMap<String, Located<Push>>,
    /// How many predicates the vendor takes in one request; all when left out.
    #[serde(default)]
    pub push_at_most: Option<usize>,
    /// What the vendor sorts by in this API's own order: nulls last, equal keys together.
    #[serde(default)]
    pub sort: IndexMap<String, Located<SortPush>>,
    /// The query parameters beside filters that this vendor understands (`workspace`).
    #[serde(default)]
    pub parameters: IndexMap<String, ParameterUse>,
}

/// How one record is found by its id.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Find {
    /// By the resource's `get`, or through the list where it has none.
    #[default]
    Call,
    /// Through the list though there is a `get`, since that one reaches beyond the list: into other
    /// workspaces, for example.
    List,
    /// By `get`, then through the list, since the vendor does not say that `get` finds all that are listed.
    CallThenList,
}

/// One vendor list of several.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Walk {
    /// What every record of this list has, by boolean field: a filter on the field picks the walks.
    #[serde(default)]
    pub holds: IndexMap<String, bool>,
    /// `walk` in the request's scope.
    #[serde(default)]
    pub with: IndexMap<String, JsonTemplate>,
}

/// JSONata over one vendor record; the model says what type comes out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FieldMapping {
    /// The usual form.
    Expression(String),
    /// For instants that are written unusually.
    Read(ReadMapping),
}

/// A mapping with a reading.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadMapping {
    /// JSONata over one vendor record.
    pub value: String,
    /// How the instant is written.
    pub read: InstantText,
}

/// How the vendor writes an instant, where it is no ISO 8601 (with or without zone: UTC).
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum InstantText {
    /// Seconds since the epoch, a number or a numeral; `0` and `""` are none.
    UnixSeconds,
    /// Milliseconds since the epoch.
    UnixMillis,
    /// ISO 8601 without a zone, in this one (`+05:30`).
    Zone(String),
}

/// What the vendor filters by a field. Which words apply is the field's type: texts and ids have `eq`, `in`,
/// `contains`, `starts_with`; booleans `true` and `false`; instants `from` and `to`.
///
/// What a text predicate finds has to be what this API finds or more, so the vendor's comparison must ignore
/// case; ids are compared exactly.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// Equality.
    #[serde(default)]
    pub eq: Option<Fragment>,
    /// One of several.
    #[serde(default, rename = "in")]
    pub any: Option<Fragment>,
    /// A part of the text.
    #[serde(default)]
    pub contains: Option<Fragment>,
    /// The beginning of the text.
    #[serde(default)]
    pub starts_with: Option<Fragment>,
    /// Whether the vendor documents how it folds case beyond ASCII; other texts are filtered here.
    #[serde(default)]
    pub folds_unicode: bool,
    /// Only the true ones.
    #[serde(default, rename = "true")]
    pub is_true: Option<Fragment>,
    /// Only the others.
    #[serde(default, rename = "false")]
    pub is_false: Option<Fragment>,
    /// Not before `value`. All predicates on an instant become at most one `from` and one `to`.
    #[serde(default)]
    pub from: Option<Fragment>,
    /// Not after `value`.
    #[serde(default)]
    pub to: Option<Fragment>,
    /// The vendor's precision: bounds are widened to it.
    #[serde(default)]
    pub precision: Precision,
    /// Whether the vendor's bounds leave out the very instant they name; they are then widened by one more
    /// step.
    #[serde(default)]
    pub exclusive: bool,
    /// How the vendor wants instants written.
    #[serde(default)]
    pub format: InstantFormat,
}

/// How instants are written to the vendor, always in UTC.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum InstantFormat {
    /// `2024-05-06T07:08:09Z`
    #[default]
    IsoSeconds,
    /// `2024-05-06T07:08:09.123Z`
    IsoMillis,
    /// `2024-05-06T07:08:09+00:00`
    IsoOffset,
    /// `2024-05-06 07:08:09`
    Spaced,
    /// Seconds since the epoch.
    UnixSeconds,
}

/// The smallest step between two instants of the vendor's.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// One millisecond.
    Millisecond,
    /// One second.
    #[default]
    Second,
    /// One day.
    Day,
}

impl Precision {
    /// The step in milliseconds.
    pub fn millis(self) -> i64 {
        match self {
            Self::Millisecond => 1,
            Self::Second => 1000,
            Self::Day => 86_400_000,
        }
    }
}

/// Sorting by the vendor.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SortPush {
    /// Ascending.
    #[serde(default)]
    pub asc: Option<Fragment>,
    /// Descending.
    #[serde(default)]
    pub desc: Option<Fragment>,
}

/// A query parameter that the vendor needs or understands.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParameterUse {
    /// Whether a call without it (and without `default`) is refused.
    #[serde(default)]
    pub required: bool,
    /// The value when the call has none: JSONata over `{settings}`.
    #[serde(default)]
    pub default: Option<Expr>,
    /// The form of its value; another one is a 400.
    #[serde(default)]
    pub pattern: Option<Located<String>>,
}
