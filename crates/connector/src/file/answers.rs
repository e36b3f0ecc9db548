//! How the vendor's answers are told apart, and how long it asks to wait.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::located::Located;
use crate::template::Expr;

/// Words for the vendor's errors.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    /// The vendor's own words: JSONata over the body. The first text of `message`, `error`, … otherwise.
    #[serde(default)]
    pub message: Option<Expr>,
    /// The scopes the vendor says are missing: JSONata over the body.
    #[serde(default)]
    pub missing_scopes: Option<Expr>,
    /// Read before the general reading of the status; the first that fits decides.
    #[serde(default)]
    pub rules: Vec<ErrorRule>,
}

/// One way an answer is recognised.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorRule {
    /// The status, several, or a class of them (`2xx`). Any when left out.
    #[serde(default)]
    pub status: Option<StatusMatch>,
    /// JSONata over `{status, headers, body}`; `body` is JSON if it is JSON, else the text, header names are
    /// in lower case.
    #[serde(default)]
    pub when: Option<Expr>,
    /// What the answer means.
    pub class: Located<ErrorClass>,
}

/// Which statuses a rule is for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum StatusMatch {
    /// One status.
    One(u16),
    /// Several.
    Many(Vec<u16>),
    /// A class: `2xx`, `4xx`, `5xx`.
    Class(String),
}

impl StatusMatch {
    /// Whether `status` is meant.
    pub fn matches(&self, status: u16) -> bool {
        match self {
            Self::One(one) => *one == status,
            Self::Many(many) => many.contains(&status),
            Self::Class(class) => {
                let mut characters = class.chars();
                let hundreds = characters.next().and_then(|digit| digit.to_digit(10));
                characters.as_str() == "xx" && hundreds == Some(u32::from(status / 100))
            }
        }
    }
}

/// What an answer of the vendor means.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// No error.
    Ok,
    /// A success without records: a 204, a 304, a 404 that means "nobody". A list or a record that is answered
    /// with nothing and no rule for it is the vendor's failure.
    Empty,
    /// The credentials are not accepted: refresh, then look whether they live.
    Unauthorized,
    /// The credentials live, and this is not for them.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// Too many requests for now.
    RateLimited,
    /// The quota of a day or longer is spent: waiting within a request is no use.
    QuotaExceeded,
    /// The vendor refuses the request as wrong.
    Invalid,
    /// A passing fault: try again.
    Unavailable,
    /// The vendor failed, and trying again is no use.
    Failed,
}

/// How much the vendor lets an account ask.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Documented requests within `per_seconds`.
    #[serde(default)]
    pub requests: Option<u32>,
    /// The window of `requests`.
    #[serde(default)]
    pub per_seconds: Option<u32>,
    /// How many requests may be under way at once.
    #[serde(default)]
    pub concurrency: Option<u32>,
    /// How long the vendor asks to wait; the first rule that gives a value decides.
    #[serde(default)]
    pub wait: Vec<WaitRule>,
    /// Seconds to wait when no rule gives a value; without it the waits grow from half a second.
    #[serde(default)]
    pub default_wait: Option<f64>,
    /// Rate-limit headers handed on to the caller besides `Retry-After`; a trailing `*` stands for the rest.
    #[serde(default)]
    pub headers: Vec<String>,
    /// The header that tells what is left of the quota.
    #[serde(default)]
    pub remaining: Option<String>,
}

/// One place where the vendor says how long to wait.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitRule {
    /// In this header.
    #[serde(default)]
    pub header: Option<String>,
    /// In the answer: JSONata over `{status, headers, body}`.
    #[serde(default)]
    pub value: Option<Expr>,
    /// How the value is written.
    #[serde(default, rename = "as")]
    pub form: WaitForm,
}

/// How a wait is written.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum WaitForm {
    /// Seconds left, an HTTP date, an ISO instant, or Unix time (seconds or milliseconds), told apart by form
    /// and size.
    #[default]
    Auto,
    /// Seconds left.
    Seconds,
    /// Milliseconds left.
    Milliseconds,
}
