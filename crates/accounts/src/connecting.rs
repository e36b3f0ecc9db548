//! Connecting accounts in a browser: the apps, link tokens and consent flows that lead to an account.

use serde::{Deserialize, Serialize};

use crate::{
    account::Settings,
    credentials::SecretValues,
    ids::{AccountId, EnvironmentId, FlowId, LinkTokenId, OAuthAppId},
};

/// An environment's own app at a vendor, without its id and secret there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthApp {
    /// Names it here.
    pub id: OAuthAppId,
    /// The environment it belongs to.
    pub environment_id: EnvironmentId,
    /// The connector's name.
    pub integration: String,
    /// The scopes to ask for; the connector's when there are none.
    pub scopes: Option<Vec<String>>,
    /// When it was made, in milliseconds since the epoch.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
}

/// A change of an app: what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct OAuthAppUpdate {
    /// `client_id` and `client_secret`, or one of the two.
    pub client: SecretValues,
    /// The scopes to ask for; `Some(None)` goes back to the connector's.
    pub scopes: Option<Option<Vec<String>>>,
}

/// What a link token allows, beside its account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkOptions {
    /// Where the browser goes in the end.
    pub redirect_uri: Option<String>,
    /// The connectors to choose from; all when empty.
    pub integrations: Vec<String>,
    /// The scopes to ask for, over the app's and the connector's.
    pub scopes: Option<Vec<String>>,
}

/// A link token to be made.
#[derive(Debug, Clone)]
pub struct NewLinkToken {
    /// The environment it connects accounts of.
    pub environment_id: EnvironmentId,
    /// The account to connect again; a new one when `None`.
    pub account_id: Option<AccountId>,
    /// Whose account it will be.
    pub tenant_id: String,
    /// What it allows.
    pub options: LinkOptions,
    /// Credentials and settings that the account starts with, by name.
    pub context: SecretValues,
    /// When it ends, in milliseconds since the epoch.
    pub expires_at: i64,
}

/// Leave to connect one account.
#[derive(Debug, Clone)]
pub struct LinkToken {
    /// Names it; not the token itself.
    pub id: LinkTokenId,
    /// The environment it connects accounts of.
    pub environment_id: EnvironmentId,
    /// The account to connect again.
    pub account_id: Option<AccountId>,
    /// Whose account it will be.
    pub tenant_id: String,
    /// What it allows.
    pub options: LinkOptions,
    /// What the account starts with.
    pub context: SecretValues,
    /// When it ends, in milliseconds since the epoch.
    pub expires_at: i64,
    /// The account that it led to: it is used up.
    pub consumed_by: Option<AccountId>,
}

/// What a consent flow has to remember until the browser is back.
#[derive(Clone, Serialize, Deserialize)]
pub struct FlowMemory {
    /// The connector's name.
    pub integration: String,
    /// The authentication method.
    pub method: String,
    /// The secret whose digest went along (PKCE).
    pub verifier: String,
    /// The settings that were asked for.
    pub settings: Settings,
    /// Whatever else the caller has to know again.
    pub rest: serde_json::Map<String, serde_json::Value>,
}

impl std::fmt::Debug for FlowMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FlowMemory")
            .field("integration", &self.integration)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// A consent flow that a browser came back from.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Names it; not its `state`.
    pub id: FlowId,
    /// The link token it was begun with.
    pub token: LinkToken,
    /// What it remembers.
    pub memory: FlowMemory,
}

/// What a `state` leads to.
#[derive(Debug)]
pub enum FlowFound {
    /// A flow that nobody came back from before. It is used up now.
    Live(Box<Flow>),
    /// One that somebody came back from already.
    Used(FlowId),
    /// One that took too long.
    Expired,
    /// None: it was never given out, or is long over.
    Unknown,
}

/// What became of an attempt to connect.
#[derive(Debug)]
pub enum Connected {
    /// The account stands, and the link token is used up.
    Done(Box<crate::account::Account>),
    /// The link token was used up or revoked meanwhile: nothing was stored.
    TooLate,
    /// The account to connect again is gone.
    Gone,
}
