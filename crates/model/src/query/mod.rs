//! A list's or a get's query, from the raw text to something that can be planned.
//!
//! ```text
//! raw query ─► grammar: name[key]=value pairs ─► tree: one ParamTree, whatever the spelling
//!           ─► read: what each name stands for in this model, call and CRM; unknown ones end here
//!           ─► filter, shaping, object: values checked by what they mean ─► Query
//! ```
//!
//! Nothing is ignored: a parameter has an effect or is a 400 that names it.

mod binding;
mod describe;
mod filter;
mod grammar;
pub(crate) mod names;
mod nearest;
mod object;
mod read;
mod refuse;
mod scalar;
mod shaping;
mod tree;

use std::collections::BTreeMap;

pub use self::describe::{SharedKind, SharedParameter, shared_parameters};
pub use self::grammar::{MAX_DEPTH, MAX_LENGTH, MAX_PAIRS, QueryError, parse_pairs};
pub use self::tree::ParamTree;
use crate::capabilities::Capabilities;
use crate::error::ApiError;
use crate::predicate::Predicate;
use crate::schema::UnifiedModel;
use crate::sort::Sort;

/// The most records a page may have.
pub const MAX_LIMIT: u32 = 1000;
/// The records of a page when nobody says.
pub const DEFAULT_LIMIT: u32 = 100;

/// Which call a query is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A unified list.
    List,
    /// One unified record.
    Get,
    /// A list of the vendor's own.
    ProxyList,
    /// One record of the vendor's own.
    ProxyGet,
}

/// How many records a page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageLimit {
    /// This many, while there are.
    Exactly(u32),
    /// The matches of one vendor page.
    VendorPage,
}

/// How an answer is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Unified records.
    #[default]
    Unified,
    /// The vendor's answer as it came.
    Raw,
    /// Flat tables.
    Normalized,
    /// Every page to the end in one answer.
    Stream,
}

/// What is left out and how records are keyed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// The layout.
    pub format: Format,
    /// The path of the value by which `result` is keyed; a number picks an element of an array.
    pub key_by: Option<Vec<String>>,
    /// Whether the vendor's record is left out.
    pub ignore_remote_data: bool,
    /// Paths that are left out; arrays are looked into element by element.
    pub exclude: Vec<Vec<String>>,
}

/// A checked query.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The account, when the query names one.
    pub account: Option<String>,
    /// All have to hold.
    pub predicates: Vec<Predicate>,
    /// The order, if not the vendor's.
    pub sort: Option<Sort>,
    /// The size of a page.
    pub limit: PageLimit,
    /// Where to go on.
    pub cursor: Option<String>,
    /// Object parameters, by name and member: trimmed, and never empty.
    pub parameters: BTreeMap<String, BTreeMap<String, String>>,
    /// Parameters for the vendor, in the order and the spelling in which they were given.
    pub remote_query: Vec<(String, String)>,
    /// The layout.
    pub shape: Shape,
    /// Whether the answer tells how it came about.
    pub explain: bool,
}

impl Query {
    /// Reads a raw query string against a model and what a connector gives of it. The error is a 400 that
    /// names the parameter and says what to change.
    pub fn parse(
        model: &UnifiedModel,
        given: &Capabilities<'_>,
        endpoint: Endpoint,
        raw_query: &str,
    ) -> Result<Self, ApiError> {
        read::read(model, given, endpoint, raw_query)
    }

    /// The account a raw query names, for finding the connector before the rest can be checked. A query that
    /// breaks the grammar is refused; what its other parameters mean is not looked at.
    pub fn account_of(raw_query: &str) -> Result<Option<String>, ApiError> {
        scalar::account(raw_query, names::ACCOUNT)
    }
}
