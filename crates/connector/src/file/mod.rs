//! The format, as types: what may stand in a connector file.
//!
//! Read it from the top: a [`ConnectorFile`] has the vendor's identity, the `settings` an account must tell,
//! `auth`, the words for its `errors` and `rate_limit`, its own `resources`, and under `unified` which
//! resource answers for which unified one.

mod answers;
mod auth;
mod paging;
mod request;
mod setting;
mod unified;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

pub use self::answers::{ErrorClass, ErrorRule, Errors, RateLimit, StatusMatch, WaitForm, WaitRule};
pub use self::auth::{
    Auth, Authorize, AuthorizeParameter, BasicPair, ClientAuth, Expiry, Grant, LivenessCheck, Method, Pkce,
    Revocation, Scheme, TokenBody, TokenEndpoint,
};
pub use self::paging::{Next, Numbered, PageSize, Stop};
pub use self::request::{Fragment, GraphQl, HttpMethod, Request};
pub use self::setting::Setting;
pub use self::unified::{
    FieldMapping, Find, InstantFormat, InstantText, ParameterUse, Precision, Push, ReadMapping, SortPush,
    UnifiedUse, Walk,
};
use crate::literal::LiteralRules;
use crate::located::Located;
use crate::template::Template;

/// One vendor's API.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Crosswalk connector")]
pub struct ConnectorFile {
    /// The connector's name in URLs and accounts: lower-case letters and digits.
    pub name: Located<String>,
    /// The product's name as its makers write it.
    pub label: String,
    /// One line on what the product is and what its users are called.
    #[serde(default)]
    pub about: Option<String>,
    /// Where the vendor documents the API.
    #[serde(default)]
    pub docs: Option<String>,
    /// How a customer gets the credentials, one step a line.
    #[serde(default)]
    pub setup: Vec<String>,
    /// What this connector can not do, and which reading it takes where the vendor's documents leave a
    /// question open.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What an account must tell besides its credentials, in the order of a form.
    #[serde(default)]
    pub settings: IndexMap<String, Setting>,
    /// Where the API is.
    pub api: Api,
    /// How an account proves itself.
    pub auth: Auth,
    /// How the vendor's answers are told apart.
    #[serde(default)]
    pub errors: Errors,
    /// How much the vendor lets an account ask.
    #[serde(default)]
    pub rate_limit: RateLimit,
    /// The vendor's own resources, by the name the proxy knows them by.
    pub resources: IndexMap<String, Resource>,
    /// Which resource answers for which unified one (`crm/users`).
    #[serde(default)]
    pub unified: IndexMap<String, Located<UnifiedUse>>,
}

/// Where the API is and what every request carries.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// What a resource's `path` is appended to. Holes may only use `settings`, each with a `pattern`.
    pub base_url: Located<Template>,
    /// Headers of every request, the authorization aside.
    #[serde(default)]
    pub headers: IndexMap<String, Template>,
    /// Further hosts that next-page links may name; the base URL's own is always allowed. Holes may only use
    /// `settings`, each with a `pattern`.
    #[serde(default)]
    pub hosts: Vec<Template>,
}

/// A list of the vendor's, and how to read one record of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// What the vendor calls it.
    #[serde(default)]
    pub label: Option<String>,
    /// The list call.
    #[serde(default)]
    pub list: Option<ListCall>,
    /// The call that reads one record.
    #[serde(default)]
    pub get: Option<GetCall>,
}

/// A call that answers one page of records.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListCall {
    /// What is sent. Scope: `limit`, `page`, `walk`, `where`, `order`, `settings` and the query's parameters.
    pub request: Located<Request>,
    /// Where the array of records is in the answer; empty when the answer is the array.
    #[serde(default)]
    pub records: String,
    /// Where the record is inside each element of the array; empty when the element is the record.
    #[serde(default)]
    pub unwrap: String,
    /// How many records one page may hold; without it the vendor knows no page size.
    #[serde(default)]
    pub page_size: Option<PageSize>,
    /// How one page leads to the next.
    pub next: Located<Next>,
    /// How pushed clauses are joined into `where`; without it clauses are not understood.
    #[serde(default, rename = "where")]
    pub clauses: Option<Clauses>,
}

/// How clauses become the text of `where`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clauses {
    /// What stands between two clauses, as `" AND "`.
    pub join: String,
    /// Clauses that every list carries.
    #[serde(default)]
    pub always: Vec<String>,
    /// How values are written inside clauses.
    #[serde(default)]
    pub literals: Option<LiteralRules>,
}

/// A call that answers one record.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetCall {
    /// What is sent. Scope: `id`, `walk`, `settings` and the query's parameters.
    pub request: Located<Request>,
    /// Where the record is in the answer; empty when the answer is the record.
    #[serde(default)]
    pub record: String,
    /// The form of the vendor's ids. Another one is answered 404 without asking, so that no alias (`me`) and
    /// nothing that the vendor would refuse ever reaches it.
    pub id_pattern: Located<String>,
}
