//! Requests, and the fragments that pushed predicates add to them.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::located::Located;
use crate::template::{JsonTemplate, Template};

/// The verbs a reading connector needs.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// The usual one.
    #[default]
    Get,
    /// For vendors whose lists are asked for with a body. It is repeated as freely as a GET.
    Post,
}

/// One request to the vendor. At most one of `json`, `form` and `graphql`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// GET unless said otherwise.
    #[serde(default)]
    pub method: HttpMethod,
    /// Appended to the base URL. Holes are encoded as path segments.
    #[serde(default)]
    pub path: Option<Template>,
    /// An absolute URL in place of base URL and path, for the rare call that lives on another host.
    #[serde(default)]
    pub url: Option<Template>,
    /// Query parameters in their order; one without a value is not sent.
    #[serde(default)]
    pub query: IndexMap<String, Template>,
    /// Headers besides those of `api.headers`.
    #[serde(default)]
    pub headers: IndexMap<String, Template>,
    /// A JSON body.
    #[serde(default)]
    pub json: Option<JsonTemplate>,
    /// A form body.
    #[serde(default)]
    pub form: Option<IndexMap<String, Template>>,
    /// A GraphQL query with its variables.
    #[serde(default)]
    pub graphql: Option<GraphQl>,
}

/// A GraphQL call: `{"query": …, "variables": …}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphQl {
    /// The document, word for word: values travel as variables only.
    pub query: String,
    /// The variables; one without a value is left out.
    #[serde(default)]
    pub variables: IndexMap<String, JsonTemplate>,
}

/// What a pushed predicate, a sort or a walk adds to a list request.
///
/// Members are laid over the request's own of the same name; `null` takes one away. Scope: `value` (a text,
/// boolean or instant in the vendor's form), `values` (for `in`), `settings`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fragment {
    /// Query parameters to set or, with `null`, to leave out. One whose hole has no value is not pushed.
    #[serde(default)]
    pub query: IndexMap<String, Option<Template>>,
    /// Headers to set.
    #[serde(default)]
    pub headers: IndexMap<String, Template>,
    /// Merged into the JSON body: objects member by member, anything else replaced.
    #[serde(default)]
    pub json: Option<JsonTemplate>,
    /// Merged into the GraphQL variables.
    #[serde(default)]
    pub variables: IndexMap<String, JsonTemplate>,
    /// One more clause of `where`. Its holes are written as the list's `literals` say, and `{contains}` and
    /// `{starts_with}` are the value as a pattern.
    #[serde(default)]
    pub clause: Option<Template>,
    /// The text of `order`.
    #[serde(default)]
    pub order: Option<String>,
    /// Pushed only when the value (or every value) matches this regular expression.
    #[serde(default)]
    pub only_if: Option<Located<String>>,
    /// Whether the vendor's answer is exactly the records the predicate names, no more. Every record is
    /// checked again either way; this decides whether a `raw` answer may use it.
    #[serde(default)]
    pub exact: bool,
}
