//! What an account must tell besides its credentials.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::located::Located;
use crate::template::Expr;

/// One setting, as a form asks for it and as a URL may use it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// The vendor's name of it.
    pub label: String,
    /// Where the customer finds it.
    #[serde(default)]
    pub help: Option<String>,
    /// A value of the right form.
    #[serde(default)]
    pub example: Option<String>,
    /// The regular expression that the whole value must match. A setting without one can not be used in a
    /// base URL.
    #[serde(default)]
    pub pattern: Option<Located<String>>,
    /// JSONata over the value as typed (`$`), giving the value to keep: strips a trailing slash, keeps the
    /// first label of a pasted address. Applied before the pattern.
    #[serde(default)]
    pub tidy: Option<Expr>,
    /// Whether an account can not do without it.
    #[serde(default)]
    pub required: bool,
    /// Other settings, any of which does as well: one of them given, this one is not `required`.
    #[serde(default)]
    pub unless: Vec<String>,
    /// The value when the account has none.
    #[serde(default)]
    pub default: Option<String>,
    /// The only authentication methods that need it; empty for all.
    #[serde(default)]
    pub only_for: Vec<super::Method>,
    /// Whether the token endpoint's answer brings it (see `keep` of a scheme), so that nobody has to type it.
    #[serde(default)]
    pub from_token: bool,
}
