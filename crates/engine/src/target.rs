//! Whom a call is for: a connector and one account of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use crosswalk_connector::file::{Method, UnifiedUse};
use crosswalk_connector::{Connector, Overridden, UnifiedResource};
use crosswalk_model::Delay;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::explain::VendorRequests;

/// Opened credentials and the settings that go with them. Debug prints no value.
#[derive(Clone, Debug)]
pub struct CredentialSet {
    /// Secrets by name (`access_token`, `api_key`, …).
    pub values: BTreeMap<String, SecretString>,
    /// The account's settings; a token answer may have changed them.
    pub settings: Map<String, Value>,
    /// Grows with every change.
    pub version: i64,
    /// When they were stored, in milliseconds since the epoch.
    pub stored_at: i64,
}

impl CredentialSet {
    /// The scope of authorization templates. It holds secrets in the open: render and drop.
    pub(crate) fn scope(&self) -> Value {
        let values = self
            .values
            .iter()
            .map(|(name, secret)| (name.clone(), Value::String(secret.expose_secret().to_owned())))
            .collect();
        let mut scope = Map::with_capacity(2);
        scope.insert("credentials".into(), Value::Object(values));
        scope.insert("settings".into(), Value::Object(self.settings.clone()));
        Value::Object(scope)
    }

    /// `text` without any of the secrets that are in it.
    pub fn scrub(&self, text: &str) -> String {
        crosswalk_model::redact(text, self.values.values().map(ExposeSecret::expose_secret))
    }
}

/// Why there are no usable credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialProblem {
    /// The account must be connected again; the text says why.
    #[error("{0}")]
    NeedsReauth(String),
    /// The vendor has no refresh for them, or there is nothing to refresh with.
    #[error("these credentials can not be refreshed")]
    NotRefreshable,
    /// A passing fault; the connection is kept.
    #[error("{0}")]
    Passing(Delay),
}

/// Where an account's credentials come from, and who hears of their end.
#[async_trait]
pub trait CredentialSource: Send + Sync {
    /// The credentials to use now, refreshed ahead of their expiry.
    async fn current(&self) -> Result<Arc<CredentialSet>, CredentialProblem>;

    /// Newer ones than `rejected`, by one refresh whoever asks.
    async fn refresh(&self, rejected: &CredentialSet) -> Result<Arc<CredentialSet>, CredentialProblem>;

    /// Says that the vendor no longer accepts `rejected`, refresh and liveness call included.
    async fn dead(&self, rejected: &CredentialSet, reason: &str);

    /// Says what the vendor last told is left of the account's quota, in its own words.
    fn quota_left(&self, remaining: &str) {
        let _ = remaining;
    }
}

/// A connector, a model of it and an account.
#[derive(Clone)]
pub struct Target {
    /// The vendor.
    pub connector: Arc<Connector>,
    /// The account's id; cursors are bound to it.
    pub account: String,
    /// How the account proves itself.
    pub method: Method,
    /// Its credentials.
    pub credentials: Arc<dyn CredentialSource>,
    /// Where the requests made for this call are noted.
    pub requests: VendorRequests,
    /// What its environment and itself change of the connector's mapping, where they do.
    pub overrides: Option<Arc<Overridden>>,
}

impl Target {
    /// How the account serves a unified resource, if it does.
    pub fn unified(&self, model: &str) -> Option<(&UnifiedUse, &UnifiedResource)> {
        match &self.overrides {
            Some(overrides) if overrides.model.name == model => {
                Some((&overrides.unified, &overrides.compiled))
            }
            _ => self.connector.unified(model),
        }
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("connector", &self.connector.name())
            .field("account", &self.account)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}
