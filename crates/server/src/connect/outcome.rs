//! What comes of connecting, in the words of the browser SDK's protocol.

use crosswalk_accounts::{Account, AccountId, StoreError};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Which of the protocol's errors it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// The link token is no good.
    InvalidToken,
    /// The connector is not known, or not allowed or set up here.
    InvalidIntegration,
    /// The consent or its exchange failed.
    ConnectionError,
    /// The vendor does not accept the credentials.
    ValidationError,
}

/// Why nothing was connected.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) kind: Kind,
    pub(super) status: StatusCode,
    /// For the person at the browser.
    pub(super) message: String,
}

impl Trouble {
    pub(super) fn new(kind: Kind, status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            kind,
            status,
            message: message.into(),
        }
    }

    pub(super) fn token(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidToken, StatusCode::UNAUTHORIZED, message)
    }

    pub(super) fn integration(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidIntegration, StatusCode::NOT_FOUND, message)
    }

    pub(super) fn connection(message: impl Into<String>) -> Self {
        Self::new(Kind::ConnectionError, StatusCode::BAD_GATEWAY, message)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::new(
            Kind::ConnectionError,
            StatusCode::INTERNAL_SERVER_ERROR,
            "The server's database failed. Try again in a moment.",
        )
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// The connector's name, where there was one.
    pub(super) integration: Option<String>,
    /// The account: the new one, or the one to connect again.
    pub(super) account: Option<String>,
    /// What went wrong, if anything.
    pub(super) error: Option<(Kind, String)>,
}

impl Outcome {
    pub(super) fn connected(account: &Account) -> Self {
        Self {
            integration: Some(account.integration.clone()),
            account: Some(account.id.as_str().to_owned()),
            error: None,
        }
    }

    pub(super) fn failed(trouble: &Trouble, integration: Option<&str>, account: Option<&AccountId>) -> Self {
        Self {
            integration: integration.map(str::to_owned),
            account: account.map(|id| id.as_str().to_owned()),
            error: Some((trouble.kind, trouble.message.clone())),
        }
    }

    /// The message that the SDK waits for. `is_truto` is its word for "this is meant for you".
    pub(super) fn message(&self) -> Value {
        let mut message = match &self.error {
            None => json!({ "result": "success" }),
            Some((kind, words)) => json!({ "result": "error", "error": words, "error_type": kind }),
        };
        if let Value::Object(members) = &mut message {
            members.insert("integration".into(), json!(self.integration));
            if self.error.is_none() || self.account.is_some() {
                members.insert("integrated_account_id".into(), json!(self.account));
            }
            members.insert("is_truto".into(), json!(true));
        }
        message
    }

    /// The same as parameters of the address that the browser goes to in the end.
    pub(super) fn parameters(&self) -> Vec<(String, String)> {
        let Value::Object(members) = self.message() else {
            return Vec::new();
        };
        members
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
            .collect()
    }
}
