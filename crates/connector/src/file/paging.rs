//! How one page leads to the next.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::template::Expr;

/// How many records the vendor puts on one page.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageSize {
    /// The fewest that may be asked for.
    #[serde(default = "one")]
    pub min: u32,
    /// The most that may be asked for.
    pub max: u32,
}

fn one() -> u32 {
    1
}

/// The way from one page to the next. Whatever it is, a walk that comes by the same place twice is stopped.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// The first page is the only one. (Such vendors ignore page parameters: asking on would never end.)
    None,
    /// An opaque cursor: JSONata over the answer's body, into `page.cursor`; no value, `null` or `""` ends
    /// the walk. Where a flag says whether it counts: `has_next ? end_cursor`.
    Cursor(Expr),
    /// A count of records to leave out, into `page.offset`, from 0.
    Offset(Numbered),
    /// A page number, into `page.number`.
    Number(Numbered),
    /// A link in the body, absolute or relative, to be followed as it stands: JSONata over the body.
    Link(Expr),
    /// The `Link` header's target with `rel="next"`, followed as it stands.
    LinkHeader,
    /// Everything else: JSONata over `{response, headers, page, count, limit}`, giving the object that is
    /// `page` of the next request, or nothing at the end.
    Expression(Expr),
}

/// Pages counted here.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Numbered {
    /// The first page's number (page numbers only).
    #[serde(default)]
    pub first: u32,
    /// Whether there is a next page: JSONata over the body. When it has a value, it alone decides.
    #[serde(default)]
    pub more: Option<Expr>,
    /// How many records there are in all: JSONata over the body, a number or a numeral.
    #[serde(default)]
    pub total: Option<Expr>,
    /// What ends the walk where neither `more` nor `total` tells.
    #[serde(default)]
    pub stop: Stop,
}

/// What ends a walk by itself.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// A page without records: the safest, one request more.
    #[default]
    Empty,
    /// A page with fewer records than asked for, where the vendor fills its pages.
    Short,
}
