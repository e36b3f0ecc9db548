//! How an account proves itself to the vendor.

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Request;
use crate::template::{Expr, JsonTemplate, Template};

/// The vendor's schemes and the call that tells whether credentials live.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// By authentication method; the first is the default.
    pub schemes: IndexMap<Method, Scheme>,
    /// The cheapest call that only living credentials pass.
    pub check: LivenessCheck,
}

impl Auth {
    /// Every liveness call: that of all schemes, and those of single ones.
    pub fn checks(&self) -> impl Iterator<Item = &LivenessCheck> {
        std::iter::once(&self.check).chain(self.schemes.values().filter_map(|scheme| scheme.check.as_ref()))
    }
}

/// An account's `authentication_method`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Authorization code, with refresh where the vendor has it.
    Oauth2,
    /// Client credentials: a new token is minted when the old one ends.
    Oauth2ClientCredentials,
    /// One key.
    ApiKey,
    /// User name and password.
    Basic,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Oauth2,
        Self::Oauth2ClientCredentials,
        Self::ApiKey,
        Self::Basic,
    ];

    /// Its name in the API and in connector files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Oauth2 => "oauth2",
            Self::Oauth2ClientCredentials => "oauth2_client_credentials",
            Self::ApiKey => "api_key",
            Self::Basic => "basic",
        }
    }

    /// The method of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }

    /// The credentials it can not do without.
    pub fn required_credentials(self) -> &'static [&'static str] {
        match self {
            Self::Oauth2 => &["access_token"],
            Self::Oauth2ClientCredentials => &["client_id", "client_secret"],
            Self::ApiKey => &["api_key"],
            Self::Basic => &["username", "password"],
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One way to prove oneself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scheme {
    /// What the vendor calls it.
    #[serde(default)]
    pub label: Option<String>,
    /// What the vendor calls its credentials, by our name (`api_key: API token`).
    #[serde(default)]
    pub credentials: IndexMap<String, String>,
    /// Headers that carry the credentials (`credentials` and `settings` are the scope).
    #[serde(default)]
    pub headers: IndexMap<String, Template>,
    /// Query parameters that carry the credentials; never shown in logs or errors.
    #[serde(default)]
    pub query: IndexMap<String, Template>,
    /// HTTP Basic: `user` and `password`.
    #[serde(default)]
    pub basic: Option<BasicPair>,
    /// The consent page. With `oauth2` it brings a code; with `oauth2_client_credentials` the customer installs
    /// the app there, and the token is minted afterwards.
    #[serde(default)]
    pub authorize: Option<Authorize>,
    /// The token endpoint.
    #[serde(default)]
    pub token: Option<TokenEndpoint>,
    /// The liveness call of this scheme, where it is another one than `auth.check`.
    #[serde(default)]
    pub check: Option<LivenessCheck>,
}

/// The two halves of HTTP Basic, either of which may be constant or empty.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicPair {
    /// Before the colon.
    pub user: Template,
    /// After the colon.
    pub password: Template,
}

/// The consent page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Authorize {
    /// Its address.
    pub url: Template,
    /// The scopes to ask for, templates over `settings`.
    #[serde(default)]
    pub scopes: Vec<Template>,
    /// What stands between two scopes.
    #[serde(default = "space")]
    pub scope_separator: String,
    /// Further parameters.
    #[serde(default)]
    pub params: IndexMap<String, Template>,
    /// Whether a code challenge is sent.
    #[serde(default)]
    pub pkce: Pkce,
    /// What the vendor calls `client_id`, `redirect_uri`, `response_type`, `scope` or `state`, where it has
    /// names of its own; an empty name leaves the parameter out.
    #[serde(default)]
    pub names: IndexMap<AuthorizeParameter, String>,
    /// Settings that come back with the consent: JSONata over the parameters of the callback, by setting.
    #[serde(default)]
    pub keep: IndexMap<String, Expr>,
}

/// A standard parameter of the consent page.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub enum AuthorizeParameter {
    /// The app.
    ClientId,
    /// Where the consent comes back to.
    RedirectUri,
    /// `code`
    ResponseType,
    /// What the app asks to do.
    Scope,
    /// What proves that the consent was asked for here.
    State,
}

impl AuthorizeParameter {
    /// The name that the standard gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientId => "client_id",
            Self::RedirectUri => "redirect_uri",
            Self::ResponseType => "response_type",
            Self::Scope => "scope",
            Self::State => "state",
        }
    }
}

impl Authorize {
    /// The name that a parameter goes by here; `None` when the vendor does not take it.
    pub fn name_of(&self, parameter: AuthorizeParameter) -> Option<&str> {
        match self.names.get(&parameter) {
            Some(name) => Some(name.as_str()).filter(|name| !name.is_empty()),
            None => Some(parameter.as_str()),
        }
    }

    /// All templates of the consent page's address.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        std::iter::once(&self.url)
            .chain(&self.scopes)
            .chain(self.params.values())
    }
}

fn space() -> String {
    " ".to_owned()
}

/// Proof key for code exchange.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum Pkce {
    /// The vendor takes S256.
    #[default]
    S256,
    /// The vendor does not document it, or refuses it.
    #[serde(rename = "none")]
    None,
}

/// The token endpoint and its habits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenEndpoint {
    /// Its address, over `settings`.
    pub url: Template,
    /// Form or JSON.
    #[serde(default)]
    pub body: TokenBody,
    /// How the client proves itself.
    #[serde(default)]
    pub client: ClientAuth,
    /// What a refresh does differently; `none` where the vendor has no refresh.
    #[serde(default)]
    pub refresh: Grant,
    /// What the code exchange does differently.
    #[serde(default)]
    pub code: Grant,
    /// Further parameters of the client-credentials grant.
    #[serde(default)]
    pub params: IndexMap<String, JsonTemplate>,
    /// Settings taken from the answer: JSONata over its body, by setting.
    #[serde(default)]
    pub keep: IndexMap<String, Expr>,
    /// When the token ends, where the answer's `expires_in` does not say.
    #[serde(default)]
    pub expires: Option<Expiry>,
    /// Whether an answer is a refusal of the grant for good, beyond client errors in JSON: JSONata over
    /// `{status, headers, body}`.
    #[serde(default)]
    pub refused: Option<Expr>,
    /// Whether an answer that looks like a refusal passes, so that the same grant works again later: JSONata
    /// over the same.
    #[serde(default)]
    pub passing: Option<Expr>,
    /// Where a token is given back when its account is deleted (RFC 7009).
    #[serde(default)]
    pub revoke: Option<Revocation>,
}

/// Where a token is given back: its refresh token, or the access token where it has none, goes there as
/// `token`, written like the other requests to the token endpoint.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Its address, over `settings`.
    pub url: Template,
    /// How the client proves itself here, where it differs.
    #[serde(default)]
    pub client: Option<ClientAuth>,
    /// Further parameters.
    #[serde(default)]
    pub params: IndexMap<String, JsonTemplate>,
}

/// How a grant differs from the endpoint's habit.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// How the client proves itself for this grant.
    #[serde(default)]
    pub client: Option<ClientAuth>,
    /// Another address for this grant.
    #[serde(default)]
    pub url: Option<Template>,
    /// Further parameters. Scope: `settings`, and `redirect_uri` where it is known.
    #[serde(default)]
    pub params: IndexMap<String, JsonTemplate>,
    /// Whether the vendor has no such grant.
    #[serde(default)]
    pub unsupported: bool,
}

/// How token requests are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TokenBody {
    /// `application/x-www-form-urlencoded`
    #[default]
    Form,
    /// `application/json`
    Json,
}

/// How the client proves itself at the token endpoint.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// `client_id` and `client_secret` in the body.
    #[default]
    Body,
    /// HTTP Basic.
    Basic,
    /// HTTP Basic, and in the body when that is refused: for vendors that do not say. (A client that was
    /// not recognised has spent no grant.)
    Either,
}

/// When a token without `expires_in` ends.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expiry {
    /// The `exp` claim of the access token, which is a JWT; this many seconds when it can not be read.
    Jwt(u32),
    /// This many seconds after it was given.
    Seconds(u32),
}

/// The cheapest call that only living credentials pass.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LivenessCheck {
    /// What is sent; `credentials` is in scope for paths that hold one.
    pub request: Request,
    /// Whether the answer shows living credentials: JSONata over `{status, headers, body}`. Any success
    /// otherwise.
    #[serde(default)]
    pub alive: Option<Expr>,
}
