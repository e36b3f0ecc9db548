//! Integrated accounts: one customer's connection to one vendor.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    clock::instant,
    credentials::{Credentials, SecretValues},
    ids::{AccountId, EnvironmentId},
    overrides::StoredOverride,
};

/// What the account tells about itself that is not secret (`subdomain`, `region` …).
pub type Settings = serde_json::Map<String, serde_json::Value>;

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// Being connected; not usable yet.
    Connecting,
    /// Usable.
    Active,
    /// The vendor rejects the credentials: calls answer 401 at once until they change.
    NeedsReauth,
    /// Connected, but what was asked after connecting did not hold.
    ValidationError,
}

impl AccountStatus {
    /// All statuses.
    pub const ALL: [Self; 4] = [
        Self::Connecting,
        Self::Active,
        Self::NeedsReauth,
        Self::ValidationError,
    ];

    /// The status as the API and the database spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Active => "active",
            Self::NeedsReauth => "needs_reauth",
            Self::ValidationError => "validation_error",
        }
    }

    /// Reads the API's spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// An integrated account, without its credentials. Times are milliseconds since the
/// epoch, UTC.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// The account's id, made here.
    pub id: AccountId,
    /// The environment it belongs to.
    pub environment_id: EnvironmentId,
    /// Whose connection it is, in the words of whoever uses this API.
    pub tenant_id: String,
    /// The connector's name.
    pub integration: String,
    /// How it proves itself: `oauth2`, `oauth2_client_credentials`, `api_key`, `basic`.
    pub authentication_method: String,
    /// Where it stands.
    pub status: AccountStatus,
    /// Why it is not active, in the vendor's words where it had some.
    pub last_error: Option<String>,
    /// Nothing secret.
    pub settings: Settings,
    /// What it changes of the connector's mapping, by model, resource and method.
    pub unified_model_override: Option<StoredOverride>,
    /// When it was made.
    pub created_at: i64,
    /// When anything but `last_used_at` last changed.
    pub updated_at: i64,
    /// When it was last used, give or take a minute.
    pub last_used_at: Option<i64>,
    /// What the vendor last said is left of the account's quota.
    pub quota: Option<Quota>,
}

impl Account {
    /// The account as the API and webhooks show it. Nothing secret is in it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "id": self.id,
            "tenant_id": self.tenant_id,
            "integration": self.integration,
            "authentication_method": self.authentication_method,
            "status": self.status.as_str(),
            "last_error": self.last_error,
            "context": self.settings,
            "unified_model_override": self.unified_model_override.as_ref().map(|known| &known.value),
            "created_at": instant(self.created_at),
            "updated_at": instant(self.updated_at),
            "last_used_at": self.last_used_at.map(instant),
            "quota": self.quota.as_ref().map(|quota| {
                serde_json::json!({ "remaining": quota.remaining, "seen_at": instant(quota.seen_at) })
            }),
        })
    }
}

/// What is left of an account's quota at the vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// In the vendor's own words.
    pub remaining: String,
    /// When the vendor said so, in milliseconds since the epoch.
    pub seen_at: i64,
}

/// An account that does not exist yet. The caller has split the context into what is
/// secret and what is not.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Whose connection it is.
    pub tenant_id: String,
    /// The connector's name.
    pub integration: String,
    /// How it proves itself.
    pub authentication_method: String,
    /// What is not secret.
    pub settings: Settings,
    /// What is.
    pub credentials: SecretValues,
    /// When the access token ends, in milliseconds since the epoch; `None` is unknown.
    pub expires_at: Option<i64>,
}

/// A change of an account: what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct AccountUpdate {
    /// The new tenant.
    pub tenant_id: Option<String>,
    /// Settings to put over the present ones; a null takes one away.
    pub settings: Option<Settings>,
}

/// Which accounts a list holds: those that fit all that is given.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AccountFilter {
    /// Of this connector.
    pub integration: Option<String>,
    /// Of this tenant.
    pub tenant_id: Option<String>,
    /// In this status.
    pub status: Option<AccountStatus>,
    /// One of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub among: Option<Vec<AccountId>>,
}

/// One page of a list of accounts, oldest first.
#[derive(Debug, Clone)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// Where the next page starts; `None` exactly when there is none.
    pub next_cursor: Option<String>,
}

/// All that a call to the vendor needs: the account and its opened credentials.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The account.
    pub account: Account,
    /// Its credentials.
    pub credentials: Arc<Credentials>,
}

/// Puts `over` on top of `settings`, one level deep; null takes a key away.
pub(crate) fn merge_settings(settings: &mut Settings, over: &Settings) {
    for (name, value) in over {
        if value.is_null() {
            settings.shift_remove(name);
        } else {
            settings.insert(name.clone(), value.clone());
        }
    }
}
